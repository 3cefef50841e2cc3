package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/holdfast-go/holdfast/identity"
)

// issuerCmd is `holdfast issuer`.
type issuerCmd struct {
	Show issuerShow `cmd:"" default:"withargs" help:"Print the issuer of the tokens, and whom they are for."`
	Set  issuerSet  `cmd:"" help:"Change the issuer. It ends every access token issued so far; sessions stay, and refreshing gives new ones. Running servers keep to the one before until they start again, and services that verify tokens have to be told."`
}

type issuerShow struct {
	database
	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints the issuer and the audience.
func (c *issuerShow) Run(ctx context.Context, std streams) error {
	return c.withStoreThere(ctx, func(store store) error {
		issuer, err := identity.Issuer(ctx, store)
		if err != nil {
			return err
		}
		audience, err := identity.Audience(ctx, store)
		if err != nil {
			return err
		}
		if c.JSON {
			first := ""
			if len(audience) > 0 {
				first = audience[0]
			}
			return printJSON(std.out, map[string]any{"issuer": issuer, "audience": first, "audiences": append([]string{}, audience...)})
		}
		const none = "(chosen at the first 'holdfast serve')"
		fmt.Fprintf(std.out, "issuer    %s\naudience  %s\n", cmp.Or(issuer, none), cmp.Or(strings.Join(audience, ", "), none))
		return nil
	})
}

type issuerSet struct {
	database
	URL string `arg:"" help:"The public URL from now on." placeholder:"URL"`
}

// Run changes the issuer.
func (c *issuerSet) Run(ctx context.Context, std streams) error {
	return c.withStoreThere(ctx, func(store store) error {
		before, err := identity.SetIssuer(ctx, store, c.URL)
		if err != nil {
			return err
		}
		now, err := identity.Issuer(ctx, store)
		switch {
		case err != nil:
			return err
		case before == now:
			fmt.Fprintf(std.out, "the issuer is %s, as before\n", now)
		case before == "":
			fmt.Fprintf(std.out, "the issuer is %s\n", now)
		default:
			fmt.Fprintf(std.out, "the issuer is %s; it was %s\nAccess tokens issued so far are refused as soon as servers start again; sessions stay, and refreshing gives new tokens.\n", now, before)
		}
		return nil
	})
}
