package holdfast_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// numbers makes 1, 2, 3 and so on, and knows how many it made.
type numbers struct{ made int }

func (n *numbers) next(context.Context) (int, error) { n.made++; return n.made, nil }

func (n *numbers) nextFor(_ context.Context, u user) (string, error) {
	n.made++
	return fmt.Sprint(u.Name, n.made), nil
}

// TestWhoTakesAFreshDependency has every kind of taker: the needs of a policy,
// the arguments of dependencies and of the handler.
func TestWhoTakesAFreshDependency(t *testing.T) {
	t.Parallel()
	say := func(_ context.Context, a, b, c any) string { return fmt.Sprint(a, " ", b, " ", c) }
	tests := map[string]struct {
		declare func(n *numbers, dep holdfast.Dep[int], named holdfast.Dep[string], who holdfast.Dep[user]) holdfast.Endpoint
		want    string // what the handler was given
		made    int    // all together
	}{
		"two needs of a policy": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To(holdfast.All(holdfast.Security(dep.Fresh()), holdfast.Security(dep.Fresh())), shown[int])
		}, `1`, 2},
		"a policy and the handler": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To1(holdfast.Security(dep.Fresh()), dep.Fresh(), func(ctx context.Context, p, a int, _ holdfast.NoInput) (string, error) {
				return say(ctx, p, a, nil), nil
			})
		}, `"1 2 <nil>"`, 2},
		"a policy that shares and a handler that does not": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To2(holdfast.Security(dep), dep.Fresh(), dep, func(ctx context.Context, p, a, b int, _ holdfast.NoInput) (string, error) {
				return say(ctx, p, a, b), nil
			})
		}, `"1 2 1"`, 2},
		"two arguments of the handler": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To2(holdfast.Public(), dep.Fresh(), dep.Fresh(), func(ctx context.Context, _ holdfast.Anyone, a, b int, _ holdfast.NoInput) (string, error) {
				return say(ctx, a, b, nil), nil
			})
		}, `"1 2 <nil>"`, 2},
		"arguments that reach a credential join the policy": {func(_ *numbers, _ holdfast.Dep[int], named holdfast.Dep[string], who holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To2(holdfast.Security(who), named.Fresh(), named.Fresh(), func(ctx context.Context, u user, a, b string, _ holdfast.NoInput) (string, error) {
				return say(ctx, u.Name, a, b), nil
			})
		}, `"amy amy1 amy2"`, 2},
		"and are not those of the policy": {func(_ *numbers, _ holdfast.Dep[int], named holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			return holdfast.To2(holdfast.Security(named.Fresh()), named.Fresh(), named, func(ctx context.Context, p, a, b string, _ holdfast.NoInput) (string, error) {
				return say(ctx, p, a, b), nil
			})
		}, `"amy1 amy2 amy3"`, 3},
		"arguments of two dependencies": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			first := holdfast.Depends2(dep.Fresh(), dep, list2)
			second := holdfast.Depends2(dep, dep.Fresh(), list2)
			return holdfast.To2(holdfast.Public(), first, second, func(ctx context.Context, _ holdfast.Anyone, a, b []int, _ holdfast.NoInput) (string, error) {
				return say(ctx, a, b, nil), nil
			})
		}, `"[1 2] [2 3] <nil>"`, 3},
		"a need of a way after one that failed": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			no := holdfast.Depends1(dep.Fresh(), func(context.Context, int) (int, error) { return 0, holdfast.Errorf(http.StatusForbidden, "no") })
			return holdfast.To(holdfast.AnyOf(holdfast.Security(no), holdfast.Security(dep.Fresh())), shown[int])
		}, `2`, 2},
		"a shared one of a way after one that failed": {func(_ *numbers, dep holdfast.Dep[int], _ holdfast.Dep[string], _ holdfast.Dep[user]) holdfast.Endpoint {
			no := holdfast.Depends1(dep, func(context.Context, int) (int, error) { return 0, holdfast.Errorf(http.StatusForbidden, "no") })
			return holdfast.To(holdfast.AnyOf(holdfast.Security(no), holdfast.Security(dep)), shown[int])
		}, `1`, 1},
		"scopes around it": {func(_ *numbers, _ holdfast.Dep[int], named holdfast.Dep[string], who holdfast.Dep[user]) holdfast.Endpoint {
			me := holdfast.NewScope("me", "")
			seen := holdfast.Depends2(named.Fresh(), holdfast.SecurityScopes(), func(_ context.Context, name string, s holdfast.Scopes) (string, error) {
				return name + " " + s.String(), nil
			})
			return holdfast.To2(holdfast.Security(who), seen.Require(me), seen.Fresh(), func(ctx context.Context, _ user, a, b string, _ holdfast.NoInput) (string, error) {
				return say(ctx, a, b, nil), nil
			})
		}, `"amy1 me amy2  <nil>"`, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, n := newShop(), &numbers{}
			app := quiet()
			app.Handle("GET /", test.declare(n, holdfast.Depends0(n.next), holdfast.Depends1(s.user, n.nextFor), s.user))
			for _, h := range []http.Handler{app, holdfasttest.With(app)} {
				n.made = 0
				if w := ask(t, h, "GET", "/", "amy::"); w.Body.String() != test.want || n.made != test.made {
					t.Errorf("GET / = %d %s, made %d, want %s, %d", w.Code, w.Body, n.made, test.want, test.made)
				}
			}
		})
	}
}

// TestADependencyIsOneStep though many ways lead to it.
func TestADependencyIsOneStep(t *testing.T) {
	t.Parallel()
	s := newShop()
	ran := 0
	deep := holdfast.Depends1(s.user, func(_ context.Context, u user) (user, error) { ran++; return u, nil })
	for range 64 { // without remembering what was planned, this takes for ever
		deep = holdfast.Depends2(deep, deep, func(_ context.Context, u, _ user) (user, error) { ran++; return u, nil })
	}
	app := quiet()
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(deep, s.items), holdfast.AnyRole(s.active, s.admin)), nothing)
	var steps []string
	app.OnDecision(func(d holdfast.Decision) string {
		for _, one := range d.Steps() {
			steps = append(steps, strings.TrimSpace(one.Kind+" "+strings.Join(one.Wanted, " ")))
		}
		return ""
	})
	if w := ask(t, app, "GET", "/", "amy:me,items:admin"); w.Code != http.StatusOK || ran != 65 {
		t.Errorf("GET / = %d, ran %d functions, want 200, 65", w.Code, ran)
	}
	want := "credential, verify, scopes items me" + strings.Repeat(", dependency", 1+65) + ", dependency, roles admin"
	if got := strings.Join(steps, ", "); got != want {
		t.Errorf("the steps are %s, want %s", got, want)
	}
}

// Where no scope is required, there is no step that compares any.
func TestNoScopesAreNoStep(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	holdfast.Get(app, "/", holdfast.AnyRole(s.user, s.admin), nothing)
	var kinds []string
	app.OnDecision(func(d holdfast.Decision) string {
		for _, one := range d.Steps() {
			kinds = append(kinds, one.Kind)
		}
		return ""
	})
	ask(t, app, "GET", "/", "amy:me,items:admin")
	if got := strings.Join(kinds, " "); got != "credential verify dependency roles" {
		t.Errorf("the steps are %s, want credential verify dependency roles", got)
	}
}

// TestAFakeIsMadeWhereTheOriginalIs for each taker, or once, and with the
// scopes of its path.
func TestAFakeIsMadeWhereTheOriginalIs(t *testing.T) {
	t.Parallel()
	s, real, fake := newShop(), &numbers{}, &numbers{}
	dep := holdfast.Depends0(real.next)
	app := quiet()
	app.Handle("GET /fresh", holdfast.To2(holdfast.Public(), dep.Fresh(), dep.Fresh(), func(_ context.Context, _ holdfast.Anyone, a, b int, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint(a, b), nil
	}))
	app.Handle("GET /shared", holdfast.To2(holdfast.Public(), dep, dep, func(_ context.Context, _ holdfast.Anyone, a, b int, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint(a, b), nil
	}))
	name := holdfast.Depends1(s.user, func(_ context.Context, u user) (string, error) { return u.Name, nil })
	holdfast.Get(app, "/scopes", holdfast.Security(name.Require(s.me), s.items), shown[string])
	// A dependency of the handler runs when the input fits, also as a fake.
	app.Handle("GET /late", holdfast.To1(holdfast.Public(), dep, func(_ context.Context, _ holdfast.Anyone, n int, _ aParam) (int, error) { return n, nil }))
	copied := holdfasttest.With(app,
		holdfasttest.Replace(dep, holdfast.Depends0(fake.next)),
		holdfasttest.Replace(name, holdfast.Depends1(holdfast.SecurityScopes(), func(_ context.Context, s holdfast.Scopes) (string, error) { return s.String(), nil })))
	for _, test := range []struct {
		path, want string
		made       int
	}{
		{"/fresh", `"1 2"`, 2},
		{"/shared", `"1 1"`, 1},
		{"/scopes", `"items me"`, 0},
		{"/late", `1`, 1},
		{"/late?a=0", `422`, 0},
	} {
		fake.made = 0
		path, query, _ := strings.Cut(test.path, "?")
		w := send(copied, path, "?"+query)
		if got := w.Body.String(); got != test.want && violations(t, w) != test.want+" query a" || fake.made != test.made || real.made != 0 {
			t.Errorf("GET %s of the copy = %s, made %d fakes and %d real ones, want %s, %d and none", test.path, got, fake.made, real.made, test.want, test.made)
		}
	}
}

// TestAWayThatContradictsItselfIsNone: no caller can present a credential and none.
func TestAWayThatContradictsItselfIsNone(t *testing.T) {
	t.Parallel()
	s := newShop()
	app := quiet()
	group := app.Group("/g", holdfast.Optional(holdfast.Security(s.user)))
	holdfast.Get(group, "/", holdfast.Security(s.user, s.items), nothing)
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows[0].Ways) != 1 || rows[0].Policy != "scope items" {
		t.Errorf("the row is %+v, want scope items as its one way", rows[0])
	}
}
