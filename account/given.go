package account

import (
	"context"
	"errors"
)

// ReplaceGivenPassword sets a user's own password in place of one that somebody
// else has chosen, with which nobody can sign in. It is counted as a sign-in is, and
// refuses alike. Errors: ErrBadLogin, ErrNotGiven after a right password that is the
// user's own, *InvalidError, *ThrottledError.
func (s *Service) ReplaceGivenPassword(ctx context.Context, name string, given, next Secret) (user User, err error) {
	found, err := s.findLogin(ctx, name)
	if err != nil {
		return User{}, err
	}
	right := false
	defer func() {
		refused := err
		if right && err != nil {
			refused = errInVain
		}
		s.countLogin(ctx, refused, "own password for a given one", found)
	}()
	taken, err := s.takeInTurn(ctx, found)
	if err != nil {
		return User{}, err
	}
	defer func() { err = ended(ctx, taken, err) }()
	if _, err := s.authenticate(taken.Queued(ctx), found, string(given)); err != nil {
		return User{}, err
	}
	right = true
	if !found.mark.Given {
		return User{}, ErrNotGiven
	}
	if err := s.checkPassword(string(next), found.user); err != nil {
		return User{}, err
	}
	if err := s.differs(taken.Queued(ctx), found.user.ID, next); err != nil {
		return User{}, err
	}
	hash, err := s.hash(ctx, next)
	if err != nil {
		return User{}, err
	}
	what := did(AuditPasswordChanged, AuditSubject{}, "before", "given")
	what.byItself(found.user, "", "")
	err = s.change(ctx, what, func(w Writer) error {
		if err := s.replaceHash(w, found, hash); err != nil {
			return err
		}
		return s.know(ctx, w, found.user.ID)
	})
	if errors.Is(err, errHashChanged) {
		err = ErrBadLogin // somebody else was faster: it is not given any more
	}
	return found.user, err
}

// PasswordGiven reports whether somebody else than the user has chosen the user's
// password. Error: ErrNoUser.
func (s *Service) PasswordGiven(ctx context.Context, userID string) (bool, error) {
	mark, err := view(ctx, s, func(r Reader) (PasswordMark, error) {
		if _, err := r.User(userID); err != nil {
			return PasswordMark{}, err
		}
		return r.PasswordMark(userID)
	})
	return mark.Given, err
}
