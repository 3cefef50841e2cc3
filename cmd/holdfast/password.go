package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/holdfast-go/holdfast/password"
)

// passwordCmd is `holdfast password`. A password comes from standard input, to
// its last byte, or from a prompt; never from the command line, which other
// users of the machine can read.
type passwordCmd struct {
	Hash      passwordHash      `cmd:"" help:"Hash a password from standard input (to the last byte: a newline counts) or from a prompt."`
	Verify    passwordVerify    `cmd:"" help:"Exit with 0 only if the password from standard input is the one of the hash."`
	Identify  passwordIdentify  `cmd:"" help:"Say what made a hash, and whether it should be replaced."`
	Calibrate passwordCalibrate `cmd:"" help:"Measure what hashes this machine can afford."`
	Breached  passwordBreached  `cmd:"" help:"Make a filter of passwords known from breaches, and ask one."`
}

type passwordHash struct {
	Scheme string `enum:"argon2id,bcrypt,scrypt,pbkdf2-sha256,pbkdf2-sha512" default:"argon2id" help:"One of ${enum}."`
	Memory uint32 `help:"argon2id: KiB; 19456 by default."`
	Time   uint32 `help:"argon2id: passes; 2 by default."`
	Cost   int    `help:"bcrypt: the logarithm of the rounds, 12 by default. scrypt: that of N, 17 by default."`
	Rounds int    `help:"PBKDF2: the rounds; 600000 with SHA-256 and 210000 with SHA-512 by default."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// scheme is the one that the flags describe.
func (c *passwordHash) scheme() password.Scheme {
	switch c.Scheme {
	case "bcrypt":
		if c.Cost == 0 {
			return password.Bcrypt(12)
		}
		return password.Bcrypt(c.Cost)
	case "scrypt":
		return password.Scrypt(password.ScryptParams{LogN: c.Cost})
	case "pbkdf2-sha256":
		return password.PBKDF2SHA256(c.Rounds)
	case "pbkdf2-sha512":
		return password.PBKDF2SHA512(c.Rounds)
	}
	return password.Argon2id(password.Argon2Params{Memory: c.Memory, Time: c.Time})
}

// Run prints the hash.
func (c *passwordHash) Run(ctx context.Context, std streams) error {
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{c.scheme()}})
	if err != nil {
		return err
	}
	secret, err := readSecret(ctx, std, true)
	if err != nil {
		return err
	}
	hash, err := passwords.Hash(ctx, secret)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, map[string]string{"hash": hash})
	}
	fmt.Fprintln(std.out, hash)
	return nil
}

type passwordVerify struct {
	Hash string `required:"" help:"The hash; quote it from the shell." placeholder:"HASH"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run fails for a wrong password.
func (c *passwordVerify) Run(ctx context.Context, std streams) error {
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return err
	}
	if err := passwords.Check(c.Hash); err != nil {
		return err
	}
	secret, err := readSecret(ctx, std, false)
	if err != nil {
		return err
	}
	ok, err := passwords.Verify(ctx, secret, c.Hash)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, map[string]bool{"ok": ok, "needs_update": passwords.NeedsUpdate(c.Hash)})
	} else if ok {
		fmt.Fprintln(std.out, "the password is right")
	}
	if err == nil && !ok {
		err = errors.New("the password is wrong")
	}
	return err
}

type passwordIdentify struct {
	Hash string `arg:"" optional:"" help:"The hash; from standard input if left out."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run says what made the hash.
func (c *passwordIdentify) Run(_ context.Context, std streams) error {
	if c.Hash == "" {
		data, err := io.ReadAll(io.LimitReader(std.in, 1<<20))
		if err != nil {
			return err
		}
		c.Hash = strings.TrimSpace(string(data))
	}
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return err
	}
	if err := passwords.Check(c.Hash); err != nil {
		return err
	}
	name, old := passwords.Identify(c.Hash), passwords.NeedsUpdate(c.Hash)
	if c.JSON {
		return printJSON(std.out, map[string]any{"scheme": name, "needs_update": old})
	}
	fmt.Fprintf(std.out, "%s, %s\n", name, map[bool]string{
		true: "replaced when its user signs in", false: "as good as new ones",
	}[old])
	return nil
}
