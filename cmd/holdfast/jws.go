package main

import (
	"fmt"

	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/jwt"
)

// jwsCmd is `holdfast jws`.
type jwsCmd struct {
	Verify jwsVerify `cmd:"" help:"Check a compact JWS from standard input and print its payload. What the payload says is not looked at."`
	Sign   jwsSign   `cmd:"" help:"Sign what standard input has and print the compact JWS."`
}

type jwsVerify struct {
	JWK string `name:"jwk" required:"" help:"The file with the key, a JWK that names its one algorithm." placeholder:"FILE"`
}

// Run verifies.
func (c *jwsVerify) Run(std streams) error {
	key, err := jwt.ReadKey(c.JWK)
	if err != nil {
		return err
	}
	text, err := tty.ReadToken(std.in)
	if err != nil {
		return err
	}
	jws, err := jwt.VerifyJWS(text, key)
	if err != nil {
		return err
	}
	_, err = std.out.Write(jws.Payload)
	return err
}

type jwsSign struct {
	JWK string `name:"jwk" required:"" help:"The file with the private or secret key, a JWK that names its one algorithm." placeholder:"FILE"`
	Typ string `help:"What the token is (typ), such as note+jws; nothing if left out."`
}

// Run signs.
func (c *jwsSign) Run(std streams) error {
	key, err := jwt.ReadKey(c.JWK)
	if err != nil {
		return err
	}
	payload, err := tty.ReadAll(std.in)
	if err != nil {
		return err
	}
	text, err := jwt.SignJWS(key, c.Typ, payload)
	if err != nil {
		return err
	}
	fmt.Fprintln(std.out, text)
	return nil
}
