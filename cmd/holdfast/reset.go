package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
)

type userReset struct {
	database
	Name string `arg:"" help:"The user's name."`
	URL  string `name:"url" help:"Where the server is reached; its public URL by default." placeholder:"URL"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints a link with which the user sets a new password.
func (c *userReset) Run(ctx context.Context, std streams) error {
	return c.withStoreThere(ctx, func(store store) error {
		base := strings.TrimSuffix(c.URL, "/")
		if base == "" {
			var err error
			if base, err = identity.Issuer(ctx, store); err != nil {
				return err
			}
		}
		if base == "" {
			return errors.New("the server has never run with this database, so its address is not known; give it with --url")
		}
		return withAccounts(ctx, config(store), func(accounts *identity.Accounts) error {
			user, err := userOf(ctx, accounts.Service, c.Name)
			if err != nil {
				return err
			}
			link, err := identity.ResetLink(ctx, accounts, base, user.ID)
			if err != nil {
				return err
			}
			return c.print(std, user, link)
		})
	})
}

func (c *userReset) print(std streams, user account.User, link string) error {
	if c.JSON {
		return printJSON(std.out, map[string]any{"name": user.Name, "link": link, "seconds": int(account.ResetTTL / time.Second)})
	}
	fmt.Fprintf(std.out, "%s sets a new password with this link, which works once, for an hour:\n  %s\n", user.Name, link)
	return nil
}
