// Package metrics counts what an application does, for Prometheus, and notices
// when it stands still.
//
//	m := metrics.New()
//	app := holdfast.NewApp(holdfast.Config{…, Observe: m.Observe})
//	m.Lane(lane)
//	go m.Watch(ctx, metrics.WatchConfig{Logger: log})
//	go m.Serve(ctx, listener)
//
// Serve it on an address of its own that the public cannot reach: the
// numbers tell how busy the server is, and who is being refused.
package metrics

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

// Lane is what is measured of a [work.Lane].
type Lane = interface{ Stats() work.Stats }

// Metrics gathers. Its methods are safe for concurrent use. Make one with New.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	refusals *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	hashes   *prometheus.HistogramVec
	logins   *prometheus.CounterVec
	delay    prometheus.Gauge

	routes  sync.Map // string -> *route
	lanes   lanes
	bounds  bounds
	hearers hearers

	databases databases
}

// New makes metrics in a registry of their own, with those of the Go runtime
// and the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "Requests answered, by route and status.", "route", "status"),
		refusals: counter("refusals_total", "Requests refused, by route and reason.", "route", "reason"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "holdfast", Name: "request_seconds", Help: "How long answers take, by route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		hashes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "holdfast", Name: "hash_seconds", Help: "How long a password takes to hash, by what for, without waiting.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"operation"}),
		logins: counter("logins_total", "Sign-ins, by result.", "result"),
		delay: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: "holdfast", Name: "scheduling_delay_seconds",
			Help: "How late a goroutine that was due ran, at worst in the last ten seconds.",
		}),
	}
	m.registry.MustRegister(m.requests, m.refusals, m.seconds, m.hashes, m.logins, m.delay, &m.lanes, &m.bounds, &m.hearers, &m.databases, inFlight{m},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "holdfast", Name: name, Help: help}, labels)
}

// Handler serves GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry}))
	return mux
}

// route is what is known of one route.
type route struct {
	name    string
	running atomic.Int64
	done    func(holdfast.Observation)
}

// answers counts those of a route with one status.
type answers struct {
	prometheus.Counter
	status int
}

// Observe is for [holdfast.Config]'s field of that name.
func (m *Metrics) Observe(name string) func(holdfast.Observation) {
	found, ok := m.routes.Load(name)
	if !ok {
		found, _ = m.routes.LoadOrStore(name, m.newRoute(name))
	}
	r := found.(*route)
	r.running.Add(1)
	return r.done
}

func (m *Metrics) newRoute(name string) *route {
	r := &route{name: cmp.Or(name, "no route")}
	seconds := m.seconds.WithLabelValues(r.name)
	var last atomic.Pointer[answers] // most requests of a route have the same status
	r.done = func(o holdfast.Observation) {
		r.running.Add(-1)
		seconds.Observe(o.Took.Seconds())
		count := last.Load()
		if count == nil || count.status != o.Status {
			count = &answers{m.requests.WithLabelValues(r.name, strconv.Itoa(o.Status)), o.Status}
			last.Store(count)
		}
		count.Inc()
		if o.Refusal != "" {
			m.refusals.WithLabelValues(r.name, o.Refusal).Inc()
		}
	}
	return r
}

// running lists the routes that have requests now, the busiest first.
func (m *Metrics) running() []*route {
	var out []*route
	m.routes.Range(func(_, value any) bool {
		if r := value.(*route); r.running.Load() > 0 {
			out = append(out, r)
		}
		return true
	})
	slices.SortFunc(out, func(a, b *route) int {
		return cmp.Or(cmp.Compare(b.running.Load(), a.running.Load()), strings.Compare(a.name, b.name))
	})
	return out
}

// busiest names the routes that have the most requests now.
func (m *Metrics) busiest() string {
	var words []string
	for i, r := range m.running() {
		if i == 3 {
			break
		}
		words = append(words, fmt.Sprintf("%s (%d)", r.name, r.running.Load()))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

// inFlight tells how many requests each route has now.
type inFlight struct{ *Metrics }

var inFlightDesc = prometheus.NewDesc("holdfast_requests_in_flight", "Requests that have begun and not ended, by route.", []string{"route"}, nil)

// Describe is for prometheus.Collector.
func (inFlight) Describe(out chan<- *prometheus.Desc) { out <- inFlightDesc }

// Collect is for prometheus.Collector.
func (f inFlight) Collect(out chan<- prometheus.Metric) {
	f.routes.Range(func(_, value any) bool {
		r := value.(*route)
		out <- prometheus.MustNewConstMetric(inFlightDesc, prometheus.GaugeValue, float64(r.running.Load()), r.name)
		return true
	})
}
