package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
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

// refusedLine is a line that made no user, and why.
type refusedLine struct {
	Line   int    `json:"line"`
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// report is what an import did, or would have done.
type report struct {
	DryRun     bool          `json:"dry_run"`
	Read       int           `json:"read"`
	Added      int           `json:"added"`
	There      int           `json:"already_there"`
	NoPassword int           `json:"without_password"` // of those added
	Admins     int           `json:"administrators_there"`
	Refused    []refusedLine `json:"refused"`
}

// Run reads the file in batches, each of which is a transaction.
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
		job := &importJob{cmd: c, accounts: accounts, progress: std.err, report: report{DryRun: c.DryRun, Refused: []refusedLine{}}, seen: map[string]int{}}
		return job.run(ctx, in, std)
	})
}

// run imports what there is to read and prints the report.
func (j *importJob) run(ctx context.Context, in io.Reader, std streams) error {
	failed := readRecords(in, func(r record) error { return j.add(ctx, r) })
	if failed == nil || errors.Is(failed, errBroken) { // what was read until there counts
		failed = errors.Join(failed, j.flush(ctx))
	}
	if err := errors.Join(failed, j.cmd.print(std, j.report)); err != nil {
		return err
	}
	if n := len(j.report.Refused); n > 0 {
		return fmt.Errorf("%d of %d were refused; all others are done", n, j.report.Read)
	}
	return nil
}

// batch is how many users a transaction adds.
const batch = 2000

type importJob struct {
	cmd      *importUsers
	accounts *account.Service
	progress io.Writer
	report   report

	seen  map[string]int // names of this file, and where
	users []account.ImportedUser
	lines []int // of users
}

// add puts a record into the batch.
func (j *importJob) add(ctx context.Context, r record) error {
	j.report.Read++
	user, admin, err := j.user(r)
	switch {
	case errors.Is(err, errOther):
		j.report.Read--
		return nil
	case err != nil:
		j.refuse(r.line, user.Name, err.Error())
		return nil
	}
	if admin {
		j.report.Admins++
	}
	name := strings.ToLower(user.Name)
	if line, ok := j.seen[name]; ok {
		j.refuse(r.line, user.Name, fmt.Sprintf("line %d has the same name", line))
		return nil
	}
	j.seen[name] = r.line
	j.users, j.lines = append(j.users, user), append(j.lines, r.line)
	if len(j.users) < batch {
		return nil
	}
	return j.flush(ctx)
}

func (j *importJob) refuse(line int, name, reason string) {
	j.report.Refused = append(j.report.Refused, refusedLine{line, name, reason})
}

// errOther says that a record is of something else than a user.
var errOther = errors.New("it is no user")

// user turns a record into a user.
func (j *importJob) user(r record) (u account.ImportedUser, admin bool, err error) {
	if r.why != nil {
		return u, false, r.why
	}
	var named, hashed bool
	switch j.cmd.From {
	case "django":
		if model, ok := r.first("model"); ok && model != "" && !strings.HasSuffix(strings.ToLower(model), ".user") {
			return u, false, errOther
		}
		u.Name, named = r.first("username")
		u.Hash, hashed = r.first("password")
		if strings.HasPrefix(u.Hash, "!") { // Django's mark for none
			u.Hash = ""
		}
	case "fastapi-users":
		u.Name, named = r.first("username", "email")
		u.Hash, hashed = r.first("hashed_password")
	default:
		u.Name, named = r.first("username", "name", "user")
		u.Hash, hashed = r.first("hash", "password_hash", "hashed_password", "password")
	}
	u.Email, _ = r.first("email")
	u.Roles = j.cmd.Role
	if active, ok := r.first("is_active", "active"); ok && !yes(active) {
		u.Disabled = true
	}
	if disabled, ok := r.first("disabled"); ok && yes(disabled) {
		u.Disabled = true
	}
	super, _ := r.first("is_superuser")
	switch {
	case !named:
		err = errors.New("nothing in it is called as the name of a user is; is --from right?")
	case !hashed:
		err = errors.New("nothing in it is called as a password hash is; is --from right?")
	}
	return u, yes(super), err
}

// flush adds the batch.
func (j *importJob) flush(ctx context.Context) error {
	run := j.accounts.Import
	if j.cmd.DryRun {
		run = j.accounts.CheckImport
	}
	why, err := run(ctx, j.users)
	if err != nil {
		return err
	}
	for i, err := range why {
		switch {
		case err == nil:
			j.report.Added++
			if j.users[i].Hash == "" {
				j.report.NoPassword++
			}
		case errors.Is(err, account.ErrNameTaken):
			j.report.There++
		default:
			j.refuse(j.lines[i], j.users[i].Name, err.Error())
		}
	}
	j.users, j.lines = j.users[:0], j.lines[:0]
	fmt.Fprintf(j.progress, "%d read, %d added, %d there already, %d refused\n", j.report.Read, j.report.Added, j.report.There, len(j.report.Refused))
	return nil
}

// print prints the report.
func (c *importUsers) print(std streams, r report) error {
	slices.SortStableFunc(r.Refused, func(a, b refusedLine) int { return a.Line - b.Line })
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
