package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/account/importer"
	"github.com/holdfast-go/holdfast/internal/tty"
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

	Truncates bool   `name:"source-truncates-at-72" help:"The system has cut passwords to the 72 bytes that bcrypt reads, as Passlib, PHP and Django do. Who has a longer one there gets in with what is left of it, once, until --until; the hash is then replaced by one of all of it. Until then, whoever knows the first 72 bytes gets in as well, as it was there."`
	Until     string `help:"Of --source-truncates-at-72: the last day, as 2030-12-31 in UTC. In 90 days by default." placeholder:"DATE"`

	clock func() time.Time `kong:"-"` // of the progress; the shell's if nil
}

// Run reads the file, and says how far it has come.
func (c *importUsers) Run(ctx context.Context, std streams) error {
	until, err := c.cutUntil()
	if err != nil {
		return err
	}
	in, file := std.in, (*os.File)(nil)
	if c.File != "-" {
		if file, err = os.Open(c.File); err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	progress := tty.NewProgress(std.err, c.clock)
	return c.with(ctx, func(accounts *account.Service) error {
		report, err := importer.Import(ctx, accounts, progress.Of(tty.Interruptible{Ctx: ctx, In: in}, file), importer.Config{
			Format: importer.Format(c.From), Roles: c.Role, DryRun: c.DryRun, CutUntil: until,
			Progress: func(r importer.Report) {
				progress.Say("%d read, %d added, %d there already, %d refused", r.Read, r.Added, r.There, len(r.Refused))
			},
		})
		progress.Clear()
		if err := errors.Join(err, c.print(std, report, until)); err != nil {
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

// cutUntil is until when what the system left of a password is compared; zero for
// never.
func (c *importUsers) cutUntil() (time.Time, error) {
	const standard = 90 // days
	switch {
	case !c.Truncates && c.Until != "":
		return time.Time{}, errors.New("--until is of --source-truncates-at-72")
	case !c.Truncates:
		return time.Time{}, nil
	case c.Until == "":
		return now().UTC().AddDate(0, 0, standard), nil
	}
	day, err := time.Parse(time.DateOnly, c.Until)
	until := day.AddDate(0, 0, 1) // that day is the last
	switch {
	case err != nil:
		return until, fmt.Errorf("--until %s: it wants a day as 2030-12-31", c.Until)
	case !until.After(now()):
		return until, fmt.Errorf("--until %s: it is over", c.Until)
	case until.After(now().AddDate(1, 0, 1)):
		return until, fmt.Errorf("--until %s: a year is the most, since until then the first 72 bytes are enough", c.Until)
	}
	return until, nil
}

// print prints the report.
func (c *importUsers) print(std streams, r importer.Report, until time.Time) error {
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
	if r.Cut > 0 {
		fmt.Fprintf(std.out, "%d have hashes of at most 72 bytes of a password: until %s a longer one is compared as it was there, once for each, and then kept whole\n", r.Cut, until.Format(time.DateTime))
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
