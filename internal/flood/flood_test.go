package flood_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/flood"
	"github.com/holdfast-go/holdfast/internal/loadgen"
)

// fake is a server of this process that counts.
type fake struct {
	logins, calls, closed atomic.Int64
	status                int // of the protected route
}

func (f *fake) start(context.Context) (*flood.Server, error) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			f.logins.Add(1)
			return
		}
		f.calls.Add(1)
		w.WriteHeader(f.status)
	}))
	login, err1 := loadgen.NewTarget("POST", server.URL+"/token", loadgen.Form, "a=b")
	me, err2 := loadgen.NewTarget("GET", server.URL+"/users/me", "", "")
	return &flood.Server{Login: login, Me: me, Close: func() { f.closed.Add(1); server.Close() }}, errors.Join(err1, err2)
}

func config(progress *strings.Builder, lanes, unbounded flood.Start) flood.Config {
	return flood.Config{
		Lanes: lanes, Unbounded: unbounded, Command: "make compare", Progress: progress,
		Phase: 100 * time.Millisecond, Warm: 10 * time.Millisecond, Conns: 2, Rate: 100,
	}
}

func TestOneServerIsMeasuredAlone(t *testing.T) {
	t.Parallel()
	server := &fake{status: http.StatusOK}
	var progress, table strings.Builder
	r, err := flood.Run(t.Context(), config(&progress, server.start, nil))
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Lanes; row.Hashing != "in lanes" || row.AloneP99 <= 0 || row.FloodP99 <= 0 || row.Ratio <= 0 || row.Logins <= 0 || row.Failed != 0 {
		t.Errorf("the row is %+v", row)
	}
	if server.calls.Load() < 4 || server.logins.Load() < 1 || server.closed.Load() != 1 {
		t.Errorf("the server was asked %d times, %d signed in, and it was closed %d times", server.calls.Load(), server.logins.Load(), server.closed.Load())
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"not_compared":"This program always bounds hashing.`) || strings.Contains(string(text), "unbounded\"") || strings.Contains(string(text), "times_calmer") {
		t.Errorf("JSON = %s, %v", text, err)
	}
	if err := r.WriteTable(&table); err != nil || !strings.Contains(table.String(), "run in a checkout of the source:\n  make compare\n") || strings.Contains(table.String(), "With lanes") {
		t.Errorf("WriteTable = %v\n%s", err, table.String())
	}
	for _, want := range []string{"GET /users/me 100 times a second, alone and beside 2 connections", "in lanes, alone ", "in lanes, under flood ", "logins/s "} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("the progress has no %q:\n%s", want, progress.String())
		}
	}
}

func TestTwoServersAreCompared(t *testing.T) {
	t.Parallel()
	lanes, unbounded := &fake{status: http.StatusOK}, &fake{status: http.StatusOK}
	var progress, table strings.Builder
	r, err := flood.Run(t.Context(), config(&progress, lanes.start, unbounded.start))
	if err != nil || r.Comparison == nil || r.Unbounded.Hashing != "unbounded" || r.Lanes.Hashing != "in lanes" || r.NotCompared != "" {
		t.Fatalf("Run = %+v, %v", r, err)
	}
	if want := r.Unbounded.FloodP99 / r.Lanes.FloodP99; r.Calmer != want {
		t.Errorf("times calmer %v, want %v", r.Calmer, want)
	}
	if want := r.Lanes.Logins / r.Unbounded.Logins; r.Kept != want {
		t.Errorf("logins kept %v, want %v", r.Kept, want)
	}
	if err := r.WriteTable(&table); err != nil || strings.Count(table.String(), "\n") != 5 || !strings.Contains(table.String(), "With lanes a request beside the flood waits") {
		t.Errorf("WriteTable = %v\n%s", err, table.String())
	}
	if lanes.closed.Load() != 1 || unbounded.closed.Load() != 1 {
		t.Error("a server still runs")
	}
}

// Answers that are none of those asked for are failures, not quick successes.
func TestAServerThatRefuses(t *testing.T) {
	t.Parallel()
	server := &fake{status: http.StatusServiceUnavailable}
	r, err := flood.Run(t.Context(), config(new(strings.Builder), server.start, nil))
	if err != nil || r.Lanes.Failed < 2 {
		t.Errorf("Run = %+v, %v, want that every request failed", r, err)
	}
}

// A server that is gone is a number that JSON has.
func TestAServerThatIsGone(t *testing.T) {
	t.Parallel()
	gone := &fake{}
	start := func(ctx context.Context) (*flood.Server, error) {
		server, err := gone.start(ctx)
		server.Close()
		return server, err
	}
	r, err := flood.Run(t.Context(), config(new(strings.Builder), start, start))
	if _, bad := json.Marshal(r); err != nil || bad != nil || r.Lanes.Ratio != 0 || r.Calmer != 0 || r.Lanes.Failed == 0 {
		t.Errorf("Run = %+v, %v; in JSON %v", r, err, bad)
	}
}

func TestRunEndsEarly(t *testing.T) {
	t.Parallel()
	failed := errors.New("no port is free")
	broken := func(context.Context) (*flood.Server, error) { return nil, failed }
	good := &fake{status: http.StatusOK}
	var progress strings.Builder
	if _, err := flood.Run(t.Context(), config(&progress, broken, good.start)); !errors.Is(err, failed) || good.closed.Load() != 1 {
		t.Errorf("Run with a second server that does not start = %v, %d closed", err, good.closed.Load())
	}
	over, cancel := context.WithCancel(t.Context())
	server := &fake{status: http.StatusOK}
	long := config(&progress, func(ctx context.Context) (*flood.Server, error) { cancel(); return server.start(ctx) }, nil)
	long.Phase = time.Hour
	if _, err := flood.Run(over, long); !errors.Is(err, context.Canceled) || server.closed.Load() != 1 {
		t.Errorf("Run when it is over = %v, %d closed", err, server.closed.Load())
	}
	for name, spoil := range map[string]func(*flood.Config){
		"no time":        func(c *flood.Config) { c.Phase = 0 },
		"no connections": func(c *flood.Config) { c.Conns = 0 },
		"no requests":    func(c *flood.Config) { c.Rate = -1 },
	} {
		c := config(&progress, broken, nil)
		spoil(&c)
		if _, err := flood.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "must be more than 0") {
			t.Errorf("%s: Run = %v", name, err)
		}
	}
}
