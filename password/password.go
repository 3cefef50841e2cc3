// Package password hashes passwords and verifies them, with the contract of
// Passlib's CryptContext: the first scheme is the default, the others are
// deprecated, and a good password with a deprecated hash comes with a new one.
//
// Passwords are bytes and none is changed: no normalisation, no truncation. A
// NUL byte is a byte like any other.
package password

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What can be wrong with a hash or a password.
var (
	ErrUnknownHash = errors.New("password: no scheme of the context knows this hash")
	ErrMalformed   = errors.New("password: the hash is malformed")
	ErrTooCostly   = errors.New("password: the hash asks for more work than is allowed")
	ErrTooLong     = errors.New("password: bcrypt takes at most 72 bytes")
)

// Scheme is one way of hashing. Argon2id and Bcrypt make them. A Scheme is
// safe for concurrent use.
type Scheme interface {
	// Name is the scheme's name in Passlib: "argon2", "bcrypt".
	Name() string

	owns(hash string) bool
	hash(random io.Reader, secret string) (string, error)
	verify(secret, hash string) (bool, error)
	weak(hash string) bool // weaker than configured
}

// Config describes a context. The zero Config hashes with argon2id and also
// verifies bcrypt.
type Config struct {
	// Schemes in order; the first is the default. Argon2id, then Bcrypt(12),
	// if empty.
	Schemes []Scheme

	// Run runs the hashing: pass a lane's Do, so that a flood of logins is
	// bounded. The hashing runs in place if nil.
	Run func(ctx context.Context, fn func() error) error

	// Rand is where salts come from. crypto/rand if nil.
	Rand io.Reader
}

// Context hashes and verifies. It is safe for concurrent use.
type Context struct {
	schemes []Scheme
	run     func(context.Context, func() error) error
	random  io.Reader
	dummy   string
}

// NewContext makes a context. It hashes once, for DummyVerify.
func NewContext(config Config) (*Context, error) {
	c := &Context{schemes: config.Schemes, run: config.Run, random: config.Rand}
	if len(c.schemes) == 0 {
		c.schemes = []Scheme{Argon2id(Argon2Params{}), Bcrypt(12)}
	}
	if c.random == nil {
		c.random = rand.Reader
	}
	if c.run == nil {
		c.run = func(_ context.Context, fn func() error) error { return fn() }
	}
	dummy, err := c.schemes[0].hash(c.random, rand.Text())
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	c.dummy = dummy
	return c, nil
}

// Hash hashes a password with the default scheme and a new salt.
func (c *Context) Hash(ctx context.Context, secret string) (hash string, err error) {
	err = c.run(ctx, func() (err error) {
		hash, err = c.schemes[0].hash(c.random, secret)
		return err
	})
	return hash, err
}

// Verify reports whether hash is one of secret. A password that is too long
// for the hash's scheme is a wrong one, and takes as long.
func (c *Context) Verify(ctx context.Context, secret, hash string) (ok bool, err error) {
	s, err := c.find(hash)
	if err != nil {
		return false, err
	}
	err = c.run(ctx, func() (err error) {
		ok, err = s.verify(secret, hash)
		return err
	})
	return ok && err == nil, err
}

// VerifyAndUpdate is Verify, with a new hash when the password is right and
// the hash should be replaced; newHash is empty otherwise.
func (c *Context) VerifyAndUpdate(ctx context.Context, secret, hash string) (ok bool, newHash string, err error) {
	ok, err = c.Verify(ctx, secret, hash)
	if !ok || err != nil || !c.NeedsUpdate(hash) {
		return ok, "", err
	}
	newHash, err = c.Hash(ctx, secret)
	if errors.Is(err, ErrTooLong) {
		return true, "", nil // the password is right; the default scheme cannot hold it
	}
	return ok, newHash, err
}

// NeedsUpdate reports whether hash is of a deprecated scheme, or weaker than
// the default scheme is configured.
func (c *Context) NeedsUpdate(hash string) bool {
	s, err := c.find(hash)
	return err != nil || s != c.schemes[0] || s.weak(hash)
}

// Identify returns the name of the scheme that made hash, or "".
func (c *Context) Identify(hash string) string {
	s, err := c.find(hash)
	if err != nil {
		return ""
	}
	return s.Name()
}

// DummyVerify takes as long as a verification, for names that do not exist.
func (c *Context) DummyVerify(ctx context.Context, secret string) error {
	_, err := c.Verify(ctx, secret, c.dummy)
	return err
}

func (c *Context) find(hash string) (Scheme, error) {
	if strings.HasPrefix(hash, "$2x$") {
		return nil, fmt.Errorf("%w: $2x$ marks hashes of a broken bcrypt, which mixes up passwords; set a new password", ErrUnknownHash)
	}
	for _, s := range c.schemes {
		if s.owns(hash) {
			return s, nil
		}
	}
	return nil, ErrUnknownHash
}
