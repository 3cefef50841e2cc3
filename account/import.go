package account

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
)

// ImportedUser is a user of another system, with the password hash that was
// made there.
type ImportedUser struct {
	Name  string
	Email string // may be empty
	Hash  string // "" makes a user without a password

	// CutUntil says that the system which made the hash has cut passwords to the 72
	// bytes that bcrypt reads. Until then, and once, a longer one is compared as it was
	// there; the hash is replaced by one of all of it. Zero, and any other kind of
	// hash: never.
	CutUntil time.Time

	Disabled bool
	Roles    []string
}

// Import adds users in one transaction and returns for each of them nil, or
// why there is no new user: ErrNameTaken or *InvalidError. Users who are there already are never changed.
func (s *Service) Import(ctx context.Context, list []ImportedUser) ([]error, error) {
	users, why, err := s.planImport(ctx, list)
	if err != nil || len(users) == 0 {
		return why, err
	}
	return why, s.config.Store.Update(ctx, func(w Writer) error {
		for i := range list {
			user, planned := users[i]
			if !planned {
				continue
			}
			if why[i] = s.insert(w, user, list[i].Hash, s.cutMark(list[i])); why[i] != nil && !refusedImport(why[i]) {
				return why[i]
			}
		}
		return nil
	})
}

// CheckImport returns what Import would, and changes nothing.
func (s *Service) CheckImport(ctx context.Context, list []ImportedUser) ([]error, error) {
	_, why, err := s.planImport(ctx, list)
	return why, err
}

// planImport returns those of the list that can be added, by their index, and
// why the others cannot.
func (s *Service) planImport(ctx context.Context, list []ImportedUser) (users map[int]User, why []error, err error) {
	users, why = map[int]User{}, make([]error, len(list))
	names := map[string]bool{}
	err = s.config.Store.View(ctx, func(r Reader) error {
		known := map[string]error{} // by role
		for i, one := range list {
			user := User{Name: strings.ToLower(one.Name), Email: one.Email, Disabled: one.Disabled, Roles: sorted(one.Roles), Created: s.now()}
			why[i] = s.checkImport(r, user, one.Hash, known)
			if why[i] == nil && names[user.Name] {
				why[i] = ErrNameTaken
			}
			if why[i] != nil && !refusedImport(why[i]) {
				return why[i]
			}
			if why[i] != nil {
				continue
			}
			if user.ID, err = s.newID(); err != nil {
				return err
			}
			users[i], names[user.Name] = user, true
		}
		return nil
	})
	return users, why, err
}

func (s *Service) checkImport(r Reader, user User, hash string, roles map[string]error) error {
	if err := cmp.Or(checkName(user.Name), checkEmail(user.Email)); err != nil {
		return err
	}
	if hash != "" {
		if err := s.config.Passwords.Check(hash); err != nil {
			return &InvalidError{"hash", strings.TrimPrefix(err.Error(), "password: the hash ")}
		}
	}
	for _, role := range user.Roles {
		err, asked := roles[role]
		if !asked {
			_, err = r.Role(role)
			roles[role] = err
		}
		if errors.Is(err, ErrNoRole) {
			return &InvalidError{"roles", "contains the unknown role " + quote(role)}
		} else if err != nil {
			return err
		}
	}
	switch _, err := r.UserByName(user.Name); {
	case err == nil:
		return ErrNameTaken
	case !errors.Is(err, ErrNoUser):
		return err
	}
	return nil
}

// refusedImport reports whether an error is about a user and not about the
// store.
func refusedImport(err error) bool {
	var invalid *InvalidError
	return errors.Is(err, ErrNameTaken) || errors.As(err, &invalid)
}

// cutMark is what is kept of a user who is imported with a hash of such a system.
func (s *Service) cutMark(one ImportedUser) PasswordMark {
	cuts, ok := s.config.Passwords.(CutPasswords)
	if !ok || one.CutUntil.IsZero() || !cuts.Cuts(one.Hash) {
		return PasswordMark{}
	}
	return PasswordMark{CutUntil: one.CutUntil.UTC()}
}
