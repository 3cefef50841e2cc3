package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// AuthenticateClient returns the client that a secret belongs to, and a name for
// the secret that says nothing of it. A client that is not there, public or
// disabled, one that has keys, a wrong secret and one that is over are one error,
// ErrBadClient.
//
// Guesses are not counted: a secret is 256 random bits, too many to guess,
// and counting would let strangers keep a client out.
func (s *Service) AuthenticateClient(ctx context.Context, id string, secret Secret) (client Client, credential string, err error) {
	var found machine
	defer func() { s.countRefused(ctx, err, "client secret", ofClient(found.client.ID, found.client.Name)) }()
	found, err = s.confidential(ctx, id)
	if err != nil {
		return Client{}, "", err
	}
	now := s.config.Now()
	for _, one := range found.secrets {
		if sameSecret(string(secret), one.Hash) && one.counts(now) {
			return found.client, one.name(), nil
		}
	}
	return Client{}, "", ErrBadClient
}

// confidential is what the store knows of a client that has something to
// authenticate itself with, or ErrBadClient.
func (s *Service) confidential(ctx context.Context, id string) (machine, error) {
	found, err := view(ctx, s, func(r Reader) (found machine, err error) {
		if found.client, err = s.clientOf(r, id); err != nil || found.client.Public {
			return machine{}, errors.Join(err, ErrNoClient)
		}
		if found.keys, err = keysOf(found.client); err != nil || len(found.keys) > 0 {
			return found, err
		}
		found.secrets, err = r.ClientSecrets(id)
		return found, err
	})
	if errors.Is(err, ErrNoClient) {
		err = ErrBadClient
	}
	return found, err
}

const (
	// MaxAssertionTTL is how far ahead the end of an assertion may be. It is made
	// for one request.
	MaxAssertionTTL = 10 * time.Minute

	assertionLeeway = 30 * time.Second
	maxAssertionID  = 200
)

// AuthenticateAssertion returns the client that has signed an assertion of itself
// (RFC 7523 section 3, with what its revision adds), and a name for the key. The
// assertion has the client as iss and sub, an aud of nothing but names of this
// server, an exp that is at most MaxAssertionTTL ahead, and a jti with which it
// has not been seen before, by any process on the store. Any other is
// ErrBadClient, with the reason.
func (s *Service) AuthenticateAssertion(ctx context.Context, assertion string, audience []string) (client Client, credential string, err error) {
	// Whose it says it is; that is not believed before a key of theirs fits.
	said := jwt.Inspect(ctx, assertion, jwt.VerifierConfig{Now: s.config.Now}).Claims.Issuer
	var found machine
	defer func() { s.countRefused(ctx, err, "client assertion", ofClient(found.client.ID, found.client.Name)) }()
	found, err = s.confidential(ctx, said)
	if err != nil {
		return Client{}, "", err
	}
	claims, key, err := s.readAssertion(ctx, assertion, found)
	if err != nil {
		return Client{}, "", fmt.Errorf("%w: %w", ErrBadClient, err)
	}
	if reason := s.checkAssertion(claims, audience); reason != "" {
		return Client{}, "", fmt.Errorf("%w: the assertion %s", ErrBadClient, reason)
	}
	first := false
	err = s.upkeep(ctx, func(w Writer) (err error) { // of which the token is recorded
		first, err = w.UseAssertion(found.client.ID, sha256.Sum256([]byte(claims.ID)), s.now(), claims.Expiry.Add(assertionLeeway))
		return err
	})
	if err == nil && !first {
		err = fmt.Errorf("%w: the assertion was used before", ErrBadClient)
	}
	if err != nil {
		return Client{}, "", err
	}
	return found.client, key.name, nil
}

// readAssertion verifies an assertion with the keys of the client that it names.
func (s *Service) readAssertion(ctx context.Context, assertion string, by machine) (claims jwt.Claims, key clientKey, err error) {
	err = jwt.ErrUnknownKey
	none := 0
	for _, key := range by.keys {
		v, err2 := jwt.NewVerifier(jwt.VerifierConfig{
			Keys: jwt.StaticKeys(key.key), Algorithms: []jwt.Algorithm{key.key.Algorithm()}, Issuer: by.client.ID,
			InsecureNoAudience: true, // it may be one of several names: see checkAssertion
			Type:               "JWT", AlsoTypes: []string{"", "client-authentication+jwt"},
			Leeway: assertionLeeway, Now: s.config.Now, CacheSize: &none,
		})
		if err2 != nil {
			return claims, key, err2
		}
		if claims, err2 = v.Verify(ctx, assertion); err2 == nil {
			return claims, key, nil
		}
		if !errors.Is(err2, jwt.ErrAlgorithm) && !errors.Is(err2, jwt.ErrUnknownKey) {
			err = err2 // says more
		}
	}
	return jwt.Claims{}, clientKey{}, err
}

// checkAssertion says what is wrong with the claims of an assertion that is
// signed and in time.
func (s *Service) checkAssertion(c jwt.Claims, audience []string) (reason string) {
	other := func(one string) bool { return !slices.Contains(audience, one) }
	switch {
	case c.Subject != c.Issuer:
		return "has a sub that is not its iss"
	case len(c.Audience) == 0 || slices.ContainsFunc(c.Audience, other):
		return "is for another server, too" // which could present it here
	case c.ID == "" || len(c.ID) > maxAssertionID:
		return "has no jti, or one of more than 200 bytes"
	case c.Expiry.After(s.config.Now().Add(MaxAssertionTTL + assertionLeeway)):
		return "is good for more than " + MaxAssertionTTL.String()
	}
	return ""
}
