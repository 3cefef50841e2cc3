package account

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/internal/attempts"
)

// How many users can be made by those who sign themselves up, from one address, from
// the networks around it and from all together, and how many links can be asked for, for one name. An
// address has to pay for asking, too: see package attempts.
const (
	signUpBurst = 10
	signUpEvery = 6 * time.Minute

	allSignUpsBurst = 200
	allSignUpsEvery = 18 * time.Second

	forgotBurst = 3
	forgotEvery = 20 * time.Minute
)

// SignUp is CreateUser for a stranger. How many of them there
// may be is bounded, for their address (see WithSource) and for all of them
// together. A name that is taken counts: finding out who is there costs as much
// as making a user. Errors: *InvalidError, ErrNameTaken, *ThrottledError.
func (s *Service) SignUp(ctx context.Context, n NewUser) (user User, err error) {
	buckets := []Bucket{{Key: s.keyed("sign-ups"), Burst: allSignUpsBurst, Every: allSignUpsEvery}}
	for i, one := range networksOf(ctx) { // a wider one has twice as much
		buckets = append(buckets, Bucket{Key: s.keyed("sign-ups from", one.Text), Burst: signUpBurst << i, Every: signUpEvery >> i})
	}
	defer func() { s.countRefused(ctx, err, "sign-up", AuditSubject{}) }()
	taken, err := s.take(ctx, buckets)
	if err != nil {
		return User{}, err
	}
	defer func() { taken.Settle(ctx, err == nil || errors.Is(err, ErrNameTaken)) }()
	return s.createUser(attempts.Stranger(ctx, siteOf(ctx)), n, AuditUserSignedUp)
}

// CountForgotten counts somebody who asks for a link to set a new password, for
// the name, whether or not there is such a user, and for the address. Error:
// *ThrottledError.
func (s *Service) CountForgotten(ctx context.Context, name string) (err error) {
	defer func() { s.countRefused(ctx, err, "link for a password", AuditSubject{}) }()
	one := Bucket{Key: s.keyed("forgotten", plainName(name)), Burst: forgotBurst, Every: forgotEvery}
	_, err = s.take(ctx, append(s.networkBuckets(ctx), one))
	return err
}
