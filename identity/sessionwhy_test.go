package identity

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// Who asks why a session was refused is told, step by step.
func TestWhyASessionIsRefused(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b := l.signedIn("ann")
	for name, test := range map[string]struct {
		b            *browser
		method, path string
		lines        []string
		failed       string
		change       string
	}{
		"nobody":            {l.browser(), "GET", "/shelf", nil, "a credential of Session: ", "a session, from the sign-in page"},
		"a cookie of none":  {l.browser(), "GET", "/shelf", []string{"Cookie: __Host-session=x"}, "session: revocation: there is no such session, or it has ended", "a session, from the sign-in page"},
		"two cookies":       {l.browser(), "GET", "/shelf", []string{"Cookie: __Host-session=x; __Host-session=y"}, "session: cookie: it is sent more than once", "a session, from the sign-in page"},
		"another site":      {b, "PUT", "/shelf", []string{"Sec-Fetch-Site: cross-site"}, "session: origin: a page of another site has sent the request", "the same request, from a page of this site"},
		"a scope":           {b, "POST", "/shelf", nil, "scopes books:write: the caller has none of them", "a role that grants scope books:write"},
		"a role":            {b, "GET", "/desk", nil, "role librarian: the caller has none of them", "the role librarian"},
		"either credential": {l.browser(), "GET", "/either", nil, "a credential of OAuth2PasswordBearer: ", "a good access token, from POST /token, or a session, from the sign-in page"},
	} {
		a := test.b.do(test.method, test.path, "", test.lines...)
		refusal, err := FindRefusal(t.Context(), l.refusals.store, a.header.Get("X-Request-Id"))
		if err != nil {
			t.Errorf("%s: FindRefusal = %v", name, err)
		}
		failed := ""
		for _, s := range refusal.Steps {
			if s.State == stateFailed {
				failed = s.Text + ": " + s.Detail
				break
			}
		}
		if failed != test.failed || refusal.Change != test.change {
			t.Errorf("%s: failed at %q, change %q; want %q, %q", name, failed, refusal.Change, test.failed, test.change)
		}
	}
}

// Where a route is open to callers without a credential, a bad one is explained
// in both ways in.
func TestWhyABadSessionIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	a := l.browser().do("GET", "/maybe", "", "Cookie: "+sessionCookie+"=x")
	refusal, err := FindRefusal(t.Context(), l.refusals.store, a.header.Get("X-Request-Id"))
	if err != nil {
		t.Fatalf("FindRefusal = %v", err)
	}
	last := refusal.Steps[len(refusal.Steps)-1]
	if last.Text != "no credential of "+sessionName || last.State != stateFailed || last.Way != 1 {
		t.Errorf("the last step is %+v, want that the second way wants no session", last)
	}
}

// sessionCallers mints callers who present a cookie. A session carries all that
// its user's roles grant, so callers who have less cannot be.
func sessionCallers(l *shop) holdfasttest.Callers {
	made := 0
	return func(ctx context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
		var none holdfasttest.Credential
		present := func(value string) (holdfasttest.Credential, error) {
			one := holdfasttest.Header("Cookie", sessionCookie+"="+value)
			one.Schemes = []string{sessionName}
			return one, nil
		}
		if strings.HasPrefix(who.Name, "scope ") || strings.HasPrefix(who.Name, "all scopes but ") {
			return none, holdfasttest.CannotMint("a session carries all that its user's roles grant")
		}
		switch who.Kind {
		case holdfasttest.Expired, holdfasttest.WrongAudience, holdfasttest.WrongIssuer:
			return none, holdfasttest.CannotMint("a session says nothing of that")
		case holdfasttest.Garbage:
			return present("garbage")
		}
		made++
		name := fmt.Sprint("caller-", made)
		user := l.user(name, who.Roles...)
		grant, err := l.Accounts().LoginSession(ctx, name, secret)
		if err != nil {
			return none, err
		}
		switch who.Kind {
		case holdfasttest.WrongType:
			tokens, err := l.Accounts().Login(ctx, name, secret, account.Ask{Scopes: who.Scopes})
			if err != nil {
				return none, err
			}
			return present("hfs_" + strings.TrimPrefix(string(tokens.RefreshToken), "hfr_"))
		case holdfasttest.Revoked:
			err = l.Accounts().Logout(ctx, grant.SessionID)
		case holdfasttest.DisabledUser:
			yes := true
			_, err = l.Accounts().UpdateUser(ctx, user.ID, account.UserChange{Disabled: &yes})
		}
		if err != nil {
			return none, err
		}
		return present(string(grant.Secret))
	}
}

func TestSessionMatrix(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{InsecureNoThrottle: true})
	holdfasttest.Matrix(t, l.app, "testdata/sessions.txt", sessionCallers(l), holdfasttest.Served(l.Handler))
}

func TestSessionAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	l := openShop(t, Config{InsecureNoThrottle: true})
	holdfasttest.Attack(t, l.app, "testdata/sessions.txt", sessionCallers(l), holdfasttest.Served(l.Handler))
}

func TestSessionProofs(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	holdfasttest.Prove(t, l.app, "nothing under /desk without role librarian", "only signed in may call POST /shelf, GET /shelf")
}
