package loadgen

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Recorder gathers answers. It is safe for concurrent use.
type Recorder struct {
	mu     sync.Mutex
	took   []time.Duration
	status map[int]int
}

// NewRecorder makes an empty recorder.
func NewRecorder() *Recorder { return &Recorder{status: map[int]int{}} }

func (r *Recorder) add(status int, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, took)
	r.status[status]++
}

// fail counts a request without an answer, unless the measuring is over.
func (r *Recorder) fail(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status[0]++
}

// Summary is what a recorder has gathered.
type Summary struct {
	Count  int           // answers
	P50    time.Duration // half of the answers took as long or less
	P99    time.Duration
	Max    time.Duration
	Status map[int]int // how many of each; 0 for no answer
}

// Summary sums up, also while more is gathered.
func (r *Recorder) Summary() Summary {
	r.mu.Lock()
	took := slices.Clone(r.took)
	status := make(map[int]int, len(r.status))
	for code, n := range r.status {
		status[code] = n
	}
	r.mu.Unlock()
	slices.Sort(took)
	return Summary{len(took), quantile(took, 50), quantile(took, 99), quantile(took, 100), status}
}

// quantile is the smallest value that percent of the sorted values do not
// exceed.
func quantile(sorted []time.Duration, percent int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}
