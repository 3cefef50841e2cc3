package holdfast_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
)

type valueKey struct{}

// withValue puts a value into the context of requests, as a middleware does.
func withValue(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), valueKey{}, "mine")))
	})
}

// contexts are what a cleanup can look at: its own context, that of the request,
// and one that was derived of the request's before.
type contexts struct{ own, request, derived context.Context }

// wrong says what is wrong with them.
func (c contexts) wrong(ended error) string {
	deadline, ok := c.own.Deadline()
	switch {
	case c.own.Err() != nil:
		return "its own context has ended: " + c.own.Err().Error()
	case !ok || time.Until(deadline) > 30*time.Second:
		return "its own context does not end in 30 seconds"
	case c.own.Value(valueKey{}) != "mine" || c.own.Value(http.ServerContextKey) == nil:
		return "its own context has not the values of the request's"
	}
	select { // who waits for the request's context may go on before those derived of it have ended
	case <-c.derived.Done():
	case <-time.After(time.Minute):
	}
	if !errors.Is(c.request.Err(), ended) || !errors.Is(c.derived.Err(), ended) {
		return "the request's context has not ended, or not for everybody"
	}
	select {
	case <-c.own.Done():
		return "its own context is done"
	default:
		return ""
	}
}

// transaction is one whose commit needs a context, as pgx has it.
type transaction struct{ committed, rolledBack bool }

func (tx *transaction) commit(ctx context.Context) error {
	tx.committed = ctx.Err() == nil
	return ctx.Err()
}

func (tx *transaction) rollback(ctx context.Context) {
	tx.rolledBack = ctx.Err() == nil
}

// TestCleanupsOutliveTheCaller hangs up, or lets the time of the route pass,
// while the handler works, over a real connection.
func TestCleanupsOutliveTheCaller(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options    []holdfast.RouteOption
		hangUp     bool
		ended      error // of the request's context
		result     error // of the handler
		committed  bool
		rolledBack bool
	}{
		"the handler does its work all the same": {nil, true, context.Canceled, nil, true, false},
		"the handler gives up":                   {nil, true, context.Canceled, context.Canceled, false, true},
		"the handler has no time any more":       {[]holdfast.RouteOption{holdfast.Timeout(time.Millisecond)}, false, context.DeadlineExceeded, context.DeadlineExceeded, false, true},
		"the caller leaves before the time is up": {
			[]holdfast.RouteOption{holdfast.Timeout(time.Hour)}, true, context.Canceled, nil, true, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tx transaction
			entered := make(chan struct{})
			wrong := make(chan string, 2)
			app := quiet()
			begin := holdfast.Depends0(func(ctx context.Context) (context.Context, error) {
				derived, cancel := context.WithCancel(ctx)
				holdfast.AfterResponse(ctx, func(own context.Context, _ error) {
					wrong <- contexts{own, ctx, derived}.wrong(test.ended)
					cancel()
				})
				holdfast.Defer(ctx, func(own context.Context, err error) error {
					wrong <- contexts{own, ctx, derived}.wrong(test.ended)
					if err != nil {
						tx.rollback(own)
						return nil
					}
					return tx.commit(own)
				})
				return ctx, nil
			})
			app.Handle("GET /", holdfast.To1(holdfast.Public(), begin, func(ctx context.Context, _ holdfast.Anyone, _ context.Context, _ holdfast.NoInput) (string, error) {
				close(entered)
				<-ctx.Done()
				return "", test.result
			}), test.options...)
			server := httptest.NewServer(withValue(app))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				<-entered
				if test.hangUp {
					cancel()
				}
			}()
			if response, err := server.Client().Do(r); err == nil {
				_ = response.Body.Close()
			}
			for range 2 {
				if text := <-wrong; text != "" {
					t.Error(text)
				}
			}
			server.Close() // and so the request is over
			if tx.committed != test.committed || tx.rolledBack != test.rolledBack {
				t.Errorf("committed: %v, rolled back: %v, want %v, %v", tx.committed, tx.rolledBack, test.committed, test.rolledBack)
			}
		})
	}
}

// TestAContextThatHasEndedStaysSo is what goroutines rely on that a handler left
// behind: package context panics, and database/sql returns neither a value nor
// an error, when Done is closed and Err is nil.
func TestAContextThatHasEndedStaysSo(t *testing.T) {
	t.Parallel()
	app := quiet()
	left := make(chan error, 1)
	over := make(chan struct{})
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		done := ctx.Done()
		check := func(context.Context, error) error {
			<-done
			if ctx.Err() == nil {
				t.Error("the context of the request lives again while what was deferred runs")
			}
			return nil
		}
		holdfast.Defer(ctx, check)
		holdfast.AfterResponse(ctx, func(own context.Context, err error) { _ = check(own, err) })
		go func() {
			for {
				select {
				case <-over:
					left <- ctx.Err()
					return
				default:
					_, cancel := context.WithCancel(ctx)
					cancel()
				}
			}
		}()
		return "", nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
		over <- struct{}{}
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("a goroutine that was left behind sees %v, want that its context was canceled", err)
		}
	}
}

// TestCleanupsHave30Seconds lets each of them wait for the end of its context.
func TestCleanupsHave30Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := quiet()
		began := time.Now()
		type end struct {
			what  string
			after time.Duration
			err   error
		}
		var ends []end
		var deferred, after context.Context
		holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			wait := func(what string, ctx context.Context) error {
				<-ctx.Done()
				ends = append(ends, end{what, time.Since(began), ctx.Err()})
				return ctx.Err()
			}
			holdfast.AfterResponse(ctx, func(own context.Context, _ error) { _ = wait("last after", own) })
			holdfast.AfterResponse(ctx, func(own context.Context, _ error) { after = own; _ = wait("first after", own) })
			holdfast.Defer(ctx, func(own context.Context, _ error) error { return wait("last deferred", own) })
			holdfast.Defer(ctx, func(own context.Context, _ error) error {
				deferred = own
				time.Sleep(10 * time.Second) //nolint:forbidigo // inside testing/synctest
				return wait("first deferred", own)
			})
			time.Sleep(5 * time.Second) //nolint:forbidigo // inside testing/synctest
			return "", nil
		}, holdfast.Timeout(6*time.Second))
		if w := send(app, "/", ""); w.Code != http.StatusServiceUnavailable {
			t.Errorf("GET / = %d, want 503: what was deferred ran out of time", w.Code)
		}
		want := []end{
			{"first deferred", 35 * time.Second, context.DeadlineExceeded},
			{"last deferred", 35 * time.Second, context.DeadlineExceeded},
			{"first after", 65 * time.Second, context.DeadlineExceeded},
			{"last after", 65 * time.Second, context.DeadlineExceeded},
		}
		if len(ends) != len(want) {
			t.Fatalf("ends are %v, want %v", ends, want)
		}
		for i := range want {
			if ends[i] != want[i] {
				t.Errorf("end %d is %v, want %v", i, ends[i], want[i])
			}
		}
		if deferred.Err() == nil || after.Err() == nil {
			t.Error("the contexts outlive what they are for")
		}
	})
}

// TestAContextOfACleanupEndsWithThem, so that what a cleanup leaves behind does
// not stay for 30 seconds.
func TestAContextOfACleanupEndsWithThem(t *testing.T) {
	t.Parallel()
	var deferred, after context.Context
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.Defer(ctx, func(own context.Context, _ error) error { deferred = own; return nil })
		holdfast.AfterResponse(ctx, func(own context.Context, _ error) {
			after = own
			if !errors.Is(deferred.Err(), context.Canceled) {
				t.Errorf("the context of what was deferred before = %v, want that it was canceled", deferred.Err())
			}
		})
		return "", nil
	})
	send(app, "/", "")
	if !errors.Is(after.Err(), context.Canceled) {
		t.Errorf("the context of what came after the response = %v, want that it was canceled", after.Err())
	}
}

// TestACleanupMayRegisterOthers with the context that it is given.
func TestACleanupMayRegisterOthers(t *testing.T) {
	t.Parallel()
	var tr trace
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.Defer(ctx, func(ctx context.Context, _ error) error {
			tr.add("first")
			holdfast.ResponseHeader(ctx).Set("X-Cleanup", "ran")
			holdfast.Defer(ctx, func(context.Context, error) error { tr.add("second"); return nil })
			holdfast.AfterResponse(ctx, func(ctx context.Context, _ error) {
				tr.add("third")
				holdfast.AfterResponse(ctx, func(context.Context, error) { tr.add("fourth") })
			})
			return nil
		})
		return "", nil
	})
	if w := send(app, "/", ""); w.Header().Get("X-Cleanup") != "ran" {
		t.Errorf("GET / has the header %q, want what the cleanup set", w.Header().Get("X-Cleanup"))
	}
	tr.want(t, "first second third fourth")
}

// TestWhatLastsEndsWithAContext of its own.
func TestWhatLastsEndsWithAContext(t *testing.T) {
	t.Parallel()
	var own, failed context.Context
	fail := errors.New("no database")
	pool := holdfast.Lifetime(func(ctx context.Context) (int, error) {
		holdfast.Defer(ctx, func(ctx context.Context, err error) error {
			if err != nil {
				failed = ctx
			} else {
				own = ctx
			}
			if _, ok := ctx.Deadline(); !ok || ctx.Err() != nil {
				t.Errorf("the context has ended (%v), or never does", ctx.Err())
			}
			return nil
		})
		return 1, fail
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(pool), shown[int])
	ctx, cancel := context.WithCancel(t.Context())
	if err := app.Start(ctx); !errors.Is(err, fail) || failed == nil {
		t.Errorf("Start() = %v, cleaned up with %v, want the error and a context", err, failed)
	}
	fail = nil
	if err := app.Start(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := app.Close(); err != nil || own == nil || own.Err() == nil {
		t.Errorf("Close() = %v with %v, want nil and a context that has ended by now", err, own)
	}
}

// database is a database/sql driver that counts commits.
type database struct{ commits, rollbacks atomic.Int64 }

func (d *database) Connect(context.Context) (driver.Conn, error) { return d, nil }
func (d *database) Driver() driver.Driver                        { return nil }
func (d *database) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("none") }
func (d *database) Close() error                                 { return nil }
func (d *database) Begin() (driver.Tx, error)                    { return d, nil }
func (d *database) Commit() error                                { d.commits.Add(1); return nil }
func (d *database) Rollback() error                              { d.rollbacks.Add(1); return nil }

// TestATransactionAndTheCaller is what the documentation of Defer says of
// database/sql.
func TestATransactionAndTheCaller(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		begin   func(context.Context) context.Context
		commits int64
	}{
		"begun with the request's context":       {func(ctx context.Context) context.Context { return ctx }, 0},
		"begun with one that is never cancelled": {context.WithoutCancel, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d database
			db := sql.OpenDB(&d)
			tx := holdfast.Depends0(func(ctx context.Context) (*sql.Tx, error) {
				tx, err := db.BeginTx(test.begin(ctx), nil)
				if err != nil {
					return nil, err
				}
				holdfast.Defer(ctx, func(_ context.Context, err error) error {
					if err != nil {
						return tx.Rollback()
					}
					return tx.Commit()
				})
				return tx, nil
			})
			app := quiet()
			ctx, hangUp := context.WithCancel(t.Context())
			app.Handle("GET /", holdfast.To1(holdfast.Public(), tx, func(context.Context, holdfast.Anyone, *sql.Tx, holdfast.NoInput) (string, error) {
				hangUp()
				return "saved", nil
			}))
			w := httptest.NewRecorder()
			app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if d.commits.Load() != test.commits || (w.Code == http.StatusOK) != (test.commits == 1) {
				t.Errorf("GET / = %d with %d commits, want %d, and no success without", w.Code, d.commits.Load(), test.commits)
			}
		})
	}
}
