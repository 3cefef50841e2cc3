package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Config describes a context. The zero Config hashes with argon2id at OWASP's
// cost and verifies every scheme that this package knows.
type Config struct {
	// Schemes in order; the first is the default. Schemes() if empty.
	Schemes []Scheme

	// Deprecated names the schemes whose hashes are replaced after a good
	// password. All but the first if nil; none if empty and not nil. Hashes of
	// schemes that only verify are always replaced.
	Deprecated []string

	// Run runs the hashing: pass a lane's Do, so that a flood of logins is
	// bounded. The hashing runs in place if nil.
	Run func(ctx context.Context, fn func() error) error

	// Rand is where salts come from. crypto/rand if nil.
	Rand io.Reader
}

// Context hashes and verifies. It is safe for concurrent use.
type Context struct {
	schemes    []Scheme
	deprecated []string
	run        func(context.Context, func() error) error
	random     io.Reader
	dummy      string // a hash of nothing that costs what the default scheme costs
	holds      parsed // the same, for what fits
}

// NewContext makes a context. It hashes nothing.
func NewContext(config Config) (*Context, error) {
	c := &Context{schemes: config.Schemes, deprecated: config.Deprecated, run: config.Run, random: config.Rand}
	if len(c.schemes) == 0 {
		c.schemes = Schemes()
	}
	if c.random == nil {
		c.random = rand.Reader
	}
	if c.run == nil {
		c.run = func(_ context.Context, fn func() error) error { return fn() }
	}
	var names []string
	for _, s := range c.schemes {
		if err := s.valid(); err != nil {
			return nil, err
		}
		if slices.Contains(names, s.Name()) {
			return nil, fmt.Errorf("password: the scheme %s is there twice", s.Name())
		}
		names = append(names, s.Name())
	}
	if c.deprecated == nil {
		c.deprecated = names[1:]
	}
	for _, name := range c.deprecated {
		if name == names[0] {
			return nil, fmt.Errorf("password: the default scheme %s cannot be deprecated", name)
		}
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("password: the deprecated scheme %s is none of the context's", name)
		}
	}
	if c.dummy = c.schemes[0].blank(); c.dummy == "" {
		return nil, fmt.Errorf("%w: %s cannot be the default", ErrImportOnly, names[0])
	}
	var err error
	c.holds, err = c.schemes[0].parse(c.dummy)
	return c, err
}

// Hash hashes a password, in its normal form (see the package), with the default
// scheme and a new salt. ErrTooLong and ErrNUL come after the work of a hash, so that the time does not tell
// them from others.
func (c *Context) Hash(ctx context.Context, secret string) (hash string, err error) {
	err = c.run(ctx, func() (err error) {
		hash, err = c.hash(secret)
		return err
	})
	return hash, err
}

func (c *Context) hash(secret string) (string, error) {
	secret = normal(secret)
	if refusal := c.holds.fits(secret); refusal != nil {
		_, err := c.schemes[0].hash(c.random, "")
		return "", errors.Join(refusal, err)
	}
	return c.schemes[0].hash(c.random, secret)
}

// Verify reports whether hash is one of secret, as it came or in its normal form
// (see the package). A password that is too long
// for the hash's scheme is a wrong one, and takes as long. Errors:
// ErrUnknownHash, ErrMalformed, ErrRefused, ErrTooCostly, and those of Run.
func (c *Context) Verify(ctx context.Context, secret, hash string) (ok bool, err error) {
	_, p, err := c.read(hash)
	if err != nil {
		return false, err
	}
	err = c.run(ctx, func() error {
		ok, _ = p.verifyTyped(secret)
		return nil
	})
	return ok && err == nil, err
}

// VerifyAndUpdate is Verify, with a new hash when the password is right and
// the hash should be replaced, also because it is one of another form of the
// password than the normal one; newHash is empty otherwise. Both are one piece
// of work for Run.
func (c *Context) VerifyAndUpdate(ctx context.Context, secret, hash string) (ok bool, newHash string, err error) {
	s, p, err := c.read(hash)
	if err != nil {
		return false, "", err
	}
	err = c.run(ctx, func() (err error) {
		var another bool
		ok, another = p.verifyTyped(secret)
		if !ok || !another && !c.outdated(s, p) {
			return nil
		}
		newHash, err = c.hash(secret)
		if errors.Is(err, ErrTooLong) || errors.Is(err, ErrNUL) {
			return nil // the password is right; the default scheme cannot hold it
		}
		return err
	})
	return ok && err == nil, newHash, err
}

// Cuts reports whether a hash is one of bcrypt's own, of which many programs cut
// passwords to 72 bytes. This package does not.
func (c *Context) Cuts(hash string) bool {
	_, p, err := c.read(hash)
	return err == nil && p.cuts
}

// VerifyCut is VerifyAndUpdate as a program does it that cuts passwords to what the
// hash can hold: for users who come from one, who would be locked out otherwise. Cut
// says that the password is longer, so that whatever stands behind that part was not
// looked at; newHash is then one of all of it. Programs that cut elsewhere, as after
// 255 bytes or at a NUL, are not followed.
func (c *Context) VerifyCut(ctx context.Context, secret, hash string) (ok, cut bool, newHash string, err error) {
	s, p, err := c.read(hash)
	if err != nil {
		return false, false, "", err
	}
	err = c.run(ctx, func() (err error) {
		var another bool
		ok, another = p.typed(secret, p.verifyCut)
		cut = ok && len(secret) > p.most()
		if !ok || !cut && !another && !c.outdated(s, p) {
			return nil
		}
		newHash, err = c.hash(secret)
		if errors.Is(err, ErrTooLong) || errors.Is(err, ErrNUL) {
			return nil // the default scheme cannot hold it
		}
		return err
	})
	return ok && err == nil, cut, newHash, err
}

// NeedsUpdate reports whether hash should be replaced: it is of a deprecated
// scheme, weaker than its scheme is configured, or cannot be verified at all.
func (c *Context) NeedsUpdate(hash string) bool {
	s, p, err := c.read(hash)
	return err != nil || c.outdated(s, p)
}

func (c *Context) outdated(s Scheme, p parsed) bool {
	return p.weak || slices.Contains(c.deprecated, s.Name())
}

// Identify returns the name of the scheme that made hash, or "". It looks at
// the beginning alone: Check says whether the rest can be verified.
func (c *Context) Identify(hash string) string {
	if s := c.find(hash); s != nil {
		return s.Name()
	}
	return ""
}

// Check returns why a hash cannot be verified, or nil: ErrUnknownHash,
// ErrMalformed, ErrRefused, ErrTooCostly. It hashes nothing.
func (c *Context) Check(hash string) error {
	_, _, err := c.read(hash)
	return err
}

// Blank returns a hash that takes as long to verify as this one, with salt and
// checksum blanked: hashes of one scheme and cost have the same blank. It is
// "" for a hash that cannot be verified.
func (c *Context) Blank(hash string) string {
	_, p, err := c.read(hash)
	if err != nil {
		return ""
	}
	return p.blank
}

// DummyVerify takes as long as a verification of a hash of the default scheme,
// for names that do not exist.
func (c *Context) DummyVerify(ctx context.Context, secret string) error {
	return c.DummyVerifyLike(ctx, secret, c.dummy)
}

// DummyVerifyLike takes as long as to verify like, a hash or what Blank made
// of one. Where the users have hashes of several schemes, names that do not
// exist should have them in the same proportions. An empty like, or one that
// cannot be verified, stands for a hash of the default scheme.
func (c *Context) DummyVerifyLike(ctx context.Context, secret, like string) error {
	_, p, err := c.read(like)
	if err != nil {
		if _, p, err = c.read(c.dummy); err != nil {
			return err
		}
	}
	return c.run(ctx, func() error {
		_, _ = p.verifyTyped(secret)
		return nil
	})
}

func (c *Context) find(hash string) Scheme {
	for _, s := range c.schemes {
		if s.owns(hash) {
			return s
		}
	}
	return nil
}

// maxHash is longer than any hash: what is longer is not read at all.
const maxHash = 1024

// read finds the scheme of a hash and parses it.
func (c *Context) read(hash string) (Scheme, parsed, error) {
	if len(hash) > maxHash {
		return nil, parsed{}, malformed("it has more than %d bytes", maxHash)
	}
	s := c.find(hash)
	if s == nil {
		return nil, parsed{}, refusal(hash)
	}
	p, err := s.parse(hash)
	return s, p, err
}
