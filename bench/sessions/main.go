// Command sessions measures what somebody with very many sessions costs the
// others: it makes a database of the time before there was a bound, in which one
// user has a million, and measures in it a sign-in of another, that user's next
// sign-in, a change of their password, and disabling them, beyond the hash; then
// the sign-ins of another while the sessions are removed.
//
//	go run ./sessions -sessions 1000000
//
// It exits with 1 if one of the four takes 50 ms or more.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var number = flag.Int("sessions", 1_000_000, "how many sessions the one user has")

const (
	secret = "correct horse battery"
	bound  = 50 * time.Millisecond

	before = 40 // the version of the tables
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "sessions")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is a temporary one
	path := filepath.Join(dir, "test.db")
	if err := fill(ctx, path); err != nil {
		return err
	}
	began := time.Now()
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // nothing of it is kept
	fmt.Printf("%d sessions of one user; the tables were brought up to date in %v\n", *number, time.Since(began).Round(time.Millisecond))
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.PBKDF2SHA256(1)}}) // costs nothing
	if err != nil {
		return err
	}
	hash, err := passwords.Hash(ctx, secret)
	if err != nil {
		return err
	}
	err = store.Update(ctx, func(w account.Writer) error {
		return errors.Join(w.PutPasswordHash("many", hash, ""), w.PutPasswordHash("few", hash, ""))
	})
	if err != nil {
		return err
	}
	s, err := account.NewService(ctx, account.Config{Store: store, Passwords: passwords})
	if err != nil {
		return err
	}
	return measure(ctx, s, path)
}

// fill makes the database as a program of the time before has left it.
func fill(ctx context.Context, path string) error {
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("../store/sqlite/migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	_, err = provider.UpTo(ctx, before)
	for _, statement := range []string{
		"INSERT INTO roles (name, description) VALUES ('admin', 'Everything')",
		"INSERT INTO users (id, name, email, disabled, created) VALUES ('many', 'many', '', 0, 1000), ('few', 'few', '', 0, 1000)",
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		 INSERT INTO sessions (id, user_id, scopes, created, expires, handle, token_hash, client_id)
		 SELECT hex(randomblob(13)), 'many', 'me', 1000 + i, 4000000000000, hex(randomblob(13)), randomblob(32), 'holdfast' FROM n`,
	} {
		var args []any
		if err == nil {
			if statement[0] == 'W' {
				args = append(args, *number)
			}
			_, err = db.ExecContext(ctx, statement, args...)
		}
	}
	return errors.Join(err, db.Close())
}

// timed prints what something took.
func timed(what string, do func() error) error {
	began := time.Now()
	err := do()
	took := time.Since(began)
	fmt.Printf("%-45s %8.2f ms\n", what, float64(took.Microseconds())/1000)
	if err == nil && took >= bound {
		err = fmt.Errorf("%s took %v, want less than %v", what, took, bound)
	}
	return err
}

func measure(ctx context.Context, s *account.Service, path string) error {
	signIn := func(name, secret string) (grant account.Grant, err error) {
		return s.Login(ctx, name, secret, account.Ask{Scopes: []string{"me"}})
	}
	var grant account.Grant
	err := errors.Join(
		timed("a sign-in of another", func() error { _, err := signIn("few", secret); return err }),
		timed("a sign-in of the one", func() (err error) { grant, err = signIn("many", secret); return err }),
		timed("a list of their sessions", func() error { _, err := s.Sessions(ctx, grant.User.ID); return err }),
		timed("a change of their password", func() error {
			caller, err := s.Caller(ctx, grant.User.ID, grant.SessionID, nil)
			if err != nil {
				return err
			}
			return s.ChangePassword(ctx, caller, secret, secret+" staple")
		}),
		timed("disabling them", func() error {
			yes := true
			_, err := s.UpdateUser(ctx, grant.User.ID, account.UserChange{Disabled: &yes})
			return err
		}),
	)
	return errors.Join(err, swept(ctx, s, path, func() error { _, err := signIn("few", secret); return err }))
}

// swept measures sign-ins while what is left is removed.
func swept(ctx context.Context, s *account.Service, path string, signIn func() error) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it only reads
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- s.Run(ctx) }() // until cancel
	var took []time.Duration
	for more := true; more; {
		at := time.Now()
		if err := signIn(); err != nil {
			cancel()
			return errors.Join(err, <-done)
		}
		took = append(took, time.Since(at))
		time.Sleep(20 * time.Millisecond)
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM session_sweeps)").Scan(&more); err != nil {
			cancel()
			return errors.Join(err, <-done)
		}
	}
	cancel()
	slices.Sort(took)
	fmt.Printf("removed in %v; %d sign-ins of another meanwhile: median %v, 99th percentile %v, longest %v\n", time.Since(began).Round(time.Second), len(took),
		took[len(took)/2].Round(10*time.Microsecond), took[len(took)*99/100].Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond))
	return <-done
}
