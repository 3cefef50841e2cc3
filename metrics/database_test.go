package metrics_test

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/metrics"
)

func TestTheDatabaseIsMeasured(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	if _, ok := scrape(m)["holdfast_database_connections_max"]; ok {
		t.Error("a program without a database has metrics of one")
	}
	m.Database(func() metrics.DatabaseStats {
		return metrics.DatabaseStats{MaxConns: 10, Conns: 7, Busy: 3, Waits: 5, Waited: 1500 * time.Millisecond, Retried: 2, Listening: true}
	})
	want(t, m, map[string]string{
		"holdfast_database_connections_max":    "10",
		"holdfast_database_connections":        "7",
		"holdfast_database_connections_busy":   "3",
		"holdfast_database_waits_total":        "5",
		"holdfast_database_wait_seconds_total": "1.5",
		"holdfast_database_retries_total":      "2",
		"holdfast_database_pooled":             "0",
		"holdfast_database_listening":          "1",
	})
}
