package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/access"
)

// accessCmd is `holdfast access`.
type accessCmd struct {
	Show  accessShow  `cmd:"" default:"withargs" help:"Print who may call which route. Needs no database, except for --for and for roles that are not built in."`
	Diff  accessDiff  `cmd:"" help:"Say what changed between two tables that --json wrote, and what was not compared; exit 1 if anything opened, or if another function verifies or decides."`
	Prove accessProve `cmd:"" help:"Decide claims about all callers that there can be; exit 1 with the smallest counterexample."`
}

// tableFile is the flag of those who read a table.
type tableFile struct {
	Routes string `help:"Read the table from a file that --json, or an application's WriteAccessJSON, wrote; the server's own if left out." placeholder:"FILE"`
}

// document is the table: of the file, or the server's own.
func (f tableFile) document(ctx context.Context) (access.Document, error) {
	if f.Routes != "" {
		return access.ReadFile(f.Routes)
	}
	var text bytes.Buffer
	if err := described(ctx, func(app *holdfast.App) error { return app.WriteAccessJSON(&text) }); err != nil {
		return access.Document{}, err
	}
	return access.Read(&text)
}

type accessShow struct {
	database
	tableFile
	JSON     bool   `name:"json" xor:"form" help:"Print JSON."`
	Markdown bool   `xor:"form" help:"Print a table in Markdown."`
	Role     string `xor:"who" help:"As a holder of this role, with the scopes that it grants, sees it." placeholder:"NAME"`
	For      string `xor:"who" help:"As this user of the database sees it, with every scope that the user's roles grant." placeholder:"USER"`
}

// Run prints the table.
func (c *accessShow) Run(ctx context.Context, std streams) error {
	d, err := c.document(ctx)
	if err != nil {
		return err
	}
	if c.Role == "" && c.For == "" {
		return c.print(std.out, d)
	}
	who, err := c.caller(ctx, d)
	if err != nil {
		return err
	}
	if c.JSON || c.Markdown {
		return c.print(std.out, d.OpenTo(who))
	}
	return d.WriteAs(std.out, who)
}

func (c *accessShow) print(w io.Writer, d access.Document) error {
	switch {
	case c.JSON:
		return d.WriteJSON(w)
	case c.Markdown:
		return d.WriteMarkdown(w)
	}
	return d.WriteTable(w)
}

// caller is who sees the table.
func (c *accessShow) caller(ctx context.Context, d access.Document) (access.Caller, error) {
	if c.Role != "" && slices.Contains(d.RoleNames(), c.Role) {
		return d.Holder(c.Role), nil
	}
	who := access.Caller{Presents: true, Good: true}
	found, err := c.exists(ctx)
	switch {
	case err != nil:
		return who, err
	case !found && c.Role != "":
		return who, fmt.Errorf("role %s is none of %s, and there is no database %s to look in", c.Role, strings.Join(d.RoleNames(), ", "), c.database)
	case !found:
		return who, fmt.Errorf("user %s: there is no database %s", c.For, c.database)
	}
	err = c.with(ctx, func(accounts *account.Service) error {
		roles := []string{c.Role}
		if c.For != "" {
			user, err := accounts.UserByName(ctx, c.For)
			if err != nil {
				return fmt.Errorf("user %s: %w", c.For, err)
			}
			roles, who.Good = user.Roles, !user.Disabled
		}
		scopes, err := accounts.Granted(ctx, roles)
		who.Roles, who.Scopes = access.Set(roles), access.Set(scopes)
		return err
	})
	return who, err
}

type accessDiff struct {
	Old  string `arg:"" help:"The table before." placeholder:"OLD.json"`
	New  string `arg:"" help:"The table after." placeholder:"NEW.json"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run says what changed.
func (c *accessDiff) Run(std streams) error {
	before, err := access.ReadFile(c.Old)
	if err != nil {
		return err
	}
	after, err := access.ReadFile(c.New)
	if err != nil {
		return err
	}
	diff, err := access.Compare(before, after)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, diff)
	} else {
		fmt.Fprint(std.out, diff)
	}
	return errors.Join(err, diff.Err())
}

type accessProve struct {
	tableFile
	Claims []string `arg:"" help:"Sentences such as 'only role admin may call DELETE /users/*', 'nothing under /users without scope users:read or scope me or scope users:write', 'no route is open to scope me alone but GET /users/me', 'role manager may not call DELETE /*'." placeholder:"CLAIM"`
	JSON   bool     `name:"json" help:"Print JSON."`
}

// Run decides the claims.
func (c *accessProve) Run(ctx context.Context, std streams) error {
	d, err := c.document(ctx)
	if err != nil {
		return err
	}
	proofs, err := d.ProveAll(c.Claims)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(std.out, proofs)
	} else {
		fmt.Fprint(std.out, proofs)
	}
	return errors.Join(err, proofs.Err())
}
