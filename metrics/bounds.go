package metrics

import (
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// bounds asks each bound when somebody asks for metrics.
type bounds struct {
	mu   sync.Mutex
	all  []bound
	seen map[string]int
}

// bound is something that a few do at once.
type bound struct {
	name string
	read func() (running, queued, most int)
}

// Gauge is for [holdfast.Config]'s field of that name: it adds what an
// application bounds for all of its routes. Bounds of one name are told apart by
// numbers.
func (m *Metrics) Gauge(name string, read func() (running, queued, most int)) {
	b := &m.bounds
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = map[string]int{}
	}
	if b.seen[name]++; b.seen[name] > 1 {
		name = fmt.Sprintf("%s-%d", name, b.seen[name])
	}
	b.all = append(b.all, bound{name, read})
}

func boundDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_bound_"+name, help, []string{"bound"}, nil)
}

var (
	boundRunning = boundDesc("running", "How many are at it now.")
	boundQueued  = boundDesc("queued", "How many wait now.")
	boundMost    = boundDesc("most", "How many may be at it at once.")
)

// Describe is for prometheus.Collector.
func (*bounds) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{boundRunning, boundQueued, boundMost} {
		out <- desc
	}
}

// Collect is for prometheus.Collector.
func (b *bounds) Collect(out chan<- prometheus.Metric) {
	b.mu.Lock()
	all := b.all[:len(b.all):len(b.all)]
	b.mu.Unlock()
	for _, one := range all {
		running, queued, most := one.read()
		for desc, value := range map[*prometheus.Desc]int{boundRunning: running, boundQueued: queued, boundMost: most} {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), one.name)
		}
	}
}
