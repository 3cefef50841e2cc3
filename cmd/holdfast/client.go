package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// clientCmd is `holdfast client`.
type clientCmd struct {
	Add          clientAdd    `cmd:"" help:"Add a client; its secret is printed this once."`
	List         clientList   `cmd:"" help:"List the clients."`
	Show         clientShow   `cmd:"" help:"Show one client."`
	Change       clientChange `cmd:"" help:"Change what is said of a client, from its next request on; the rest stays."`
	RotateSecret clientRotate `cmd:"" help:"Give a client another secret; the one before stays good for a while."`
	Remove       clientRemove `cmd:"" help:"Remove a client; what it was given stops working."`
}

type clientAdd struct {
	database
	Name       string   `arg:"" help:"What people are shown."`
	ID         string   `name:"id" help:"The client_id; one is made if not given."`
	Redirect   []string `sep:"none" placeholder:"URI" help:"Where people are sent back to: https, a loopback address with any port, or a scheme of one's own such as com.example.app; may be repeated."`
	Grant      []string `help:"authorization_code, refresh_token or client_credentials; the first two if there is a --redirect, and else the last."`
	Scope      []string `help:"A scope that it may ask for; may be repeated. None are given: a --first-party client may ask for all that a user is granted, another one for none."`
	Audience   []string `sep:"none" placeholder:"URI" help:"A resource that it may ask tokens for; may be repeated."`
	Public     bool     `help:"It keeps no secret: an app on a phone, in a browser or at a shell." xor:"auth"`
	FirstParty bool     `help:"It is one's own: people are not asked for their consent."`
	JWKS       string   `name:"jwks" type:"existingfile" placeholder:"FILE" help:"Its public keys, a JWK set: it signs in place of presenting a secret." xor:"auth"`
	JSON       bool     `name:"json" help:"Print JSON."`
}

// Run adds the client.
func (c *clientAdd) Run(ctx context.Context, std streams) error {
	client := account.Client{
		ID: c.ID, Name: c.Name, FirstParty: c.FirstParty, Public: c.Public,
		Redirects: c.Redirect, Grants: c.Grant, Scopes: c.Scope, Audiences: c.Audience,
	}
	if client.Scopes == nil && !c.FirstParty {
		client.Scopes = []string{}
	}
	if c.Public && len(c.Redirect) == 0 && len(c.Grant) == 0 {
		return errors.New("a --public client needs a --redirect URI: it has no secret, so people sign in to it")
	}
	if c.JWKS != "" {
		keys, err := os.ReadFile(c.JWKS)
		if err != nil {
			return err
		}
		client.Keys = string(keys)
	}
	return c.with(ctx, func(accounts *account.Service) error {
		client, secret, err := accounts.CreateClient(ctx, client)
		if err != nil {
			return err
		}
		if err := printSecret(std, c.JSON, "added "+client.Name, client, secret); err != nil {
			return err
		}
		missing, err := ungranted(ctx, accounts, client.Scopes)
		if err == nil && len(missing) > 0 {
			fmt.Fprintf(std.err, "No role grants %s: it is for clients that call for themselves, or misspelt.\n", strings.Join(missing, " "))
		}
		return err
	})
}

// printSecret prints a client with its secret, if it has one.
func printSecret(std streams, asJSON bool, done string, client account.Client, secret account.Secret) error {
	if asJSON {
		return printJSON(std.out, accountapi.ClientSecret{Client: accountapi.DescribeClient(client), Secret: string(secret)})
	}
	text := fmt.Sprintf("%s\nclient_id      %s\n", done, client.ID)
	if secret != "" {
		text += fmt.Sprintf("client_secret  %s\n", string(secret))
	}
	if _, err := io.WriteString(std.out, text); err != nil || secret == "" {
		return err
	}
	_, err := io.WriteString(std.err, "The secret is shown this once; only a hash of it is kept.\n")
	return err
}

type clientList struct {
	database
	tty.Listing
	State string `help:"Those that are enabled, or disabled." enum:"enabled,disabled," default:"" placeholder:"enabled|disabled"`
	Scope string `help:"Those that may ask for this scope."`
}

var clientTable = tty.Table[account.Client]{
	Name: "clients", Head: "CLIENT\tNAME\tKIND\tGRANTS\tSCOPES",
	View: func(c account.Client) any { return accountapi.DescribeClient(c) },
	Row: func(c account.Client) string {
		return row(c.ID, c.Name, clientKind(c), strings.Join(c.Grants, " "), clientScopes(c))
	},
}

// Run lists the clients, those that the server declares first.
func (c *clientList) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		list := tty.Pages(func(after string) (list []account.Client, next string, err error) {
			if list, err = accounts.Clients(ctx, after, page); len(list) == page {
				next = list[page-1].ID
			}
			if after == "" {
				list = append(accounts.DeclaredClients(), list...)
			}
			return list, next, err
		})
		return clientTable.Print(std.out, c.Listing, list, func(one account.Client) bool {
			return (c.State == "" || c.State == state(one.Disabled)) && (c.Scope == "" || one.Scopes == nil || slices.Contains(one.Scopes, c.Scope))
		})
	})
}

// clientKind says how a client authenticates itself, and what else it is.
func clientKind(c account.Client) string {
	kind := map[string]string{"none": "public", "private_key_jwt": "key", "client_secret_basic": "secret"}[accountapi.DescribeClient(c).AuthMethod]
	if c.FirstParty {
		kind += ", first-party"
	}
	if c.Disabled {
		kind += ", disabled"
	}
	return kind
}

func clientScopes(c account.Client) string {
	if c.Scopes == nil {
		return "all of a user's"
	}
	return strings.Join(c.Scopes, " ")
}

type clientShow struct {
	database
	ID   string `arg:"" help:"The client_id."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run shows one client.
func (c *clientShow) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		client, err := accounts.Client(ctx, c.ID)
		if err != nil {
			return fmt.Errorf("client %s: %w", c.ID, err)
		}
		if c.JSON {
			return printJSON(std.out, accountapi.DescribeClient(client))
		}
		return writeClient(ctx, std.out, accounts, client)
	})
}

// writeClient writes what is known of a client.
func writeClient(ctx context.Context, out io.Writer, accounts *account.Service, client account.Client) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "client     %s\nname       %s\nkind       %s\ngrants     %s\nscopes     %s\n",
		client.ID, client.Name, clientKind(client), strings.Join(client.Grants, " "), clientScopes(client))
	for _, uri := range client.Redirects {
		fmt.Fprintf(w, "redirect   %s\n", uri)
	}
	for _, uri := range client.Audiences {
		fmt.Fprintf(w, "audience   %s\n", uri)
	}
	secrets, _ := accounts.ClientSecrets(ctx, client.ID) // one that the server declares has none
	for _, one := range secrets {
		fmt.Fprintf(w, "secret     %s\n", ends(one))
	}
	return w.Flush()
}

// ends says until when a secret is good.
func ends(s account.ClientSecret) string {
	if s.Expires.IsZero() {
		return "good without end"
	}
	return "good until " + s.Expires.UTC().Format(time.RFC3339)
}

type clientRotate struct {
	database
	ID      string        `arg:"" help:"The client_id."`
	Overlap time.Duration `default:"24h" help:"How long the secret before stays good; 0 ends it, and the tokens that the client got with it for itself, at once."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// Run makes another secret.
func (c *clientRotate) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		secret, err := accounts.RotateClientSecret(ctx, c.ID, c.Overlap)
		if err != nil {
			return fmt.Errorf("client %s: %w", c.ID, err)
		}
		client, err := accounts.Client(ctx, c.ID)
		if err != nil {
			return err
		}
		return printSecret(std, c.JSON, "another secret for "+client.Name, client, secret)
	})
}

type clientRemove struct {
	database
	sure
	ID string `arg:"" help:"The client_id."`
}

// Run removes the client.
func (c *clientRemove) Run(ctx context.Context, std streams) error {
	return c.withThere(ctx, func(accounts *account.Service) error {
		if err := c.confirm(ctx, std, "Remove the client "+c.ID+", and end all that was given to it?"); err != nil {
			return err
		}
		if err := accounts.RemoveClient(ctx, c.ID); err != nil {
			return fmt.Errorf("client %s: %w", c.ID, err)
		}
		_, err := io.WriteString(std.out, "removed "+c.ID+"\n")
		return err
	})
}
