package metrics

import (
	"fmt"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// lanes asks each lane when somebody asks for metrics.
type lanes struct {
	mu  sync.Mutex
	all []Lane
}

// Lane adds a lane to what is measured and watched.
func (m *Metrics) Lane(l Lane) {
	m.lanes.mu.Lock()
	defer m.lanes.mu.Unlock()
	m.lanes.all = append(m.lanes.all, l)
}

func (l *lanes) list() []Lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

func laneDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_lane_"+name, help, []string{"lane"}, nil)
}

var (
	laneWorkers = laneDesc("workers", "How many functions the lane runs at once.")
	laneRunning = laneDesc("running", "Functions that run now.")
	laneQueued  = laneDesc("queued", "Callers that wait now.")
	laneOldest  = laneDesc("wait_seconds", "How long the caller has waited who waits longest.")
	laneDone    = laneDesc("done_total", "Functions that have run.")
	laneRefused = laneDesc("refused_total", "Callers who found the queue full or waited too long.")

	classQueued  = classDesc("queued", "Callers of a class that wait now.")
	classRefused = classDesc("refused_total", "Callers of a class who found no place or waited too long.")
)

// classes are the names of a lane's parts, as sign-ins use them: who is known at the
// address or by the device, who comes again when they were told to, and strangers.
// Work that brings no class is of the first.
var classes = [...]string{"known", "returning", "stranger"}

func classDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_lane_class_"+name, help, []string{"lane", "class"}, nil)
}

// Describe is for prometheus.Collector.
func (*lanes) Describe(out chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{laneWorkers, laneRunning, laneQueued, laneOldest, laneDone, laneRefused, classQueued, classRefused} {
		out <- desc
	}
}

// Collect is for prometheus.Collector. Lanes of one name are told apart by
// numbers, because two metrics of one name and label would be an error.
func (l *lanes) Collect(out chan<- prometheus.Metric) {
	taken := map[string]int{}
	for _, lane := range l.list() {
		s := lane.Stats()
		if taken[s.Name]++; taken[s.Name] > 1 {
			s.Name = fmt.Sprintf("%s-%d", s.Name, taken[s.Name])
		}
		gauge := func(desc *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, s.Name)
		}
		gauge(laneWorkers, float64(s.Workers))
		gauge(laneRunning, float64(s.Running))
		gauge(laneQueued, float64(s.Queued))
		gauge(laneOldest, s.Oldest.Seconds())
		out <- prometheus.MustNewConstMetric(laneDone, prometheus.CounterValue, float64(s.Done), s.Name)
		out <- prometheus.MustNewConstMetric(laneRefused, prometheus.CounterValue, float64(s.Refused), s.Name)
		for i, queue := range s.Queues {
			out <- prometheus.MustNewConstMetric(classQueued, prometheus.GaugeValue, float64(queue.Queued), s.Name, classes[i])
			out <- prometheus.MustNewConstMetric(classRefused, prometheus.CounterValue, float64(queue.Refused), s.Name, classes[i])
		}
	}
}
