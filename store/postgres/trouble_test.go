package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestSessionsAreLinearizableAtTwoStoresOnOneDatabase(t *testing.T) {
	t.Parallel()
	url := database(t)
	storetest.Linear(t, open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url}))
}

func TestAThousandRefreshesAreOne(t *testing.T) {
	t.Parallel()
	url := database(t)
	storetest.Refreshes(t, func(t *testing.T) storetest.Closer { return open(t, postgres.Config{URL: url, Timeout: time.Minute}) })
}

func putRole(name string) func(account.Writer) error {
	return func(w account.Writer) error { return w.PutRole(account.Role{Name: name}) }
}

// roles are the names of all.
func roles(t *testing.T, store *postgres.Store) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := store.View(t.Context(), func(r account.Reader) error {
		list, err := r.Roles()
		for _, role := range list {
			found[role.Name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A network that breaks at the commit leaves behind what nobody knows: an error, and
// no acknowledgement, whether it was done or not. Who relies on the change not being
// there is told that it may be.
func TestACommitWhoseOutcomeIsNotKnownIsAnError(t *testing.T) {
	t.Parallel()
	for when, done := range map[string]bool{"before": false, "after": true} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			direct := open(t, postgres.Config{URL: url})
			putUsers(t, direct, "anna")
			broken, network := through(t, url)
			store := open(t, postgres.Config{URL: broken, Timeout: 2 * time.Second, Listen: postgres.DoNotListen})
			before := store.Generation()
			network.when.Store(when)
			err := store.Update(t.Context(), func(w account.Writer) error {
				return w.PutUser(account.User{ID: "anna", Name: "anna", Email: "changed", Created: day})
			})
			network.when.Store("")
			if err == nil || !strings.Contains(err.Error(), "whether the commit was done is not known") || network.cuts.Load() != 1 {
				t.Errorf("Update = %v after %d cuts, want an error that says that it is not known", err, network.cuts.Load())
			}
			if store.Generation() == before {
				t.Error("nothing was told in this process, although it may have been done")
			}
			if err := direct.View(t.Context(), func(r account.Reader) error {
				user, err := r.User("anna")
				if (user.Email == "changed") != done {
					t.Errorf("the user is %+v, want it changed: %v", user, done)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
			if err := store.Update(t.Context(), putRole("next")); err != nil {
				t.Errorf("Update a moment later = %v", err)
			}
		})
	}
}

// A pool that is full is an error when the time is over, not a wait without end.
func TestAFullPool(t *testing.T) {
	t.Parallel()
	store := open(t, postgres.Config{URL: database(t), MaxConns: 2, Timeout: 300 * time.Millisecond, Listen: postgres.DoNotListen})
	patient, cancel := context.WithCancel(t.Context())
	defer cancel()
	held, release := make(chan struct{}, 2), make(chan struct{})
	var holding sync.WaitGroup
	for range 2 {
		holding.Go(func() {
			_ = store.View(patient, func(account.Reader) error { held <- struct{}{}; <-release; return nil })
		})
	}
	<-held
	<-held
	if err := store.Update(t.Context(), putRole("late")); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("Update without a connection = %v, want that it was not in time", err)
	}
	if s := store.Stats(); s.Busy != 2 || s.MaxConns != 2 {
		t.Errorf("Stats = %+v, want two of two in use", s)
	}
	close(release)
	holding.Wait()
	if err := store.Update(t.Context(), putRole("next")); err != nil {
		t.Errorf("Update with a connection = %v", err)
	}
}

// A statement that is cancelled midway, and a connection that is ended, leave
// nothing of their transaction behind.
func TestAStatementIsCancelledMidway(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"cancelled": "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'",
		"ended":     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t)
			url := server.Database(t)
			first := open(t, postgres.Config{URL: url})
			putUsers(t, first, "anna")
			blocks := change(t, first, "anna") // whose row the next one waits for
			victim := open(t, postgres.Config{URL: url + "&application_name=victim", Listen: postgres.DoNotListen, Timeout: time.Minute})
			result, tried := make(chan error, 1), atomic.Int64{}
			go func() {
				result <- victim.Update(context.Background(), func(w account.Writer) error {
					tried.Add(1)
					return errors.Join(w.PutRole(account.Role{Name: "half"}), w.PutUser(account.User{ID: "anna", Name: "anna", Email: "late", Created: day}))
				})
			}()
			waits(t, raw(t, url).QueryRowContext, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'")
			server.Exec(t, "postgres", statement)
			if name == "ended" { // nothing was done, so it is run again, on another connection
				waits(t, raw(t, url).QueryRowContext, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim' AND wait_event_type = 'Lock'")
				blocks.end(t, errOops)
				if err := <-result; err != nil || tried.Load() != 2 || !roles(t, first)["half"] {
					t.Errorf("Update = %v after %d tries, want success at the second", err, tried.Load())
				}
				return
			}
			if err := <-result; err == nil || roles(t, first)["half"] {
				t.Errorf("Update = %v, and there are %v, want an error and nothing of it", err, roles(t, first))
			}
			blocks.end(t, nil)
		})
	}
}

// The server is stopped at once, again and again, while several write: what was
// acknowledged is there afterwards, and within seconds all is as before.
func TestNothingAcknowledgedIsLostInARestart(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	store := open(t, postgres.Config{URL: server.Database(t)})
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	w := &writers{store: store}
	w.begin(4)
	for n := range rounds {
		w.until(t, 20)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.until(t, 1)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("after restart %d it took %v until something could be written, want 5 seconds at most", n, took)
		}
	}
	acknowledged, failed := w.end()
	found := roles(t, store)
	for _, name := range acknowledged {
		if !found[name] {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
	t.Logf("%d writes were acknowledged, %d failed", len(acknowledged), failed)
	listening(t, store, true)
	if _, err := store.TakeAttempts(t.Context(), day, []account.Bucket{{Key: [32]byte{1}, Burst: 1, Every: time.Minute}}); err != nil {
		t.Errorf("TakeAttempts after restarts = %v", err)
	}
}

// All of the server stands still: who writes is told so in time, and goes on
// afterwards.
func TestAFreeze(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	store := open(t, postgres.Config{URL: server.Database(t), Timeout: time.Second})
	if err := store.Update(t.Context(), putRole("before")); err != nil {
		t.Fatal(err)
	}
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	thaw := sync.OnceFunc(func() {
		if err := server.Thaw(); err != nil {
			t.Error(err)
		}
	})
	defer thaw()
	var waiting sync.WaitGroup
	for n := range 30 { // more than there are connections
		waiting.Go(func() {
			began := time.Now()
			err := store.Update(t.Context(), putRole(fmt.Sprint("during ", n)))
			if took := time.Since(began); err == nil || took > 4*time.Second {
				t.Errorf("Update while the server stands still = %v after %v, want an error in time", err, took)
			}
		})
	}
	waiting.Wait()
	thaw()
	began := time.Now()
	for err := errors.New("not tried"); err != nil; {
		if err = store.Update(t.Context(), putRole("after")); time.Since(began) > 10*time.Second {
			t.Fatalf("10 seconds after the freeze Update = %v", err)
		}
	}
	if s := store.Stats(); s.Conns > s.MaxConns {
		t.Errorf("there are %d connections, want %d at most", s.Conns, s.MaxConns)
	}
}

// Through a pooler that gives each transaction another connection everything is as
// without, and what others change is asked for, or told at another address.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE DATABASE pooled")
	url := server.Bouncer(t, "pooled", 3)
	stores := openAtOnce(t, 4, url) // the tables are made through it, too
	if t.Failed() {
		return
	}
	asks := stores[0]
	tells := open(t, postgres.Config{URL: url, Listen: server.URL("pooled")})
	direct := open(t, postgres.Config{URL: server.URL("pooled")})
	for name, is := range map[string]bool{
		"one behind a pooler says so":      asks.Stats().Pooled && tells.Stats().Pooled,
		"one at the database says so":      !direct.Stats().Pooled,
		"one behind a pooler asks":         !asks.Stats().Listening,
		"one with another address listens": tells.Stats().Listening,
	} {
		if !is {
			t.Errorf("%s: that is not so", name)
		}
	}
	putUsers(t, asks, "anna")
	for _, hears := range []*postgres.Store{asks, tells, direct} {
		before := hears.Generation()
		change(t, stores[1], "anna").end(t, nil)
		generation(t, hears, before)
	}
	storetest.Linear(t, stores[2], stores[3])
	won := atomic.Int64{}
	var taking sync.WaitGroup
	for n := range 20 {
		taking.Go(func() {
			wait, err := stores[n%4].TakeAttempts(t.Context(), day, []account.Bucket{{Key: [32]byte{1}, Burst: 3, Every: time.Minute}})
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				won.Add(1)
			}
		})
	}
	taking.Wait()
	if won.Load() != 3 {
		t.Errorf("%d attempts were taken through the pooler, want 3", won.Load())
	}
}
