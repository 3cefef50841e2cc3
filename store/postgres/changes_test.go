package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/changes"
	"github.com/holdfast-go/holdfast/internal/pgtest"
	"github.com/holdfast-go/holdfast/store/postgres"
)

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// putUsers makes users that can be changed.
func putUsers(t *testing.T, store *postgres.Store, names ...string) {
	t.Helper()
	err := store.Update(t.Context(), func(w account.Writer) error {
		for _, name := range names {
			if err := w.PutUser(account.User{ID: name, Name: name, Created: day}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// slow is a transaction that has told of a user and is not done.
type slow struct {
	finish chan error // nil commits
	done   chan error
}

// change begins to change a user, and returns when the change has its number.
func change(t *testing.T, store *postgres.Store, name string) *slow {
	t.Helper()
	s, told := &slow{make(chan error, 1), make(chan error, 1)}, make(chan struct{})
	go func() {
		s.done <- store.Update(context.Background(), func(w account.Writer) error {
			if err := w.PutUser(account.User{ID: name, Name: name, Email: "changed", Created: day}); err != nil {
				return err
			}
			close(told)
			return <-s.finish
		})
	}()
	select {
	case <-told:
	case err := <-s.done:
		t.Fatal(err)
	}
	return s
}

// end ends it, and returns when it can be seen.
func (s *slow) end(t *testing.T, err error) {
	t.Helper()
	s.finish <- err
	if got := <-s.done; got != err { //nolint:errorlint // that very one
		t.Errorf("Update = %v, want %v", got, err)
	}
}

var errOops = fmt.Errorf("oops")

// A change that commits after a later number was read is not missed, and what is
// rolled back holds nothing up for ever.
func TestNumbersBecomeVisibleInAnyOrder(t *testing.T) {
	t.Parallel()
	url := database(t)
	a, b, c := open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url})
	putUsers(t, a, "first", "second", "third", "fourth")
	reader := changes.NewReader(c, time.Now)
	read := func() uint64 {
		t.Helper()
		if err := reader.Check(t.Context()); err != nil {
			t.Error(err)
		}
		version, _ := reader.Current(t.Context(), time.Now())
		return version
	}
	start := read()
	heard := func(after string, want ...string) {
		t.Helper()
		if _, err := c.Changes(t.Context(), account.EndOfChanges); err != nil { // settles what it can
			t.Error(err)
		}
		for _, name := range []string{"first", "second", "third", "fourth"} {
			known := false
			for _, one := range want {
				known = known || one == name
			}
			for late := time.Now().Add(5 * time.Second); ; { // the reader looks every half second
				read()
				if reader.Touched(start, changes.User, name) == known || time.Now().After(late) {
					break
				}
			}
			if got := reader.Touched(start, changes.User, name); got != known {
				t.Errorf("%s: the change of %s is heard: %v, want %v", after, name, got, known)
			}
		}
	}
	first := change(t, a, "first")   // has 1
	second := change(t, b, "second") // has 2
	third := change(t, a, "third")   // has 3
	second.end(t, nil)
	heard("the second is done before the first", "second")
	third.end(t, errOops)
	fourth := change(t, b, "fourth") // has 4
	fourth.end(t, nil)
	heard("the third is rolled back", "second", "fourth")
	first.end(t, nil)
	heard("the first is done at last", "first", "second", "fourth")
	page, err := c.Changes(t.Context(), 0)
	if err != nil || page.Settled != 4 || len(page.Changes) != 3 {
		t.Errorf("Changes = %+v, %v, want three, settled up to 4", page, err)
	}
	if s := reader.Stats(); s.Emptied != 1 {
		t.Errorf("the reader took everything for changed %d times, want 1: at its start", s.Emptied)
	}
}

// No number is called settled while its transaction runs, whichever transactions of
// this and of other databases begin and end meanwhile.
func TestANumberIsSettledWhenItsTransactionIsOver(t *testing.T) {
	t.Parallel()
	url := database(t)
	a, b := open(t, postgres.Config{URL: url}), open(t, postgres.Config{URL: url})
	elsewhere := fresh(t)
	putUsers(t, a, "first", "second")
	putUsers(t, elsewhere, "other")
	other := change(t, elsewhere, "other") // runs from beginning to end
	first := change(t, a, "first")
	for range 5 {
		change(t, b, "second").end(t, nil)
		page, err := b.Changes(t.Context(), 0)
		if err != nil || page.Settled != 0 {
			t.Fatalf("Changes = %+v, %v while the first still runs, want nothing settled", page, err)
		}
	}
	first.end(t, nil)
	page, err := b.Changes(t.Context(), 0)
	if err != nil || page.Settled != 6 || len(page.Changes) != 6 {
		t.Errorf("Changes = %+v, %v, want six, all settled", page, err)
	}
	other.end(t, errOops)
}

// generation waits until a store has heard something, for a time that is no more
// than a bound for a test that fails.
func generation(t *testing.T, store *postgres.Store, before uint64) {
	t.Helper()
	late := time.After(20 * time.Second)
	for tick := time.NewTicker(time.Millisecond); store.Generation() == before; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("nothing was heard")
		}
	}
}

func listening(t *testing.T, store *postgres.Store, want bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); store.Stats().Listening != want; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("Listening is not %v", want)
		}
	}
}

// What one process tells another hears: by the database's word, by asking where
// there is no word, and again by its word after the connection broke.
func TestOthersChangeTheDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	url := server.Database(t)
	teller := open(t, postgres.Config{URL: url, Listen: postgres.DoNotListen})
	putUsers(t, teller, "anna")
	told := open(t, postgres.Config{URL: url})
	if !told.Stats().Listening || teller.Stats().Listening {
		t.Fatal("one listens, and the other was told not to")
	}
	tell := func() {
		t.Helper()
		before := told.Generation()
		change(t, teller, "anna").end(t, nil)
		generation(t, told, before)
	}
	tell()
	before := told.Generation()
	if err := teller.Update(t.Context(), func(w account.Writer) error {
		return w.PutSession(account.Session{ID: "s", UserID: "anna", Handle: "h", Created: day, Expires: day})
	}); err != nil {
		t.Fatal(err)
	}
	if told.Generation() != before {
		t.Error("a sign-in is told")
	}
	server.Exec(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%listens%'")
	tell()
	listening(t, told, true)
	tell()

	asks := open(t, postgres.Config{URL: url, Listen: "postgres://asks@127.0.0.1:1/none"}) // there is nobody
	if asks.Stats().Listening {
		t.Error("it listens where there is nobody")
	}
	before = asks.Generation()
	change(t, teller, "anna").end(t, nil)
	generation(t, asks, before)
}
