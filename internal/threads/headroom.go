package threads

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	// linger is how long GOMAXPROCS stays raised after the last release: each
	// change stops the program for some 50 µs.
	linger = time.Second
	// refresh is how often a raised GOMAXPROCS is computed again, so that a
	// container whose share of the machine changes is followed.
	refresh = 30 * time.Second
)

// Headroom raises GOMAXPROCS while processors are reserved. It is safe for
// concurrent use. There should be one in a program, since there is one
// GOMAXPROCS.
//
// The sum of what is reserved is what GOMAXPROCS is raised by. A raise happens
// at once, and lowering it a second later, when the reservations that are left
// are applied to a base that is computed again:
//
//	Reserve(2)               raised by 2
//	Reserve(3)               raised by 5
//	Release(2)               raised by 5 for a second, then by 3
//	Release(3), Reserve(1)   raised by 3 for a second, then by 1
type Headroom struct {
	set     func(int) int
	restore func()
	floor   []byte // of the heap; never touched

	mu       sync.Mutex
	reserved int // processors
	raised   int // what GOMAXPROCS is raised by
	timer    *time.Timer
}

// NewHeadroom changes nothing yet. What Close restores later is the
// environment's GOMAXPROCS where the operator has set it, and otherwise what
// the runtime finds right for the machine or container at that time.
func NewHeadroom() *Headroom {
	h := &Headroom{set: runtime.GOMAXPROCS, restore: runtime.SetDefaultGOMAXPROCS, floor: make([]byte, heapFloor)}
	if n, err := strconv.Atoi(os.Getenv("GOMAXPROCS")); err == nil && n > 0 {
		h.restore = func() { runtime.GOMAXPROCS(n) } // the runtime's default would forget what the operator chose
	}
	return h
}

// Reserve asks for n more processors.
func (h *Headroom) Reserve(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reserved += n
	if h.reserved > h.raised {
		h.raise()
	}
}

// Release gives back n processors that were reserved.
func (h *Headroom) Release(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reserved -= n
	h.settleAfter(linger)
}

func (h *Headroom) raise() {
	base := h.set(0) - h.raised
	h.raised = h.reserved
	h.set(base + h.raised)
	h.settleAfter(refresh)
}

func (h *Headroom) settleAfter(d time.Duration) {
	if h.timer == nil {
		h.timer = time.AfterFunc(d, h.settle)
		return
	}
	h.timer.Reset(d)
}

// settle gives back what is not reserved any more, and raises the rest above
// what GOMAXPROCS is by default now.
func (h *Headroom) settle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.raised == 0 {
		return
	}
	h.restore()
	h.raised = 0
	if h.reserved > 0 {
		h.raise()
	}
}

// Close restores GOMAXPROCS at once. Close the pools first.
func (h *Headroom) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
	}
	if h.raised > 0 {
		h.restore()
		h.raised = 0
	}
}
