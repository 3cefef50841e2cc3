package account

import (
	"context"
	"errors"
	"time"
)

// SetupTTL is how long a setup secret is good.
const SetupTTL = 30 * time.Minute

// NewSetup makes a secret with which the first administrator is created. Those
// before it stay good, so that programs that start on one store one after the other
// do not take each other's away; one that is used takes all. ErrSetupDone says that there is an administrator who
// can sign in.
func (s *Service) NewSetup(ctx context.Context) (Secret, error) {
	secret, err := s.newSecret()
	if err != nil {
		return "", err
	}
	return Secret(secret), s.change(ctx, did(AuditSetupIssued, AuditSubject{}), func(w Writer) error {
		if err := noAdmin(w); err != nil {
			return err
		}
		return w.PutPendingSetup(PendingSetup{SecretHash: hashOf(secret), Expires: s.now().Add(SetupTTL)})
	})
}

// noAdmin says ErrSetupDone if there is an administrator who can sign in.
func noAdmin(r Reader) error {
	n, err := r.CountAble(RoleAdmin)
	if err == nil && n > 0 {
		err = ErrSetupDone
	}
	return err
}

// Setup creates the first administrator. The secret is used up by success
// alone: a name or a password that is refused may be tried again. Errors:
// ErrBadSetup, ErrNameTaken, *InvalidError, *ThrottledError.
func (s *Service) Setup(ctx context.Context, secret Secret, name string, password Secret) (user User, err error) {
	defer func() { s.countRefused(ctx, err, "setup", AuditSubject{}) }()
	taken, err := s.take(ctx, s.networkBuckets(ctx))
	if err != nil {
		return User{}, err
	}
	defer func() { taken.Settle(ctx, errors.Is(err, ErrBadSetup)) }()
	// Before the password is hashed, which is work that not everybody may
	// cause.
	if err := s.config.Store.View(ctx, func(r Reader) error { return s.checkSetup(r, secret) }); err != nil {
		return User{}, err
	}
	user, hash, err := s.prepare(ctx, NewUser{Name: name, Password: password, Roles: []string{RoleAdmin}})
	if err != nil {
		return User{}, err
	}
	what := did(AuditSetupDone, ofUser(user), "roles", RoleAdmin)
	what.byItself(user, "", "")
	return update(ctx, s, what, func(w Writer) (User, error) {
		if err := s.checkSetup(w, secret); err != nil {
			return User{}, err
		}
		if err := w.RemovePendingSetups(); err != nil {
			return User{}, err
		}
		return user, s.insert(w, user, hash, PasswordMark{})
	})
}

// CheckSetup says whether a secret of NewSetup is still good: nil, or what Setup would
// say. It does not use the secret up, and hashes no password. A wrong one counts as one of
// Setup's does. Errors: ErrBadSetup, *ThrottledError.
func (s *Service) CheckSetup(ctx context.Context, secret Secret) error {
	return s.checked(ctx, secret, "setup", ErrBadSetup, func(r Reader) error { return s.checkSetup(r, secret) })
}

func (s *Service) checkSetup(r Reader, secret Secret) error {
	if err := noAdmin(r); errors.Is(err, ErrSetupDone) {
		return ErrBadSetup
	} else if err != nil {
		return err
	}
	pending, err := r.PendingSetup(hashOf(string(secret)))
	if err != nil {
		return err
	}
	if !good(s.config.Now(), pending.Expires, SetupTTL) {
		return ErrBadSetup
	}
	return nil
}
