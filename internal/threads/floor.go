package threads

import (
	"runtime/debug"
	"sync"
	"time"
)

// idle is how long after the last release the floor stays. What it costs is not itself:
// the heap grows to twice as much before it is collected.
const idle = time.Minute

// floor is under the heap while work is done, and for a while after. The zero floor
// is none.
type floor struct {
	lay   func() []byte
	clear func() // gives back to the system what is free

	mu     sync.Mutex
	users  int
	laying bool
	laid   []byte
	timer  *time.Timer
}

func newFloor() *floor { return &floor{lay: layFloor, clear: debug.FreeOSMemory} }

// layFloor makes a floor, which is address space and no memory. Where something else
// has been before, Go writes zeros there first, and the system takes those back.
func layFloor() []byte {
	out := make([]byte, heapFloor)
	withoutMemory(out)
	return out
}

// enter wants the floor, which is laid in the background: that may take some
// milliseconds.
func (f *floor) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users++
	if f.timer != nil {
		f.timer.Stop()
	}
	if f.lay != nil && f.laid == nil && !f.laying {
		f.laying = true
		go f.put(f.lay)
	}
}

func (f *floor) put(lay func() []byte) {
	laid := lay()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.laying = false
	if f.lay != nil { // it was not closed meanwhile
		f.laid = laid
	}
	f.settle()
}

// leave is called once for each enter.
func (f *floor) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	f.settle()
}

// settle has the floor go after a while without users.
func (f *floor) settle() {
	switch {
	case f.users > 0 || f.laid == nil:
	case f.timer == nil:
		f.timer = time.AfterFunc(idle, f.remove)
	default:
		f.timer.Reset(idle)
	}
}

// remove takes the floor away, and collects what has gathered above it.
func (f *floor) remove() {
	f.mu.Lock()
	gone := f.users == 0 && f.laid != nil
	if gone {
		f.laid = nil
	}
	f.mu.Unlock()
	if gone {
		f.clear()
	}
}

func (f *floor) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	f.lay, f.laid = nil, nil
}
