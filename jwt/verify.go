package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Keys is where a verifier finds its keys at the moment of verifying, so that
// keys can come and go. It must be safe for concurrent use.
type Keys func(ctx context.Context) ([]Key, error)

// StaticKeys is a set of keys that never changes.
func StaticKeys(keys ...Key) Keys {
	fixed := slices.Clone(keys)
	return func(context.Context) ([]Key, error) { return fixed, nil }
}

// VerifierConfig says which tokens are good.
type VerifierConfig struct {
	Keys       Keys        // required
	Algorithms []Algorithm // the allow-list; required
	Issuer     string      // iss must equal it; required unless InsecureNoIssuer
	Audience   string      // aud must name it; required unless InsecureNoAudience
	Type       string      // typ must equal it but for case; "at+jwt" if empty

	// Leeway is how far clocks may differ. None if zero; at most a minute.
	Leeway time.Duration
	Now    func() time.Time // time.Now if nil

	InsecureNoIssuer   bool // do not look at iss
	InsecureNoAudience bool // do not look at aud
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	config VerifierConfig
	seen   atomic.Pointer[seenHeader]
}

// NewVerifier checks the configuration and makes a verifier.
func NewVerifier(config VerifierConfig) (*Verifier, error) {
	switch {
	case config.Keys == nil:
		return nil, errors.New("jwt: the verifier has no Keys")
	case len(config.Algorithms) == 0:
		return nil, errors.New("jwt: the verifier has no Algorithms")
	case config.Issuer == "" && !config.InsecureNoIssuer:
		return nil, errors.New("jwt: the verifier has no Issuer; say InsecureNoIssuer if that is meant")
	case config.Audience == "" && !config.InsecureNoAudience:
		return nil, errors.New("jwt: the verifier has no Audience; say InsecureNoAudience if that is meant")
	case config.Leeway < 0 || config.Leeway > time.Minute:
		return nil, errors.New("jwt: the verifier's Leeway is not between nothing and a minute")
	}
	for _, alg := range config.Algorithms {
		if !alg.known() {
			return nil, fmt.Errorf("jwt: the verifier allows %q, which is no algorithm here", alg)
		}
	}
	config.Type = withoutApplication(config.Type)
	if config.Type == "" {
		config.Type = defaultType
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.Algorithms = slices.Clone(config.Algorithms)
	return &Verifier{config: config}, nil
}

// Verify returns what the token says if every word of it may be believed now.
// Its errors are of this package's Err values, or the Keys function's own.
func (v *Verifier) Verify(ctx context.Context, text string) (Claims, error) {
	seen := v.seen.Load()
	t, err := split(text, seen)
	if err != nil {
		return Claims{}, err
	}
	if err := v.checkSignature(ctx, &t); err != nil {
		return Claims{}, err
	}
	if head, _, _ := strings.Cut(text, "."); seen == nil || seen.encoded != head {
		v.seen.Store(&seenHeader{strings.Clone(head), t.header})
	}
	if !sameType(t.header.typ, v.config.Type) {
		return Claims{}, fmt.Errorf("%w: %q", ErrType, t.header.typ)
	}
	c, err := parseClaims(t.payload)
	if err != nil {
		return Claims{}, err
	}
	if err := v.checkClaims(c); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// sameType compares media types: "application/" may be left out (RFC 7515
// section 4.1.9).
func sameType(got, want string) bool {
	return strings.EqualFold(withoutApplication(got), want)
}

func withoutApplication(mediaType string) string {
	const prefix = "application/"
	if len(mediaType) > len(prefix) && strings.EqualFold(mediaType[:len(prefix)], prefix) {
		return mediaType[len(prefix):]
	}
	return mediaType
}

// checkSignature comes before any look at the claims, so that no other error
// can hide a bad signature.
func (v *Verifier) checkSignature(ctx context.Context, t *token) error {
	if !slices.Contains(v.config.Algorithms, Algorithm(t.header.alg)) {
		return fmt.Errorf("%w: %q", ErrAlgorithm, t.header.alg)
	}
	keys, err := v.config.Keys(ctx)
	if err != nil {
		return fmt.Errorf("jwt: keys: %w", err)
	}
	return t.checkSignature(keys)
}

// checkSignature tries the keys of the token's algorithm and kid. A token
// without a kid may be any key's.
func (t *token) checkSignature(keys []Key) error {
	tried, unfit := false, false
	for i := range keys {
		k := &keys[i]
		switch {
		case k.alg != Algorithm(t.header.alg) || t.header.hasKid && k.id != t.header.kid:
		case !k.CanVerify():
			unfit = true
		case k.verify(t.signed, t.sig):
			return nil
		default:
			tried = true
		}
	}
	switch {
	case tried: // before all else: it is wrong whatever other keys are for
		return ErrSignature
	case unfit:
		return ErrKeyUse
	}
	return ErrUnknownKey
}

func (v *Verifier) checkClaims(c Claims) error {
	now := v.config.Now()
	switch {
	case c.Expiry.IsZero():
		return fmt.Errorf("%w: no exp", ErrMalformed)
	case !now.Before(c.Expiry.Add(v.config.Leeway)):
		return ErrExpired
	case now.Before(c.NotBefore.Add(-v.config.Leeway)):
		return ErrNotYetValid
	case now.Before(c.IssuedAt.Add(-v.config.Leeway)):
		return fmt.Errorf("%w: issued in the future", ErrNotYetValid)
	case !v.config.InsecureNoIssuer && c.Issuer != v.config.Issuer:
		return ErrIssuer
	case !v.config.InsecureNoAudience && !slices.Contains(c.Audience, v.config.Audience):
		return ErrAudience
	}
	return nil
}
