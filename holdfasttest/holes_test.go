package holdfasttest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// person is a principal whose token spells it: "name/scopes/roles".
type person struct {
	name          string
	scopes, roles []string
	careless      bool // says yes to every role and scope
}

func (p person) HasScope(name string) bool { return p.careless || slices.Contains(p.scopes, name) }
func (p person) HasRole(name string) bool  { return p.careless || slices.Contains(p.roles, name) }

// house is an application with holes that a test can make.
type house struct {
	publicDelete bool // DELETE /users/{id} is public
	forgetScope  bool // GET /users does not ask for its scope
	moreRoles    bool // managers may delete
	careless     bool // principals have every role and scope, whatever they say
	forgetExpiry bool // expired credentials are good
	handScopes   bool // a dependency is trusted to compare scopes, and does not
	badOwner     bool // anybody's items are everybody's
	wrongReason  bool // GET /users is refused to everybody by a dependency
}

type itemID struct {
	ID string `path:"id"`
}

type noted struct {
	Body struct {
		Note string `json:"note" minLength:"3" pattern:"^[a-z]+-\\d{2}$"`
	}
}

func (h house) app() *holdfast.App {
	oauth := holdfast.OAuth2PasswordBearer("token")
	items, users := oauth.Scope("items", "Items"), oauth.Scope("users", "Users")
	admin, manager := holdfast.NewRole("admin", ""), holdfast.NewRole("manager", "")
	verify := func(_ context.Context, token string) (person, error) {
		parts := strings.Split(token, "/")
		if len(parts) != 4 || parts[3] != "" && !(h.forgetExpiry && parts[3] == "expired") {
			return person{}, fmt.Errorf("not a good token")
		}
		return person{parts[0], strings.Fields(parts[1]), strings.Fields(parts[2]), h.careless}, nil
	}
	who := holdfast.Verify(oauth, verify)
	if h.handScopes {
		who = holdfast.Depends2(oauth.Credential(), holdfast.SecurityScopes(), func(ctx context.Context, token string, _ holdfast.Scopes) (person, error) {
			p, err := verify(ctx, token)
			if err != nil {
				return p, holdfast.Errorf(http.StatusUnauthorized, "no")
			}
			return p, nil
		})
	}
	own := holdfast.Depends2(who, holdfast.Params[itemID](), func(_ context.Context, p person, in itemID) (person, error) {
		if p.name+"s" != in.ID && !h.badOwner {
			return p, holdfast.Errorf(http.StatusNotFound, "Item not found")
		}
		return p, nil
	})
	nobody := holdfast.Depends1(who, func(_ context.Context, p person) (person, error) {
		return p, holdfast.Errorf(http.StatusForbidden, "Not enough permissions")
	})
	app := holdfast.New("House", "1")
	holdfast.Get(app, "/health", holdfast.Public(), done[holdfast.Anyone, holdfast.NoInput])
	reader := holdfast.Security(who, users)
	if h.forgetScope {
		reader = holdfast.Security(who)
	}
	if h.wrongReason {
		reader = holdfast.Security(nobody, users)
	}
	holdfast.Get(app, "/users", reader, done[person, holdfast.NoInput])
	switch {
	case h.publicDelete:
		holdfast.Delete(app, "/users/{id}", holdfast.Public(), done[holdfast.Anyone, itemID])
	case h.moreRoles:
		holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(who.Require(users), admin, manager), done[person, itemID])
	default:
		holdfast.Delete(app, "/users/{id}", holdfast.AnyRole(who.Require(users), admin), done[person, itemID])
	}
	holdfast.Get(app, "/reports", holdfast.AnyRole(who, admin, manager), done[person, holdfast.NoInput])
	holdfast.Get(app, "/items/{id}", holdfast.Security(own, items), done[person, itemID])
	holdfast.Post(app, "/notes", holdfast.Security(who, items), done[person, noted])
	return app
}

func done[P, In any](context.Context, P, In) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, nil
}

var callers = holdfasttest.Callers(func(_ context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
	name := who.User
	if name == "" {
		name = "x"
	}
	bad := ""
	switch who.Kind {
	case holdfasttest.Garbage:
		return holdfasttest.Bearer("garbage"), nil
	case holdfasttest.Expired, holdfasttest.Revoked, holdfasttest.DisabledUser:
		bad = string(who.Kind)
	case holdfasttest.WrongAudience, holdfasttest.WrongIssuer, holdfasttest.WrongType:
		return holdfasttest.Credential{}, holdfasttest.CannotMint("these tokens have none")
	}
	return holdfasttest.Bearer(strings.Join([]string{name, strings.Join(who.Scopes, " "), strings.Join(who.Roles, " "), bad}, "/")), nil
})

var owners = []holdfasttest.Option{
	callers,
	holdfasttest.Also("the owner of item anns", holdfasttest.User("ann"), holdfasttest.Path("id", "anns"), rolesAndScopes),
	holdfasttest.Also("a stranger to item anns", holdfasttest.User("bob"), holdfasttest.Path("id", "anns"), rolesAndScopes),
}

var rolesAndScopes = holdfasttest.Scopes(holdfast.NewScope("items", ""))

// listener is a test that remembers its failures in place of failing.
type listener struct {
	testing.TB
	mu   sync.Mutex
	said []string
	logs []string
}

func (l *listener) Errorf(format string, args ...any) { l.Error(fmt.Sprintf(format, args...)) }

func (l *listener) Error(args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, fmt.Sprint(args...))
}

func (l *listener) Logf(format string, args ...any) {
	l.logs = append(l.logs, fmt.Sprintf(format, args...))
}

// want makes sure that something was said in which all parts stand.
func (l *listener) want(t *testing.T, parts ...string) {
	t.Helper()
	for _, one := range l.said {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(one, part) }) {
			return
		}
	}
	t.Errorf("nothing said with %q in:\n%s", parts, strings.Join(l.said, "\n"))
}

// golden writes the matrix of the house without holes, and returns its file.
func golden(t *testing.T, options ...holdfasttest.Option) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "matrix.txt")
	holdfasttest.Matrix(t, house{}.app(), file, options...)
	return file
}

// TestMain clears what decides whether a table is written: the tests here write
// and read tables of their own.
func TestMain(m *testing.M) {
	for _, name := range []string{"CI", "UPDATE_GOLDEN"} {
		if err := os.Unsetenv(name); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestMatrix writes the table once, and then finds nothing wrong with it.
func TestMatrix(t *testing.T) {
	t.Parallel()
	file := golden(t, owners...)
	holdfasttest.Matrix(t, house{}.app(), file, owners...)
	holdfasttest.Attack(t, house{}.app(), file, owners...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"# not tried: wrong audience: cannot be minted: these tokens have none",
		"GET /items/{id}\tscope items",
		"    passes           the owner of item anns",
		"    401              nobody, garbage, expired, revoked, disabled user",
		"a stranger to item anns",
		"    404 func literal  everything, role admin, role manager, scope items alone, all scopes but users, a stranger to item anns",
	} {
		if !strings.Contains(string(data), line) {
			t.Errorf("the table has no %q:\n%s", line, data)
		}
	}
}

// TestHoles makes each hole in a copy and sees the matrix fail with a message
// that names the route, against the file or, where the file cannot tell,
// against the declaration alone.
func TestHoles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hole  house
		fresh bool // the file is made of the house with the hole, too
		want  []string
	}{
		"a route made public":                 {house{publicDelete: true}, false, []string{"! DELETE /users/{id} by nobody", `was "401", is "passes"`}},
		"a policy without its scope":          {house{forgetScope: true}, false, []string{`! GET /users by scope items alone: was "403 scope", is "passes"`}},
		"a policy with a role more":           {house{moreRoles: true}, false, []string{`! DELETE /users/{id} by role manager: was "403 role", is "passes"`}},
		"a principal that has every role":     {house{careless: true}, true, []string{"DELETE /users/{id} (", "called by role manager: it passed, but the route needs role admin"}},
		"claims that have every scope":        {house{careless: true}, true, []string{"GET /users (", "called by scope items alone: it passed, but the route needs scope users"}},
		"a verifier that forgets expiry":      {house{forgetExpiry: true}, true, []string{"GET /users (", "called by expired: it passed, but the route needs a credential"}},
		"a dependency that forgets scopes":    {house{handScopes: true}, true, []string{"GET /users (", "called by scope items alone: it passed, but the route needs scope users"}},
		"an item that is everybody's":         {house{badOwner: true}, false, []string{`! GET /items/{id} by a stranger to item anns: was "404`, `is "passes"`}},
		"the same refusal for another reason": {house{wrongReason: true}, false, []string{`GET /users by everything: was "passes", is "403 func`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := golden(t, owners...)
			l := &listener{TB: t}
			if test.fresh {
				file = filepath.Join(t.TempDir(), "fresh.txt")
			}
			holdfasttest.Matrix(l, test.hole.app(), file, owners...)
			l.want(t, test.want...)
		})
	}
}

// TestRawHandlers mounts handlers beside the application and in front of it.
func TestRawHandlers(t *testing.T) {
	t.Parallel()
	open := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mounted := func(pattern string, h http.Handler) holdfasttest.Option {
		return holdfasttest.Served(func(app http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/", http.StripPrefix("", app))
			if h != nil {
				mux.Handle(pattern, h)
			}
			return mux
		})
	}
	file := golden(t, callers)
	harmless := &listener{TB: t}
	holdfasttest.Matrix(harmless, house{}.app(), file, callers, mounted("", nil))
	if len(harmless.said) > 0 {
		t.Errorf("an application in a ServeMux: %q", harmless.said)
	}
	beside := &listener{TB: t}
	holdfasttest.Matrix(beside, house{}.app(), file, callers, mounted("GET /users/export", open))
	beside.want(t, "GET /users/export is served by a handler that is no route of the application")

	front := &listener{TB: t}
	holdfasttest.Matrix(front, house{}.app(), file, callers, mounted("DELETE /users/{id}", open))
	front.want(t, "DELETE /users/{id} (", "called by nobody: another handler answered (200)")

	attacked := &listener{TB: t}
	holdfasttest.Attack(attacked, house{}.app(), file, callers, mounted("/reports/", open))
	attacked.want(t, "GET /reports by nobody", "no policy was asked")
}

// TestAttackFindsHoles puts the mistakes of famous products in front of the
// application.
func TestAttackFindsHoles(t *testing.T) {
	t.Parallel()
	good := holdfasttest.Bearer("x/items users/admin manager/")
	file := golden(t, callers)
	for name, test := range map[string]struct {
		before func(r *http.Request)
		want   []string
	}{
		"a proxy's user is believed": {
			func(r *http.Request) {
				if r.Header.Get("X-Forwarded-User") != "" {
					good.Apply(r)
				}
			},
			[]string{"GET /users by nobody, header X-Forwarded-User: admin: opened GET /users, where the file says 401"},
		},
		"X-Original-URL is believed by the router only": {
			func(r *http.Request) {
				if original := r.Header.Get("X-Original-URL"); original != "" {
					r.URL.Path, r.URL.RawPath = original, ""
					good.Apply(r)
				}
			},
			[]string{"GET /reports by nobody, a public path with X-Original-URL", "opened GET /reports"},
		},
		"a method override": {
			func(r *http.Request) {
				if m := r.Header.Get("X-HTTP-Method-Override"); m != "" {
					r.Method = m
				}
			},
			[]string{"DELETE /users/{id} by everything, GET with X-HTTP-Method-Override", "opened DELETE /users/{id}, which is of another method"},
		},
		"case does not matter to a check in front": {
			func(r *http.Request) {
				if r.URL.Path != strings.ToLower(r.URL.Path) {
					r.URL.Path, r.URL.RawPath = strings.ToLower(r.URL.Path), ""
					good.Apply(r)
				}
			},
			[]string{"GET /users by nobody", "opened GET /users, where the file says 401"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &listener{TB: t}
			served := holdfasttest.Served(func(app http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					test.before(r)
					app.ServeHTTP(w, r)
				})
			})
			holdfasttest.Attack(l, house{}.app(), file, callers, served)
			l.want(t, test.want...)
		})
	}
}

// TestAttackIsTheSameEachTime compares what two runs count.
func TestAttackIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	file := golden(t, callers)
	count := func(seed uint64) string {
		l := &listener{TB: t}
		holdfasttest.Attack(l, house{}.app(), file, callers, holdfasttest.Seed(seed))
		if len(l.said) > 0 {
			t.Errorf("seed %d: %q", seed, l.said)
		}
		text, _, _ := strings.Cut(l.logs[len(l.logs)-1], ", seed")
		return text
	}
	if first, second := count(7), count(7); first != second {
		t.Errorf("seed 7 counts\n%s and\n%s", first, second)
	}
}

func TestProve(t *testing.T) {
	t.Parallel()
	holdfasttest.Only(t, house{}.app(), "DELETE /users/*", holdfast.NewRole("admin", ""))
	l := &listener{TB: t}
	holdfasttest.Only(l, house{moreRoles: true}.app(), "DELETE /users/*", holdfast.NewRole("admin", ""))
	l.want(t, "DELETE /users/{id}: somebody with role manager, scope users: may call")
	holdfasttest.Prove(l, house{publicDelete: true}.app(), "nothing under /users without scope users")
	l.want(t, "DELETE /users/{id}: somebody without any credential: may call")
	holdfasttest.Prove(l, house{}.app(), "only role root may call /users")
	l.want(t, "no route knows the role root")
}

// TestUnfillable names what a route needs.
func TestUnfillable(t *testing.T) {
	t.Parallel()
	app := holdfast.New("Test", "1")
	type picky struct {
		Code string `query:"code" required:"true" pattern:"^(?:a|b)\\B[^a-z]$"`
	}
	holdfast.Get(app, "/picky", holdfast.Public(), done[holdfast.Anyone, picky])
	l := &listener{TB: t}
	holdfasttest.Matrix(l, app, filepath.Join(t.TempDir(), "m.txt"))
	l.want(t, "GET /picky (", "cannot be filled: query parameter code: no text was found for the pattern")
}
