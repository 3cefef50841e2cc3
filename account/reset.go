package account

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/internal/attempts"
)

// NewReset makes the secret with which a user sets a new password, in place of any
// that was handed out before. It is good once, for an hour, and only until the password
// changes, also by another such secret. The person who hands it on never sees the
// password. Error: ErrNoUser.
func (s *Service) NewReset(ctx context.Context, userID string) (Secret, error) {
	return s.newReset(ctx, userID, ResetHanded, 1)
}

// AskReset is NewReset for a request that says that a password is forgotten, which can
// come from a stranger: send the secret to the user alone. It ends none that was handed
// out. Of those that were asked for, a user has eight at most; the oldest goes. Error:
// ErrNoUser.
func (s *Service) AskReset(ctx context.Context, userID string) (Secret, error) {
	return s.newReset(ctx, userID, ResetAsked, maxResets)
}

func (s *Service) newReset(ctx context.Context, userID string, kind ResetKind, most int) (Secret, error) {
	secret, err := s.newSecret()
	if err != nil {
		return "", err
	}
	what := did(AuditResetIssued, ofUserID(userID), "kind", string(kind))
	return Secret(secret), s.change(ctx, what, func(w Writer) (err error) {
		if what.On, err = userOn(w, userID); err != nil {
			return err
		}
		hash, err := w.PasswordHash(userID)
		if err != nil {
			return err
		}
		return w.PutReset(Reset{
			UserID: userID, Kind: kind, SecretHash: hashOf(secret), Before: hashOf(hash), Expires: s.now().Add(ResetTTL),
		}, most)
	})
}

// ResetPassword sets a new password with a secret of NewReset or AskReset, and ends the
// user's sessions and all such secrets. The secret is used up by success alone: a
// password that is refused may be tried again. A disabled user stays disabled. Errors:
// ErrBadReset, *InvalidError, *ThrottledError.
func (s *Service) ResetPassword(ctx context.Context, secret, next Secret) (user User, err error) {
	defer func() { s.countRefused(ctx, err, "reset", ofUserIf(user)) }()
	taken, err := s.take(ctx, s.networkBuckets(ctx))
	if err != nil {
		return User{}, err
	}
	defer func() { taken.Settle(ctx, errors.Is(err, ErrBadReset)) }()
	// Before the password is hashed, which is work that not everybody may
	// cause.
	user, err = view(ctx, s, func(r Reader) (User, error) { return s.checkReset(r, secret) })
	if err != nil {
		return User{}, err
	}
	if err := s.checkPassword(string(next), user); err != nil {
		return User{}, err
	}
	// Who has a link of their own must not have all others wait for what is hashed with it.
	tries, err := s.take(ctx, []Bucket{attempts.PerKnown.Bucket(s.keyed("new passwords of", user.ID))})
	if err != nil {
		return User{}, err
	}
	defer func() { tries.Settle(ctx, err != nil) }()
	hash, err := s.newHash(attempts.Proven(ctx, siteOf(ctx)), user.ID, next)
	if err != nil {
		return User{}, err
	}
	what := did(AuditPasswordReset, AuditSubject{})
	user, err = update(ctx, s, what, func(w Writer) (User, error) {
		user, err := s.checkReset(w, secret)
		if err != nil {
			return User{}, err
		}
		what.byItself(user, "", "")
		return user, s.reset(ctx, w, user.ID, hash)
	})
	if err == nil {
		s.forgetRow(ctx, user.ID)
	}
	return user, err
}

// CheckReset says whether a secret of NewReset is still good: nil, or what ResetPassword
// would say. It does not use the secret up, and hashes no password. A wrong one counts as
// one of ResetPassword's does. Errors: ErrBadReset, *ThrottledError.
func (s *Service) CheckReset(ctx context.Context, secret Secret) error {
	return s.checked(ctx, secret, "reset", ErrBadReset, func(r Reader) error {
		_, err := s.checkReset(r, secret)
		return err
	})
}

// checked looks a link's secret up, and counts it against the networks of the request if
// it is bad: to look gives no more guesses than to send the form. A link without a secret
// is no guess, and is not counted.
func (s *Service) checked(ctx context.Context, secret Secret, way string, bad error, look func(Reader) error) (err error) {
	if secret == "" {
		return bad
	}
	defer func() { s.countRefused(ctx, err, way, AuditSubject{}) }()
	taken, err := s.take(ctx, s.networkBuckets(ctx))
	if err != nil {
		return err
	}
	defer func() { taken.Settle(ctx, errors.Is(err, bad)) }()
	return s.config.Store.View(ctx, look)
}

// newHash is the hash of a user's next password.
func (s *Service) newHash(ctx context.Context, userID string, next Secret) (string, error) {
	if err := s.differs(ctx, userID, next); err != nil {
		return "", err
	}
	return s.hash(ctx, next)
}

// reset stores the hash and forgets what came before it. Addresses that signed
// in with the old password are not known any more; the one that used the link is.
func (s *Service) reset(ctx context.Context, w Writer, userID, hash string) error {
	err := errors.Join(
		s.putHash(w, userID, hash),
		w.RemoveResets(userID),
		w.RemoveSessionsOf(userID),
		w.RemoveKnownAddresses(userID),
	)
	if err != nil {
		return err
	}
	return s.know(ctx, w, userID)
}

// checkReset returns whose secret it is.
func (s *Service) checkReset(r Reader, secret Secret) (User, error) {
	reset, err := r.Reset(hashOf(string(secret)))
	if err != nil {
		return User{}, err
	}
	hash, err := r.PasswordHash(reset.UserID)
	if err != nil {
		return User{}, err
	}
	if hashOf(hash) != reset.Before || !good(s.config.Now(), reset.Expires, ResetTTL) {
		return User{}, ErrBadReset
	}
	return r.User(reset.UserID)
}

// errSame refuses the password that was given as the one that replaces it.
var errSame = &InvalidError{"password", "is the one that was given; choose another"}

// differs makes sure that a password which replaces one that was given is another.
func (s *Service) differs(ctx context.Context, userID string, next Secret) error {
	var mark PasswordMark
	hash, err := view(ctx, s, func(r Reader) (hash string, err error) {
		if mark, err = r.PasswordMark(userID); err != nil || !mark.Given {
			return "", err
		}
		return r.PasswordHash(userID)
	})
	if err != nil || hash == "" {
		return err
	}
	return s.config.Lane.Do(ctx, func() error {
		same, _, err := s.config.Passwords.VerifyAndUpdate(ctx, string(next), hash)
		if err == nil && same {
			err = errSame
		}
		return err
	})
}
