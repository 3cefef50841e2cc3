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
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// shaky is a world on a store that can fail, with something of everything in
// it: anna, who is signed in and has an outdated hash, a reset link, a setup
// link, and no administrator.
type shaky struct {
	*world
	outages      *outages
	anna         account.User
	grant        account.Grant // of her second refresh token
	used         account.Secret
	visit        account.SessionGrant
	caller       account.Caller
	reset, setup account.Secret
}

func newShaky(t *testing.T) *shaky {
	t.Helper()
	w := newWorld(t)
	o := &outages{Store: w.store}
	serve := func(schemes ...password.Scheme) {
		passwords, err := password.NewContext(password.Config{Schemes: schemes})
		if err != nil {
			t.Fatal(err)
		}
		w.config = account.Config{
			Store: o, Lane: o, Rand: o, Passwords: hashes{passwords, o}, RefreshTTL: time.Hour, Now: func() time.Time { return w.now },
		}
		w.Service, err = account.NewService(t.Context(), w.config)
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &shaky{world: w, outages: o}
	serve(password.PBKDF2SHA256(1))
	s.anna = w.user("anna", "manager")
	first := w.login("anna", "me", "users:read")
	s.used = first.RefreshToken
	if err := errors.Join(s.prepare(first)...); err != nil {
		t.Fatal(err)
	}
	serve(password.PBKDF2SHA512(1), password.PBKDF2SHA256(1))
	return s
}

func (s *shaky) prepare(first account.Grant) []error {
	ctx := s.t.Context()
	grant, err1 := s.Refresh(ctx, string(first.RefreshToken), account.Ask{})
	caller, err2 := s.world.caller(grant)
	reset, err3 := s.NewReset(ctx, s.anna.ID)
	setup, err4 := s.NewSetup(ctx)
	visit, err5 := s.LoginSession(ctx, "anna", secret)
	s.grant, s.caller, s.reset, s.setup, s.visit = grant, caller, reset, setup, visit
	return []error{err1, err2, err3, err4, err5}
}

// operations are all that the domain does, each with what comes of it when the
// store works.
var operations = map[string]struct {
	do   func(s *shaky, ctx context.Context) error
	want error
}{
	"a sign-in": {func(s *shaky, ctx context.Context) error {
		return granted(s.Login(ctx, "anna", secret, account.Ask{Scopes: []string{"me"}}))
	}, nil},
	"a sign-in whose hash changes meanwhile": {func(s *shaky, ctx context.Context) error {
		s.outages.before = func() { s.putHash(legacyHash(s.t)) }
		return granted(s.Login(ctx, "anna", secret, account.Ask{Scopes: []string{"me"}}))
	}, nil},
	"a sign-in while the user is disabled": {func(s *shaky, ctx context.Context) error {
		s.outages.before = func() {
			s.anna.Disabled = true
			s.behind(func(w account.Writer) error { return w.PutUser(s.anna) })
		}
		_, err := s.Login(ctx, "anna", secret, account.Ask{})
		return err
	}, account.ErrBadLogin},
	"a sign-in with a wrong password": {func(s *shaky, ctx context.Context) error {
		_, err := s.Login(ctx, "anna", "wrong", account.Ask{})
		return err
	}, account.ErrBadLogin},
	"a sign-in of nobody": {func(s *shaky, ctx context.Context) error {
		_, err := s.Login(ctx, "nobody", secret, account.Ask{})
		return err
	}, account.ErrBadLogin},
	"a sign-in without tokens": {func(s *shaky, ctx context.Context) error {
		grant, err := s.LoginSession(ctx, "anna", secret)
		if (grant.Secret != "") != (err == nil) {
			return errors.New("a secret and an error, or neither")
		}
		return err
	}, nil},
	"a sign-in without tokens and with a wrong password": {func(s *shaky, ctx context.Context) error {
		_, err := s.LoginSession(ctx, "anna", "wrong")
		return err
	}, account.ErrBadLogin},
	"a caller without tokens": {func(s *shaky, ctx context.Context) error {
		_, err := s.SessionCaller(ctx, s.visit.Secret)
		return err
	}, nil},
	"a caller without tokens whom the store does not know": {func(s *shaky, ctx context.Context) error {
		_, err := s.SessionCaller(ctx, account.Secret("hfs_"+strings.Repeat("0", 26)+"."+strings.Repeat("A", 43)))
		return err
	}, account.ErrNoCaller},
	"a refresh": {func(s *shaky, ctx context.Context) error {
		grant, err := s.Refresh(ctx, string(s.grant.RefreshToken), account.Ask{Scopes: []string{"me"}})
		if err == nil {
			s.grant = grant
		}
		return granted(grant, err)
	}, nil},
	"a refresh with a token that was used a moment ago": {func(s *shaky, ctx context.Context) error {
		grant, err := s.Refresh(ctx, string(s.used), account.Ask{Scopes: []string{"me"}})
		if err == nil && grant.RefreshToken != s.grant.RefreshToken {
			return errors.New("another token than the first time")
		}
		return granted(grant, err)
	}, nil},
	"a list of sessions": {func(s *shaky, ctx context.Context) error {
		list, err := s.Sessions(ctx, s.anna.ID)
		if (len(list) == 2) != (err == nil) {
			return fmt.Errorf("%d sessions: %w", len(list), errors.Join(err, errors.New("want 2, or none and an error")))
		}
		return err
	}, nil},
	"the end of a session": {func(s *shaky, ctx context.Context) error { return s.EndSession(ctx, s.anna.ID, s.grant.SessionID) }, nil},
	"the end of another's session": {func(s *shaky, ctx context.Context) error {
		return s.EndSession(ctx, "x", s.grant.SessionID)
	}, account.ErrNoSession},
	"the end of all sessions":           {func(s *shaky, ctx context.Context) error { return s.EndSessions(ctx, s.anna.ID, "") }, nil},
	"the end of all sessions but one":   {func(s *shaky, ctx context.Context) error { return s.EndSessions(ctx, s.anna.ID, s.grant.SessionID) }, nil},
	"the end of all sessions of nobody": {func(s *shaky, ctx context.Context) error { return s.EndSessions(ctx, "x", "") }, account.ErrNoUser},
	"a refresh with a used token": {func(s *shaky, ctx context.Context) error {
		s.now = s.now.Add(30 * time.Second)
		_, err := s.Refresh(ctx, string(s.used), account.Ask{})
		return err
	}, account.ErrBadGrant},
	"a refresh of a session that is over": {func(s *shaky, ctx context.Context) error {
		s.now = s.now.Add(time.Hour)
		_, err := s.Refresh(ctx, string(s.grant.RefreshToken), account.Ask{})
		return err
	}, account.ErrBadGrant},
	"a refresh with a token of no session": {func(s *shaky, ctx context.Context) error {
		_, err := s.Refresh(ctx, "hfr_x.y", account.Ask{})
		return err
	}, account.ErrBadGrant},
	"a request": {func(s *shaky, ctx context.Context) error {
		c, err := s.Caller(ctx, s.anna.ID, s.grant.SessionID, []string{"me"})
		if err == nil && !c.HasScope("me") {
			return errors.New("the caller has lost a scope")
		}
		return err
	}, nil},
	"a request in no session": {func(s *shaky, ctx context.Context) error {
		_, err := s.Caller(ctx, s.anna.ID, "x", nil)
		return err
	}, account.ErrNoCaller},
	"a session without a password": {func(s *shaky, ctx context.Context) error {
		return granted(s.StartSession(ctx, s.anna.ID, account.Ask{Scopes: []string{"me"}}))
	}, nil},
	"a revocation": {func(s *shaky, ctx context.Context) error {
		return s.Revoke(ctx, string(s.grant.RefreshToken), account.BuiltInClient)
	}, nil},
	"a revocation by another client": {func(s *shaky, ctx context.Context) error {
		return s.Revoke(ctx, string(s.grant.RefreshToken), "shop")
	}, nil},
	"a look at a refresh token": {func(s *shaky, ctx context.Context) error {
		_, err := s.InspectRefresh(ctx, string(s.grant.RefreshToken), account.BuiltInClient)
		return err
	}, nil},
	"a refresh that asks for more than the sign-in": {func(s *shaky, ctx context.Context) error {
		_, err := s.Refresh(ctx, string(s.grant.RefreshToken), account.Ask{Scopes: []string{"users:write"}})
		if _, wrong := errors.AsType[*account.InvalidError](err); wrong {
			return nil
		}
		return err
	}, nil},
	"a logout": {func(s *shaky, ctx context.Context) error { return s.Logout(ctx, s.grant.SessionID) }, nil},
	"another password": {func(s *shaky, ctx context.Context) error {
		return s.ChangePassword(ctx, s.caller, secret, secret+"!")
	}, nil},
	"another password for a wrong one": {func(s *shaky, ctx context.Context) error {
		return s.ChangePassword(ctx, s.caller, "wrong", secret+"!")
	}, account.ErrBadLogin},
	"a reset link": {func(s *shaky, ctx context.Context) error {
		_, err := s.NewReset(ctx, s.anna.ID)
		return err
	}, nil},
	"a reset": {func(s *shaky, ctx context.Context) error {
		_, err := s.ResetPassword(ctx, s.reset, secret+"!")
		return err
	}, nil},
	"a reset with a wrong link": {func(s *shaky, ctx context.Context) error {
		_, err := s.ResetPassword(ctx, "x", secret+"!")
		return err
	}, account.ErrBadReset},
	"a look at a reset link":   {func(s *shaky, ctx context.Context) error { return s.CheckReset(ctx, s.reset) }, nil},
	"a look at a setup link":   {func(s *shaky, ctx context.Context) error { return s.CheckSetup(ctx, s.setup) }, nil},
	"a look at one of no user": {func(s *shaky, ctx context.Context) error { return s.CheckReset(ctx, "x") }, account.ErrBadReset},
	"a look at one too many":   {func(s *shaky, ctx context.Context) error { return s.CheckSetup(ctx, "x") }, account.ErrBadSetup},
	"a setup link": {func(s *shaky, ctx context.Context) error {
		_, err := s.NewSetup(ctx)
		return err
	}, nil},
	"a setup": {func(s *shaky, ctx context.Context) error {
		_, err := s.Setup(ctx, s.setup, "root", secret)
		return err
	}, nil},
	"a setup with a wrong link": {func(s *shaky, ctx context.Context) error {
		_, err := s.Setup(ctx, "x", "root", secret)
		return err
	}, account.ErrBadSetup},
	"a setup link beside an administrator": {func(s *shaky, ctx context.Context) error {
		s.promote()
		_, err := s.NewSetup(ctx)
		return err
	}, account.ErrSetupDone},
	"a setup beside an administrator": {func(s *shaky, ctx context.Context) error {
		s.promote()
		_, err := s.Setup(ctx, s.setup, "root", secret)
		return err
	}, account.ErrBadSetup},
	"removing the last administrator": {func(s *shaky, ctx context.Context) error {
		s.promote()
		return s.RemoveUser(ctx, s.anna.ID)
	}, account.ErrLastAdmin},
	"a new user": {func(s *shaky, ctx context.Context) error {
		_, err := s.CreateUser(ctx, account.NewUser{Name: "ben", Password: secret, Roles: []string{"user"}})
		return err
	}, nil},
	"disabling": {func(s *shaky, ctx context.Context) error {
		yes := true
		_, err := s.UpdateUser(ctx, s.anna.ID, account.UserChange{Disabled: &yes})
		return err
	}, nil},
	"other roles": {func(s *shaky, ctx context.Context) error {
		_, err := s.SetRoles(ctx, s.anna.ID, []string{"admin"})
		return err
	}, nil},
	"removing a user": {func(s *shaky, ctx context.Context) error {
		if err := s.RemoveUser(ctx, s.anna.ID); !errors.Is(err, account.ErrNoUser) {
			return err
		}
		return errors.New("the user is gone already")
	}, nil},
	"a role": {func(s *shaky, ctx context.Context) error {
		_, err := s.PutRole(ctx, account.Role{Name: "auditor"})
		return err
	}, nil},
	"removing a role":            {func(s *shaky, ctx context.Context) error { return s.RemoveRole(ctx, "user") }, nil},
	"removing a role of no name": {func(s *shaky, ctx context.Context) error { return s.RemoveRole(ctx, "x") }, account.ErrNoRole},
	"removing a role that is in use": {func(s *shaky, ctx context.Context) error {
		return s.RemoveRole(ctx, "manager")
	}, account.ErrRoleInUse},
	"an import": {func(s *shaky, ctx context.Context) error {
		why, err := s.Import(ctx, []account.ImportedUser{{Name: "carl", Hash: legacyHash(s.t), Roles: []string{"user"}}, {Name: "dora"}})
		return errors.Join(append(why, err)...)
	}, nil},
	"checking an import": {func(s *shaky, ctx context.Context) error {
		why, err := s.CheckImport(ctx, []account.ImportedUser{{Name: "carl", Roles: []string{"user"}}})
		return errors.Join(append(why, err)...)
	}, nil},
	"the users":      {func(s *shaky, ctx context.Context) error { _, err := s.Users(ctx, "", 10); return err }, nil},
	"a user":         {func(s *shaky, ctx context.Context) error { _, err := s.User(ctx, s.anna.ID); return err }, nil},
	"a user by name": {func(s *shaky, ctx context.Context) error { _, err := s.UserByName(ctx, "anna"); return err }, nil},
	"the roles":      {func(s *shaky, ctx context.Context) error { _, err := s.Roles(ctx); return err }, nil},
}

// granted makes sure that what there is no error about is a grant.
func granted(g account.Grant, err error) error {
	if err == nil && (g.User.Name != "anna" || g.SessionID == "" || g.RefreshToken == "" || !slices.Equal(g.Scopes, []string{"me"})) {
		err = errors.New("nothing was granted, without an error")
	}
	return err
}

// legacyHash is an outdated hash of the secret.
func legacyHash(t *testing.T) string {
	t.Helper()
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.PBKDF2SHA256(1)}})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// behind changes the store behind the back of the service.
func (s *shaky) behind(change func(account.Writer) error) {
	s.t.Helper()
	if err := s.store.Update(s.t.Context(), change); err != nil {
		s.t.Fatal(err)
	}
}

// promote makes anna an administrator.
func (s *shaky) promote() {
	s.t.Helper()
	s.anna.Roles = []string{account.RoleAdmin}
	s.behind(func(w account.Writer) error { return w.PutUser(s.anna) })
}

func (s *shaky) putHash(hash string) {
	s.t.Helper()
	s.behind(func(w account.Writer) error { return w.PutPasswordHash(s.anna.ID, hash, "") })
}

// Whatever the store cannot do or say, the answer is its error: not a refusal,
// and not a yes. Nothing has changed then, and the same works a moment later.
func TestNothingPassesWhileTheStoreIsAway(t *testing.T) {
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				s := newShaky(t)
				ctx := account.WithSource(t.Context(), "192.0.2.1")
				s.outages.begin(n)
				err := op.do(s, ctx)
				switch s.outages.failed {
				case "":
					s.refused("with a store that works", err, op.want)
					if n == 1 {
						t.Error("it asked nothing of the store")
					}
					return
				case "ReturnAttempts", "Changes", "ClearFailures": // costs the caller an attempt for a while; the store itself is asked; the next sign-in does
					s.refused(s.outages.failed+" fails", err, op.want)
					continue
				}
				s.away(err)
				if s.outages.commits != 0 {
					t.Errorf("call %d, %s, fails: the store has changed all the same", n, s.outages.failed)
				}
				s.refused("trying again after "+s.outages.failed, op.do(s, ctx), op.want)
			}
		})
	}
}

// away makes sure that an error is the outage and says nothing else.
func (s *shaky) away(err error) {
	s.t.Helper()
	if !errors.Is(err, errOutage) {
		s.t.Errorf("call %d, %s, fails: %v, want its error", s.outages.calls, s.outages.failed, err)
	}
	for _, refusal := range []error{
		account.ErrBadLogin, account.ErrBadGrant, account.ErrNoCaller, account.ErrBadSetup, account.ErrBadReset,
		account.ErrNoUser, account.ErrNoRole, account.ErrNoSession, account.ErrNameTaken, account.ErrSetupDone, account.ErrLastAdmin,
	} {
		if errors.Is(err, refusal) {
			s.t.Errorf("call %d, %s, fails: %v, which says more than that", s.outages.calls, s.outages.failed, err)
		}
	}
}

// A store may run a transaction again, and what an earlier run found, here in
// an empty store, counts for nothing.
func TestTransactionsMayRunTwice(t *testing.T) {
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShaky(t)
			s.outages.doomed = memory.New()
			s.refused(name, op.do(s, account.WithSource(t.Context(), "192.0.2.1")), op.want)
		})
	}
}

// A store that is new gets the built-in roles, all of them or none.
func TestANewStoreThatIsAway(t *testing.T) {
	passwords, err := password.NewContext(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		inner := memory.New()
		o := &outages{Store: inner}
		o.begin(n)
		s, err := account.NewService(t.Context(), account.Config{Store: o, Passwords: passwords, Rand: o})
		if o.failed == "" {
			o.begin(0)
			if roles, err := s.Roles(t.Context()); err != nil || len(roles) != len(account.BuiltInRoles()) {
				t.Errorf("Roles = %v, %v, want the built-in ones", roles, err)
			}
			return
		}
		if !errors.Is(err, errOutage) || o.commits != 0 {
			t.Errorf("%s fails: NewService = %v, %d commits, want its error and no change", o.failed, err, o.commits)
		}
	}
}
