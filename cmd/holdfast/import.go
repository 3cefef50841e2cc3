package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/account/importer"
)

// importCmd is `holdfast import`.
type importCmd struct {
	Users importUsers `cmd:"" help:"Bring users with their password hashes from another system. Who is there already is never changed. Exits with 1 if lines were refused; the others are done."`
}

type importUsers struct {
	database
	From   string   `required:"" enum:"passlib-csv,django,fastapi-users" help:"What wrote the file: ${enum}. passlib-csv has a line of column names, username (or name) and hash among them, perhaps email and disabled; django is 'manage.py dumpdata auth.user'; fastapi-users is its user table as CSV, JSON or JSON lines." placeholder:"FORMAT"`
	File   string   `arg:"" help:"The file; - for standard input."`
	Role   []string `default:"user" help:"A role to give to everybody; may be repeated. What the file says of administrators is not followed."`
	DryRun bool     `help:"Say what would be done, and change nothing."`
	JSON   bool     `name:"json" help:"Print the report as JSON, with every line that was refused."`
}

// Run reads the file, with a line of progress for each batch.
func (c *importUsers) Run(ctx context.Context, std streams) error {
	in := std.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	return c.with(ctx, func(accounts *account.Service) error {
		report, err := importer.Import(ctx, accounts, interruptible{ctx, in}, importer.Config{
			Format: importer.Format(c.From), Roles: c.Role, DryRun: c.DryRun,
			Progress: func(r importer.Report) {
				fmt.Fprintf(std.err, "%d read, %d added, %d there already, %d refused\n", r.Read, r.Added, r.There, len(r.Refused))
			},
		})
		if err := errors.Join(err, c.print(std, report)); err != nil {
			if errors.Is(err, context.Canceled) {
				fmt.Fprintf(std.err, "stopped after %d added; the same command goes on from there: who is there already is passed over\n", report.Added)
			}
			return err
		}
		if n := len(report.Refused); n > 0 {
			return fmt.Errorf("%d of %d were refused; all others are done", n, report.Read)
		}
		return nil
	})
}

// print prints the report.
func (c *importUsers) print(std streams, r importer.Report) error {
	if c.JSON {
		return printJSON(std.out, r)
	}
	const most = 20
	for _, one := range r.Refused[:min(most, len(r.Refused))] {
		fmt.Fprintf(std.out, "line %d: %s: %s\n", one.Line, orNobody(one.Name), one.Reason)
	}
	if more := len(r.Refused) - most; more > 0 {
		fmt.Fprintf(std.out, "and %d more; --json has all of them\n", more)
	}
	done := "added"
	if r.DryRun {
		done = "would be added"
	}
	fmt.Fprintf(std.out, "%d read: %d %s, %d there already and not changed, %d refused\n", r.Read, r.Added, done, r.There, len(r.Refused))
	if r.NoPassword > 0 {
		fmt.Fprintf(std.out, "%d have no password: 'holdfast user reset NAME' makes a link to set one\n", r.NoPassword)
	}
	if r.Admins > 0 {
		fmt.Fprintf(std.out, "%d were administrators there and are not here: 'holdfast user roles NAME admin'\n", r.Admins)
	}
	return nil
}

func orNobody(name string) string {
	if name == "" {
		return "(no name)"
	}
	return fmt.Sprintf("%q", name)
}
