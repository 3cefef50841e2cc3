package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-go/holdfast/account"
)

// Hearer is what is measured of an account.Service and of a keyring.Ring.
type Hearer = interface{ ChangeStats() account.ChangeStats }

// hearers are asked when somebody asks for metrics.
type hearers struct {
	mu sync.Mutex
	by map[string]Hearer
}

// Changes measures what is heard of other processes' changes. Of is what is
// remembered until then, such as "callers", and the label of the metrics; the last
// hearer of a name is the one that is measured.
func (m *Metrics) Changes(of string, h Hearer) {
	m.hearers.mu.Lock()
	defer m.hearers.mu.Unlock()
	if m.hearers.by == nil {
		m.hearers.by = map[string]Hearer{}
	}
	m.hearers.by[of] = h
}

func changesDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_changes_"+name, help, []string{"of"}, nil)
}

var (
	changesDeaf    = changesDesc("deaf", "1 while the log of changes cannot be read, so that every request asks the store.")
	changesReads   = changesDesc("reads_total", "How often the log of changes was read.")
	changesFailed  = changesDesc("reads_failed_total", "How often that failed.")
	changesHeard   = changesDesc("heard_total", "Changes that were heard of.")
	changesEmptied = changesDesc("emptied_total", "How often all that was remembered was taken for changed.")
)

// Describe is for prometheus.Collector.
func (*hearers) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{changesDeaf, changesReads, changesFailed, changesHeard, changesEmptied} {
		out <- desc
	}
}

// Collect is for prometheus.Collector.
func (h *hearers) Collect(out chan<- prometheus.Metric) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for of, one := range h.by {
		s := one.ChangeStats()
		deaf := 0.0
		if s.Deaf {
			deaf = 1
		}
		out <- prometheus.MustNewConstMetric(changesDeaf, prometheus.GaugeValue, deaf, of)
		for desc, value := range map[*prometheus.Desc]uint64{
			changesReads: s.Reads, changesFailed: s.Failed, changesHeard: s.Changes, changesEmptied: s.Emptied,
		} {
			out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), of)
		}
	}
}
