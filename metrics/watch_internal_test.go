package metrics

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/holdfast-go/holdfast"
)

// The gauge remembers the worst delay for ten seconds at most, and what passes
// the threshold is in the log.
func TestSchedulingDelay(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	m := New()
	m.Observe("GET /burn")
	done := m.Observe("GET /items/")
	w := &watcher{m: m, log: slog.New(slog.NewTextHandler(&log, nil)), spoke: map[string]time.Time{}, delay: tick, wait: time.Second}
	now := time.Unix(1000, 0)
	for _, step := range []struct {
		after, late time.Duration
		gauge       float64
		lines       int
	}{
		{0, time.Millisecond, 0.001, 0},
		{time.Second, 300 * time.Millisecond, 0.3, 1},
		{time.Second, 200 * time.Millisecond, 0.3, 1},
		{6 * time.Second, 0, 0.3, 1},
		{6 * time.Second, 0, 0, 1},
		{time.Second, 200 * time.Millisecond, 0.2, 2},
	} {
		now = now.Add(step.after)
		w.look(context.Background(), now, step.late)
		if got := testutil.ToFloat64(m.delay); got != step.gauge || strings.Count(log.String(), "\n") != step.lines {
			t.Errorf("at %v: the gauge is %v, want %v; the log has %q", now, got, step.gauge, log.String())
		}
	}
	done(holdfast.Observation{Status: 200})
	if !strings.Contains(log.String(), `delay=300ms routes="GET /burn (1), GET /items/ (1)"`) {
		t.Errorf("the log does not name the routes:\n%s", log.String())
	}
	if got := m.busiest(); got != "GET /burn (1)" {
		t.Errorf("busiest() = %s", got)
	}
}
