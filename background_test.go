package holdfast_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
)

// diary is what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, ", ")
}

// TestBackgroundWork registers work in a handler and a dependency, and sees what
// runs, when and in which order.
func TestBackgroundWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handle func(ctx context.Context) error
		status int
		want   string
		logged []string
	}{
		"a request that succeeds": {
			func(context.Context) error { return nil }, 200,
			"deferred, answered, after, dependency, first, second", nil,
		},
		"an error": {
			func(context.Context) error { return holdfast.Errorf(404, "No") }, 404,
			"deferred, answered, after", nil,
		},
		"a panic": {
			func(context.Context) error { panic("boom") }, 500,
			"deferred, answered, after",
			[]string{"boom"},
		},
		"work that fails": {
			func(ctx context.Context) error {
				_ = holdfast.Background(ctx, func(context.Context) error { return errors.New("no mail") })
				_ = holdfast.Background(ctx, func(context.Context) error { panic("at the post") })
				return nil
			}, 200,
			"deferred, answered, after, dependency, first, second",
			[]string{"no mail", "at the post", "background_test.go", "path=/"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var d diary
				var log bytes.Buffer
				app := loud(&log)
				later := func(ctx context.Context, line string) {
					err := holdfast.Background(ctx, func(own context.Context) error {
						<-time.After(time.Minute) // longer than cleanups may
						if own.Err() != nil || own.Value(valueKey{}) != "mine" {
							t.Errorf("%s: the context has ended (%v), or lacks the request's values", line, own.Err())
						}
						d.write(line)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
				dep := holdfast.Depends0(func(ctx context.Context) (int, error) { later(ctx, "dependency"); return 1, nil })
				app.Handle("GET /", holdfast.To1(holdfast.Public(), dep, func(ctx context.Context, _ holdfast.Anyone, _ int, _ holdfast.NoInput) (string, error) {
					later(ctx, "first")
					holdfast.Defer(ctx, func(_ context.Context, err error) error { d.write("deferred"); return err })
					holdfast.AfterResponse(ctx, func(context.Context, error) { d.write("after") })
					later(ctx, "second")
					return "", test.handle(ctx)
				}))
				ctx, hangUp := context.WithCancel(t.Context())
				w := &noting{ResponseRecorder: httptest.NewRecorder(), note: func() { d.write("answered") }}
				withValue(app).ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
				hangUp() // the connection is free
				<-time.After(time.Hour)
				synctest.Wait()
				if got := d.String(); w.Code != test.status || got != test.want {
					t.Errorf("GET / = %d, and in this order: %s, want %d, and %s", w.Code, got, test.status, test.want)
				}
				for _, text := range test.logged {
					if !strings.Contains(log.String(), text) {
						t.Errorf("the log has no %q: %s", text, &log)
					}
				}
			})
		})
	}
}

// noting says when the response is written.
type noting struct {
	*httptest.ResponseRecorder
	note func()
}

func (n *noting) WriteHeader(status int) {
	n.note()
	n.ResponseRecorder.WriteHeader(status)
}

// TestBackgroundWorkIsBounded fills it, and sees that what does not fit is said
// before the answer.
func TestBackgroundWorkIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var read func() (int, int, int)
		app := holdfast.NewApp(holdfast.Config{
			Title: "x", Version: "1", Logger: slog.New(slog.DiscardHandler), Background: holdfast.AtOnce{Requests: 2, Queue: 1},
			Gauge: func(_ string, r func() (running, queued, most int)) { read = r },
		})
		var c crowd
		holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			return "", holdfast.Background(ctx, func(context.Context) error {
				c.enter()
				defer c.now.Add(-1)
				<-time.After(time.Minute)
				return nil
			})
		})
		holdfast.Get(app, "/gone", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			if err := holdfast.Background(ctx, func(context.Context) error { t.Error("it runs"); return nil }); err != nil {
				return "", err
			}
			runtime.Goexit()
			return "", nil
		})
		if got := ten(app, "/"); got[200] != 3 || got[503] != 7 || got[0] != 0 {
			t.Errorf("answers %v, want three, and seven 503 with Retry-After", got)
		}
		synctest.Wait()
		if running, waiting, most := read(); running != 2 || waiting != 1 || most != 2 {
			t.Errorf("running %d, waiting %d, of %d, want 2, 1 of 2", running, waiting, most)
		}
		<-time.After(time.Hour)
		if running, waiting, _ := read(); running+waiting != 0 || c.most.Load() != 2 || c.all.Load() != 3 {
			t.Errorf("%d and %d are left, at most %d at once of %d, want none, 2 of 3", running, waiting, c.most.Load(), c.all.Load())
		}
		for range 5 { // what a goroutine leaves that is ended is forgotten
			done := make(chan struct{})
			go func() {
				defer close(done)
				app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/gone", nil))
			}()
			<-done
		}
		if got := ten(app, "/"); got[200] != 3 {
			t.Errorf("later: %v, want three as before", got)
		}
		<-time.After(time.Hour)
	})
}

// TestBackgroundWorkAtTheEnd waits, tells what is left, and gives up.
func TestBackgroundWorkAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		work func(ctx context.Context) error
		took time.Duration
		err  string
	}{
		"work that ends":                {func(context.Context) error { <-time.After(3 * time.Second); return nil }, 3 * time.Second, ""},
		"work that looks at its end":    {func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }, 10 * time.Second, ""},
		"work that does not end at all": {func(context.Context) error { <-time.After(time.Hour); return nil }, 11 * time.Second, "1 background functions have not ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				app := quiet()
				holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
					return "", holdfast.Background(ctx, test.work)
				})
				app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				began := time.Now()
				err := app.Close()
				text := ""
				if err != nil {
					text = err.Error()
				}
				if took := time.Since(began); took != test.took || text != test.err {
					t.Errorf("Close() = %v after %v, want %q after %v", err, took, test.err, test.took)
				}
				w := httptest.NewRecorder()
				app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
				if w.Code != http.StatusServiceUnavailable {
					t.Errorf("GET / after Close = %d, want 503", w.Code)
				}
				<-time.After(2 * time.Hour)
			})
		})
	}
}

// TestMistakesOfBackground are found at the start, or panic as those of Defer do.
func TestMistakesOfBackground(t *testing.T) {
	t.Parallel()
	for _, most := range []holdfast.AtOnce{{Requests: -1}, {Requests: 1, Queue: -1}, {Queue: 1}} {
		app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", Background: most})
		if err := app.Err(); err == nil || !strings.Contains(err.Error(), "Config.Background wants") {
			t.Errorf("Background %+v: Err() = %v", most, err)
		}
	}
	app := quiet()
	var leaked context.Context
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		leaked = ctx
		return "", nil
	})
	ask(t, app, "GET", "/", "")
	for name, ctx := range map[string]context.Context{"no request": t.Context(), "a request that is over": leaked} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "Background needs the context of a request in progress") {
					t.Errorf("Background of %s does not panic: %s", name, text)
				}
			}()
			_ = holdfast.Background(ctx, func(context.Context) error { return nil })
		}()
	}
}
