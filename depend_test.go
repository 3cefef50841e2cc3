package holdfast_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// counter is a dependency that counts how often it is made.
func counter() holdfast.Dep[int] {
	n := 0
	return holdfast.Depends0(func(context.Context) (int, error) { n++; return n, nil })
}

func list2(_ context.Context, a, b int) ([]int, error) { return []int{a, b}, nil }

func list4(_ context.Context, a, b, c, d int) ([]int, error) { return []int{a, b, c, d}, nil }

func shown[T any](_ context.Context, v T, _ holdfast.NoInput) (T, error) { return v, nil }

func TestFreshDependenciesAreMadeForEachWhoTakesThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		dep  func(n holdfast.Dep[int]) holdfast.Dep[[]int]
		want string
	}{
		"shared by all": {func(n holdfast.Dep[int]) holdfast.Dep[[]int] {
			return holdfast.Depends4(n, n, n, n, list4)
		}, "[1,1,1,1]"},
		"fresh stands alone and does not replace the shared": {func(n holdfast.Dep[int]) holdfast.Dep[[]int] {
			return holdfast.Depends4(n, n.Fresh(), n, n, list4)
		}, "[1,2,1,1]"},
		"each fresh one is its own": {func(n holdfast.Dep[int]) holdfast.Dep[[]int] {
			one := n.Fresh()
			return holdfast.Depends4(one, one, n.Fresh(), n, list4)
		}, "[1,2,3,4]"},
		"what a fresh one depends on is shared": {func(n holdfast.Dep[int]) holdfast.Dep[[]int] {
			same := holdfast.Depends1(n, func(_ context.Context, v int) (int, error) { return v, nil })
			return holdfast.Depends2(same.Fresh(), same.Fresh(), list2)
		}, "[1,1]"},
		"below a shared one it is made once": {func(n holdfast.Dep[int]) holdfast.Dep[[]int] {
			above := holdfast.Depends1(n.Fresh(), func(_ context.Context, v int) (int, error) { return v, nil })
			return holdfast.Depends2(above, above, list2)
		}, "[1,1]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			holdfast.Get(app, "/", holdfast.Security(test.dep(counter())), shown[[]int])
			if w := send(app, "/", ""); w.Body.String() != test.want {
				t.Errorf("GET / = %s, want %s", w.Body, test.want)
			}
		})
	}
}

func TestAFreshPrincipalIsTheOneThatWasChecked(t *testing.T) {
	t.Parallel()
	n := counter()
	app := quiet()
	policy := holdfast.As(holdfast.Security(n.Fresh()), func(v int) string { return fmt.Sprint(v) })
	app.Handle("GET /", holdfast.To1(policy, n, func(_ context.Context, v string, other int, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint(v, " ", other), nil
	}))
	if w := send(app, "/", ""); w.Body.String() != `"1 2"` {
		t.Errorf("GET / = %s, want 1 2", w.Body)
	}
}

// A dependency is known by where it was declared, never by being equal: two
// that are alike do not share a value.
func TestEqualDependenciesAreNotOne(t *testing.T) {
	t.Parallel()
	check := func(role string) holdfast.Dep[string] {
		return holdfast.Depends0(func(context.Context) (string, error) { return role, nil })
	}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(holdfast.Depends2(check("admin"), check("user"), func(_ context.Context, a, b string) (string, error) {
		return a + " " + b, nil
	})), shown[string])
	if w := send(app, "/", ""); w.Body.String() != `"admin user"` {
		t.Errorf("GET / = %s, want admin user", w.Body)
	}
}

// prefixed is a partial function: one that was given some of its arguments.
func prefixed(prefix string) func(context.Context, paging) (string, error) {
	return func(_ context.Context, p paging) (string, error) { return fmt.Sprintf("%s-%d", prefix, p.Limit), nil }
}

// checker is a value whose method is a dependency.
type checker struct{ word string }

func (c *checker) check(_ context.Context, p paging) (string, error) {
	return fmt.Sprintf("%s+%d", c.word, p.Limit), nil
}

func logged[A, T any](tr *trace, fn func(context.Context, A) (T, error)) func(context.Context, A) (T, error) {
	return func(ctx context.Context, a A) (T, error) {
		tr.add("called")
		return fn(ctx, a)
	}
}

func TestAnyFunctionIsADependency(t *testing.T) {
	t.Parallel()
	var tr trace
	params := holdfast.Params[paging]()
	app := quiet()
	holdfast.Get(app, "/partial", holdfast.Security(holdfast.Depends1(params, prefixed("a"))), shown[string])
	holdfast.Get(app, "/method", holdfast.Security(holdfast.Depends1(params, (&checker{"b"}).check)), shown[string])
	holdfast.Get(app, "/wrapped", holdfast.Security(holdfast.Depends1(params, logged(&tr, prefixed("c")))), shown[string])
	for path, want := range map[string]string{"/partial": `"a-7"`, "/method": `"b+7"`, "/wrapped": `"c-7"`} {
		if w := send(app, path, "?limit=7"); w.Body.String() != want {
			t.Errorf("GET %s = %s, want %s", path, w.Body, want)
		}
	}
	tr.want(t, "called")
}

func TestScopesOfGroupsAndRoutesAreOneUnion(t *testing.T) {
	t.Parallel()
	s := newShop()
	orders := s.oauth.Scope("orders", "Read orders")
	app := quiet()
	group := app.Group("/shop", holdfast.Security(s.user, s.items))
	holdfast.Get(group.Group("/orders", holdfast.Security(s.user, orders)), "/", holdfast.Security(s.active), nothing)
	for token, status := range map[string]int{
		"a:me,items,orders:": 200, "a:me,items:": 403, "a:items,orders:": 403, "a:me,orders:": 403, "a::": 403, "": 401,
	} {
		w := ask(t, app, "GET", "/shop/orders/", token)
		if w.Code != status {
			t.Errorf("GET /shop/orders/ with %q = %d, want %d", token, w.Code, status)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); status == 403 && !strings.Contains(challenge, `scope="items orders me"`) {
			t.Errorf("challenge = %q, want the whole union", challenge)
		}
	}
	if got := fmt.Sprint(documentOf(t, app).Paths["/shop/orders/"]["get"].Security); got != "[map[OAuth2PasswordBearer:[items orders me]]]" {
		t.Errorf("security = %s, want the whole union", got)
	}
	if s.found > 6 {
		t.Errorf("the user was looked up %d times in 6 requests", s.found)
	}
}

// The order of scopes is FastAPI's: outermost first, a dependency's own last,
// each once.
func TestSecurityScopesAreOutermostFirst(t *testing.T) {
	t.Parallel()
	a, b, c := holdfast.NewScope("a", ""), holdfast.NewScope("b", ""), holdfast.NewScope("c", "")
	leaf := holdfast.SecurityScopes()
	middle := holdfast.Depends1(leaf.Require(a, b, a), func(_ context.Context, s holdfast.Scopes) (string, error) { return s.String(), nil })
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(middle, b, c), shown[string])
	if w := send(app, "/", ""); w.Body.String() != `"b c a"` {
		t.Errorf("GET / = %s, want b c a", w.Body)
	}
}

func TestADependencyThatCannotReadItsInputIsSkipped(t *testing.T) {
	t.Parallel()
	ran := false
	dep := holdfast.Depends1(holdfast.Params[paging](), func(context.Context, paging) (int, error) { ran = true; return 1, nil })
	s := newShop()
	app := quiet()
	holdfast.Get(app, "/", holdfast.All(holdfast.Security(dep), holdfast.Security(s.user)), shown[int])
	if w := send(app, "/", "?skip=x"); w.Code != http.StatusUnauthorized || ran {
		t.Errorf("GET /?skip=x = %d, ran %v, want 401 and not", w.Code, ran)
	}
	w := send(app, "/", "?skip=x&limit=y\nAuthorization: Bearer a::")
	if w.Code != http.StatusUnprocessableEntity || strings.Count(w.Body.String(), "int_parsing") != 2 || ran {
		t.Errorf("GET /?skip=x&limit=y = %d %s, ran %v, want both mistakes and not", w.Code, w.Body, ran)
	}
}

func TestDependenciesDoNotSeeTheBody(t *testing.T) {
	t.Parallel()
	read := holdfast.FromRequest(func(r *http.Request) (string, error) {
		data, err := io.ReadAll(r.Body)
		return string(data), err
	})
	app := quiet()
	type in struct{ Body struct{} }
	holdfast.Post(app, "/", holdfast.Security(read), func(_ context.Context, seen string, _ in) (string, error) { return seen, nil })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != `""` {
		t.Errorf("POST / = %d %s, want a dependency that sees nothing", w.Code, w.Body)
	}
}

// Nothing that rests on a parameter which does not fit is called, however far
// above it.
func TestNothingAboveAnInvalidParameterIsCalled(t *testing.T) {
	t.Parallel()
	type number struct {
		N int `query:"n"`
	}
	var called []string
	note := func(name string) func(context.Context, number) (number, error) {
		return func(_ context.Context, n number) (number, error) {
			called = append(called, name)
			return n, nil
		}
	}
	lowest := holdfast.Depends1(holdfast.Params[number](), note("lowest"))
	middle := holdfast.Depends1(lowest, note("middle"))
	highest := holdfast.Depends1(middle, note("highest"))
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(highest), shown[number])
	if w := send(app, "/?n=x", ""); w.Code != http.StatusUnprocessableEntity || called != nil {
		t.Errorf("GET /?n=x = %d %s, called %v, want 422 and nothing called", w.Code, w.Body, called)
	}
}

// A handler takes up to three dependencies of its own, in the order in which they
// are named.
func TestHandlersWithDependenciesOfTheirOwn(t *testing.T) {
	t.Parallel()
	made := func(name string) holdfast.Dep[string] {
		return holdfast.Depends0(func(context.Context) (string, error) { return name, nil })
	}
	a, b, c := made("a"), made("b"), made("c")
	type page struct {
		Skip int `query:"skip"`
	}
	app := holdfast.New("Shop", "1")
	app.Handle("GET /1", holdfast.To1(holdfast.Public(), a, func(_ context.Context, _ holdfast.Anyone, a string, in page) (string, error) {
		return fmt.Sprint(a, in.Skip), nil
	}))
	app.Handle("GET /2", holdfast.To2(holdfast.Public(), a, b, func(_ context.Context, _ holdfast.Anyone, a, b string, in page) (string, error) {
		return fmt.Sprint(a, b, in.Skip), nil
	}))
	app.Handle("GET /3", holdfast.To3(holdfast.Public(), a, b, c, func(_ context.Context, _ holdfast.Anyone, a, b, c string, in page) (string, error) {
		return fmt.Sprint(a, b, c, in.Skip), nil
	}))
	for target, want := range map[string]string{"/1?skip=7": `"a7"`, "/2?skip=7": `"ab7"`, "/3?skip=7": `"abc7"`} {
		if w := send(app, target, ""); w.Body.String() != want {
			t.Errorf("GET %s = %d %s, want %s", target, w.Code, w.Body, want)
		}
	}
}

// What a request asks is read before anything is made for the answer.
func TestParametersAreReadBeforeTheHandlersDependencies(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	costly := holdfast.Depends0(func(context.Context) (int64, error) { return made.Add(1), nil })
	type in struct {
		N int `query:"n" required:"true"`
	}
	app := holdfast.New("Shop", "1")
	app.Handle("GET /", holdfast.To1(holdfast.Public(), costly, func(_ context.Context, _ holdfast.Anyone, _ int64, in in) (int, error) { return in.N, nil }))
	for target, want := range map[string]int{"/?n=x": http.StatusUnprocessableEntity, "/": http.StatusUnprocessableEntity} {
		if w := send(app, target, ""); w.Code != want || made.Load() != 0 {
			t.Errorf("GET %s = %d with the dependency made %d times, want %d and never", target, w.Code, made.Load(), want)
		}
	}
	if w := send(app, "/?n=7", ""); w.Code != http.StatusOK || made.Load() != 1 {
		t.Errorf("GET /?n=7 = %d with the dependency made %d times, want 200 and once", w.Code, made.Load())
	}
}
