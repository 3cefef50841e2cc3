package account

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/password"
)

// ChangePassword gives a caller another password, for which the present one is
// needed, and ends the caller's other sessions. Errors: ErrBadLogin if the
// present password is wrong, ErrNoCaller, *InvalidError, *ThrottledError.
func (s *Service) ChangePassword(ctx context.Context, c Caller, current, next Secret) (err error) {
	if err := s.checkPassword(string(next), c.User); err != nil {
		return err
	}
	found, err := view(ctx, s, func(r Reader) (login, error) {
		user, err := r.User(c.User.ID)
		if err != nil {
			return login{}, err
		}
		return s.describe(ctx, r, login{name: user.Name}, user)
	})
	if err != nil {
		return err
	}
	defer func() { s.countRefused(ctx, err, "change of a password", found.subject()) }()
	taken, err := s.takeInTurn(ctx, found)
	if err != nil {
		return err
	}
	defer func() { err = ended(ctx, taken, err) }()
	if _, err := s.authenticate(taken.Queued(ctx), found, string(current)); err != nil {
		return err
	}
	hash, err := s.hash(ctx, next)
	if err != nil {
		return err
	}
	return s.change(ctx, did(AuditPasswordChanged, ofUser(found.user)), func(w Writer) error {
		session, err := w.Session(c.SessionID)
		if errors.Is(err, ErrNoSession) {
			return ErrNoCaller
		}
		if err != nil {
			return err
		}
		if err := s.replaceHash(w, found, hash); err != nil {
			return err
		}
		if ofSecret(session.Handle) {
			return nil // its secret never changes, and may be why the password does
		}
		return w.PutSession(session)
	})
}

// replaceHash stores a hash in place of the one that was verified, and ends
// all sessions, which the one before had started.
func (s *Service) replaceHash(w Writer, l login, hash string) error {
	if err := stillThere(w, l); err != nil {
		return err
	}
	if err := s.putHash(w, l.user.ID, hash); err != nil {
		return err
	}
	if err := w.RemoveResets(l.user.ID); err != nil {
		return err
	}
	return w.RemoveSessionsOf(l.user.ID)
}

// hash hashes a password that the policy let pass, in the lane.
func (s *Service) hash(ctx context.Context, secret Secret) (hash string, err error) {
	err = s.config.Lane.Do(ctx, func() (err error) {
		hash, err = s.config.Passwords.Hash(ctx, string(secret))
		return err
	})
	switch {
	case errors.Is(err, password.ErrTooLong):
		return "", &InvalidError{"password", "is too long for the kind of hash that is made of it"}
	case errors.Is(err, password.ErrNUL):
		return "", &InvalidError{"password", "contains a NUL character"}
	}
	return hash, err
}
