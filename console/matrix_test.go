package console_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/refusals"
)

// alone is an application that has the console and nothing else, so that the files
// are about it.
func (s *shop) alone() *holdfast.App {
	s.t.Helper()
	roles := slices.DeleteFunc(s.Scheme().Roles(), func(r holdfast.Role) bool { return r.Name() == "user" }) // which opens none of it
	app := s.NewAppWith(identity.Refusals, holdfast.Config{Title: "Shop", Roles: roles, Docs: holdfast.Docs{NoDocument: true, NoPage: true}})
	if err := console.Mount(app, s.Identity, console.Config{Now: s.clock.Now}); err != nil {
		s.t.Fatal(err)
	}
	return app
}

// sessionCallers mints callers who present the cookie of a session. A session
// carries all that its user's roles grant, so callers who have less cannot be.
func (s *shop) sessionCallers() holdfasttest.Callers {
	made := 0
	return func(ctx context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
		var none holdfasttest.Credential
		present := func(value string) (holdfasttest.Credential, error) {
			one := holdfasttest.Header("Cookie", sessionCookie+"="+value)
			one.Schemes = []string{"Session"}
			return one, nil
		}
		if strings.HasPrefix(who.Name, "scope ") || strings.HasPrefix(who.Name, "all scopes but ") {
			return none, holdfasttest.CannotMint("a session carries all that its user's roles grant")
		}
		switch who.Kind {
		case holdfasttest.Expired, holdfasttest.WrongAudience, holdfasttest.WrongIssuer, holdfasttest.WrongType:
			return none, holdfasttest.CannotMint("a session says nothing of that")
		case holdfasttest.Garbage:
			return present("garbage")
		}
		made++
		name := fmt.Sprint("caller-", made)
		user := s.user(name, who.Roles...)
		grant, err := s.Accounts().LoginSession(ctx, name, secret)
		if err != nil {
			return none, err
		}
		switch who.Kind {
		case holdfasttest.Revoked:
			err = s.Accounts().Logout(ctx, grant.SessionID)
		case holdfasttest.DisabledUser:
			yes := true
			_, err = s.Accounts().UpdateUser(ctx, user.ID, account.UserChange{Disabled: &yes})
		}
		if err != nil {
			return none, err
		}
		return present(string(grant.Secret))
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	holdfasttest.Golden(t, openShop(t).alone())
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	holdfasttest.Matrix(t, s.alone(), "testdata/matrix.txt", s.sessionCallers(), holdfasttest.Served(s.Handler))
}

// everyRefusal has a refusal of every id: one that is not there is looked for again
// for half a second, in case it is being written.
type everyRefusal struct{ *refusals.Ring }

func (r everyRefusal) Refusal(_ context.Context, id string) (identity.RefusalRecord, error) {
	return identity.RefusalRecord{ID: id, Data: []byte("{}")}, nil
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	s := openShopThat(t, func(c *identity.Config) { c.Refusals = everyRefusal{new(refusals.Ring)} })
	holdfasttest.Attack(t, s.alone(), "testdata/matrix.txt", s.sessionCallers(), holdfasttest.Served(s.Handler))
}

func TestProofs(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	holdfasttest.Prove(t, s.app,
		"only role admin may call POST /console/users",
		"only role admin may call POST /console/users/*",
		"only role admin may call POST /console/import/*",
		"only role admin may call POST /console/sessions",
		"only role admin may call POST /console/backup",
		"only role admin may call POST /console/roles",
		"only role admin may call POST /console/roles/*",
		"only role admin may call POST /console/clients",
		"only role admin may call POST /console/clients/*",
		"only role admin may call POST /console/keys",
		"nothing under /console/users without role admin or role manager",
		"nothing under /console/refusals without role admin",
		"nothing under /console/clients without scope clients:write",
	)
}
