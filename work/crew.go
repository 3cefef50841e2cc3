package work

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A switch to another thread and back takes some 30 µs. Work that is shorter
// than shortWork gains nothing by it: it would have run without anybody's
// noticing. So a crew steps back when longMemory calls in a row were short,
// and the first that is not calls it again.
const (
	shortWork  = 200 * time.Microsecond
	longMemory = 16
)

// crew runs a lane's functions on threads of low priority: as many threads as
// the lane has slots, so that whoever holds a slot finds a thread.
type crew struct {
	todo    chan *task
	workers sync.WaitGroup
	close   func()
	now     func() time.Time

	shortInARow atomic.Int64

	room   *Headroom
	size   int
	mu     sync.Mutex
	aboard int // functions on threads, or about to be
}

// task is one function on its way through a thread.
type task struct {
	fn       func() error
	release  func()
	done     chan struct{}
	err      error
	panicked *Panic
	returned bool // false with no panic: fn called runtime.Goexit
}

// newCrew starts the threads, or returns nil where they cannot have low
// priority.
func newCrew(config Config) *crew {
	c := &crew{todo: make(chan *task, config.Workers), now: config.Now, room: config.Headroom, size: config.Workers}
	c.close = sync.OnceFunc(func() { close(c.todo); c.workers.Wait() })
	low := make(chan bool, config.Workers)
	for range config.Workers {
		c.workers.Go(func() { c.work(low) })
	}
	for range config.Workers {
		if !<-low {
			c.close()
			return nil
		}
	}
	return c
}

// work is a thread's life. The goroutine is never unlocked from the thread:
// the thread ends with it, and so its priority is passed on to nobody.
func (c *crew) work(low chan<- bool) {
	runtime.LockOSThread()
	if onMainThread() {
		c.elsewhere(low)
		return
	}
	low <- lowerPriority() == nil
	drained := false
	defer func() {
		if !drained { // a function called Goexit, which ends this thread
			c.workers.Go(func() { c.work(make(chan bool, 1)) })
		}
	}()
	for t := range c.todo {
		c.do(t)
	}
	drained = true
}

// elsewhere moves a thread's life to another one: the process's main thread
// does not end with its goroutine, and would keep the priority for good.
func (c *crew) elsewhere(low chan<- bool) {
	taken := make(chan bool, 1)
	c.workers.Go(func() { c.work(taken) })
	low <- <-taken // until then this thread is occupied, so that the other is not this one
	runtime.UnlockOSThread()
}

func (c *crew) do(t *task) {
	defer close(t.done)
	defer t.release()
	defer func() {
		if cause := recover(); cause != nil {
			t.panicked = &Panic{cause, debug.Stack()}
		}
	}()
	began := c.now()
	t.err = t.fn()
	t.returned = true
	c.learn(c.now().Sub(began))
}

// run runs fn on a thread, and ends as fn ended. The thread itself gives the
// slot back, so that the next caller is on the way before this one is awake.
func (c *crew) run(fn func() error, release func()) error {
	c.board(1)
	defer c.board(-1)
	t := &task{fn: fn, release: release, done: make(chan struct{})}
	c.todo <- t // has room for as many as there are slots
	<-t.done
	switch {
	case t.panicked != nil:
		panic(t.panicked)
	case !t.returned:
		runtime.Goexit()
	}
	return t.err
}

// board counts who is aboard. The first makes room for all threads, the last
// gives it back.
func (c *crew) board(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.aboard
	c.aboard += n
	switch {
	case before == 0:
		c.room.enter(c.size)
	case c.aboard == 0:
		c.room.leave(c.size)
	}
}

// wanted reports whether the lane's work is long enough for a thread. Until
// something is known it is.
func (c *crew) wanted() bool { return c.shortInARow.Load() < longMemory }

func (c *crew) learn(took time.Duration) {
	if took > shortWork {
		c.shortInARow.Store(0)
	} else if c.wanted() {
		c.shortInARow.Add(1)
	}
}
