// Command callers measures what it costs to find out who calls while another
// process signs people in: database reads and processor time for each check, with
// no session commits beside it and with a thousand a second.
//
//	go run ./callers -rate 1000 -rounds 5 -for 4s
//	go run ./callers -revoke 1000
//
// The second measures how long a session that another process has ended is taken.
// The other process writes sessions straight into the store, without hashing. Both
// have the same SQLite file open.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	rate     = flag.Int("rate", 1000, "session commits a second beside it")
	rounds   = flag.Int("rounds", 5, "how often both are measured, in turn")
	each     = flag.Duration("for", 4*time.Second, "how long each time")
	sessions = flag.Int("sessions", 1000, "sessions that are checked, in turn")
	revoked  = flag.Int("revoke", 0, "measure how soon a session that another process ends is refused, with so many")

	writeTo  = flag.String("write", "", "the file to write sessions into: what the other process is started with")
	revokeAt = flag.String("revoke-in", "", "the file to end sessions in: the same")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	switch {
	case *writeTo != "":
		return write(ctx, *writeTo)
	case *revokeAt != "":
		return revokeIn(ctx, *revokeAt)
	case *rate < 1 || *rounds < 1 || *sessions < 1:
		return errors.New("rate, rounds and sessions must be 1 or more")
	}
	dir, err := os.MkdirTemp("", "callers")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "callers.db")
	c, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = c.store.Close() }()
	if err := c.checkFor(ctx, time.Second/2); err != nil { // everything is remembered
		return err
	}
	if *revoked > 0 {
		return c.revoke(ctx, path, *revoked)
	}
	return c.compare(ctx, path)
}

// compare measures without and with another process beside this one, in turn.
func (c *checker) compare(ctx context.Context, path string) error {
	var without, with []result
	fmt.Printf("%-28s %12s %14s %14s %14s\n", "beside it", "checks", "CPU per check", "reads", "reads per check")
	for range *rounds {
		for _, beside := range []int{0, *rate} {
			r, err := c.measure(ctx, path, beside)
			if err != nil {
				return err
			}
			fmt.Printf("%-28s %12d %14v %14d %14.6f\n", fmt.Sprintf("%.0f session commits a second", r.commits), r.checks, r.cpu, r.reads, float64(r.reads)/float64(r.checks))
			if beside == 0 {
				without = append(without, r)
			} else {
				with = append(with, r)
			}
		}
	}
	a, b := median(without), median(with)
	fmt.Printf("\nCPU per check, median: %v without, %v with; ratio %.3f\n", a, b, float64(b)/float64(a))
	return nil
}

// result is what was measured.
type result struct {
	commits float64 // a second
	checks  int64
	reads   int64         // of the database, by those who check
	cpu     time.Duration // of the whole process, for each check
}

func median(list []result) time.Duration {
	slices.SortFunc(list, func(a, b result) int { return int(a.cpu - b.cpu) })
	return list[len(list)/2].cpu
}

// counted counts what is read.
type counted struct {
	*sqlite.Store
	reads atomic.Int64
}

func (c *counted) View(ctx context.Context, fn func(account.Reader) error) error {
	c.reads.Add(1)
	return c.Store.View(ctx, fn)
}

func (c *counted) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	c.reads.Add(1)
	return c.Store.Changes(ctx, after)
}

// checker asks who is behind each of its sessions.
type checker struct {
	store   *counted
	service *account.Service
	all     []account.Session
	next    int
	checks  int64
}

func open(ctx context.Context, path string) (*checker, error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	c := &checker{store: &counted{Store: store}}
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		return nil, err
	}
	if c.service, err = account.NewService(ctx, account.Config{Store: c.store, Passwords: passwords}); err != nil {
		return nil, err
	}
	user, err := c.service.CreateUser(ctx, account.NewUser{Name: "anna", Roles: []string{"user"}, WithoutPassword: true})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return c, store.Update(ctx, func(w account.Writer) error {
		for i := range *sessions {
			one := session(user.ID, fmt.Sprint("checked ", i), now)
			c.all = append(c.all, one)
			if err := w.PutSession(one); err != nil {
				return err
			}
		}
		return nil
	})
}

func session(userID, id string, now time.Time) account.Session {
	return account.Session{ID: id, UserID: userID, Handle: id, Scopes: []string{"me"}, Created: now, Expires: now.Add(time.Hour)}
}

func (c *checker) checkFor(ctx context.Context, d time.Duration) error {
	scopes := []string{"me"}
	for end := time.Now().Add(d); time.Now().Before(end); {
		for range 1000 {
			one := &c.all[c.next]
			c.next = (c.next + 1) % len(c.all)
			caller, err := c.service.Caller(ctx, one.UserID, one.ID, scopes)
			if err != nil {
				return err
			}
			if !caller.HasScope("me") {
				return errors.New("the caller has lost the scope me")
			}
		}
		c.checks += 1000
	}
	return nil
}

// measure checks while another process commits sessions.
func (c *checker) measure(ctx context.Context, path string, rate int) (r result, err error) {
	other, err := startWriter(path, rate)
	if err != nil {
		return r, err
	}
	checks, reads, begun, cpu := c.checks, c.store.reads.Load(), time.Now(), cpuTime()
	err = c.checkFor(ctx, *each)
	r.cpu, r.checks, r.reads = cpuTime()-cpu, c.checks-checks, c.store.reads.Load()-reads
	took := time.Since(begun)
	commits, err2 := other.stop()
	r.cpu /= time.Duration(max(1, r.checks))
	r.commits = float64(commits) / took.Seconds()
	return r, errors.Join(err, err2)
}
