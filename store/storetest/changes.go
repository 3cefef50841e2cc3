package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/changes"
	"github.com/holdfast-go/holdfast/keyring"
)

// Store is a whole one, as identity needs it.
type Store interface {
	account.Store
	keyring.Store
	Settings
}

// RunChanges runs the suite for the log of changes, which is one for users,
// keys and settings. Open makes a new, empty store for a test, and closes it when
// the test ends.
func RunChanges(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, func(*testing.T) Store){
		"what concerns callers is told, and nothing else": testTold,
		"an update that fails tells nothing":              with(testToldRollback),
		"changes come in pages, by number":                with(testChangePages),
		"the log is kept, and does not grow without end":  with(testPruned),
		"who hears of a change sees it":                   with(testHeardIsSeen),
		"a reader misses nothing, however many write":     with(testNothingMissed),
		"a context that has ended ends a reading":         with(testChangesContext),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

func with(test func(*testing.T, Store)) func(*testing.T, func(*testing.T) Store) {
	return func(t *testing.T, open func(*testing.T) Store) { test(t, open(t)) }
}

// changesAfter are those after a number, of which there are not many, without
// their numbers.
func changesAfter(t *testing.T, store account.ChangeLog, after int64) (list []account.Change) {
	t.Helper()
	page, err := store.Changes(t.Context(), after)
	if err != nil || len(page.Changes) == account.MaxChangePage {
		t.Fatalf("Changes(%d) = %d, %v, want fewer than a page", after, len(page.Changes), err)
	}
	for _, change := range page.Changes {
		if change.Number <= after {
			t.Errorf("Changes(%d) has number %d", after, change.Number)
		}
		after, change.Number = change.Number, 0
		list = append(list, change)
	}
	return list
}

// end is the number of the last change.
func end(t *testing.T, store account.ChangeLog) int64 {
	t.Helper()
	page, err := store.Changes(t.Context(), account.EndOfChanges)
	if err != nil || len(page.Changes) != 0 || page.Pruned > page.Settled {
		t.Fatalf("Changes(EndOfChanges) = %+v, %v, want no changes, and Pruned not after Settled", page, err)
	}
	return page.Settled
}

func told(kind account.ChangeKind, key string) account.Change {
	return account.Change{Kind: kind, Key: key}
}

// writes are all that a store does, beside counting attempts, in a store with
// the users 1 and 2 who have the role editor, the sessions 1 and 2 of user 1 and 3
// of user 2, the keys a and b, and the setting color, which is red.
var writes = map[string]struct {
	do   func(ctx context.Context, s Store) error
	told []account.Change
}{
	"a new user":             {put1(func(w account.Writer) error { return w.PutUser(user(3, "editor")) }), nil},
	"a changed user":         {put1(func(w account.Writer) error { return w.PutUser(user(1)) }), []account.Change{told(account.UserChanged, user(1).ID)}},
	"a removed user":         {put1(func(w account.Writer) error { return w.RemoveUser(user(1).ID) }), []account.Change{told(account.UserChanged, user(1).ID)}},
	"no user removed":        {put1(func(w account.Writer) error { return w.RemoveUser("x") }), nil},
	"a password":             {put1(func(w account.Writer) error { return w.PutPasswordHash(user(1).ID, "hash", "kind") }), nil},
	"an address":             {put1(func(w account.Writer) error { return w.PutKnownAddress(user(1).ID, [32]byte{1}, day) }), nil},
	"a server":               {put1(func(w account.Writer) error { return w.PutServer(account.Server{ID: "s"}, day) }), nil},
	"a reset":                {put1(func(w account.Writer) error { return w.PutReset(account.Reset{UserID: user(1).ID, Expires: day}, 1) }), nil},
	"a new role":             {put1(func(w account.Writer) error { return w.PutRole(role("new", "a")) }), nil},
	"a changed role":         {put1(func(w account.Writer) error { return w.PutRole(role("editor")) }), []account.Change{told(account.RoleChanged, "editor")}},
	"a removed role":         {put1(func(w account.Writer) error { return w.RemoveRole("unused") }), []account.Change{told(account.RoleChanged, "unused")}},
	"no role removed":        {put1(func(w account.Writer) error { return w.RemoveRole("x") }), nil},
	"a sign-in":              {put1(func(w account.Writer) error { return w.PutSession(session(9, user(1), day)) }), nil},
	"a refresh":              {put1(func(w account.Writer) error { return w.PutSession(session(1, user(1), day)) }), nil},
	"a session that ends":    {put1(func(w account.Writer) error { return w.RemoveSession("session-1") }), []account.Change{told(account.SessionEnded, "session-1")}},
	"no session that ends":   {put1(func(w account.Writer) error { return w.RemoveSession("x") }), nil},
	"sessions that are over": {put1(func(w account.Writer) error { return sweep(w, day.Add(time.Hour), 100) }), nil},
	"a rotation": {put1(func(w account.Writer) error {
		_, err := w.RotateSession("session-1", session(1, user(1), day).TokenHash, session(2, user(1), day))
		return err
	}), nil},
	"a use":             {put1(func(w account.Writer) error { return w.TouchSession("session-1", day.Add(time.Hour)) }), nil},
	"as many as may be": {put1(func(w account.Writer) error { return w.TrimSessions(user(1).ID, 2, 10) }), nil},
	"one too many":      {put1(func(w account.Writer) error { return w.TrimSessions(user(1).ID, 1, 10) }), []account.Change{told(account.SessionEnded, "session-1")}},
	"all of a user's":   {put1(func(w account.Writer) error { return w.RemoveSessionsOf(user(1).ID) }), []account.Change{told(account.UserChanged, user(1).ID)}},
	"a new client":      {put1(func(w account.Writer) error { return w.PutClient(client("c")) }), nil},
	"a changed client":  {put1(func(w account.Writer) error { return w.PutClient(client("a")) }), []account.Change{told(account.ClientChanged, "a")}},
	"a removed client":  {put1(func(w account.Writer) error { return w.RemoveClient("a") }), []account.Change{told(account.ClientChanged, "a")}},
	"no client removed": {put1(func(w account.Writer) error { return w.RemoveClient("x") }), nil},
	"one more secret":   {put1(func(w account.Writer) error { return w.PutClientSecrets("a", clientSecrets(1, 2)) }), nil},
	"one secret less":   {put1(func(w account.Writer) error { return w.PutClientSecrets("a", nil) }), []account.Change{told(account.ClientChanged, "a")}},
	"another secret":    {put1(func(w account.Writer) error { return w.PutClientSecrets("a", clientSecrets(2)) }), []account.Change{told(account.ClientChanged, "a")}},
	"a setup":           {put1(func(w account.Writer) error { return w.PutPendingSetup(account.PendingSetup{Expires: day}) }), nil},
	"a new API key":     {put1(func(w account.Writer) error { return w.PutAPIKey(apiKey(9, user(1))) }), nil},
	"a rotated API key": {put1(func(w account.Writer) error {
		_, err := w.ReplaceAPIKey("key-001", day, apiKey(9, user(1)))
		return err
	}), []account.Change{told(account.APIKeyChanged, "key-001")}},
	"no API key rotated": {put1(func(w account.Writer) error {
		_, err := w.ReplaceAPIKey("x", day, apiKey(9, user(1)))
		return err
	}), nil},
	"a revoked API key":  {put1(func(w account.Writer) error { return w.RemoveAPIKey("key-001") }), []account.Change{told(account.APIKeyChanged, "key-001")}},
	"no API key revoked": {put1(func(w account.Writer) error { return w.RemoveAPIKey("x") }), nil},
	"API keys that are over": {put1(func(w account.Writer) error {
		return w.RemoveAPIKeysBefore(account.APIKeyOwner{UserID: user(1).ID}, day.Add(1e6*time.Hour))
	}), nil},
	"a use of an API key": {put1(func(w account.Writer) error { return w.UseAPIKeys(map[string]time.Time{"key-001": day}) }), nil},
	"several at once": {put1(func(w account.Writer) error {
		return errors.Join(w.RemoveSession("session-3"), w.PutRole(role("editor")), w.RemoveSession("session-1"))
	}), []account.Change{told(account.RoleChanged, "editor"), told(account.SessionEnded, "session-1"), told(account.SessionEnded, "session-3")}},
	"keys": {func(ctx context.Context, s Store) error {
		return s.UpdateKeys(ctx, func(keys []keyring.Record) ([]keyring.Record, error) {
			keys = slices.DeleteFunc(keys, func(r keyring.Record) bool { return r.ID == "a" })
			keys[0].Term.Retires = day.Add(time.Hour)
			return append(keys, key("c", day)), nil
		})
	}, []account.Change{told(account.KeyChanged, "a"), told(account.KeyChanged, "b"), told(account.KeyChanged, "c")}},
	"one key of two": {func(ctx context.Context, s Store) error {
		return s.UpdateKeys(ctx, func(keys []keyring.Record) ([]keyring.Record, error) {
			keys[0].Sealed, keys[0].Data = keys[0].ID == "a", []byte("data of "+keys[0].ID)
			keys[1].Sealed, keys[1].Data = keys[1].ID == "a", []byte("data of "+keys[1].ID)
			return keys, nil
		})
	}, []account.Change{told(account.KeyChanged, "a")}},
	"a setting":               {func(ctx context.Context, s Store) error { _, err := s.SetOnce(ctx, "size", "small"); return err }, []account.Change{told(account.SettingChanged, "size")}},
	"a setting that is there": {func(ctx context.Context, s Store) error { _, err := s.SetOnce(ctx, "color", "blue"); return err }, nil},
	"a setting that is replaced": {func(ctx context.Context, s Store) error {
		_, err := s.ReplaceSetting(ctx, "color", "red", "blue")
		return err
	}, []account.Change{told(account.SettingChanged, "color")}},
	"a setting that is another": {func(ctx context.Context, s Store) error {
		_, err := s.ReplaceSetting(ctx, "color", "blue", "green")
		return err
	}, nil},
	"a setting that is the same": {func(ctx context.Context, s Store) error {
		_, err := s.ReplaceSetting(ctx, "color", "red", "red")
		return err
	}, nil},
	"an attempt, which is no row": {func(ctx context.Context, s Store) error {
		_, err := s.TakeAttempts(ctx, day, []account.Bucket{bucket(1)})
		return err
	}, nil},
}

func put1(fn func(account.Writer) error) func(context.Context, Store) error {
	return func(ctx context.Context, s Store) error { return s.Update(ctx, fn) }
}

// testTold looks at all writes. Those that tell nothing need a store that has settled,
// and to wait for all stores at once is to wait once.
func testTold(t *testing.T, open func(*testing.T) Store) {
	stores, quiet := map[string]Store{}, []Store{}
	for name, test := range writes {
		stores[name] = beforeWrite(t, open(t))
		if test.told == nil {
			quiet = append(quiet, stores[name])
		}
	}
	settle(quiet)
	for name, test := range writes {
		t.Run(name, func(t *testing.T) {
			store := stores[name]
			before, generation := end(t, store), store.Generation()
			if err := test.do(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			got := changesAfter(t, store, before)
			slices.SortFunc(got, func(a, b account.Change) int { return cmpChange(a, b) }) // of one transaction in any order
			if got = slices.Compact(got); !slices.Equal(got, test.told) {
				t.Errorf("told are %v, want %v", got, test.told)
			}
			if woken := store.Generation() != generation; woken != (test.told != nil) {
				t.Errorf("the generation is another one: %v, and told are %v", woken, test.told)
			}
		})
	}
}

// beforeWrite fills a store with what is there before one of writes.
func beforeWrite(t *testing.T, store Store) Store {
	t.Helper()
	put(t, store, role("editor", "a"), role("unused"), user(1, "editor"), user(2, "editor"),
		session(1, user(1), day), session(2, user(1), day), session(3, user(2), day))
	put(t, store, client("a"), apiKey(1, user(1)))
	update(t, store, func(w account.Writer) error { return w.PutClientSecrets("a", clientSecrets(1)) })
	putKeys(t, store, key("a", day), key("b", day.Add(time.Hour)))
	expect(t, "SetOnce", "red")(store.SetOnce(t.Context(), "color", "red"))
	return store
}

// settle waits until nothing more is heard of what was done before: a store may
// notice its own commits once more when it looks for those of others.
func settle(stores []Store) {
	last := make([]uint64, len(stores))
	for i, store := range stores {
		last[i] = store.Generation()
	}
	for heard := true; heard; {
		heard = false
		<-time.After(time.Second)
		for i, store := range stores {
			now := store.Generation()
			heard = heard || now != last[i]
			last[i] = now
		}
	}
}

func cmpChange(a, b account.Change) int {
	return slices.Compare([]string{string(a.Kind), a.Key}, []string{string(b.Kind), b.Key})
}

func testToldRollback(t *testing.T, store Store) {
	put(t, store, user(1))
	before, generation, oops := end(t, store), store.Generation(), errors.New("oops")
	err := store.Update(t.Context(), func(w account.Writer) error { return errors.Join(w.RemoveUser(user(1).ID), oops) })
	if !errors.Is(err, oops) {
		t.Errorf("Update = %v, want the function's error", err)
	}
	if got := changesAfter(t, store, before); got != nil || store.Generation() != generation {
		t.Errorf("told are %v, and the generation went from %d to %d, want nothing", got, generation, store.Generation())
	}
}

// tell writes n changes in one transaction.
func tell(t *testing.T, store account.Store, n int) {
	t.Helper()
	update(t, store, func(w account.Writer) error {
		for range n {
			if err := w.PutUser(user(1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func testChangePages(t *testing.T, store Store) {
	put(t, store, user(1))
	after := end(t, store)
	tell(t, store, 2*account.MaxChangePage+10)
	for _, want := range []int{account.MaxChangePage, account.MaxChangePage, 10, 0} {
		page, err := store.Changes(t.Context(), after)
		if err != nil || len(page.Changes) != want {
			t.Fatalf("Changes(%d) = %d, %v, want %d", after, len(page.Changes), err, want)
		}
		for _, change := range page.Changes {
			if change.Number <= after || change.Kind != account.UserChanged || change.Key != user(1).ID {
				t.Fatalf("after number %d comes %+v, want a greater one of the user's", after, change)
			}
			after = change.Number
		}
		if page.Settled < after && want < account.MaxChangePage {
			t.Errorf("settled is %d, and no transaction runs; want all up to %d", page.Settled, after)
		}
	}
}

func testPruned(t *testing.T, store Store) {
	put(t, store, user(1))
	for range 5 {
		tell(t, store, account.KeepChanges/2)
	}
	page, err := store.Changes(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	last := end(t, store)
	kept := last - page.Pruned
	if kept < account.KeepChanges || kept > 2*account.KeepChanges {
		t.Errorf("%d numbers of %d are kept, want %d at least and twice as many at most", kept, last, account.KeepChanges)
	}
	if page.Pruned > 0 && (len(page.Changes) == 0 || page.Changes[0].Number != page.Pruned+1) {
		t.Errorf("the log is pruned up to %d and does not go on there", page.Pruned)
	}
	tell(t, store, 1)
	if got := end(t, store); got <= last {
		t.Errorf("the next number is %d, after %d", got, last)
	}
}

// Who has heard of n changes to a user sees the n-th or a later one.
func testHeardIsSeen(t *testing.T, store Store) {
	const times = 200
	put(t, store, user(0))
	start := end(t, store)
	done := make(chan error, 1)
	go func() {
		for n := range times {
			changed := user(0)
			changed.Email = fmt.Sprintf("%d@example.org", n+1)
			if err := store.Update(context.Background(), func(w account.Writer) error { return w.PutUser(changed) }); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for heard := 0; heard < times; {
		heard = len(changesAfter(t, store, start))
		view(t, store, func(r account.Reader) error {
			got, err := r.User(user(0).ID)
			var seen int
			if heard > 0 {
				_, err = fmt.Sscanf(got.Email, "%d@", &seen)
			}
			if seen < heard {
				t.Errorf("%d changes were told, and the user is that of number %d", heard, seen)
			}
			return err
		})
		if t.Failed() {
			break
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func testNothingMissed(t *testing.T, store Store) {
	const writers, each = 20, 10
	for n := range writers * each {
		put(t, store, user(n))
	}
	reader := changes.NewReader(store, time.Now)
	hear := func() uint64 {
		version, ok := reader.Current(t.Context(), time.Now())
		if !ok {
			t.Errorf("Current is not ok: %v", reader.Check(t.Context()))
		}
		return version
	}
	start := hear()
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				changed := user(w*each + n)
				if err := store.Update(t.Context(), func(w account.Writer) error { return w.PutUser(changed) }); err != nil {
					t.Error(err)
				}
				hear()
				if !reader.Touched(start, changes.User, changed.ID) {
					t.Errorf("the writer itself does not hear of %s", changed.ID)
				}
			}
		})
	}
	writing.Wait()
	if s := reader.Stats(); s.Changes != writers*each || s.Emptied != 1 {
		t.Errorf("the reader heard %+v, want each of %d changes once", s, writers*each)
	}
}

func testChangesContext(t *testing.T, store Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Changes(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("Changes = %v, want context.Canceled", err)
	}
}
