package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
)

func init() { features["background"] = background } //nolint:gochecknoinits // each feature in a file of its own

// later is what was done after answers.
type later struct {
	mu    sync.Mutex
	lines []string
}

func (l *later) add(line string) func(context.Context) error {
	return func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, line)
		return nil
	}
}

// take returns the lines and forgets them, if there are n.
func (l *later) take(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) < n {
		return nil
	}
	out := slices.Sorted(slices.Values(l.lines))
	l.lines = nil
	return out
}

func background(app *holdfast.App) {
	all, log := holdfast.Public(), &later{}
	type waitIn struct {
		N int `query:"n" required:"true"`
	}
	holdfast.Get(app, "/log", all, func(ctx context.Context, _ holdfast.Anyone, in waitIn) ([]string, error) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range 200 {
			if out := log.take(in.N); out != nil {
				return out, nil
			}
			<-tick.C
		}
		return log.take(0), ctx.Err()
	})
	type wordIn struct {
		Word string `path:"word"`
	}
	holdfast.Post(app, "/one/{word}", all, func(ctx context.Context, _ holdfast.Anyone, in wordIn) (v[string], error) {
		return v[string]{in.Word}, holdfast.Background(ctx, log.add(in.Word))
	})
	holdfast.Post(app, "/two/{word}", all, func(ctx context.Context, _ holdfast.Anyone, in wordIn) (v[string], error) {
		return v[string]{in.Word}, errors.Join(holdfast.Background(ctx, log.add(in.Word+" first")), holdfast.Background(ctx, log.add(in.Word+" second")))
	})
	holdfast.Post(app, "/refused", all, func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (okay, error) {
		return okay{}, cmp.Or(holdfast.Background(ctx, log.add("refused")), error(holdfast.Errorf(http.StatusBadRequest, "No")))
	})
	holdfast.Post(app, "/fails", all, func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (v[string], error) {
		return v[string]{"answered"}, holdfast.Background(ctx, func(context.Context) error { return errors.New("failed") })
	})
}
