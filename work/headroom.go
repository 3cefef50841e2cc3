package work

import "github.com/holdfast-go/holdfast/internal/threads"

// Headroom lets lanes work at low priority, and keeps processors free for the
// rest of the program meanwhile. A lane whose Config has one runs its functions
// on operating system threads of the lowest priority, and while any of them
// runs, GOMAXPROCS is raised by the number of the lane's threads.
//
// The two belong together. A thread occupies one of the GOMAXPROCS processors
// of Go's scheduler for as long as it computes, even while the system keeps it
// waiting in favour of others: with as many busy threads as GOMAXPROCS, no
// other goroutine would run. Raising GOMAXPROCS for good costs a calm server a
// fifth more time for each request; raising it while it is needed costs nothing
// that can be measured.
//
// A Headroom also makes the heap count for at least 32 MiB to the garbage
// collector while functions run and for a minute after the last, because it would
// otherwise run for every few MiB that a flood of requests allocates: see
// docs/decisions/0032. The heap may take some 60 MiB more meanwhile, which the
// system gets back after that minute.
//
// GOMAXPROCS belongs to the whole program. So a library never makes a Headroom:
// main makes one with [NewHeadroom], gives it to all lanes, and closes it after
// them. Its methods are safe for concurrent use.
type Headroom struct{ inner *threads.Headroom }

// NewHeadroom makes a Headroom; GOMAXPROCS does not change yet. What it is
// restored to later is the environment's GOMAXPROCS where the operator has set
// it, and otherwise what the runtime finds right for the machine or container
// at that time.
func NewHeadroom() *Headroom { return &Headroom{threads.NewHeadroom()} }

// Close restores GOMAXPROCS at once. Close the lanes first.
func (h *Headroom) Close() { h.inner.Close() }
