package holdfast_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast"
)

// TestOracle builds random policies with the library and asks random requests
// of them. The oracle foretells each answer, and the access table agrees.
// -rapid.checks=20000 looks for longer.
func TestOracle(t *testing.T) {
	t.Parallel()
	world := newModelWorld()
	rapid.Check(t, func(t *rapid.T) {
		policies := rapid.SliceOfN(rapid.Custom(world.drawRoute), 3, 3).Draw(t, "policies")
		app := quiet()
		for i, p := range policies {
			world.register(app, fmt.Sprintf("/%d", i), p)
		}
		rows, err := app.Access()
		if err != nil {
			t.Fatalf("Access() of %v: %v", policies, err)
		}
		for _, r := range rapid.SliceOfN(rapid.Custom(drawRequest), 60, 60).Draw(t, "requests") {
			for i, p := range policies {
				got := r.send(app, fmt.Sprintf("/%d", i))
				if why := p.contradiction(r, got, rows[i]); why != "" {
					t.Fatalf("%s\npolicy  %v\nrequest %v\nanswer  %v", why, p, r, got)
				}
			}
		}
		for i, p := range policies {
			if why := p.misreading(rows[i]); why != "" {
				t.Fatalf("%s\npolicy  %v\nrow     %+v", why, p, rows[i])
			}
		}
	})
}

// TestAndNeedsEachPart compares the library with itself: All and groups let in
// a request if, and only if, each part lets it in by itself.
func TestAndNeedsEachPart(t *testing.T) {
	t.Parallel()
	world := newModelWorld()
	rapid.Check(t, func(t *rapid.T) {
		d := &policyDrawer{t: t, world: world}
		p, q := d.policy(2), d.policy(2)
		app := quiet()
		world.register(app, "/p", p)
		world.register(app, "/q", q)
		world.register(app, "/all", &modelPolicy{kind: allPolicy, parts: []*modelPolicy{p, q}})
		world.register(app, "/group", &modelPolicy{kind: groupPolicy, parts: []*modelPolicy{p, q}})
		if err := app.Err(); err != nil {
			t.Fatalf("Err() of %v and %v: %v", p, q, err)
		}
		for _, r := range rapid.SliceOfN(rapid.Custom(drawRequest), 60, 60).Draw(t, "requests") {
			in := func(path string) bool { return r.send(app, path).status == http.StatusOK }
			want := in("/p") && in("/q")
			if all, group := in("/all"), in("/group"); all != want || group != want {
				t.Fatalf("p lets in: %v, q: %v, All(p, q): %v, Group(p) around q: %v\np %v\nq %v\nrequest %v",
					in("/p"), in("/q"), all, group, p, q, r)
			}
		}
	})
}

// modelAnswer is what a caller sees.
type modelAnswer struct {
	modelVerdict
	challenges []string
}

func (r modelRequest) send(app http.Handler, path string) modelAnswer {
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.Header = r.header.Clone()
	w := httptest.NewRecorder()
	app.ServeHTTP(w, request)
	out := modelAnswer{modelVerdict{status: w.Code}, w.Header()["Www-Authenticate"]}
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &out.principal); err != nil {
			out.principal = err.Error()
		}
	}
	return out
}

// contradiction says what is wrong with an answer, or with the access table's
// row beside it; "" if nothing is.
func (p *modelPolicy) contradiction(r modelRequest, got modelAnswer, row holdfast.Access) string {
	if got.status == http.StatusOK && !p.strictly(r) {
		return "AND lets in a caller that a part of it refuses by itself"
	}
	var want []modelVerdict
	for _, ways := range p.readings() {
		want = append(want, verdictOf(ways, r))
	}
	switch {
	case !slices.Contains(want, got.modelVerdict):
		return fmt.Sprintf("want %v", slices.Compact(want))
	case got.status == http.StatusUnauthorized && len(got.challenges) == 0:
		return "a 401 without WWW-Authenticate"
	case r.plain() && slices.ContainsFunc(row.Ways, r.fits) != (got.status == http.StatusOK):
		return fmt.Sprintf("the access table says otherwise: %+v", row.Ways)
	}
	return ""
}

// plain reports whether the table can know all that decides about the request:
// it does not say whose roles are asked, and takes verifiers to accept.
func (r modelRequest) plain() bool {
	var roles [][]string
	for _, c := range r.of {
		if c.guest {
			return false
		}
		if c.presence == goodCredential {
			roles = append(roles, c.roles)
		}
	}
	return len(slices.CompactFunc(roles, slices.Equal)) <= 1
}

// fits reports whether a way of the access table lets the request in.
func (r modelRequest) fits(w holdfast.Way) bool {
	var roles []string
	for _, c := range r.of {
		roles = append(roles, c.roles...)
	}
	for _, need := range w.Credentials {
		scheme := modelScheme(slices.Index(schemeNames[:], need.Scheme))
		if scheme == noScheme {
			scheme = keyScheme // the only one whose dependency compares such scopes
		}
		c := r.of[scheme]
		if c.presence != goodCredential || slices.ContainsFunc(need.Scopes, func(s string) bool { return !slices.Contains(c.scopes, s) }) {
			return false
		}
	}
	for _, list := range w.Roles {
		if !slices.ContainsFunc(list, func(role string) bool { return slices.Contains(roles, role) }) {
			return false
		}
	}
	return !slices.ContainsFunc(w.Absent, func(name string) bool {
		return r.presents(setOf(modelScheme(slices.Index(schemeNames[:], name))))
	})
}

// misreading says what is wrong with a row of the access table for callers who
// have a good credential of every scheme; "" if nothing is.
func (p *modelPolicy) misreading(row holdfast.Access) string {
	for bits := range 32 {
		var words []string
		for i, word := range []string{"a", "b", "x", "admin", "clerk"} {
			if bits&(1<<i) != 0 {
				words = append(words, word)
			}
		}
		has := func(name string) bool { return slices.Contains(words, name) }
		c := modelCredential{presence: goodCredential, scopes: words, roles: words}
		want := verdictOf(p.ways(), modelRequest{of: [noScheme]modelCredential{c, c, c, c}}).status == http.StatusOK
		if got := row.Allows(has, has); got != want {
			return fmt.Sprintf("Allows a caller with %v = %v, want %v", words, got, want)
		}
	}
	open := slices.DeleteFunc(slices.Clone(row.Ways), func(w holdfast.Way) bool { return len(w.Absent) > 0 })
	want := slices.DeleteFunc(p.ways(), modelWay.nobody)
	if len(open) != len(want) {
		return fmt.Sprintf("%d ways are open to holders of credentials, want %d", len(open), len(want))
	}
	return ""
}
