package holdfast_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

type aParam struct {
	A int `query:"a" minimum:"1" default:"1"`
}

type bParam struct {
	B int `query:"b" minimum:"1" default:"1"`
}

type cInput struct {
	C    int `query:"c" minimum:"1" default:"1"`
	Body struct {
		D int `json:"d"`
	}
}

// violations lists what a 422 names: "query a".
func violations(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Code != http.StatusUnprocessableEntity {
		return fmt.Sprint(w.Code)
	}
	var answer struct {
		Detail []struct{ Loc []any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	var out []string
	for _, one := range answer.Detail {
		out = append(out, strings.Trim(fmt.Sprint(one.Loc), "[]"))
	}
	return "422 " + strings.Join(out, ", ")
}

// TestEveryMistakeIsInOneAnswer has parameters that do not fit in the policy, in
// the handler's own dependency and in its input, and a body.
func TestEveryMistakeIsInOneAnswer(t *testing.T) {
	t.Parallel()
	s := newShop()
	ran := 0
	inPolicy := holdfast.Depends2(s.user, holdfast.Params[aParam](), func(_ context.Context, u user, _ aParam) (user, error) {
		ran++
		return u, nil
	})
	b := holdfast.Params[bParam]()
	own := holdfast.Depends1(b, func(_ context.Context, in bParam) (int, error) { ran++; return in.B, nil })
	app := quiet()
	handler := func(context.Context, user, int, cInput) (string, error) { ran++; return "ok", nil }
	app.Handle("POST /", holdfast.To1(holdfast.Security(inPolicy), own, handler))
	app.Handle("POST /twice", holdfast.To2(holdfast.All(holdfast.Security(s.user), holdfast.Security(own)), b, own,
		func(context.Context, user, bParam, int, holdfast.NoInput) (string, error) { ran++; return "ok", nil }))
	// What a dependency of the handler refuses is found out when the caller may
	// call and everything fits.
	refusing := holdfast.FromRequest(func(*http.Request) (int, error) { ran++; return 0, holdfast.Errorf(http.StatusConflict, "no") })
	app.Handle("POST /refusing", holdfast.To1(holdfast.Security(inPolicy), refusing, handler))
	for name, test := range map[string]struct {
		target, token, body string
		want                string
		ran                 int
		unread              bool // the body
	}{
		"everything fits":                            {"/", "amy::", `{"d":1}`, "200", 3, false},
		"all parameters, without the body":           {"/?a=0&b=0&c=0", "amy::", `{"d":"x"}`, "422 query a, query b, query c", 0, true},
		"the policy's alone":                         {"/?a=x", "amy::", `{"d":"x"}`, "422 query a", 0, true},
		"the policy's and the input's":               {"/?a=0&c=x", "amy::", `{"d":1}`, "422 query a, query c", 0, true},
		"the policy's and the dependency's":          {"/?a=0&b=x", "amy::", `{"d":1}`, "422 query a, query b", 0, true},
		"the handler's, with the body":               {"/?b=0&c=0", "amy::", `{"d":"x"}`, "422 query b, query c, body d", 1, false},
		"the dependency's alone":                     {"/?b=0", "amy::", `{"d":1}`, "422 query b", 1, false},
		"the body alone":                             {"/", "amy::", `{"d":"x"}`, "422 body d", 1, false},
		"a body that is no JSON is named, too":       {"/?b=0", "amy::", `{"d":1`, "422 query b, body 6", 1, false},
		"who may not call is told nothing of it":     {"/?a=0&b=0&c=0", "", `{"d":"x"}`, "401", 0, true},
		"what several take is named once":            {"/twice?b=0", "amy::", "", "422 query b", 0, true},
		"a dependency is not asked before it fits":   {"/refusing?c=0", "amy::", `{"d":1}`, "422 query c", 1, false},
		"a dependency is asked when everything fits": {"/refusing", "amy::", `{"d":1}`, "409", 2, false},
	} {
		ran = 0
		body := &spied{Reader: strings.NewReader(test.body)}
		r := httptest.NewRequest(http.MethodPost, test.target, body)
		r.Header.Set("Content-Type", "application/json")
		if test.token != "" {
			r.Header.Set("Authorization", "Bearer "+test.token)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if got := violations(t, w); got != test.want || ran != test.ran || body.read == test.unread {
			t.Errorf("%s: %s, ran %d functions, read the body: %v, want %s, %d, %v\n%s", name, got, ran, body.read, test.want, test.ran, !test.unread, w.Body)
		}
	}
}

// spied knows whether it was read.
type spied struct {
	*strings.Reader
	read bool
}

func (s *spied) Read(p []byte) (int, error) {
	s.read = true
	return s.Reader.Read(p)
}

// TestWhatAnotherWayInDidNotFit is forgotten when the caller passes without it,
// unless the handler takes it, too.
func TestWhatAnotherWayInDidNotFit(t *testing.T) {
	t.Parallel()
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.Check(key, func(_ context.Context, k string) (user, error) { return user{Name: k}, nil })
	a := holdfast.Params[aParam]()
	first := holdfast.Depends2(s.user, a, func(_ context.Context, u user, _ aParam) (user, error) { return u, nil })
	policy := holdfast.AnyOf(holdfast.Security(first), holdfast.Security(machine))
	app := quiet()
	app.Handle("GET /none", holdfast.To(policy, func(_ context.Context, u user, _ holdfast.NoInput) (string, error) { return u.Name, nil }))
	app.Handle("GET /same", holdfast.To1(policy, a, func(_ context.Context, u user, in aParam, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint(u.Name, in.A), nil
	}))
	above := holdfast.Depends1(a, func(_ context.Context, in aParam) (int, error) { return in.A, nil })
	app.Handle("GET /above", holdfast.To1(policy, above, func(_ context.Context, u user, n int, _ holdfast.NoInput) (string, error) {
		return fmt.Sprint(u.Name, n), nil
	}))
	both := "\nAuthorization: Bearer amy::\nX-Key: robot"
	for _, test := range []struct{ path, query, want string }{
		{"/none", "?a=0", "200 \"robot\""},
		{"/none", "?a=2", "200 \"amy\""},
		{"/same", "?a=0", "422 query a"},
		{"/same", "?a=2", "200 \"amy2\""},
		{"/above", "?a=0", "422 query a"},
		{"/above", "", "200 \"amy1\""},
	} {
		w := send(app, test.path, test.query+both)
		got := violations(t, w)
		if w.Code == http.StatusOK {
			got += " " + w.Body.String()
		}
		if got != test.want {
			t.Errorf("GET %s%s with both credentials = %s, want %s", test.path, test.query, got, test.want)
		}
	}
	if w := send(app, "/same", "?a=0\nX-Key: robot"); violations(t, w) != "422 query a" {
		t.Errorf("GET /same?a=0 with the key = %d %s, want 422", w.Code, w.Body)
	}
}

// A caller can refer to a 422, too, where it is the policy that could not be
// decided.
func TestAnAnswerOfEveryMistakeHasItsReference(t *testing.T) {
	t.Parallel()
	s := newShop()
	var decided []int
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Logger: slog.New(slog.DiscardHandler), OnDecision: func(d holdfast.Decision) string {
		decided = append(decided, d.Status())
		return "r7"
	}})
	inPolicy := holdfast.Depends2(s.user, holdfast.Params[aParam](), func(_ context.Context, u user, _ aParam) (user, error) { return u, nil })
	holdfast.Post(app, "/", holdfast.Security(inPolicy), func(context.Context, user, cInput) (string, error) { return "ok", nil })
	w := ask(t, app, "POST", "/?a=0&c=0", "a:items:")
	if got := violations(t, w); got != "422 query a, query c" || !strings.Contains(w.Body.String(), `"request":"r7"`) || fmt.Sprint(decided) != "[422]" {
		t.Errorf("%s, %s, decided %v; want both mistakes and the reference", got, w.Body, decided)
	}
}

// TestAPolicyThatCouldNotBeDecidedLetsNoOneIn wherever in it the parameter is
// that does not fit, also where the handler takes none of it.
func TestAPolicyThatCouldNotBeDecidedLetsNoOneIn(t *testing.T) {
	t.Parallel()
	s := newShop()
	param := holdfast.Params[aParam]()
	checked := holdfast.Depends2(s.user, param, func(_ context.Context, u user, _ aParam) (user, error) { return u, nil })
	user, plain := holdfast.Security(s.user), holdfast.Security(checked)
	for name, policy := range map[string]holdfast.AnyPolicy{
		"in the principal":                plain,
		"in the role's holder":            holdfast.AnyRole(checked, s.admin),
		"beside the principal":            holdfast.All(user, plain),
		"in a role beside it":             holdfast.All(user, holdfast.AnyRole(checked, s.admin)),
		"before what can be decided":      holdfast.All(user, plain, holdfast.Security(s.active)),
		"in a parameter by itself":        holdfast.Security(param),
		"in such a parameter beside it":   holdfast.All(holdfast.Public(), holdfast.Security(param)),
		"in both ways":                    holdfast.AnyOf(plain, holdfast.All(user, plain)),
		"in a group's way, so to speak":   holdfast.All(holdfast.All(user, plain), user),
		"in a check of what is verified":  holdfast.All(holdfast.Security(s.user, s.items), plain),
		"in the first of several checks":  holdfast.All(user, plain, plain, user),
		"in a role, before another's one": holdfast.All(user, holdfast.AnyRole(checked, s.admin), holdfast.AnyRole(s.user, s.admin)),
	} {
		called := 0
		app := quiet()
		app.Protect("GET /", policy, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called++ }))
		if w := ask(t, app, "GET", "/?a=0", "amy:items,me:admin"); violations(t, w) != "422 query a" || called != 0 {
			t.Errorf("%s: %s, called %d times, want 422 query a and never", name, violations(t, w), called)
		}
		if w := ask(t, app, "GET", "/?a=1", "amy:items,me:admin"); w.Code != http.StatusOK || called != 1 {
			t.Errorf("%s, which fits: %d %s, called %d times, want 200 and once", name, w.Code, w.Body, called)
		}
	}
}
