package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

// session is open until its dependency cleans up.
type session struct{ open bool }

// stream is a response without a media type, written when the handler and
// what it deferred are over.
func stream(values func() any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		_ = json.NewEncoder(w).Encode(values()) // the caller may be gone
	})
}

// openUntilHandled is closed before the response: scope="function".
func openUntilHandled(ctx context.Context) (*session, error) {
	s := &session{open: true}
	holdfast.Defer(ctx, func(context.Context, error) error { s.open = false; return nil })
	return s, nil
}

// openUntilAnswered is closed after the response: scope="request".
func openUntilAnswered(ctx context.Context) (*session, error) {
	s := &session{open: true}
	holdfast.AfterResponse(ctx, func(context.Context, error) { s.open = false })
	return s, nil
}

// sessions are a session and another one that was made with it.
type sessions struct{ named, inner *session }

func named(open func(context.Context) (*session, error)) func(context.Context, *session) (sessions, error) {
	return func(ctx context.Context, inner *session) (sessions, error) {
		s, err := open(ctx)
		return sessions{s, inner}, err
	}
}

func unmanaged(context.Context) (*session, error) { return &session{open: true}, nil }

func dependencyYieldScope() *holdfast.App {
	function, request := holdfast.Depends0(openUntilHandled), holdfast.Depends0(openUntilAnswered)
	two := holdfast.Depends2(function, request, func(_ context.Context, f, r *session) (sessions, error) { return sessions{f, r}, nil })
	open := func(_ context.Context, s *session, _ holdfast.NoInput) (http.Handler, error) {
		return stream(func() any { return map[string]bool{"is_open": s.open} }), nil
	}
	both := func(_ context.Context, s sessions, _ holdfast.NoInput) (http.Handler, error) {
		return stream(func() any { return map[string]bool{"named_session_open": s.named.open, "session_open": s.inner.open} }), nil
	}

	app := newApp()
	holdfast.Get(app, "/function-scope", holdfast.Security(function), open)
	holdfast.Get(app, "/request-scope", holdfast.Security(request), open)
	holdfast.Get(app, "/two-scopes", holdfast.Security(two), func(_ context.Context, s sessions, _ holdfast.NoInput) (http.Handler, error) {
		return stream(func() any { return map[string]bool{"func_is_open": s.named.open, "req_is_open": s.inner.open} }), nil
	})
	holdfast.Get(app, "/sub", holdfast.Security(holdfast.Depends1(request, named(openUntilAnswered))), both)
	holdfast.Get(app, "/named-function-scope", holdfast.Security(holdfast.Depends1(function, named(openUntilHandled))), both)
	holdfast.Get(app, "/regular-function-scope", holdfast.Security(holdfast.Depends1(function, named(unmanaged))), both)

	late := holdfast.Errorf(http.StatusServiceUnavailable, "Exception after yield")
	before := app.Group("/router-scope-function", holdfast.Security(holdfast.Depends0(func(ctx context.Context) (bool, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return late })
		return true, nil
	})))
	after := app.Group("/router-scope-request", holdfast.Security(holdfast.Depends0(func(ctx context.Context) (bool, error) {
		holdfast.AfterResponse(ctx, func(context.Context, error) { panic(late) })
		return true, nil
	})))
	holdfast.Get(before, "/", holdfast.Public(), answerOK)
	holdfast.Get(after, "/", holdfast.Public(), answerOK)
	return app
}

type itemID struct {
	ID string `path:"item_id"`
}

// ownerError is an error of the domain, which knows no HTTP.
type ownerError struct{ owner string }

func (e ownerError) Error() string { return e.owner }

// yieldOwnerError makes an answer of a domain's error, in the dependency that
// the error passes.
func yieldOwnerError() *holdfast.App {
	type item struct {
		Description string `json:"description"`
		Owner       string `json:"owner"`
	}
	data := map[string]item{
		"plumbus":    {"Freshly pickled plumbus", "Morty"},
		"portal-gun": {"Gun to create portals", "Rick"},
	}
	username := holdfast.Depends0(func(ctx context.Context) (string, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			var wrong ownerError
			if errors.As(err, &wrong) {
				return holdfast.Errorf(http.StatusBadRequest, "Owner error: %v", wrong)
			}
			return nil
		})
		return "Rick", nil
	})
	app := newApp()
	holdfast.Get(app, "/items/{item_id}", holdfast.Security(username), func(_ context.Context, name string, in itemID) (item, error) {
		found, ok := data[in.ID]
		switch {
		case !ok:
			return item{}, holdfast.Errorf(http.StatusNotFound, "Item not found")
		case found.Owner != name:
			return item{}, ownerError{name}
		}
		return found, nil
	})
	return app
}

var errInternal = errors.New("internal error")

// dangerous is tutorial008c and 008d: what cleanup returns about an unexpected
// error decides.
func dangerous(cleanup func(error) error) *holdfast.App {
	username := holdfast.Depends0(func(ctx context.Context) (string, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error { return cleanup(err) })
		return "Rick", nil
	})
	app := newApp()
	holdfast.Get(app, "/items/{item_id}", holdfast.Security(username), func(_ context.Context, name string, in itemID) (string, error) {
		switch in.ID {
		case "portal-gun":
			return "", fmt.Errorf("the portal gun is too dangerous to be owned by %s: %w", name, errInternal)
		case "plumbus":
			return in.ID, nil
		}
		return "", holdfast.Errorf(http.StatusNotFound, "Item not found, there's only a plumbus here")
	})
	return app
}

func yieldSwallows() *holdfast.App { return dangerous(func(error) error { return nil }) }

func yieldRaises() *holdfast.App { return dangerous(func(err error) error { return err }) }

func yieldBeforeResponse() *holdfast.App {
	username := holdfast.Depends0(func(ctx context.Context) (string, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return nil })
		return "Rick", nil
	})
	app := newApp()
	holdfast.Get(app, "/users/me", holdfast.Security(username), func(_ context.Context, name string, _ holdfast.NoInput) (string, error) { return name, nil })
	return app
}
