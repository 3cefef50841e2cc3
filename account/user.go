package account

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/password"
)

// NewUser is a user to be created.
type NewUser struct {
	Name     string
	Email    string // may be empty
	Password Secret
	Roles    []string

	// WithoutPassword makes a user who cannot sign in until a link from
	// NewReset is used. Password must be empty then.
	WithoutPassword bool

	// Given says that somebody else than the user has chosen Password. It is good for
	// one sign-in then, which sets another: see [GivenPasswordError]. That of the
	// first administrator who can sign in is taken for their own.
	Given bool
}

// UserChange changes what is not nil.
type UserChange struct {
	Email    *string
	Disabled *bool
}

// describe is what a change changes of a user, and what is there now.
func (c UserChange) describe(user User) (to, from []string) {
	if c.Email != nil {
		to, from = append(to, "email", cmp.Or(*c.Email, "none")), append(from, "email", cmp.Or(user.Email, "none"))
	}
	if c.Disabled != nil {
		to, from = append(to, "disabled", yesOrNo(*c.Disabled)), append(from, "disabled", yesOrNo(user.Disabled))
	}
	return to, from
}

// User returns the user, or ErrNoUser.
func (s *Service) User(ctx context.Context, id string) (User, error) {
	return view(ctx, s, func(r Reader) (User, error) { return r.User(id) })
}

// UserByName returns the user of that name, or ErrNoUser.
func (s *Service) UserByName(ctx context.Context, name string) (User, error) {
	return view(ctx, s, func(r Reader) (User, error) { return r.UserByName(strings.ToLower(name)) })
}

// Users returns at most limit users, the oldest first, whose ids come after
// the given one.
func (s *Service) Users(ctx context.Context, after string, limit int) ([]User, error) {
	return view(ctx, s, func(r Reader) ([]User, error) { return r.Users(after, limit) })
}

// AllUsers goes through all users, the oldest first, reading a page at a time:
// those who are added meanwhile may be among them. It ends with an error that is
// not nil if the store cannot be read on.
func (s *Service) AllUsers(ctx context.Context) iter.Seq2[User, error] {
	const page = 500
	return func(yield func(User, error) bool) {
		for after := ""; ; {
			users, err := s.Users(ctx, after, page)
			if err != nil {
				yield(User{}, err)
				return
			}
			if len(users) == 0 {
				return
			}
			for _, user := range users {
				if !yield(user, nil) {
					return
				}
				after = user.ID
			}
		}
	}
}

// CreateUser adds a user. Errors: *InvalidError, ErrNameTaken.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (User, error) {
	return s.createUser(ctx, n, AuditUserCreated)
}

func (s *Service) createUser(ctx context.Context, n NewUser, as AuditKind) (User, error) {
	user, hash, err := s.prepare(ctx, n)
	if err != nil {
		return User{}, err
	}
	what := did(as, ofUser(user))
	return update(ctx, s, what, func(w Writer) (User, error) {
		mark, err := s.markOf(w, n)
		if err != nil {
			return User{}, err
		}
		what.detail(describeNew(user, hash, mark)...)
		return user, s.insert(w, user, hash, mark)
	})
}

// describeNew is what is recorded of a new user.
func describeNew(user User, hash string, mark PasswordMark) []string {
	password := "set"
	switch {
	case hash == "":
		password = "none"
	case mark.Given:
		password = "given"
	}
	return []string{"roles", strings.Join(user.Roles, " "), "password", password, "email", user.Email}
}

// prepare checks a new user and hashes the password, outside of any
// transaction because that takes long.
func (s *Service) prepare(ctx context.Context, n NewUser) (User, string, error) {
	user := User{Name: strings.ToLower(n.Name), Email: n.Email, Roles: sorted(n.Roles), Created: s.now()}
	err := cmp.Or(checkName(user.Name), checkEmail(user.Email))
	switch {
	case err != nil:
	case !n.WithoutPassword:
		err = s.checkPassword(string(n.Password), user)
	case n.Password != "":
		err = &InvalidError{"password", "must be empty for a user without a password"}
	}
	if err != nil {
		return User{}, "", err
	}
	if user.ID, err = s.newID(); err != nil || n.WithoutPassword {
		return user, "", err
	}
	hash, err := s.hash(ctx, n.Password)
	return user, hash, err
}

// markOf is what is known of the password of a new user.
func (s *Service) markOf(r Reader, n NewUser) (PasswordMark, error) {
	if !n.Given || n.WithoutPassword {
		return PasswordMark{}, nil
	}
	for _, role := range n.Roles {
		if role != RoleAdmin {
			continue
		}
		able, err := r.CountAble(RoleAdmin)
		return PasswordMark{Given: able > 0}, err
	}
	return PasswordMark{Given: true}, nil
}

func (s *Service) insert(w Writer, user User, hash string, mark PasswordMark) error {
	if err := putUser(w, user); err != nil || hash == "" {
		return err
	}
	if err := s.putHash(w, user.ID, hash); err != nil || mark == (PasswordMark{}) {
		return err
	}
	return w.PutPasswordMark(user.ID, mark)
}

// putHash stores a password hash with its kind, in place of the one before and what
// was known of that.
func (s *Service) putHash(w Writer, userID, hash string) error {
	if err := w.PutPasswordHash(userID, hash, s.config.Passwords.Blank(hash)); err != nil {
		return err
	}
	return w.PutPasswordMark(userID, PasswordMark{})
}

// putUser stores a user whose roles must exist.
func putUser(w Writer, user User) error {
	for _, role := range user.Roles {
		if _, err := w.Role(role); errors.Is(err, ErrNoRole) {
			return &InvalidError{"roles", "contains the unknown role " + quote(role)}
		} else if err != nil {
			return err
		}
	}
	return w.PutUser(user)
}

// UpdateUser changes a user. Disabling ends their sessions. Errors: ErrNoUser,
// ErrLastAdmin, *InvalidError.
func (s *Service) UpdateUser(ctx context.Context, id string, change UserChange) (User, error) {
	if change.Email != nil {
		if err := checkEmail(*change.Email); err != nil {
			return User{}, err
		}
	}
	what := did(AuditUserChanged, ofUserID(id))
	return s.changeUser(ctx, what, id, func(w Writer, user *User) error {
		to, from := change.describe(*user)
		what.detail(append(to, audit.Was(from, to)...)...)
		if change.Email != nil {
			user.Email = *change.Email
		}
		if change.Disabled != nil {
			user.Disabled = *change.Disabled
		}
		if user.Disabled {
			return w.RemoveSessionsOf(id)
		}
		return nil
	})
}

// SetRoles gives a user these roles and no others. It holds from the user's
// next request. Errors: ErrNoUser, ErrLastAdmin, *InvalidError.
func (s *Service) SetRoles(ctx context.Context, id string, roles []string) (User, error) {
	what := did(AuditUserRoles, ofUserID(id))
	return s.changeUser(ctx, what, id, func(_ Writer, user *User) error {
		what.detail("before", strings.Join(user.Roles, " "), "roles", strings.Join(sorted(roles), " "))
		user.Roles = sorted(roles)
		return nil
	})
}

// changeUser runs fn on the user and stores what came of it.
func (s *Service) changeUser(ctx context.Context, what *deed, id string, fn func(Writer, *User) error) (User, error) {
	return update(ctx, s, what, func(w Writer) (User, error) {
		user, err := w.User(id)
		if err != nil {
			return User{}, err
		}
		what.On = ofUser(user)
		err = keepAdmin(w, func() error {
			if err := fn(w, &user); err != nil {
				return err
			}
			return putUser(w, user)
		})
		return user, err
	})
}

// RemoveUser removes a user with their sessions. Errors: ErrNoUser,
// ErrLastAdmin.
func (s *Service) RemoveUser(ctx context.Context, id string) error {
	what := did(AuditUserRemoved, ofUserID(id))
	err := s.change(ctx, what, func(w Writer) error {
		user, err := w.User(id)
		if err != nil {
			return err
		}
		what.On = ofUser(user)
		what.detail("roles", strings.Join(user.Roles, " "), "email", user.Email, "disabled", yes(user.Disabled))
		return keepAdmin(w, func() error { return w.RemoveUser(id) })
	})
	if err == nil {
		s.forgetRow(ctx, id)
	}
	return err
}

// keepAdmin runs a change and fails, and with it the transaction, if that took
// away the last administrator who can sign in.
func keepAdmin(w Writer, change func() error) error {
	before, err := w.CountAble(RoleAdmin)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := w.CountAble(RoleAdmin)
	if err == nil && before > 0 && after == 0 {
		err = ErrLastAdmin
	}
	return err
}

const (
	maxName  = 64
	maxEmail = 254
)

// checkName keeps to letters that cannot be confused with others.
func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return &InvalidError{"name", "must have between 1 and 64 characters"}
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("._-@+", r)) {
			return &InvalidError{"name", "may contain only the letters a to z, digits, and . _ - @ +"}
		}
	}
	return nil
}

// checkEmail looks for what could do harm; only a mail that arrives proves an
// address.
func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	local, domain, ok := strings.Cut(email, "@")
	if !ok || local == "" || domain == "" || len(email) > maxEmail || !printable(email) || strings.ContainsAny(email, " <>,;\"") {
		return &InvalidError{"email", "is not an e-mail address"}
	}
	return nil
}

// checkPassword holds a password that is to be set to the policy.
func (s *Service) checkPassword(secret string, user User) error {
	var broken *password.PolicyError
	if err := s.config.Policy.Check(secret, user.Name, user.Email); errors.As(err, &broken) {
		return &InvalidError{"password", broken.Reason}
	} else if err != nil {
		return err
	}
	return nil
}
