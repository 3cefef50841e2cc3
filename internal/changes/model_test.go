package changes_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/changes"
)

// history is a store with values under keys, a log that tells when one changes,
// and a process that remembers some of them.
type history struct {
	*listener
	truth    map[string]int
	unheard  map[string]bool // changed since the log was read, without a word
	pending  []write         // transactions that run
	loading  []load          // what is being read from the store
	kept     map[string]load
	lastRead time.Time
}

type write struct {
	number int64
	key    string
}

type load struct {
	key   string
	since uint64
	value int
}

// current asks for the version and notes whether the log was read.
func (h *history) current(t *rapid.T) (version uint64, ok bool) {
	before := h.log.reads.Load()
	version, ok = h.Current(h.t.Context(), h.clock.now)
	if h.log.reads.Load() > before {
		if !ok {
			h.log.away = nil // it comes back sooner or later
			return version, ok
		}
		h.lastRead = h.clock.now
		clear(h.unheard)
	}
	if age := h.clock.now.Sub(h.lastRead); ok && (age < 0 || age >= changes.Fresh) {
		t.Fatalf("what was read %v ago is relied on", age)
	}
	return version, ok
}

func (h *history) begin(t *rapid.T) {
	h.pending = append(h.pending, write{h.log.begin(), h.key(t)})
}

// end commits or rolls back any of the transactions that run.
func (h *history) end(t *rapid.T) {
	if len(h.pending) == 0 {
		t.Skip("no transaction runs")
	}
	i := rapid.IntRange(0, len(h.pending)-1).Draw(t, "which")
	w := h.pending[i]
	h.pending = append(h.pending[:i], h.pending[i+1:]...)
	if rapid.IntRange(0, 3).Draw(t, "rolled back if 0") == 0 {
		h.log.end(w.number)
		return
	}
	h.truth[w.key]++
	h.log.end(w.number, changes.Change{Kind: changes.User, Key: w.key})
	if rapid.Bool().Draw(t, "told") {
		h.log.generation.Add(1)
	} else {
		h.unheard[w.key] = true
	}
}

func (h *history) key(t *rapid.T) string {
	return fmt.Sprint("key ", rapid.IntRange(0, 4).Draw(t, "key"))
}

// startLoading reads a value from the store, and keep keeps it later.
func (h *history) startLoading(t *rapid.T) {
	key := h.key(t)
	if version, ok := h.current(t); ok {
		h.loading = append(h.loading, load{key: key, since: version, value: -1})
	}
}

func (h *history) loaded(*rapid.T) {
	for i := range h.loading {
		if h.loading[i].value < 0 {
			h.loading[i].value = h.truth[h.loading[i].key]
			return
		}
	}
}

func (h *history) keep(*rapid.T) {
	if len(h.loading) > 0 && h.loading[0].value >= 0 {
		h.kept[h.loading[0].key], h.loading = h.loading[0], h.loading[1:]
	}
}

// check compares what is remembered with the truth.
func (h *history) check(t *rapid.T) {
	key := h.key(t)
	version, ok := h.current(t)
	kept, there := h.kept[key]
	if !ok || !there || h.Touched(kept.since, changes.User, key) {
		return
	}
	if kept.value != h.truth[key] && !h.unheard[key] {
		t.Fatalf("%s is remembered as %d, of version %d, and is %d; now is version %d", key, kept.value, kept.since, h.truth[key], version)
	}
}

// Whatever happens in whichever order, what is remembered is the truth, or was it
// less than a second ago. Transactions overlap and commit in any order, words are
// lost, the log is pruned and goes away, and the clock jumps.
func TestNothingIsMissed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{
			listener: listen(t), lastRead: day, truth: map[string]int{}, unheard: map[string]bool{}, kept: map[string]load{},
		}
		h.log.lag = int64(rapid.IntRange(0, 3).Draw(rt, "lag"))
		rt.Repeat(map[string]func(*rapid.T){
			"begin": h.begin, "end": h.end, "end another": h.end,
			"startLoading": h.startLoading, "loaded": h.loaded, "keep": h.keep,
			"":      h.check,
			"prune": func(t *rapid.T) { h.log.prune(int64(rapid.IntRange(0, 5).Draw(t, "keep"))) },
			"away":  func(*rapid.T) { h.log.away = errAway },
			"clock": func(t *rapid.T) {
				h.clock.now = h.clock.now.Add(time.Duration(rapid.IntRange(-300, 1500).Draw(t, "ms")) * time.Millisecond)
			},
		})
	})
}
