package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// apiKeyCmd is `holdfast apikey`.
type apiKeyCmd struct {
	Add    apiKeyAdd    `cmd:"" help:"Make an API key for a user, or for a client that calls for itself, and show it once."`
	List   apiKeyList   `cmd:"" help:"List the API keys of a user or a client."`
	Revoke apiKeyRevoke `cmd:"" help:"Revoke an API key; it stops working at once."`
	Rotate apiKeyRotate `cmd:"" help:"Make an API key in place of another one, which lives on for a while."`
}

// keyOwner is whose keys are meant.
type keyOwner struct {
	database
	Owner  string `arg:"" help:"The user's name; with --client the client's id."`
	Client bool   `help:"The keys of a client, and not of a user."`
}

func (o keyOwner) with(ctx context.Context, fn func(*account.Service, account.APIKeyOwner) error) error {
	if !o.Client {
		return o.withUser(ctx, o.Owner, func(accounts *account.Service, user account.User) error {
			return fn(accounts, account.APIKeyOwner{UserID: user.ID})
		})
	}
	return o.withThere(ctx, func(accounts *account.Service) error {
		client, err := accounts.Client(ctx, o.Owner)
		if err != nil {
			return fmt.Errorf("client %s: %w", o.Owner, err)
		}
		return fn(accounts, account.APIKeyOwner{ClientID: client.ID})
	})
}

// show prints a new key: the key alone on standard output, for a pipe, and what
// there is to say of it on standard error.
func show(std streams, asJSON bool, grant account.APIKeyGrant) error {
	if asJSON {
		return printJSON(std.out, accountapi.APIKeySecret{APIKey: accountapi.ViewAPIKey(grant.Key), Key: string(grant.Secret)})
	}
	fmt.Fprintf(std.err, "key %s for %s, until %s; it is shown this once:\n", grant.Key.ID, strings.Join(grant.Key.Scopes, " "), grant.Key.Expires.Format(time.DateTime))
	_, err := fmt.Fprintln(std.out, string(grant.Secret))
	return err
}

type apiKeyAdd struct {
	keyOwner
	Name  string   `required:"" help:"What the key is for."`
	Scope []string `help:"A scope that it may have, of what its owner may at each request; may be repeated."`
	Days  int      `help:"How many days it lives; 90 if not given, and at most 366."`
	JSON  bool     `name:"json" help:"Print JSON."`
}

// Run makes the key.
func (c *apiKeyAdd) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(accounts *account.Service, owner account.APIKeyOwner) error {
		grant, err := accounts.NewAPIKey(ctx, owner, account.APIKeyAsk{Name: c.Name, Scopes: c.Scope, TTL: time.Duration(c.Days) * 24 * time.Hour})
		if err != nil {
			return err
		}
		return show(std, c.JSON, grant)
	})
}

type apiKeyList struct {
	keyOwner
	tty.Listing
	State string `help:"Those that are good, replaced by another one and still good, or over." enum:"good,replaced,over," default:"" placeholder:"good|replaced|over"`
	Scope string `help:"Those that have this scope."`
}

var apiKeyTable = tty.Table[account.APIKey]{
	Name: "keys", Head: "ID\tNAME\tSCOPES\tSTATE\tUNTIL\tLAST USED",
	View: func(k account.APIKey) any { return accountapi.ViewAPIKey(k) },
	Row: func(k account.APIKey) string {
		used := "never"
		if !k.LastUsed.IsZero() {
			used = k.LastUsed.Format("2006-01-02 15:04")
		}
		return row(k.ID, k.Name, strings.Join(k.Scopes, " "), apiKeyState(k), k.Expires.Format("2006-01-02 15:04"), used)
	},
}

func apiKeyState(k account.APIKey) string {
	switch {
	case !k.Expires.After(now()):
		return "over"
	case k.Replaced != "":
		return "replaced"
	}
	return "good"
}

// Run lists the keys.
func (c *apiKeyList) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(accounts *account.Service, owner account.APIKeyOwner) error {
		list, err := accounts.APIKeys(ctx, owner)
		return apiKeyTable.Print(std.out, c.Listing, tty.All(list, err), func(k account.APIKey) bool {
			return (c.State == "" || c.State == apiKeyState(k)) && (c.Scope == "" || slices.Contains(k.Scopes, c.Scope))
		})
	})
}

type apiKeyRevoke struct {
	keyOwner
	sure
	ID string `arg:"" help:"The key's id, from 'holdfast apikey list'."`
}

// Run revokes the key.
func (c *apiKeyRevoke) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(accounts *account.Service, owner account.APIKeyOwner) error {
		if err := c.confirm(ctx, std, "Revoke the key "+c.ID+"?"); err != nil {
			return err
		}
		if err := accounts.RevokeAPIKey(ctx, owner, c.ID); err != nil {
			return err
		}
		fmt.Fprintf(std.out, "revoked %s\n", c.ID)
		return nil
	})
}

type apiKeyRotate struct {
	keyOwner
	ID      string        `arg:"" help:"The key's id, from 'holdfast apikey list'."`
	Overlap time.Duration `default:"24h" help:"For how long the key before stays good, at most 720h; 0s ends it at once."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// Run rotates the key.
func (c *apiKeyRotate) Run(ctx context.Context, std streams) error {
	return c.with(ctx, func(accounts *account.Service, owner account.APIKeyOwner) error {
		grant, err := accounts.RotateAPIKey(ctx, owner, c.ID, c.Overlap)
		if err != nil {
			return err
		}
		return show(std, c.JSON, grant)
	})
}
