// Package importer brings users of other systems, with the password hashes that
// they have, from the files that those systems write.
//
//	report, err := importer.Import(ctx, accounts, file, importer.Config{
//		Format: importer.Django, Roles: []string{"user"},
//	})
//
// Hashes are kept as they are, so everybody signs in with the password that
// they know; package password says which hashes it reads, and replaces them at
// the first sign-in. Users who are there already are never changed, so an import
// may be run again after what it refused was mended. What a file says of
// administrators is counted and not followed.
//
// A file is believed to be the operator's own: names and refused lines are kept
// until its end, and a line may be as long as it likes. Bound what comes from
// elsewhere, as with [io.LimitReader].
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Format is what wrote a file. Each may be CSV with a line of column names, a
// JSON array or JSON lines; the format says what the columns are called.
type Format string

// The formats.
const (
	// PasslibCSV has username (or name, or user) and hash (or password_hash,
	// hashed_password, or password), and perhaps email and disabled.
	PasslibCSV Format = "passlib-csv" //nolint:gosec // a name, no credential

	// Django is what 'manage.py dumpdata auth.user' writes. Other models in it
	// are passed over, and a password that Django marks as none is none.
	Django Format = "django"

	// FastAPIUsers is the user table of fastapi-users: email is the name unless
	// there is a username.
	FastAPIUsers Format = "fastapi-users"
)

// Formats are all of them.
func Formats() []Format { return []Format{PasslibCSV, Django, FastAPIUsers} }

// Accounts is where users are added: an [account.Service].
type Accounts interface {
	Import(ctx context.Context, list []account.ImportedUser) ([]error, error)
	CheckImport(ctx context.Context, list []account.ImportedUser) ([]error, error)
}

// Config says what to import.
type Config struct {
	Format Format   // what wrote the file; the zero Format is an error
	Roles  []string // given to everybody; none if empty
	DryRun bool     // say what would be done, and change nothing

	// CutUntil says that the system has cut passwords to the 72 bytes that bcrypt
	// reads, as many do, and until when people with such a hash get in as they did
	// there, once each: see account.ImportedUser. Zero if it has not.
	CutUntil time.Time

	// Progress is called after each batch with the report so far, which it must
	// not keep. Nothing is called if nil.
	Progress func(Report)
}

// Report is what an import did, or would have done.
type Report struct {
	DryRun     bool      `json:"dry_run"`
	Read       int       `json:"read"`
	Added      int       `json:"added"`
	There      int       `json:"already_there"`        // and not changed
	NoPassword int       `json:"without_password"`     // of those added
	Admins     int       `json:"administrators_there"` // in the other system, and not here
	Cut        int       `json:"cut_at_72_bytes"`      // of those added, whose passwords may have been cut there
	Refused    []Refused `json:"refused"`              // by their lines; never nil
}

// Refused is a line that made no user, and why.
type Refused struct {
	Line   int    `json:"line"` // or the number of the element in a JSON array, from 1
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason"`
}

// ErrBroken says that a file cannot be read on. What came before it counts.
var ErrBroken = errors.New("the file cannot be read on from here")

// batch is how many users a transaction adds.
const batch = 2000

// Import reads users from in and adds them, 2,000 in a transaction. A line that
// makes no user is in the report and stops nothing. The report says what was
// done, also beside an error: ErrBroken, the reader's, the store's or that of
// ctx.
func Import(ctx context.Context, accounts Accounts, in io.Reader, config Config) (Report, error) {
	j := &job{
		config: config, add: accounts.Import,
		report: Report{DryRun: config.DryRun, Refused: []Refused{}}, seen: map[string]int{},
	}
	if config.DryRun {
		j.add = accounts.CheckImport
	}
	if !slices.Contains(Formats(), config.Format) {
		return j.report, fmt.Errorf("importer: %q is none of the formats %q", config.Format, Formats())
	}
	err := readRecords(in, func(r record) error { return j.take(ctx, r) })
	if err == nil || errors.Is(err, ErrBroken) { // what was read until there counts
		err = errors.Join(err, j.flush(ctx))
	}
	slices.SortStableFunc(j.report.Refused, func(a, b Refused) int { return a.Line - b.Line })
	return j.report, err
}

// job is an import in progress.
type job struct {
	config Config
	add    func(context.Context, []account.ImportedUser) ([]error, error)
	report Report

	seen  map[string]int // names of this file, and where
	users []account.ImportedUser
	lines []int // of users
}

// ofBcrypt reports whether a hash is one of bcrypt's, Django's among them, and not of
// those that bcrypt makes of another hash.
func ofBcrypt(hash string) bool {
	return strings.HasPrefix(strings.TrimPrefix(hash, "bcrypt$"), "$2")
}

// take puts a record into the batch.
func (j *job) take(ctx context.Context, r record) error {
	j.report.Read++
	user, admin, err := j.config.Format.user(r)
	switch {
	case errors.Is(err, errOther):
		j.report.Read--
		return nil
	case err != nil:
		j.refuse(r.line, user.Name, err.Error())
		return nil
	}
	user.Roles = j.config.Roles
	if ofBcrypt(user.Hash) {
		user.CutUntil = j.config.CutUntil
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

func (j *job) refuse(line int, name, reason string) {
	j.report.Refused = append(j.report.Refused, Refused{line, name, reason})
}

// flush adds the batch.
func (j *job) flush(ctx context.Context) error {
	why, err := j.add(ctx, j.users)
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
			if !j.users[i].CutUntil.IsZero() {
				j.report.Cut++
			}
		case errors.Is(err, account.ErrNameTaken):
			j.report.There++
		default:
			j.refuse(j.lines[i], j.users[i].Name, err.Error())
		}
	}
	j.users, j.lines = j.users[:0], j.lines[:0]
	if j.config.Progress != nil {
		j.config.Progress(j.report)
	}
	return nil
}
