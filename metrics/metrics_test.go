package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// scrape returns the lines that are ours, each number beside its name.
func scrape(m *metrics.Metrics) map[string]string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	out := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if i := strings.LastIndex(line, " "); i > 0 && line[0] != '#' {
			out[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return out
}

func want(t *testing.T, m *metrics.Metrics, lines map[string]string) {
	t.Helper()
	got := scrape(m)
	for name, value := range lines {
		if got[name] != value {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Observe: m.Observe})
	holdfast.Get(app, "/items/{id}", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		want(t, m, map[string]string{`holdfast_requests_in_flight{route="GET /items/{id}"}`: "1"})
		return "", nil
	})
	holdfast.Get(app, "/busy", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
		return "", work.ErrBusy
	})
	for _, path := range []string{"/items/1", "/items/2", "/busy", "/nowhere", "/<script>"} {
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	want(t, m, map[string]string{
		`holdfast_requests_total{route="GET /items/{id}",status="200"}`: "2",
		`holdfast_requests_in_flight{route="GET /items/{id}"}`:          "0",
		`holdfast_request_seconds_count{route="GET /items/{id}"}`:       "2",
		`holdfast_requests_total{route="GET /busy",status="503"}`:       "1",
		`holdfast_refusals_total{reason="busy",route="GET /busy"}`:      "1",
		`holdfast_requests_total{route="no route",status="404"}`:        "2",
		`holdfast_refusals_total{reason="no route",route="no route"}`:   "2",
	})
}

func TestLanesAreMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New()
		lane := work.NewLane(work.Config{Name: "hash", Workers: 1, Queue: 1})
		m.Lane(lane)
		release := make(chan struct{})
		var wg sync.WaitGroup
		for range 3 { // one runs, one waits, one is refused
			wg.Go(func() { _ = lane.Do(t.Context(), func() error { <-release; return nil }) })
		}
		synctest.Wait()
		<-time.After(2 * time.Second)
		want(t, m, map[string]string{
			`holdfast_lane_workers{lane="hash"}`:       "1",
			`holdfast_lane_running{lane="hash"}`:       "1",
			`holdfast_lane_queued{lane="hash"}`:        "1",
			`holdfast_lane_wait_seconds{lane="hash"}`:  "2",
			`holdfast_lane_done_total{lane="hash"}`:    "0",
			`holdfast_lane_refused_total{lane="hash"}`: "1",
		})
		close(release)
		wg.Wait()
		want(t, m, map[string]string{`holdfast_lane_queued{lane="hash"}`: "0", `holdfast_lane_done_total{lane="hash"}`: "2"})
	})
}

// heard is a hearer's word.
type heard account.ChangeStats

func (h *heard) ChangeStats() account.ChangeStats { return account.ChangeStats(*h) }

func TestWhatIsHeardIsMeasured(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	callers := &heard{Reads: 7, Failed: 2, Changes: 5, Emptied: 1, Deaf: true}
	m.Changes("callers", &heard{})
	m.Changes("callers", callers) // in its place
	m.Changes("keys", &heard{Reads: 1})
	want(t, m, map[string]string{
		`holdfast_changes_deaf{of="callers"}`:               "1",
		`holdfast_changes_reads_total{of="callers"}`:        "7",
		`holdfast_changes_reads_failed_total{of="callers"}`: "2",
		`holdfast_changes_heard_total{of="callers"}`:        "5",
		`holdfast_changes_emptied_total{of="callers"}`:      "1",
		`holdfast_changes_deaf{of="keys"}`:                  "0",
		`holdfast_changes_reads_total{of="keys"}`:           "1",
	})
	callers.Deaf = false
	want(t, m, map[string]string{`holdfast_changes_deaf{of="callers"}`: "0"})
}

func TestHashesAndLoginsAreCounted(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	c, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Passwords(c)
	hash, err := p.Hash(t.Context(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := p.VerifyAndUpdate(t.Context(), "secret", hash); !ok || err != nil {
		t.Errorf("VerifyAndUpdate = %v, %v", ok, err)
	}
	if err := p.DummyVerifyLike(t.Context(), "secret", ""); err != nil {
		t.Error(err)
	}
	for _, err := range []error{
		nil, account.ErrBadLogin, account.ErrBadLogin, fmt.Errorf("hash: %w", work.ErrBusy), context.Canceled, errors.New("disk"),
	} {
		m.Login(err)
	}
	want(t, m, map[string]string{
		`holdfast_hash_seconds_count{operation="hash"}`:   "1",
		`holdfast_hash_seconds_count{operation="verify"}`: "2",
		`holdfast_logins_total{result="ok"}`:              "1",
		`holdfast_logins_total{result="refused"}`:         "2",
		`holdfast_logins_total{result="busy"}`:            "1",
		`holdfast_logins_total{result="left"}`:            "1",
		`holdfast_logins_total{result="failed"}`:          "1",
	})
}

// A lane whose callers wait long is named in the log with the route that they
// came by, once in a while and not ten times a second.
func TestAFreezeIsNoticed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := metrics.New()
		var log bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		lane := work.NewLane(work.Config{Name: "hash", Workers: 1, MaxWait: time.Hour})
		m.Lane(lane)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			m.Watch(ctx, metrics.WatchConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		}()
		app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Observe: m.Observe})
		holdfast.Post(app, "/token", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			return "", lane.Do(ctx, func() error { <-time.After(15 * time.Second); return nil })
		})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/token", nil)) })
		}
		wg.Wait()
		stop()
		<-watched
		text := log.String()
		if n := strings.Count(text, "\n"); n != 2 || !strings.Contains(text, `lane=hash waited=1s queued=1 running=1 refused=0 routes="POST /token (2)"`) {
			t.Errorf("in 15 seconds of waiting the log has %d lines, want 2 that name the lane and the route:\n%s", n, text)
		}
		if got := scrape(m)["holdfast_scheduling_delay_seconds"]; got != "0" {
			t.Errorf("the scheduling delay is %s, want 0 by a clock that is never late", got)
		}
	})
}

func TestBoundsAreMeasured(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", Gauge: m.Gauge})
	connect := func(context.Context) (int, error) { return 1, nil }
	for _, path := range []string{"/a", "/b"} {
		conn := holdfast.Depends0(connect).AtMost(holdfast.AtOnce{Requests: 4, Queue: 2})
		holdfast.Get(app, path, holdfast.Security(conn), func(context.Context, int, holdfast.NoInput) (string, error) {
			if path == "/a" {
				want(t, m, map[string]string{
					`holdfast_bound_running{bound="func literal"}`:   "1",
					`holdfast_bound_running{bound="func literal-2"}`: "0",
					`holdfast_bound_most{bound="func literal"}`:      "4",
					`holdfast_bound_queued{bound="func literal"}`:    "0",
				})
			}
			return "", nil
		})
	}
	for _, path := range []string{"/a", "/b"} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("GET %s = %d %s", path, w.Code, w.Body)
		}
	}
	want(t, m, map[string]string{`holdfast_bound_running{bound="func literal"}`: "0"})
}
