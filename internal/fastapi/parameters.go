package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
)

type common struct {
	Q     *string `query:"q" json:"q"`
	Skip  int     `query:"skip" default:"0" json:"skip"`
	Limit int     `query:"limit" default:"100" json:"limit"`
}

func commonParameters() *holdfast.App {
	app := newApp()
	commons := holdfast.Security(holdfast.Params[common]())
	show := func(_ context.Context, c common, _ holdfast.NoInput) (common, error) { return c, nil }
	holdfast.Get(app, "/items/", commons, show)
	holdfast.Get(app, "/users/", commons, show)
	return app
}

type named1 struct {
	Name string `json:"item_name"`
}

func commonQueryParams() *holdfast.App {
	type list struct {
		Q     *string  `json:"q,omitempty"`
		Items []named1 `json:"items"`
	}
	items := []named1{{"Foo"}, {"Bar"}, {"Baz"}}
	app := newApp()
	holdfast.Get(app, "/items/", holdfast.Security(holdfast.Params[common]()), func(_ context.Context, c common, _ holdfast.NoInput) (list, error) {
		from := min(c.Skip, len(items))
		return list{c.Q, items[from:min(from+c.Limit, len(items))]}, nil
	})
	return app
}

func queryOrCookie() *holdfast.App {
	type query struct {
		Q *string `query:"q"`
	}
	type last struct {
		Query *string `cookie:"last_query"`
	}
	type answer struct {
		Q *string `json:"q_or_cookie"`
	}
	extracted := holdfast.Depends1(holdfast.Params[query](), func(_ context.Context, in query) (*string, error) { return in.Q, nil })
	either := holdfast.Depends2(extracted, holdfast.Params[last](), func(_ context.Context, q *string, in last) (*string, error) {
		if q != nil && *q != "" {
			return q, nil
		}
		return in.Query, nil
	})
	app := newApp()
	holdfast.Get(app, "/items/", holdfast.Security(either), func(_ context.Context, q *string, _ holdfast.NoInput) (answer, error) { return answer{q}, nil })
	return app
}

// tokenHeader and keyHeader are two inputs, so that one can be refused before
// the other is looked at.
type tokenHeader struct {
	Token string `header:"x-token" required:"true"`
}

type keyHeader struct {
	Key string `header:"x-key" required:"true"`
}

// guards are dependencies whose value is not taken: policies.
func guards() []holdfast.AnyPolicy {
	token := holdfast.Depends1(holdfast.Params[tokenHeader](), func(_ context.Context, in tokenHeader) (bool, error) {
		if in.Token != "fake-super-secret-token" {
			return false, holdfast.Errorf(http.StatusBadRequest, "X-Token header invalid")
		}
		return true, nil
	})
	key := holdfast.Depends1(holdfast.Params[keyHeader](), func(_ context.Context, in keyHeader) (string, error) {
		if in.Key != "fake-super-secret-key" {
			return "", holdfast.Errorf(http.StatusBadRequest, "X-Key header invalid")
		}
		return in.Key, nil
	})
	return []holdfast.AnyPolicy{holdfast.Security(token), holdfast.Security(key)}
}

type item struct {
	Item string `json:"item"`
}

func list[T any](values ...T) func(context.Context, holdfast.Anyone, holdfast.NoInput) ([]T, error) {
	return func(context.Context, holdfast.Anyone, holdfast.NoInput) ([]T, error) { return values, nil }
}

func routeDependencies() *holdfast.App {
	app := newApp()
	holdfast.Get(app, "/items/", holdfast.All(holdfast.Public(), guards()...), list(item{"Foo"}, item{"Bar"}))
	return app
}

func globalDependencies() *holdfast.App {
	app := newApp()
	guarded := app.Group("", guards()...)
	holdfast.Get(guarded, "/items/", holdfast.Public(), list(item{"Portal Gun"}, item{"Plumbus"}))
	holdfast.Get(guarded, "/users/", holdfast.Public(), list(username{"Rick"}, username{"Morty"}))
	return app
}

// contentChecker is a dependency with a parameter of its own: a closure, where
// FastAPI takes an instance with __call__.
func contentChecker() *holdfast.App {
	type query struct {
		Q string `query:"q"`
	}
	type answer struct {
		Found bool `json:"fixed_content_in_query"`
	}
	contains := func(fixed string) holdfast.Dep[bool] {
		return holdfast.Depends1(holdfast.Params[query](), func(_ context.Context, in query) (bool, error) { return strings.Contains(in.Q, fixed), nil })
	}
	app := newApp()
	holdfast.Get(app, "/query-checker/", holdfast.Security(contains("bar")), func(_ context.Context, found bool, _ holdfast.NoInput) (answer, error) {
		return answer{found}, nil
	})
	return app
}

func testedDependency() *holdfast.App {
	type answer struct {
		Message string `json:"message"`
		Params  common `json:"params"`
	}
	app := newApp()
	say := func(text string) func(context.Context, common, holdfast.NoInput) (answer, error) {
		return func(_ context.Context, c common, _ holdfast.NoInput) (answer, error) { return answer{text, c}, nil }
	}
	commons := holdfast.Security(holdfast.Params[common]())
	holdfast.Get(app, "/items/", commons, say("Hello Items!"))
	holdfast.Get(app, "/users/", commons, say("Hello Users!"))
	return app
}
