package main

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
)

func init() { features["answers"] = answers } //nolint:gochecknoinits // each feature in a file of its own

// give is a handler that takes nothing and answers with one value.
func give[T any](value T) func(context.Context, holdfast.Anyone, holdfast.NoInput) (T, error) {
	return func(context.Context, holdfast.Anyone, holdfast.NoInput) (T, error) { return value, nil }
}

// refuse is a handler that answers with an error.
func refuse(err error) func(context.Context, holdfast.Anyone, holdfast.NoInput) (okay, error) {
	return func(context.Context, holdfast.Anyone, holdfast.NoInput) (okay, error) { return okay{}, err }
}

type (
	publicUser struct {
		Name  string   `json:"name"`
		Email *string  `json:"email"`
		Tags  []string `json:"tags"`
	}
	briefUser struct {
		Name  string   `json:"name"`
		Email *string  `json:"email,omitempty"`
		Tags  []string `json:"tags,omitempty"`
	}
	storedUser struct {
		publicUser
		Hash string `json:"-"`
	}
	numbers struct {
		V float64 `json:"v"`
		W float64 `json:"w"`
		X float64 `json:"x"`
		Y float64 `json:"y"`
	}
	aliased struct {
		UserName string `json:"userName"`
	}
)

func answers(app *holdfast.App) {
	all, email := holdfast.Public(), "e"
	holdfast.Get(app, "/filtered", all, give(storedUser{publicUser{Name: "a"}, "secret"}))
	holdfast.Get(app, "/filtered-list", all, give([]storedUser{{publicUser{Name: "a"}, "secret"}, {publicUser{"b", &email, nil}, "secret"}}))
	holdfast.Get(app, "/none", all, give[any](nil))
	holdfast.Get(app, "/text", all, give("text"))
	holdfast.Get(app, "/number", all, give(1.5))
	holdfast.Get(app, "/empty-list", all, give[[]string](nil))
	holdfast.Get(app, "/map", all, give(map[string]int{"b": 1, "a": 2}))
	holdfast.Get(app, "/escapes", all, give(v[string]{"<a href=\"x\">&'ä\u2028\n\t/</a>"}))
	holdfast.Get(app, "/large", all, give(v[int]{9007199254740993}))
	holdfast.Get(app, "/small", all, give(numbers{1e-7, 1e21, 0.1, 100}))
	holdfast.Get(app, "/alias", all, give(aliased{"a"}))
	holdfast.Get(app, "/unset", all, give(briefUser{Name: "a"}))
	holdfast.Get(app, "/time", all, give(v[time.Time]{time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)}))
	holdfast.Get(app, "/nan", all, give(v[float64]{math.NaN()}))
	statuses(app)
	handlers(app)
	failures(app)
}

func statuses(app *holdfast.App) {
	all := holdfast.Public()
	holdfast.Post(app, "/created", all, give(v[int]{1}), holdfast.Status(http.StatusCreated))
	holdfast.Delete(app, "/gone", all, give(holdfast.NoContent{}))
	holdfast.Delete(app, "/gone-200", all, give[any](nil))
	holdfast.Get(app, "/accepted", all, give(v[int]{1}), holdfast.Status(http.StatusAccepted))
	holdfast.Get(app, "/header", all, func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (v[int], error) {
		holdfast.ResponseHeader(ctx).Set("X-Own", "a")
		holdfast.ResponseHeader(ctx).Add("Set-Cookie", "c=v; Path=/; SameSite=lax")
		return v[int]{1}, nil
	})
}

// handlers return what writes the answer itself.
func handlers(app *holdfast.App) {
	all := holdfast.Public()
	type nothing = holdfast.NoContent
	holdfast.Get(app, "/redirect", all, give(answer.Redirect[nothing](http.StatusTemporaryRedirect, "/elsewhere")), holdfast.Status(307))
	holdfast.Get(app, "/see-other", all, give(answer.SeeOther[nothing]("/elsewhere?a=b")), holdfast.Status(303))
	holdfast.Get(app, "/moved", all, give(answer.Redirect[nothing](http.StatusMovedPermanently, "/elsewhere")), holdfast.Status(301))
	holdfast.Get(app, "/plain", all, give(written("text/plain; charset=utf-8", "plain")), holdfast.Answers("text/plain"))
	holdfast.Get(app, "/html", all, give(written("text/html; charset=utf-8", "<p>hello</p>")), holdfast.Answers("text/html"))
	holdfast.Get(app, "/stream", all, give(written("application/octet-stream", "ab")))
	holdfast.Get(app, "/not-modified", all, give(answer.NotModified[nothing]()), holdfast.Status(304))
}

func written(kind, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text) // the caller has gone, then
	})
}

func failures(app *holdfast.App) {
	all := holdfast.Public()
	for path, err := range map[string]error{
		"/404":         holdfast.Errorf(http.StatusNotFound, "Item not found"),
		"/404-default": &holdfast.Error{Status: http.StatusNotFound},
		"/409-object":  &holdfast.Error{Status: http.StatusConflict, Detail: m{"code": 7, "items": []int{1}}},
		"/400-list":    &holdfast.Error{Status: http.StatusBadRequest, Detail: []string{"a", "b"}},
		"/401-header":  &holdfast.Error{Status: http.StatusUnauthorized, Detail: "No", Header: http.Header{"Www-Authenticate": {"Own"}}},
		"/503-retry":   &holdfast.Error{Status: http.StatusServiceUnavailable, Detail: "Busy", RetryAfter: 7 * time.Second},
		"/204-error":   &holdfast.Error{Status: http.StatusNoContent},
		"/304-error":   &holdfast.Error{Status: http.StatusNotModified},
		"/500":         errors.New("secret"),
		"/500-own":     holdfast.Errorf(http.StatusInternalServerError, "Own words"),
		"/null-detail": &holdfast.Error{Status: http.StatusBadRequest, Detail: ""},
	} {
		holdfast.Get(app, path, all, refuse(err))
	}
}
