package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/nativelogin"
)

// loginCmd is `holdfast login`.
type loginCmd struct {
	URL       string        `arg:"" optional:"" default:"http://127.0.0.1:8000" help:"The issuer of the tokens: where the server is."`
	Scope     []string      `help:"A scope to ask for; may be repeated." placeholder:"SCOPE"`
	Resource  []string      `help:"A service that the token is for; may be repeated. The server's own API by default." placeholder:"URI"`
	ClientID  string        `name:"client-id" default:"holdfast" help:"The public client to sign in as, which must be one that may be sent back to http://127.0.0.1/callback."`
	NoBrowser bool          `help:"Print the address, and do not try to open it."`
	Wait      time.Duration `default:"5m" help:"How long to wait for the browser."`
	JSON      bool          `name:"json" help:"Print the whole answer as JSON, with the refresh token."`
}

// Run signs in.
func (c *loginCmd) Run(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	open := func(address string) error {
		fmt.Fprintf(std.err, "Open this address and sign in:\n  %s\n", address)
		if !c.NoBrowser && nativelogin.OpenBrowser(ctx, address) != nil {
			fmt.Fprintln(std.err, "No browser could be opened here.")
		}
		return nil
	}
	tokens, err := nativelogin.Login(ctx, nativelogin.Config{Issuer: c.URL, ClientID: c.ClientID, Scopes: c.Scope, Resource: c.Resource, Open: open})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("there was no sign-in within %v; --wait says how long to wait", c.Wait)
	}
	if err != nil {
		return err
	}
	return printTokens(std, c.JSON, tokens.AccessToken, tokens)
}

// printTokens prints an access token alone, for a shell, or the whole answer.
func printTokens(std streams, whole bool, access string, answer any) error {
	if whole {
		return printJSON(std.out, answer)
	}
	_, err := fmt.Fprintln(std.out, access)
	return err
}
