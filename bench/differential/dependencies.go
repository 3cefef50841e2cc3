package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/holdfast-go/holdfast"
)

func init() { features["dependencies"] = dependencies } //nolint:gochecknoinits // each feature in a file of its own

// journal is what dependencies and handlers did since it was last read.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) read(context.Context, holdfast.Anyone, holdfast.NoInput) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := j.lines
	j.lines = nil
	return out, nil
}

func dependencies(app *holdfast.App) {
	j := &journal{}
	holdfast.Get(app, "/log", holdfast.Public(), j.read)
	cachedDependencies(app)
	yields(app, j)
	dependenciesWithParams(app)
}

func cachedDependencies(app *holdfast.App) {
	var n atomic.Int64
	counter := holdfast.Depends0(func(context.Context) (int64, error) { return n.Add(1), nil })
	twice := holdfast.Depends2(counter, counter, func(_ context.Context, a, b int64) ([]int64, error) { return []int64{a, b}, nil })
	app.Handle("GET /cached", holdfast.To2(holdfast.Public(), twice, counter, func(_ context.Context, _ holdfast.Anyone, pair []int64, c int64, _ holdfast.NoInput) (m, error) {
		return m{"same": pair[0] == pair[1] && pair[1] == c}, nil
	}))
	app.Handle("GET /fresh", holdfast.To2(holdfast.Public(), counter, counter.Fresh(), func(_ context.Context, _ holdfast.Anyone, a, b int64, _ holdfast.NoInput) (m, error) {
		return m{"same": a == b}, nil
	}))
}

var errPlumbus = errors.New("plumbus")

func yields(app *holdfast.App, j *journal) {
	all := holdfast.Public()
	outer := holdfast.Depends0(func(ctx context.Context) (string, error) {
		j.add("outer begins")
		holdfast.Defer(ctx, func(context.Context, error) error { j.add("outer ends"); return nil })
		return "outer", nil
	})
	inner := holdfast.Depends1(outer, func(ctx context.Context, o string) (string, error) {
		j.add("inner begins")
		holdfast.Defer(ctx, func(context.Context, error) error { j.add("inner ends"); return nil })
		return o + " inner", nil
	})
	app.Handle("GET /order", holdfast.To1(all, inner, func(_ context.Context, _ holdfast.Anyone, word string, _ holdfast.NoInput) (v[string], error) {
		j.add("handler")
		return v[string]{word}, nil
	}))
	app.Handle("GET /refused", holdfast.To1(all, outer, func(context.Context, holdfast.Anyone, string, holdfast.NoInput) (okay, error) {
		return okay{}, holdfast.Errorf(http.StatusNotFound, "No such thing")
	}))
	failing := holdfast.Depends0(func(context.Context) (string, error) {
		j.add("failing")
		return "", holdfast.Errorf(http.StatusBadRequest, "Failed")
	})
	app.Handle("GET /fails", holdfast.To2(all, outer, failing, func(context.Context, holdfast.Anyone, string, string, holdfast.NoInput) (okay, error) {
		return okay{}, nil
	}))
	type n struct {
		N int `query:"n" required:"true"`
	}
	app.Handle("GET /fails-and-bad", holdfast.To1(all, failing, func(_ context.Context, _ holdfast.Anyone, _ string, in n) (v[int], error) { return v[int]{in.N}, nil }))
	owner := holdfast.Depends0(func(ctx context.Context) (string, error) {
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			if errors.Is(err, errPlumbus) {
				return holdfast.Errorf(http.StatusBadRequest, "Owner error: %v", err)
			}
			return nil
		})
		return "Rick", nil
	})
	app.Handle("GET /owner", holdfast.To1(all, owner, func(context.Context, holdfast.Anyone, string, holdfast.NoInput) (okay, error) {
		return okay{}, errPlumbus
	}))
	commit := holdfast.Depends0(func(ctx context.Context) (int, error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return holdfast.Errorf(http.StatusConflict, "Conflict") })
		return 1, nil
	})
	app.Handle("GET /commit", holdfast.To1(all, commit, func(_ context.Context, _ holdfast.Anyone, n int, _ holdfast.NoInput) (v[int], error) {
		return v[int]{n}, nil
	}))
}

func dependenciesWithParams(app *holdfast.App) {
	all := holdfast.Public()
	type tokenIn struct {
		Token string `header:"x-token" required:"true"`
	}
	check := holdfast.Depends1(holdfast.Params[tokenIn](), func(_ context.Context, in tokenIn) (string, error) {
		if in.Token != "secret" {
			return "", holdfast.Errorf(http.StatusBadRequest, "X-Token header invalid")
		}
		return in.Token, nil
	})
	holdfast.Get(app, "/header", holdfast.All(all, holdfast.Security(check)), says("in"))
	app.Handle("GET /class", holdfast.To1(all, holdfast.Params[paging](), func(_ context.Context, _ holdfast.Anyone, page paging, _ holdfast.NoInput) (paging, error) {
		return page, nil
	}))
	header := holdfast.Depends0(func(ctx context.Context) (int, error) {
		holdfast.ResponseHeader(ctx).Set("X-Own", "dep")
		return 1, nil
	})
	app.Handle("GET /sets-header", holdfast.To1(all, header, func(_ context.Context, _ holdfast.Anyone, n int, _ holdfast.NoInput) (v[int], error) {
		return v[int]{n}, nil
	}))
	app.Handle("GET /sets-header-fails", holdfast.To1(all, header, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (okay, error) {
		return okay{}, holdfast.Errorf(http.StatusBadRequest, "No")
	}))
	type queryIn struct {
		Q *string `query:"q"`
	}
	query := holdfast.Depends1(holdfast.Params[queryIn](), func(_ context.Context, in queryIn) (*string, error) { return in.Q, nil })
	orNone := holdfast.Depends1(query, func(_ context.Context, q *string) (string, error) {
		if q == nil || *q == "" {
			return "none", nil
		}
		return *q, nil
	})
	app.Handle("GET /sub", holdfast.To1(all, orNone, func(_ context.Context, _ holdfast.Anyone, q string, _ holdfast.NoInput) (v[string], error) {
		return v[string]{q}, nil
	}))
	type n struct {
		N int `query:"n" required:"true"`
	}
	app.Handle("GET /two-params", holdfast.To1(all, holdfast.Params[paging](), func(_ context.Context, _ holdfast.Anyone, _ paging, in n) (v[int], error) { return v[int]{in.N}, nil }))
}
