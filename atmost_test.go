package holdfast_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// crowd counts how many are at something.
type crowd struct{ now, most, all atomic.Int32 }

func (c *crowd) enter() {
	c.all.Add(1)
	for now := c.now.Add(1); ; {
		most := c.most.Load()
		if now <= most || c.most.CompareAndSwap(most, now) {
			return
		}
	}
}

// connection is a dependency that holds something until the end of the request.
func connection(c *crowd) holdfast.Dep[int] {
	return holdfast.Depends0(func(ctx context.Context) (int, error) {
		c.enter()
		holdfast.Defer(ctx, func(_ context.Context, err error) error {
			<-time.After(time.Second) // also the end takes its time
			c.now.Add(-1)
			return err
		})
		return 1, nil
	})
}

// ten sends ten requests at once, to both routes, and counts the answers.
func ten(app http.Handler, paths ...string) map[int]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	out := map[int]int{}
	for i := range 10 {
		all.Go(func() {
			w := httptest.NewRecorder()
			app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, paths[i%len(paths)], nil))
			mu.Lock()
			defer mu.Unlock()
			out[w.Code]++
			if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
				out[0]++
			}
		})
	}
	all.Wait()
	return out
}

// TestADependencyIsBoundedForAllRoutes takes one in the policy of one route and
// in the handler of another.
func TestADependencyIsBoundedForAllRoutes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		queue  int
		status int // of the handlers
		passed int
	}{
		"a queue that is long enough": {8, 200, 10},
		"a queue that is not":         {3, 200, 5},
		"handlers that fail":          {3, 500, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c crowd
				conn := connection(&c).AtMost(holdfast.AtOnce{Requests: 2, Queue: test.queue})
				app := quiet()
				answer := func() (string, error) {
					<-time.After(time.Second)
					if test.status != 200 {
						return "", errors.New("failed")
					}
					return "", nil
				}
				app.Handle("GET /a", holdfast.To1(holdfast.Public(), conn, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return answer() }))
				holdfast.Get(app, "/b", holdfast.Security(conn), func(context.Context, int, holdfast.NoInput) (string, error) { return answer() })
				got := ten(app, "/a", "/b")
				if got[test.status] != test.passed || got[503] != 10-test.passed || got[0] != 0 || c.most.Load() != 2 || c.now.Load() != 0 {
					t.Errorf("answers %v, and at most %d connections at once, want %d times %d, the rest 503 with Retry-After, and 2", got, c.most.Load(), test.passed, test.status)
				}
				if got := ten(app, "/a"); got[test.status] != test.passed {
					t.Errorf("later: %v, want as before", got)
				}
			})
		})
	}
}

// TestABoundThatIsWrittenTwiceIsOne also behind Require and Fresh, and one request
// takes it once.
func TestABoundThatIsWrittenTwiceIsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c crowd
		conn, most := connection(&c), holdfast.AtOnce{Requests: 1, Queue: 20}
		app := quiet()
		slow := func(context.Context, int, int, holdfast.NoInput) (string, error) {
			<-time.After(time.Second)
			return "", nil
		}
		app.Handle("GET /a", holdfast.To1(holdfast.Security(conn.AtMost(most)), conn.AtMost(most), slow))
		app.Handle("GET /b", holdfast.To1(holdfast.Security(conn.AtMost(most)), conn.AtMost(most), slow))
		holdfast.Get(app, "/c", holdfast.Security(conn.Fresh().AtMost(most)), func(context.Context, int, holdfast.NoInput) (string, error) { return "", nil })
		got := ten(app, "/a", "/b", "/c")
		if c.most.Load() != 1 || c.now.Load() != 0 || got[200] == 0 || int(c.all.Load()) != got[200] {
			t.Errorf("answers %v with %d connections, at most %d at once, want one for each and 1", got, c.all.Load(), c.most.Load())
		}
		c = crowd{}
		other := quiet()
		other.Handle("GET /a", holdfast.To1(holdfast.Public(), conn.AtMost(holdfast.AtOnce{Requests: 1, Queue: 20}), func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return "", nil }))
		other.Handle("GET /b", holdfast.To1(holdfast.Public(), conn.AtMost(holdfast.AtOnce{Requests: 2, Queue: 20}), func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return "", nil }))
		if got := ten(other, "/a", "/b"); got[200] != 10 || c.most.Load() != 3 {
			t.Errorf("other numbers: %v, at most %d at once, want 3", got, c.most.Load())
		}
	})
}

// TestTwoBoundsInDifferentOrders wait for each other no longer than the queue's
// end.
func TestTwoBoundsInDifferentOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func() holdfast.Dep[int] {
			return holdfast.Depends0(func(context.Context) (int, error) { <-time.After(time.Second); return 1, nil }).
				AtMost(holdfast.AtOnce{Requests: 1, Queue: 1})
		}
		a, b := slow(), slow()
		app := quiet()
		handler := func(context.Context, holdfast.Anyone, int, int, holdfast.NoInput) (string, error) { return "", nil }
		app.Handle("GET /ab", holdfast.To2(holdfast.Public(), a, b, handler))
		app.Handle("GET /ba", holdfast.To2(holdfast.Public(), b, a, handler))
		began := time.Now()
		var all sync.WaitGroup
		for _, path := range []string{"/ab", "/ba"} {
			all.Go(func() { app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil)) })
		}
		all.Wait()
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("two requests that wait for each other took %v", took)
		}
	})
}

// TestAStreamKeepsItsPlace and takes no other when it is decided again.
func TestAStreamKeepsItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &lenders{callers: map[string]lender{"amy": {name: "amy"}}}
		who := holdfast.Verify(holdfast.HTTPBearer(), h.verify).AtMost(holdfast.AtOnce{Requests: 1})
		app := quiet()
		app.Handle("GET /", holdfast.Raw(holdfast.Security(who), func(_ http.ResponseWriter, r *http.Request, _ lender) error {
			<-r.Context().Done()
			return nil
		}))
		get := func(ctx context.Context) int {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Bearer amy")
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			return w.Code
		}
		ctx, hangUp := context.WithTimeout(t.Context(), time.Minute)
		defer hangUp()
		done := make(chan int)
		go func() { done <- get(ctx) }()
		<-time.After(30 * time.Second)
		if n := h.asked(); n < 30 {
			t.Errorf("verified %d times, want 30 and more", n)
		}
		if status := get(t.Context()); status != http.StatusServiceUnavailable {
			t.Errorf("a second stream = %d, want 503", status)
		}
		if status := <-done; status != http.StatusOK {
			t.Errorf("the first stream = %d, want that it lasted", status)
		}
	})
}

// TestAtMostIsMeasuredAndReplaced in the application itself and in a copy.
func TestAtMostIsMeasuredAndReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c crowd
		reads := map[string]func() (int, int, int){}
		app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", Gauge: func(name string, read func() (running, queued, most int)) {
			if reads[name] != nil {
				t.Errorf("%s is measured twice", name)
			}
			reads[name] = read
		}})
		under := connection(&c)
		conn := under.AtMost(holdfast.AtOnce{Requests: 2, Queue: 3})
		app.Handle("GET /a", holdfast.To1(holdfast.Public(), conn, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return "", nil }))
		app.Handle("GET /b", holdfast.To1(holdfast.Public(), conn, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return "", nil }))
		go ten(app, "/a")
		synctest.Wait()
		read := reads["func literal"]
		if read == nil {
			t.Fatalf("measured %v", reads)
		}
		if running, queued, most := read(); running != 2 || queued != 3 || most != 2 {
			t.Errorf("running %d, queued %d, of %d, want 2, 3 of 2", running, queued, most)
		}
		<-time.After(time.Minute)
		if running, queued, _ := read(); running != 0 || queued != 0 {
			t.Errorf("running %d, queued %d at the end", running, queued)
		}
		instead := holdfasttest.With(app, holdfasttest.ReplaceValue(conn, 7))
		before := c.all.Load()
		if got := ten(instead, "/a"); got[200] != 10 || c.all.Load() != before {
			t.Errorf("with another value: %v, want ten times 200", got)
		}
	})
}

// TestMistakesOfAtMost are found at the start.
func TestMistakesOfAtMost(t *testing.T) {
	t.Parallel()
	one := holdfast.AtOnce{Requests: 1}
	plain := holdfast.Depends0(func(context.Context) (int, error) { return 1, nil })
	for name, test := range map[string]struct {
		dep  holdfast.Dep[int]
		want string
	}{
		"none at once":       {plain.AtMost(holdfast.AtOnce{}), "AtMost wants at least one request at once"},
		"a negative queue":   {plain.AtMost(holdfast.AtOnce{Requests: 1, Queue: -1}), "no negative queue"},
		"what lasts":         {holdfast.Lifetime(func(context.Context) (int, error) { return 1, nil }).AtMost(one), "AtMost bounds a function that each request calls"},
		"parameters":         {holdfast.Params[int]().AtMost(one), "AtMost bounds a function that each request calls"},
		"a bound of a bound": {plain.AtMost(one).AtMost(holdfast.AtOnce{Requests: 2}), "AtMost is said twice"},
		"the same, twice":    {plain.AtMost(one).AtMost(one), "AtMost is said twice"},
		"the zero Dep":       {holdfast.Dep[int]{}.AtMost(one), "zero Dep"},
		"fresh, and a bound": {plain.AtMost(one).Fresh(), ""},
		"a bound, and fresh": {plain.Fresh().AtMost(one), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := quiet()
			app.Handle("GET /", holdfast.To1(holdfast.Public(), test.dep, func(context.Context, holdfast.Anyone, int, holdfast.NoInput) (string, error) { return "", nil }))
			err := app.Err()
			if test.want == "" {
				document, _ := app.OpenAPI()
				if err != nil || !strings.Contains(string(document), `"503"`) {
					t.Errorf("Err() = %v, want nothing, and a 503 in %s", err, document)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "atmost_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
		})
	}
}
