package work

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	// linger is how long GOMAXPROCS stays raised when nobody needs it any
	// more: each change stops the program for some 50 µs.
	linger = time.Second
	// refresh is how often it is set anew while somebody does, so that a
	// container whose share of the machine changes is followed.
	refresh = 30 * time.Second
	// heapFloor is how large the heap counts at least to the collector, which
	// otherwise runs for every few MiB that a flood allocates, at ordinary
	// priority and on the very processors that the room is for. It is address
	// space; nobody writes to it, so it is no memory.
	heapFloor = 32 << 20
)

// Headroom raises GOMAXPROCS for lanes while they have work.
//
// A thread of low priority holds one of Go's processors for as long as it
// computes, also while the system lets it wait for others. With as many of
// them as GOMAXPROCS nobody else would find a processor. Raising GOMAXPROCS
// for good costs a calm server a fifth more time for each request; raising it
// while it is needed costs nothing that can be measured.
//
// It also keeps the garbage collector from running for every few MiB that a
// flood allocates: see docs/decisions/0032.
//
// GOMAXPROCS belongs to the program, so no library makes a Headroom: main does,
// one for all lanes. A Headroom is safe for concurrent use.
type Headroom struct {
	set     func(int) int
	restore func()
	floor   []byte // never touched

	mu     sync.Mutex
	wanted int // processors that are asked for now
	raised int // what GOMAXPROCS is raised by
	timer  *time.Timer
}

// NewHeadroom makes a room; nothing changes yet. What is restored later is what
// the runtime finds right for the machine or container, or the environment's
// GOMAXPROCS where the operator has set it.
func NewHeadroom() *Headroom {
	r := &Headroom{set: runtime.GOMAXPROCS, restore: runtime.SetDefaultGOMAXPROCS, floor: make([]byte, heapFloor)}
	if n, err := strconv.Atoi(os.Getenv("GOMAXPROCS")); err == nil && n > 0 {
		r.restore = func() { runtime.GOMAXPROCS(n) } // the default would forget what the operator chose
	}
	return r
}

// enter asks for n processors more.
func (r *Headroom) enter(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted += n
	if r.wanted > r.raised {
		r.raise()
	}
}

// leave gives n processors back, a little later.
func (r *Headroom) leave(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted -= n
	r.after(linger)
}

func (r *Headroom) raise() {
	base := r.set(0) - r.raised
	r.raised = r.wanted
	r.set(base + r.raised)
	r.after(refresh)
}

func (r *Headroom) after(d time.Duration) {
	if r.timer == nil {
		r.timer = time.AfterFunc(d, r.settle)
		return
	}
	r.timer.Reset(d)
}

// settle gives back what nobody asks for, and looks anew at what the rest
// stands on.
func (r *Headroom) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.raised == 0 {
		return
	}
	r.restore()
	r.raised = 0
	if r.wanted > 0 {
		r.raise()
	}
}

// Close restores GOMAXPROCS at once. Close the lanes first.
func (r *Headroom) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.raised > 0 {
		r.restore()
		r.raised = 0
	}
}
