package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// key makes an API key of a user.
func (w *world) key(owner account.APIKeyOwner, scopes ...string) account.APIKeyGrant {
	w.t.Helper()
	g, err := w.NewAPIKey(w.t.Context(), owner, account.APIKeyAsk{Name: "a test", Scopes: scopes})
	if err != nil {
		w.t.Fatalf("NewAPIKey = %v", err)
	}
	return g
}

func of(u account.User) account.APIKeyOwner { return account.APIKeyOwner{UserID: u.ID} }

// machine keeps a client that may call for itself.
func (w *world) machine(id string, scopes ...string) account.APIKeyOwner {
	w.t.Helper()
	w.putClient(account.Client{ID: id, Grants: []string{account.GrantClientCredentials}, Scopes: scopes, Created: w.now})
	return account.APIKeyOwner{ClientID: id}
}

func (w *world) putClient(c account.Client) {
	w.t.Helper()
	if err := w.store.Update(w.t.Context(), func(tx account.Writer) error { return tx.PutClient(c) }); err != nil {
		w.t.Fatal(err)
	}
}

// mayDo fails the test unless a key's caller has these scopes and no others.
func (w *world) mayDo(what string, key account.Secret, scopes ...string) {
	w.t.Helper()
	c, err := w.APIKeyCaller(w.t.Context(), key)
	if err != nil {
		w.t.Fatalf("%s: APIKeyCaller = %v", what, err)
	}
	for _, scope := range []string{"me", "books:read", "books:write", "users:read", ""} {
		if c.HasScope(scope) != slices.Contains(scopes, scope) {
			w.t.Errorf("%s: HasScope(%q) = %v", what, scope, c.HasScope(scope))
		}
	}
}

func TestAKeysCallerIsItsUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("reader", "books:read", "me")
	ann := w.user("ann", "reader")
	g := w.key(of(ann), "books:read")
	c, err := w.APIKeyCaller(t.Context(), g.Secret)
	if err != nil || c.User.ID != ann.ID || c.KeyID != g.Key.ID || c.SessionID != "" || c.ClientID != "" || c.Machine() || !c.HasRole("reader") {
		t.Errorf("APIKeyCaller = %+v, %v, want ann", c, err)
	}
	if at, ok := c.Expires(); !ok || !at.Equal(w.now.Add(account.DefaultAPIKeyTTL)) || !at.Equal(g.Key.Expires) {
		t.Errorf("Expires = %v, %v, want 90 days", at, ok)
	}
	if c.Changes() == nil {
		t.Error("the caller does not say when it changes")
	}
}

func TestAKeysCallerIsItsClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.key(w.machine("till", "books:read", "books:write"), "books:read")
	c, err := w.APIKeyCaller(t.Context(), g.Secret)
	if err != nil || !c.Machine() || c.ClientID != "till" || c.User.ID != "" || c.HasRole("") || c.HasRole("admin") {
		t.Errorf("APIKeyCaller = %+v, %v, want the machine till", c, err)
	}
	w.mayDo("a client's key", g.Secret, "books:read")
	w.putClient(account.Client{ID: "till", Grants: []string{account.GrantClientCredentials}, Scopes: []string{"me"}})
	w.mayDo("the client may do something else", g.Secret)
}

// What a key may do is what its scopes and its owner's have in common, from one
// request to the next.
func TestAKeyMayDoWhatItsOwnerMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("reader", "books:read", "books:write")
	ann := w.user("ann", "reader")
	g := w.key(of(ann), "books:read", "books:write")
	w.mayDo("at first", g.Secret, "books:read", "books:write")
	w.put("reader", "books:read")
	w.mayDo("the role grants less", g.Secret, "books:read")
	w.put("reader", "books:read", "books:write", "me")
	w.mayDo("the role grants more", g.Secret, "books:read", "books:write")
	if _, err := w.SetRoles(t.Context(), ann.ID, []string{"user"}); err != nil {
		t.Fatal(err)
	}
	w.mayDo("the user has another role", g.Secret)
}

// All that ends a key, in this process at once and in another as soon as it
// hears of it.
func TestWhatEndsAKey(t *testing.T) {
	t.Parallel()
	yes := true
	for name, test := range map[string]struct {
		end    func(f *fleet, g account.APIKeyGrant) error
		reason error
	}{
		"revoking": {func(f *fleet, g account.APIKeyGrant) error {
			return f.services[0].RevokeAPIKey(f.ctx(t), g.Key.Owner(), g.Key.ID)
		}, account.ErrNoAPIKey},
		"time": {func(f *fleet, _ account.APIKeyGrant) error { f.now = f.now.Add(account.DefaultAPIKeyTTL); return nil }, account.ErrNoAPIKey},
		"rotation": {func(f *fleet, g account.APIKeyGrant) error {
			return second(f.services[0].RotateAPIKey(f.ctx(t), g.Key.Owner(), g.Key.ID, 0))
		}, account.ErrNoAPIKey},
		"an overlap": {func(f *fleet, g account.APIKeyGrant) error { return f.overlap(t, g) }, account.ErrNoAPIKey},
		"disabling": {func(f *fleet, g account.APIKeyGrant) error {
			return second(f.services[0].UpdateUser(f.ctx(t), g.Key.UserID, account.UserChange{Disabled: &yes}))
		}, account.ErrDisabled},
		"the removal": {func(f *fleet, g account.APIKeyGrant) error { return f.services[0].RemoveUser(f.ctx(t), g.Key.UserID) }, account.ErrNoCaller},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			anna, err := f.services[0].UserByName(t.Context(), "anna")
			if err != nil {
				t.Fatal(err)
			}
			g, err := f.services[0].NewAPIKey(t.Context(), of(anna), account.APIKeyAsk{Name: "x", Scopes: []string{"write"}})
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range f.services {
				if _, err := s.APIKeyCaller(t.Context(), g.Secret); err != nil {
					t.Fatalf("process %d, before: %v", i, err)
				}
			}
			if err := test.end(f, g); err != nil {
				t.Fatal(err)
			}
			f.wantOver(t, 0, g.Secret, test.reason)
			f.ears[1].heard = f.store.Generation()
			f.wantOver(t, 1, g.Secret, test.reason)
			f.now = f.now.Add(time.Second) // and the third hears nothing
			f.wantOver(t, 2, g.Secret, test.reason)
		})
	}
}

func second[T any](_ T, err error) error { return err }

func (f *fleet) ctx(t *testing.T) context.Context { t.Helper(); return t.Context() }

// overlap rotates a key, looks that both are good, and lets the time pass.
func (f *fleet) overlap(t *testing.T, g account.APIKeyGrant) error {
	t.Helper()
	next, err := f.services[0].RotateAPIKey(f.ctx(t), g.Key.Owner(), g.Key.ID, time.Hour)
	if err != nil {
		return err
	}
	f.now = f.now.Add(time.Hour - time.Millisecond)
	for _, key := range []account.Secret{g.Secret, next.Secret} {
		for i, s := range f.services {
			if _, err := s.APIKeyCaller(f.ctx(t), key); err != nil {
				return fmt.Errorf("process %d, in the overlap: %w", i, err)
			}
		}
	}
	f.now = f.now.Add(time.Millisecond)
	if _, err := f.services[1].APIKeyCaller(f.ctx(t), next.Secret); err != nil {
		return fmt.Errorf("after the overlap: %w", err)
	}
	return nil
}

func (f *fleet) wantOver(t *testing.T, process int, key account.Secret, reason error) {
	t.Helper()
	if _, err := f.services[process].APIKeyCaller(t.Context(), key); !errors.Is(err, account.ErrNoCaller) || !errors.Is(err, reason) {
		t.Errorf("process %d: APIKeyCaller = %v, want %v", process, err, reason)
	}
}

// A key of a client ends with it.
func TestWhatEndsAClientsKey(t *testing.T) {
	t.Parallel()
	machine := account.Client{ID: "till", Grants: []string{account.GrantClientCredentials}, Scopes: []string{"me"}}
	disabled, public, other := machine, machine, machine
	disabled.Disabled, public.Public, other.Grants = true, true, []string{account.GrantCode}
	for name, end := range map[string]func(tx account.Writer) error{
		"disabling":                     func(tx account.Writer) error { return tx.PutClient(disabled) },
		"making it public":              func(tx account.Writer) error { return tx.PutClient(public) },
		"that it calls for itself":      func(tx account.Writer) error { return tx.PutClient(other) },
		"its removal":                   func(tx account.Writer) error { return tx.RemoveClient("till") },
		"its removal and another of it": func(tx account.Writer) error { return errors.Join(tx.RemoveClient("till"), tx.PutClient(machine)) },
	} {
		w := newWorld(t)
		g := w.key(w.machine("till", "me"), "me")
		w.mayDo(name, g.Secret, "me")
		if err := w.store.Update(t.Context(), end); err != nil {
			t.Fatal(err)
		}
		if _, err := w.APIKeyCaller(t.Context(), g.Secret); !errors.Is(err, account.ErrNoCaller) {
			t.Errorf("%s: APIKeyCaller = %v, want ErrNoCaller", name, err)
		}
	}
}

// While changes cannot be heard the store is asked; while it cannot be asked no
// key is good.
func TestAKeyIsNotRememberedWhileChangesCannotBeHeard(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	anna, err := f.services[0].UserByName(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	g, err := f.services[0].NewAPIKey(t.Context(), of(anna), account.APIKeyAsk{Name: "x", Scopes: []string{"write"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func() (views int, err error) {
		before := f.ears[1].views
		_, err = f.services[1].APIKeyCaller(t.Context(), g.Secret)
		return f.ears[1].views - before, err
	}
	for i, want := range []int{1, 0, 0} {
		if views, err := call(); err != nil || views != want {
			t.Errorf("call %d asks the store %d times, %v, want %d", i, views, err, want)
		}
	}
	f.ears[1].deaf = true
	f.now = f.now.Add(time.Second)
	for range 2 {
		if views, err := call(); err != nil || views != 1 {
			t.Errorf("a deaf process asks the store %d times, %v, want 1", views, err)
		}
	}
	if err := f.services[0].RevokeAPIKey(t.Context(), of(anna), g.Key.ID); err != nil {
		t.Fatal(err)
	}
	f.wantOver(t, 1, g.Secret, account.ErrNoAPIKey)
	f.ears[1].down = true
	if _, err := call(); !errors.Is(err, errOutage) || errors.Is(err, account.ErrNoCaller) {
		t.Errorf("with a store that is away: %v, want its error", err)
	}
}

// The last use is known to the minute, at once in the process that saw it, and
// to others when it is written down: not at each use.
func TestWhenAKeyWasUsed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := &outages{Store: w.store}
	w.config.Store = o
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	ann := w.user("ann", "user")
	g := w.key(of(ann), "me")
	used := func(by *account.Service) time.Time {
		t.Helper()
		keys, err := by.APIKeys(t.Context(), of(ann))
		if err != nil || len(keys) != 1 {
			t.Fatalf("APIKeys = %v, %v", keys, err)
		}
		return keys[0].LastUsed
	}
	if at := used(s); !at.IsZero() {
		t.Errorf("before it was used: %v", at)
	}
	o.begin(0)
	for range 100 {
		if _, err := s.APIKeyCaller(t.Context(), g.Secret); err != nil {
			t.Fatal(err)
		}
	}
	minute := w.now.Truncate(time.Minute)
	if at := used(s); !at.Equal(minute) || o.updates != 0 {
		t.Errorf("used at %v, with %d writes, want %v and none", at, o.updates, minute)
	}
	if at := used(w.Service); !at.IsZero() {
		t.Errorf("another process knows %v before it is written", at)
	}
	for range 2 {
		if err := s.FlushAPIKeyUses(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if at := used(w.Service); !at.Equal(minute) || o.updates != 1 {
		t.Errorf("written is %v, with %d writes, want %v and 1", at, o.updates, minute)
	}
	w.now = w.now.Add(time.Minute)
	if _, err := s.APIKeyCaller(t.Context(), g.Secret); err != nil {
		t.Fatal(err)
	}
	o.begin(1)
	if err := s.FlushAPIKeyUses(t.Context()); !errors.Is(err, errOutage) {
		t.Errorf("FlushAPIKeyUses = %v, want the store's error", err)
	}
	o.begin(0)
	if err := s.FlushAPIKeyUses(t.Context()); err != nil || !used(w.Service).Equal(minute.Add(time.Minute)) {
		t.Errorf("written is %v, %v, want a minute later", used(w.Service), err)
	}
}

func TestAKeyDoesNotPrintItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.key(of(w.user("ann", "user")), "me")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, g); strings.Contains(text, string(g.Secret)[4:20]) {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

func TestALongestLifeOfKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.MaxAPIKeyTTL = time.Hour
	s, err := account.NewService(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	ann := w.user("ann", "user")
	old := w.key(of(ann), "me")
	g, err := s.NewAPIKey(t.Context(), of(ann), account.APIKeyAsk{Name: "x"})
	if err != nil || !g.Key.Expires.Equal(w.now.Add(time.Hour)) {
		t.Errorf("NewAPIKey = until %v, %v, want an hour", g.Key.Expires, err)
	}
	_, err = s.NewAPIKey(t.Context(), of(ann), account.APIKeyAsk{Name: "x", TTL: 2 * time.Hour})
	if _, ok := errors.AsType[*account.InvalidError](err); !ok {
		t.Errorf("NewAPIKey for two hours = %v, want *InvalidError", err)
	}
	if g, err := s.RotateAPIKey(t.Context(), of(ann), old.Key.ID, 0); err != nil || !g.Key.Expires.Equal(w.now.Add(time.Hour)) {
		t.Errorf("RotateAPIKey = until %v, %v, want an hour", g.Key.Expires, err)
	}
	w.config.MaxAPIKeyTTL = -1
	if _, err := account.NewService(t.Context(), w.config); err == nil {
		t.Error("NewService with a negative MaxAPIKeyTTL gives no error")
	}
}
