package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// DatabaseStats is how a store uses the connections to its database.
type DatabaseStats struct {
	MaxConns  int           // there may be
	Conns     int           // there are
	Busy      int           // of them are in use
	Waits     uint64        // for a connection, so far
	Waited    time.Duration // in all of them together
	Retried   uint64        // transactions that others got in the way of, so far
	Pooled    bool          // somebody pools connections between here and the database
	Listening bool          // what other processes change is told, and need not be asked for
}

// Database adds what a function says of the connections to a database, such as
// postgres.Store.Stats. It is called at each scrape.
func (m *Metrics) Database(stats func() DatabaseStats) {
	m.databases.mu.Lock()
	defer m.databases.mu.Unlock()
	m.databases.stats = stats
}

// databases tells of the database, if there is one to tell of.
type databases struct {
	mu    sync.Mutex
	stats func() DatabaseStats
}

func described(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_database_"+name, help, nil, nil)
}

var (
	databaseMax       = described("connections_max", "Connections to the database that there may be.")
	databaseConns     = described("connections", "Connections to the database.")
	databaseBusy      = described("connections_busy", "Connections to the database that are in use.")
	databaseWaits     = described("waits_total", "How often a connection to the database had to be waited for.")
	databaseWaited    = described("wait_seconds_total", "How long connections to the database were waited for, all together.")
	databaseRetried   = described("retries_total", "Transactions that were run again because others got in their way.")
	databasePooled    = described("pooled", "1 if somebody pools connections between here and the database.")
	databaseListening = described("listening", "1 if the database tells what other processes change, 0 if it has to be asked.")
)

// Describe is for prometheus.Collector.
func (*databases) Describe(out chan<- *prometheus.Desc) {
	for _, one := range []*prometheus.Desc{databaseMax, databaseConns, databaseBusy, databaseWaits, databaseWaited, databaseRetried, databasePooled, databaseListening} {
		out <- one
	}
}

// Collect is for prometheus.Collector.
func (d *databases) Collect(out chan<- prometheus.Metric) {
	d.mu.Lock()
	stats := d.stats
	d.mu.Unlock()
	if stats == nil {
		return
	}
	s := stats()
	gauge := func(of *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(of, prometheus.GaugeValue, value)
	}
	count := func(of *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(of, prometheus.CounterValue, value)
	}
	gauge(databaseMax, float64(s.MaxConns))
	gauge(databaseConns, float64(s.Conns))
	gauge(databaseBusy, float64(s.Busy))
	count(databaseWaits, float64(s.Waits))
	count(databaseWaited, s.Waited.Seconds())
	count(databaseRetried, float64(s.Retried))
	gauge(databasePooled, oneIf(s.Pooled))
	gauge(databaseListening, oneIf(s.Listening))
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
