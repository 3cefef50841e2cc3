package jwt

import (
	"cmp"
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

	// AlsoTypes are further values of typ that are taken; "" stands for a token
	// without one. Who takes several kinds of token has to tell them apart.
	AlsoTypes []string

	// Leeway is how far clocks may differ. None if zero; at most a minute.
	Leeway time.Duration
	Now    func() time.Time // time.Now if nil

	// CacheSize is how many tokens are remembered whose signature was found good,
	// so that the second look at one does not cost it again. 4,096 if nil; none
	// if it is 0. Everything else is decided each time: the dates, the issuer and
	// audience, and whether the key still counts. Tokens longer than 2 KiB are not
	// remembered; the others take at most 8 KiB each.
	CacheSize *int

	InsecureNoIssuer   bool // do not look at iss
	InsecureNoAudience bool // do not look at aud
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	config VerifierConfig
	seen   atomic.Pointer[seenHeader]
	cache  *cache // nil for none
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
	config.complete()
	size := defaultCacheSize
	if config.CacheSize != nil {
		size = *config.CacheSize
	}
	if size < 0 || size > maxCacheSize {
		return nil, fmt.Errorf("jwt: the verifier's CacheSize is not between none and %d", maxCacheSize)
	}
	return &Verifier{config: config, cache: newCache(size)}, nil
}

// Verify returns what the token says if every word of it may be believed now.
// Its errors are of this package's Err values, or the Keys function's own.
func (v *Verifier) Verify(ctx context.Context, text string) (Claims, error) {
	known, where := v.cache.find(text)
	if known != nil {
		keys, err := v.keys(ctx)
		if err != nil {
			return Claims{}, err
		}
		if known.stands(keys) {
			return v.again(known)
		}
	}
	return v.verify(ctx, text, where)
}

// again decides about a token whose signature is known to be good.
func (v *Verifier) again(known *verified) (Claims, error) {
	c := known.read()
	if err := v.checkClaims(&c); err != nil {
		return Claims{}, err
	}
	c.Audience = slices.Clone(c.Audience) // the caller may change it
	return c, nil
}

// verify looks at a token for the first time.
func (v *Verifier) verify(ctx context.Context, text string, where spot) (Claims, error) {
	seen := v.seen.Load()
	buf := scratches.Get().(*scratch) //nolint:forcetypeassert // as New made it
	defer scratches.Put(buf)
	t, err := split(text, seen, buf)
	if err != nil {
		return Claims{}, err
	}
	key, err := v.checkSignature(ctx, &t)
	if err != nil {
		return Claims{}, err
	}
	if head := text[:t.head]; seen == nil || seen.encoded != head {
		v.seen.Store(&seenHeader{strings.Clone(head), t.header})
	}
	if !v.config.takes(t.header.typ) {
		return Claims{}, fmt.Errorf("%w: %q", ErrType, t.header.typ)
	}
	c, err := parseClaims(t.payload)
	if err != nil {
		return Claims{}, err
	}
	if err := v.checkClaims(&c); err != nil {
		return Claims{}, err
	}
	v.cache.put(text, where, key, &c)
	return c, nil
}

// complete fills in what is left out, and writes types in their short form.
func (c *VerifierConfig) complete() {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Type = cmp.Or(withoutApplication(c.Type), defaultType)
	c.Algorithms, c.AlsoTypes = slices.Clone(c.Algorithms), slices.Clone(c.AlsoTypes)
	for i, also := range c.AlsoTypes {
		c.AlsoTypes[i] = withoutApplication(also)
	}
}

// takes reports whether tokens may have the type. Types are media types, in
// capitals or not.
func (c *VerifierConfig) takes(typ string) bool {
	short := withoutApplication(typ)
	return strings.EqualFold(short, c.Type) || slices.ContainsFunc(c.AlsoTypes, func(also string) bool { return strings.EqualFold(short, also) })
}

// withoutApplication is the short form of a media type (RFC 7515 section 4.1.9).
func withoutApplication(mediaType string) string {
	const prefix = "application/"
	if len(mediaType) > len(prefix) && strings.EqualFold(mediaType[:len(prefix)], prefix) {
		return mediaType[len(prefix):]
	}
	return mediaType
}

// checkSignature comes before any look at the claims, so that no other error
// can hide a bad signature.
func (v *Verifier) checkSignature(ctx context.Context, t *token) (*Key, error) {
	if !slices.Contains(v.config.Algorithms, Algorithm(t.header.alg)) {
		return nil, fmt.Errorf("%w: %q", ErrAlgorithm, t.header.alg)
	}
	keys, err := v.keys(ctx)
	if err != nil {
		return nil, err
	}
	return t.checkSignature(keys)
}

func (v *Verifier) keys(ctx context.Context) ([]Key, error) {
	keys, err := v.config.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("jwt: keys: %w", err)
	}
	return keys, nil
}

// checkSignature tries the keys of the token's algorithm and kid, and returns
// the one that fits. A token without a kid may be any key's.
func (t *token) checkSignature(keys []Key) (*Key, error) {
	tried, unfit := false, false
	for i := range keys {
		k := &keys[i]
		switch {
		case k.alg != Algorithm(t.header.alg) || t.header.hasKid && k.id != t.header.kid:
		case !k.CanVerify():
			unfit = true
		case k.verify(t.signed, t.sig):
			return k, nil
		default:
			tried = true
		}
	}
	switch {
	case tried: // before all else: it is wrong whatever other keys are for
		return nil, ErrSignature
	case unfit:
		return nil, ErrKeyUse
	}
	return nil, ErrUnknownKey
}

func (v *Verifier) checkClaims(c *Claims) error {
	now, leeway := v.config.Now(), v.config.Leeway
	switch {
	case c.Expiry.IsZero():
		return fmt.Errorf("%w: no exp", ErrMalformed)
	case !now.Before(c.Expiry.Add(leeway)):
		return fmt.Errorf("%w %v ago; clocks may differ by %v", ErrExpired, now.Sub(c.Expiry).Round(time.Second), leeway)
	case now.Before(c.NotBefore.Add(-leeway)):
		return fmt.Errorf("%w for another %v; clocks may differ by %v", ErrNotYetValid, c.NotBefore.Sub(now).Round(time.Second), leeway)
	case now.Before(c.IssuedAt.Add(-leeway)):
		return fmt.Errorf("%w: issued %v ahead of this clock; clocks may differ by %v", ErrNotYetValid, c.IssuedAt.Sub(now).Round(time.Second), leeway)
	case !v.config.InsecureNoIssuer && c.Issuer != v.config.Issuer:
		return ErrIssuer
	case !v.config.InsecureNoAudience && !slices.Contains(c.Audience, v.config.Audience):
		return ErrAudience
	}
	return nil
}
