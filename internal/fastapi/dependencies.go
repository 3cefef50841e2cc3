package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// dependencyCache counts how often a dependency is made.
func dependencyCache() *holdfast.App {
	type counts struct {
		Counter int  `json:"counter"`
		Sub     *int `json:"subcounter,omitempty"`
		Scope1  *int `json:"scope_counter_1,omitempty"`
		Scope2  *int `json:"scope_counter_2,omitempty"`
	}
	n := 0
	count := func() (int, error) { n++; return n, nil }
	counter := holdfast.Depends0(func(context.Context) (int, error) { return count() })
	super := holdfast.Depends1(counter, func(_ context.Context, c int) (int, error) { return c, nil })
	scope := holdfast.NewScope("scope", "")
	scoped := holdfast.Depends1(holdfast.SecurityScopes(), func(context.Context, holdfast.Scopes) (int, error) { return count() })
	withSub := func(_ context.Context, sub, c int) (counts, error) { return counts{Counter: c, Sub: &sub}, nil }

	app := newApp()
	show := func(_ context.Context, c counts, _ holdfast.NoInput) (counts, error) { return c, nil }
	holdfast.Get(app, "/counter/", holdfast.Security(counter), func(_ context.Context, c int, _ holdfast.NoInput) (counts, error) {
		return counts{Counter: c}, nil
	})
	holdfast.Get(app, "/sub-counter/", holdfast.Security(holdfast.Depends2(super, counter, withSub)), show)
	holdfast.Get(app, "/sub-counter-no-cache/", holdfast.Security(holdfast.Depends2(super, counter.Fresh(), withSub)), show)
	holdfast.Get(app, "/scope-counter", holdfast.Security(holdfast.Depends3(scoped, scoped.Require(scope), scoped.Require(scope),
		func(_ context.Context, c, one, two int) (counts, error) {
			return counts{Counter: c, Scope1: &one, Scope2: &two}, nil
		})), show)
	return app
}

type valueParam struct {
	Value string `query:"value" required:"true"`
}

// echoing is a dependency that is a value with methods, as a class with
// __call__ is one.
type echoing struct{}

func (echoing) call(_ context.Context, in valueParam) (string, error) { return in.Value, nil }

func (echoing) yield(ctx context.Context, in valueParam) (string, error) {
	holdfast.AfterResponse(ctx, func(context.Context, error) {})
	return in.Value, nil
}

// dependencyClass takes every kind of callable. There is one kind of function
// in Go, with or without cleanup.
func dependencyClass() *holdfast.App {
	app := newApp()
	value := holdfast.Params[valueParam]()
	show := func(_ context.Context, v string, _ holdfast.NoInput) (string, error) { return v, nil }
	for _, path := range []string{
		"/callable-dependency", "/async-callable-dependency", "/callable-dependency-class", "/async-callable-dependency-class",
		"/synchronous-method-dependency", "/asynchronous-method-dependency",
	} {
		holdfast.Get(app, path, holdfast.Security(holdfast.Depends1(value, echoing{}.call)), show)
	}
	for _, path := range []string{
		"/callable-gen-dependency", "/async-callable-gen-dependency", "/callable-gen-dependency-class", "/async-callable-gen-dependency-class",
		"/synchronous-method-gen-dependency", "/asynchronous-method-gen-dependency",
	} {
		holdfast.Get(app, path, holdfast.Security(holdfast.Depends1(value, echoing{}.yield)), show)
	}
	return app
}

type ok struct {
	Status string `json:"status"`
}

func answerOK[P any](context.Context, P, holdfast.NoInput) (ok, error) { return ok{"ok"}, nil }

// dependencyParamless hands scopes to a dependency whose value is not taken.
func dependencyParamless() *holdfast.App {
	type credentials struct {
		Token  string   `json:"token"`
		Scopes []string `json:"scopes"`
	}
	scheme := holdfast.OAuth2PasswordBearer("token")
	a, b := scheme.Scope("a", ""), scheme.Scope("b", "")
	process := holdfast.Depends2(scheme.Credential(), holdfast.SecurityScopes(), func(_ context.Context, token string, scopes holdfast.Scopes) (credentials, error) {
		names := strings.Fields(scopes.String())
		if len(names) != 2 {
			return credentials{}, holdfast.Errorf(http.StatusUnauthorized, "a or b not in scopes")
		}
		return credentials{token, names}, nil
	})
	app := newApp()
	holdfast.Get(app, "/get-credentials", holdfast.Security(process, a, b), func(_ context.Context, c credentials, _ holdfast.NoInput) (credentials, error) {
		return c, nil
	})
	holdfast.Get(app, "/parameterless-with-scopes", holdfast.All(holdfast.Public(), holdfast.Security(process, a, b)), answerOK)
	holdfast.Get(app, "/parameterless-without-scopes", holdfast.All(holdfast.Public(), holdfast.Security(process)), answerOK)
	return app
}

// scopesDontPropagate gives each dependency the scopes of its own path.
func scopesDontPropagate() *holdfast.App {
	type both struct {
		Dep1 []string `json:"dep1"`
		Dep2 []string `json:"dep2"`
	}
	one, two, three := holdfast.NewScope("scope1", ""), holdfast.NewScope("scope2", ""), holdfast.NewScope("scope3", "")
	security1, security2 := holdfast.SecurityScopes(), holdfast.SecurityScopes()
	dep3 := holdfast.Depends2(security1.Require(one), security2.Require(two), func(_ context.Context, a, b holdfast.Scopes) (both, error) {
		return both{strings.Fields(a.String()), strings.Fields(b.String())}, nil
	})
	app := newApp()
	holdfast.Get(app, "/scopes", holdfast.Security(dep3, three), func(_ context.Context, b both, _ holdfast.NoInput) (both, error) { return b, nil })
	return app
}
