package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// ear is a store as one of several processes has it: it hears of its own changes
// at once, and of others' when the test says so.
type ear struct {
	*memory.Store
	clock    func() time.Time
	heard    uint64
	unheard  bool      // another has changed something since the log was read
	lastRead time.Time // of the log
	away     bool      // the next reading of the log fails
	deaf     bool      // every one does
	down     bool      // nothing at all can be read
	views    int
	during   func() // what happens at the end of the next view, once
}

func (e *ear) View(ctx context.Context, fn func(account.Reader) error) error {
	e.views++
	if e.down {
		return errOutage
	}
	err := e.Store.View(ctx, fn)
	if during := e.during; during != nil {
		e.during = nil
		during()
	}
	return err
}

func (e *ear) Generation() uint64 { return e.heard }

func (e *ear) Update(ctx context.Context, fn func(account.Writer) error) error {
	err := e.Store.Update(ctx, fn)
	e.heard = e.Store.Generation()
	return err
}

func (e *ear) Changes(ctx context.Context, after int64) (account.ChangePage, error) {
	if e.away || e.deaf {
		e.away = false
		return account.ChangePage{}, errOutage
	}
	e.unheard, e.lastRead = false, e.clock()
	return e.Store.Changes(ctx, after)
}

// fleet is some processes on one store.
type fleet struct {
	store    *memory.Store
	ears     []*ear
	services []*account.Service
	now      time.Time
	latest   time.Time // that any clock has shown
	grants   []account.Grant
	visits   []account.SessionGrant
	ends     map[string]time.Time // of each session, by its own date
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	day := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	f := &fleet{store: memory.New(), now: day, latest: day, ends: map[string]time.Time{}}
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.PBKDF2SHA256(1)}}) // takes no time
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		e := &ear{Store: f.store, clock: func() time.Time { return f.now }}
		s, err := account.NewService(t.Context(), account.Config{
			Store: e, Passwords: passwords, Now: e.clock, RefreshTTL: time.Minute, InsecureNoThrottle: true, Key: account.Key{1},
			Roles: []account.Role{{Name: "editor", Scopes: []string{"write"}}, {Name: "reader", Scopes: []string{"read"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.ears, f.services = append(f.ears, e), append(f.services, s)
	}
	for _, name := range []string{"anna", "ben"} {
		if _, err := f.services[0].CreateUser(t.Context(), account.NewUser{Name: name, Password: secret, Roles: []string{"editor"}}); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// at draws a process, lets it do something, and notes who has not heard of it. What
// the domain refuses is no failure.
func (f *fleet) at(do func(t *rapid.T, s *account.Service) error) func(*rapid.T) {
	return func(t *rapid.T) {
		i := rapid.IntRange(0, len(f.services)-1).Draw(t, "process")
		before := f.store.Generation()
		if err := do(t, f.services[i]); errors.Is(err, errOutage) {
			t.Fatalf("a write fails because the log is away: %v", err)
		}
		if f.store.Generation() == before {
			return
		}
		for j, e := range f.ears {
			if j != i && rapid.Bool().Draw(t, "hears") {
				e.heard = f.store.Generation()
			} else if j != i {
				e.unheard = true
			}
		}
	}
}

var fleetScopes, fleetRoles = []string{"read", "write", "me"}, []string{"editor", "reader", "user"}

// user draws a user, who may not be there.
func (f *fleet) user(t *rapid.T) account.User {
	user, err := f.services[0].UserByName(t.Context(), rapid.SampledFrom([]string{"anna", "ben"}).Draw(t, "user"))
	if err != nil {
		t.Skip("the user is gone")
	}
	return user
}

func (f *fleet) signIn(t *rapid.T, s *account.Service) error {
	name := rapid.SampledFrom([]string{"anna", "ben"}).Draw(t, "user")
	if rapid.Bool().Draw(t, "with a cookie") {
		grant, err := s.LoginSession(t.Context(), name, secret)
		if err == nil {
			f.visits, f.ends[grant.SessionID] = append(f.visits, grant), grant.Expires
		}
		return err
	}
	grant, err := s.Login(t.Context(), name, secret, account.Ask{Scopes: fleetScopes})
	if err == nil {
		f.grants, f.ends[grant.SessionID] = append(f.grants, grant), f.now.Add(time.Minute)
	}
	return err
}

func (f *fleet) refresh(t *rapid.T, s *account.Service) error {
	if len(f.grants) == 0 {
		t.Skip("there is no session")
	}
	i := rapid.IntRange(0, len(f.grants)-1).Draw(t, "grant")
	grant, err := s.Refresh(t.Context(), string(f.grants[i].RefreshToken), account.Ask{})
	if err == nil && rapid.Bool().Draw(t, "kept") { // or used again
		f.grants[i] = grant
	}
	return err
}

func (f *fleet) signOut(t *rapid.T, s *account.Service) error {
	if len(f.grants) == 0 {
		t.Skip("there is no session")
	}
	return s.Logout(t.Context(), rapid.SampledFrom(f.grants).Draw(t, "grant").SessionID)
}

func (f *fleet) disable(t *rapid.T, s *account.Service) error {
	yes := rapid.Bool().Draw(t, "disabled")
	_, err := s.UpdateUser(t.Context(), f.user(t).ID, account.UserChange{Disabled: &yes})
	return err
}

func (f *fleet) setRoles(t *rapid.T, s *account.Service) error {
	_, err := s.SetRoles(t.Context(), f.user(t).ID, rapid.SliceOf(rapid.SampledFrom(fleetRoles)).Draw(t, "roles"))
	return err
}

func (f *fleet) putRole(t *rapid.T, s *account.Service) error {
	role := account.Role{Name: rapid.SampledFrom(fleetRoles).Draw(t, "role"), Scopes: rapid.SliceOf(rapid.SampledFrom(fleetScopes)).Draw(t, "scopes")}
	_, err := s.PutRole(t.Context(), role)
	return err
}

func (f *fleet) setPassword(t *rapid.T, s *account.Service) error {
	link, err := s.NewReset(t.Context(), f.user(t).ID)
	if err == nil {
		_, err = s.ResetPassword(t.Context(), link, secret)
	}
	return err
}

func (f *fleet) replaceUser(t *rapid.T, s *account.Service) error {
	user := f.user(t)
	if err := s.RemoveUser(t.Context(), user.ID); err != nil {
		return err
	}
	_, err := s.CreateUser(t.Context(), account.NewUser{Name: user.Name, Password: secret, Roles: user.Roles})
	return err
}

// check asks a process who is behind every session, and compares with the store.
func (f *fleet) check(t *rapid.T) {
	for i, s := range f.services {
		for _, g := range f.grants {
			c, err := s.Caller(t.Context(), g.User.ID, g.SessionID, g.Scopes)
			f.compare(t, i, g.SessionID, g.Scopes, c, err)
		}
		for _, v := range f.visits {
			c, err := s.SessionCaller(t.Context(), v.Secret)
			f.compare(t, i, v.SessionID, fleetScopes, c, err)
		}
	}
}

func (f *fleet) compare(t *rapid.T, process int, sessionID string, scopes []string, c account.Caller, err error) {
	if err != nil && !errors.Is(err, account.ErrNoCaller) {
		t.Fatalf("Caller = %v, want an answer although the log is away", err)
	}
	var got []string
	for _, scope := range fleetScopes {
		if err == nil && c.HasScope(scope) {
			got = append(got, "scope "+scope)
		}
	}
	for _, role := range fleetRoles {
		if err == nil && c.HasRole(role) {
			got = append(got, "role "+role)
		}
	}
	want, over := f.truth(t, sessionID, scopes)
	if over || fmt.Sprint(got, err == nil) == want {
		return
	}
	e := f.ears[process]
	if age := f.now.Sub(e.lastRead); !e.unheard || age < 0 || age >= time.Second {
		t.Fatalf("process %d says of session %s: %v, %v; the store %s. It has read the log %v ago, and not heard of a change: %v",
			process, sessionID, got, err, want, age, e.unheard)
	}
}

// truth is what the store says of a session now, and whether the session may be
// over by its own date: processes need not agree on that while clocks jump.
func (f *fleet) truth(t *rapid.T, sessionID string, scopes []string) (says string, over bool) {
	var may []string
	stands := false
	err := f.store.View(t.Context(), func(r account.Reader) error {
		session, err := r.Session(sessionID)
		if errors.Is(err, account.ErrNoSession) {
			return nil
		}
		user, err2 := r.User(session.UserID)
		if err := errors.Join(err, err2); err != nil || user.Disabled {
			return err
		}
		stands = true
		granted, err := f.services[0].Granted(t.Context(), user.Roles)
		for _, scope := range fleetScopes {
			if slices.Contains(granted, scope) && slices.Contains(scopes, scope) {
				may = append(may, "scope "+scope)
			}
		}
		for _, role := range fleetRoles {
			if slices.Contains(user.Roles, role) {
				may = append(may, "role "+role)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(may, stands), !f.latest.Before(f.ends[sessionID])
}

// Every process says what the store says: at once if it has made a change itself
// or heard of it, and in less than a second if not. That holds
// while words are lost, logs cannot be read and the clock jumps.
func TestProcessesAgreeWithTheStore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFleet(t)
		rt.Repeat(map[string]func(*rapid.T){
			"signIn": f.at(f.signIn), "refresh": f.at(f.refresh), "signOut": f.at(f.signOut), "disable": f.at(f.disable),
			"setRoles": f.at(f.setRoles), "putRole": f.at(f.putRole), "setPassword": f.at(f.setPassword), "replaceUser": f.at(f.replaceUser),
			"": f.check,
			"away": func(t *rapid.T) {
				rapid.SampledFrom(f.ears).Draw(t, "process").away = true
			},
			"clock": func(t *rapid.T) {
				f.now = f.now.Add(time.Duration(rapid.IntRange(-300, 1200).Draw(t, "ms")) * time.Millisecond)
				if f.now.After(f.latest) {
					f.latest = f.now
				}
			},
		})
	})
}

// While changes cannot be heard the store decides every time; where that cannot be
// asked either, no one passes. What was remembered before holds again afterwards
// if nothing has changed.
func TestWhileChangesCannotBeHeard(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	here, there, ear := f.services[0], f.services[1], f.ears[0]
	g, err := here.Login(t.Context(), "anna", secret, account.Ask{Scopes: fleetScopes})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(what string, want error, views int) {
		t.Helper()
		before := ear.views
		_, err := here.Caller(t.Context(), g.User.ID, g.SessionID, g.Scopes)
		if !errors.Is(err, want) || want == nil && err != nil || ear.views-before != views {
			t.Errorf("%s: Caller = %v after %d views of the store, want %v after %d", what, err, ear.views-before, want, views)
		}
	}
	ask("at first", nil, 1)
	ask("remembered", nil, 0)
	ear.deaf = true
	ask("remembered less than a second ago", nil, 0)
	f.now = f.now.Add(time.Second)
	ask("deaf", nil, 1)
	ask("deaf, a second time", nil, 1)
	if err := here.CheckChanges(t.Context()); !errors.Is(err, errOutage) || !here.ChangeStats().Deaf {
		t.Errorf("CheckChanges = %v, and ChangeStats %+v, want the log's error, and that it is deaf", err, here.ChangeStats())
	}
	ear.down = true
	ask("deaf, and the store is away", errOutage, 1)
	ear.down = false
	yes := true
	if _, err := there.UpdateUser(t.Context(), g.User.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	ask("deaf, and disabled elsewhere", account.ErrDisabled, 1)
	no := false
	if _, err := there.UpdateUser(t.Context(), g.User.ID, account.UserChange{Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	g, err = here.Login(t.Context(), "anna", secret, account.Ask{Scopes: fleetScopes}) // the session has ended
	if err != nil {
		t.Fatal(err)
	}
	ear.deaf = false
	f.now = f.now.Add(time.Second)
	ask("hearing again", nil, 1)
	ask("remembered again", nil, 0)
	if err := here.CheckChanges(t.Context()); err != nil || here.ChangeStats().Deaf {
		t.Errorf("CheckChanges = %v, and ChangeStats %+v, want that it hears", err, here.ChangeStats())
	}
}

// What changes while a caller is read from the store is not missed because of
// that.
func TestAChangeWhileACallerIsRead(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	here, there := f.services[0], f.services[1]
	g, err := here.Login(t.Context(), "anna", secret, account.Ask{Scopes: fleetScopes})
	if err != nil {
		t.Fatal(err)
	}
	f.ears[0].during = func() {
		if err := there.Logout(t.Context(), g.SessionID); err != nil {
			t.Error(err)
		}
		f.ears[0].heard = f.store.Generation()
	}
	if _, err := here.Caller(t.Context(), g.User.ID, g.SessionID, nil); err != nil {
		t.Errorf("Caller of before the change = %v", err)
	}
	if _, err := here.Caller(t.Context(), g.User.ID, g.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("Caller after it = %v, want ErrNoCaller", err)
	}
}
