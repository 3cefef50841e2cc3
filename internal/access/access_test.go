package access

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Functions of the table below.
const (
	verify      = "example.org/shop.(*Shop).verify"
	findOwnItem = "example.org/shop.(*Shop).findOwnItem"
)

// server is a table like that of a real server.
func server() Document {
	way := func(scopes, roles string, deciders ...string) Way {
		w := Way{Credentials: []Credential{{Scheme: "OAuth2", Scopes: strings.Fields(scopes), VerifiedBy: []string{verify}}}, Deciders: deciders}
		if roles != "" {
			w.Roles = [][]string{strings.Fields(roles)}
		}
		return w
	}
	route := func(name string, ways ...Way) Route {
		method, path, _ := strings.Cut(name, " ")
		r := Route{Method: method, Path: path, Policy: "a policy", Declared: "main.go:1", Ways: ways}
		for _, w := range ways {
			for _, c := range w.Credentials {
				r.Scopes = append(r.Scopes, c.Scopes...)
			}
			r.Roles = append(r.Roles, slices.Concat(w.Roles...)...)
			r.Deciders = append(r.Deciders, w.Deciders...)
		}
		return r
	}
	return Document{
		Routes: []Route{
			route("GET /health", Way{}),
			route("POST /logout", way("", "")),
			route("GET /users/me", way("me", "")),
			route("GET /users", way("users:read", "admin manager")),
			route("DELETE /users/{id}", way("users:write", "admin")),
			route("GET /feed", way("", ""), Way{Absent: []string{"OAuth2"}}),
			route("PUT /items/{id}", way("items", "", findOwnItem)),
		},
		Roles: []Role{
			{Name: "admin", Scopes: []string{"me", "users:read", "users:write", "items"}},
			{Name: "manager", Scopes: []string{"me", "users:read"}},
			{Name: "user", Scopes: []string{"me"}},
		},
	}
}

func TestProve(t *testing.T) {
	t.Parallel()
	for claim, want := range map[string]string{
		"only role admin may call DELETE /users/*":                                                      "holds of 1",
		"only role admin may call DELETE /*":                                                            "holds of 1",
		"only role manager may call DELETE /*":                                                          "DELETE /users/{id}: somebody with role admin, scope users:write: may call",
		"only role admin or role manager may call * /users/*, GET /users":                               "GET /users/me: somebody with scope me: may call",
		"only role admin or role manager may call * /users/*, GET /users but GET /users/me":             "holds of 2",
		"only role admin may call GET /users":                                                           "GET /users: somebody with role manager, scope users:read: may call",
		"only scope users:read and role admin or scope users:read and role manager may call GET /users": "holds of 1",
		"only signed in may call /*":                                                                    "GET /health: somebody without any credential: may call",
		"only signed in may call /* but GET /health, GET /feed":                                         "holds of 5",
		"nothing under /users without role admin":                                                       "GET /users/me: somebody with scope me: may call",
		"nothing under /items, /users without role admin":                                               "GET /users/me: somebody with scope me: may call",
		"nothing under /users without scope me or scope users:read or scope users:write":                "holds of 3",
		"no route is open to scope me alone but GET /users/me, POST /logout":                            "holds of 5",
		"no route is open to scope me alone but POST /logout":                                           "GET /users/me: somebody with scope me: may call",
		"no route is open to role admin alone but POST /logout":                                         "holds of 6",
		"no route is open to scope users:write and role admin alone but POST /logout":                   "DELETE /users/{id}: somebody with role admin, scope users:write: may call",
		"role manager may call GET /users":                                                              "holds of 1",
		"role manager may call * /users/*":                                                              "DELETE /users/{id}: somebody with role manager: needs scope users:write, role admin",
		"role manager may not call DELETE /*":                                                           "holds of 1",
		"role manager may not call GET /*":                                                              "GET /health: somebody without any credential: may call",
		"anyone may call GET /health":                                                                   "holds of 1",
		"anyone may call /feed":                                                                         "holds of 1",
		"anyone may call /users":                                                                        "GET /users: somebody with anyone: needs a credential",
	} {
		p, err := server().Prove(claim)
		if err != nil {
			t.Errorf("Prove(%q): %v", claim, err)
			continue
		}
		got := fmt.Sprintf("holds of %d", p.Routes)
		if c := p.Counterexample; c != nil {
			got = c.Route + ": " + c.Caller + ": " + c.Answer
		}
		if got != want {
			t.Errorf("Prove(%q) = %s\nwant %s", claim, got, want)
		}
		if p.Holds != strings.HasPrefix(want, "holds") {
			t.Errorf("Prove(%q).Holds = %v", claim, p.Holds)
		}
	}
}

func TestClaimsThatSayNothing(t *testing.T) {
	t.Parallel()
	for claim, want := range map[string]string{
		"only role amdin may call GET /users":     "no route knows the role amdin",
		"only scope nothing may call GET /users":  "no route knows the scope nothing",
		"only role admin may call GET /usres":     "no route is GET /usres",
		"only role admin may call GET /x but /a":  "no route is GET /x",
		"nothing under /admin without role admin": "no route is /admin",
		"users are safe":                          `say "only WHO may call ROUTES"`,
		"only admin may call GET /users":          `"admin": who is "role NAME"`,
		"only role admin manager may call /users": `"manager": between two conditions`,
		"only may call /users":                    `who is "role NAME"`,
		"role admin may call":                     "it names no route",
		"role admin may call get /users":          "a method in upper case",
		"role admin may call GET /users /x":       "a route is a method, which may be left out, and a path",
		"":                                        `say "only WHO may call ROUTES"`,
	} {
		if _, err := server().Prove(claim); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Prove(%q) = %v, want an error with %s", claim, err, want)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	change := func(edit func(*Document)) Document {
		d := server()
		edit(&d)
		return d
	}
	for name, test := range map[string]struct {
		after  Document
		opened bool
		want   []string // lines, in order
	}{
		"nothing": {server(), false, nil},
		"a rule that is written differently": {change(func(d *Document) {
			d.Routes[3].Ways = []Way{
				{Credentials: []Credential{{Scheme: "OAuth2", Scopes: []string{"users:read"}, VerifiedBy: []string{verify}}}, Roles: [][]string{{"manager"}}},
				{Credentials: []Credential{{Scheme: "OAuth2", Scopes: []string{"users:read"}, VerifiedBy: []string{verify}}}, Roles: [][]string{{"admin"}, {"manager", "admin"}}},
			}
		}), false, nil},
		"a role more": {change(func(d *Document) { d.Routes[4].Ways[0].Roles[0] = []string{"admin", "manager"} }), true, []string{
			"DELETE /users/{id} is open now to somebody with role manager, scope users:write (was: a policy; is: a policy)",
		}},
		"a scope less": {change(func(d *Document) { d.Routes[2].Ways[0].Credentials[0].Scopes = nil }), true, []string{
			"GET /users/me is open now to somebody with a credential of OAuth2 (was: a policy; is: a policy)",
			"a caller with a credential alone can now call 1 more route: GET /users/me",
		}},
		"public": {change(func(d *Document) { d.Routes[1].Ways = []Way{{}} }), true, []string{
			"POST /logout is open now to somebody without any credential (was: a policy; is: a policy)",
			"a caller without a credential can now call 1 more route: POST /logout",
		}},
		"a dependency less": {change(func(d *Document) { d.Routes[6].Ways[0].Deciders = nil }), true, []string{
			"PUT /items/{id} is open now to somebody with scope items (was: a policy; is: a policy)",
		}},
		"a scope more": {change(func(d *Document) { d.Routes[1].Ways[0].Credentials[0].Scopes = []string{"me"} }), false, []string{
			"POST /logout is closed now to somebody with a credential of OAuth2 (was: a policy; is: a policy)",
			"a caller with a credential alone can no longer call POST /logout",
		}},
		"a new route": {change(func(d *Document) {
			d.Routes = append(d.Routes, Route{Method: "GET", Path: "/x", Policy: "anyone", Ways: []Way{{}}})
		}), true, []string{
			"GET /x is new: anyone",
			"a caller without a credential can now call 1 more route: GET /x",
			"a caller with a credential alone can now call 1 more route: GET /x",
			"role admin can now call 1 more route: GET /x",
			"role manager can now call 1 more route: GET /x",
			"role user can now call 1 more route: GET /x",
		}},
		"a route is gone": {change(func(d *Document) { d.Routes = d.Routes[:6] }), false, []string{
			"PUT /items/{id} is gone: it was for a policy",
			"role admin can no longer call PUT /items/{id}",
		}},
		"a role grants more": {change(func(d *Document) { d.Roles[2].Scopes = []string{"me", "items"} }), true, []string{
			"role user can now call 1 more route: PUT /items/{id}",
		}},
		"a credential that nobody looks at any more": {change(func(d *Document) { d.Routes[2].Ways[0].Credentials[0].Unverified = true }), true, []string{
			"GET /users/me is open now to somebody with anything that is presented as OAuth2, scope me (was: a policy; is: a policy)",
		}},
		"scopes that a dependency compares": {change(func(d *Document) { d.Routes[2].Ways[0].Credentials[0].CheckedBy = "main.currentUser" }), true, []string{
			"GET /users/me now trusts main.currentUser to compare the scopes (was: a policy; is: a policy)",
		}},
	} {
		got, err := Compare(server(), test.after)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range got.Changes {
			lines = append(lines, c.Route+" "+c.Text)
		}
		if lines = append(lines, got.Callers...); !slices.Equal(lines, test.want) || got.Opened != test.opened {
			t.Errorf("%s: opened %v\n%s\nwant opened %v\n%s", name, got.Opened, strings.Join(lines, "\n"), test.opened, strings.Join(test.want, "\n"))
		}
	}
}

// few are atoms to make small formulas of.
var few = struct{ schemes, scopes, roles, deciders, verifiers []string }{
	[]string{"A", "B"}, []string{"x", "y"}, []string{"p", "q", "r"}, []string{"d"}, []string{"v", "w"},
}

func someWay(t *rapid.T) Way {
	subset := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(string) bool { return rapid.Bool().Draw(t, "left out") })
	}
	var w Way
	for _, scheme := range few.schemes {
		switch rapid.IntRange(0, 4).Draw(t, "scheme "+scheme) {
		case 0:
			w.Absent = append(w.Absent, scheme)
		case 4:
			w.Credentials = append(w.Credentials, Credential{Scheme: scheme, Unverified: true})
		case 1, 2:
			c := Credential{Scheme: scheme, Scopes: subset(few.scopes)}
			if scheme == "A" {
				c.VerifiedBy = subset(few.verifiers)
			}
			w.Credentials = append(w.Credentials, c)
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "role lists") {
		if roles := subset(few.roles); len(roles) > 0 {
			w.Roles = append(w.Roles, roles)
		}
	}
	w.Deciders = subset(few.deciders)
	return w
}

func someRoute(t *rapid.T) Route {
	return Route{Method: "GET", Path: "/", Ways: rapid.SliceOfN(rapid.Custom(someWay), 1, 3).Draw(t, "ways")}
}

// everyHolder lists every combination of the few: with a scope of a scheme, and
// with the consent of a verifier, which only A has, comes its credential.
func everyHolder() []holder {
	var atoms []atom
	for _, s := range few.schemes {
		atoms = append(atoms, presentedAtom(s), credentialAtom(s))
		for _, name := range few.scopes {
			atoms = append(atoms, scopeAtom(s, name))
		}
	}
	for _, function := range few.verifiers {
		atoms = append(atoms, verifierAtom("A", function))
	}
	for _, r := range few.roles {
		atoms = append(atoms, roleAtom(r))
	}
	for _, d := range few.deciders {
		atoms = append(atoms, deciderAtom(d, 1))
	}
	var out []holder
	for bits := range 1 << len(atoms) {
		h := holder{}
		for i, a := range atoms {
			if bits>>i&1 == 1 {
				h[a] = true
			}
		}
		possible := true
		for _, s := range few.schemes {
			possible = possible && (!h[credentialAtom(s)] || h[presentedAtom(s)])
			for _, name := range few.scopes {
				possible = possible && (!h[scopeAtom(s, name)] || h[credentialAtom(s)])
			}
		}
		for _, function := range few.verifiers {
			possible = possible && (!h[verifierAtom("A", function)] || h[credentialAtom("A")])
		}
		if possible {
			out = append(out, h)
		}
	}
	return out
}

// TestEveryCombination compares what is decided of the least callers with a
// search through all callers that there are.
func TestEveryCombination(t *testing.T) {
	t.Parallel()
	all := everyHolder()
	rapid.Check(t, func(t *rapid.T) {
		a, b := someRoute(t), someRoute(t)
		var smallest holder
		for _, h := range all {
			if a.lets(h) && !b.lets(h) && (smallest == nil || h.before(smallest)) {
				smallest = h
			}
		}
		got, found, err := a.looser(b)
		if err != nil || found != (smallest != nil) {
			t.Fatalf("looser = %v, %v, %v; all callers say %v", got, found, err, smallest)
		}
		if found && got.size() != smallest.size() {
			t.Fatalf("looser = %v, which is not the smallest: %v", got, smallest)
		}
		if who, ok, err := a.Looser(b); err != nil || ok != found {
			t.Fatalf("Looser = %q, %v, %v; all callers say %v", who, ok, err, smallest)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := someRoute(t)
		who := []terms{{{"role", "p"}}, {{"scope", "x"}, {"role", "q"}}, {{"signed in", ""}, {"role", "r"}}}[:rapid.IntRange(1, 3).Draw(t, "who")]
		var smallest holder
		for _, h := range all {
			if r.lets(h) && !slices.ContainsFunc(who, h.satisfies) && (smallest == nil || h.before(smallest)) {
				smallest = h
			}
		}
		got, err := r.refuteOnly(who)
		if err != nil || (got == nil) != (smallest == nil) || got != nil && got.size != smallest.size() {
			t.Fatalf("refuteOnly = %+v, %v; all callers say %v", got, err, smallest)
		}
	})
}

func TestTooManyCombinations(t *testing.T) {
	t.Parallel()
	var w Way
	for i := range 13 {
		w.Roles = append(w.Roles, []string{fmt.Sprint("a", i), fmt.Sprint("b", i)})
	}
	r := Route{Method: "GET", Path: "/", Declared: "main.go:1", Ways: []Way{w}}
	if _, err := r.refuteOnly([]terms{{{"role", "z"}}}); err == nil || !strings.Contains(err.Error(), "GET / (main.go:1)") {
		t.Errorf("8192 combinations: %v, want an error that names the route", err)
	}
}

func FuzzClaim(f *testing.F) {
	for _, claim := range []string{
		"only role admin may call DELETE /users/*", "nothing under /users without scope me", "role a and scope b may not call *, GET /x",
		"no route is open to signed in alone but /a,/b", "but but but", "only", "may call", "( ) ,",
	} {
		f.Add(claim)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := server()
		if p, err := d.Prove(text); err == nil && p.Holds == (p.Counterexample != nil) {
			t.Errorf("Prove(%q) = %+v", text, p)
		}
	})
}
