// Package threads runs functions on operating system threads of the lowest
// priority, so that they take processor time only when nothing else wants it.
//
// A [Pool] has the threads. [Headroom] raises GOMAXPROCS while they are busy,
// because a thread occupies one of the processors of Go's scheduler for as
// long as it computes, even while the system keeps it waiting.
package threads

import (
	"fmt"
	"runtime"
	"sync"
)

// Pool runs functions on threads of low priority. Its methods are safe for
// concurrent use.
type Pool struct {
	queue    chan *task
	workers  sync.WaitGroup // one for each thread
	close    func()
	headroom *Headroom
	size     int

	mu   sync.Mutex
	busy int // functions that run, or are about to
}

// task is one function on its way through a thread.
type task struct {
	fn       func() error
	done     func()
	ended    chan struct{}
	err      error
	panicked any
	returned bool // false with no panic: fn called runtime.Goexit
}

// NewPool starts so many threads, and asks headroom for as many processors
// while any of them is busy. It fails where a thread cannot have a low
// priority: on systems other than Linux.
func NewPool(size int, headroom *Headroom) (*Pool, error) {
	p := &Pool{queue: make(chan *task, size), headroom: headroom, size: size}
	p.close = sync.OnceFunc(func() { close(p.queue); p.workers.Wait() })
	started := make(chan error, size)
	for range size {
		p.workers.Go(func() { p.work(started) })
	}
	for range size {
		if err := <-started; err != nil {
			p.close()
			return nil, fmt.Errorf("lower the priority of a thread: %w", err)
		}
	}
	return p, nil
}

// work is the life of one thread. The goroutine is never unlocked from its
// thread, so the thread ends with the goroutine: Go would otherwise use it,
// with its low priority, for other goroutines.
func (p *Pool) work(started chan<- error) {
	runtime.LockOSThread()
	if onMainThread() {
		p.workOnAnotherThread(started)
		return
	}
	started <- lowerPriority()
	drained := false
	defer func() {
		if !drained { // a function called Goexit, which ends this thread
			p.workers.Go(func() { p.work(make(chan error, 1)) })
		}
	}()
	for t := range p.queue {
		p.do(t)
	}
	drained = true
}

// workOnAnotherThread is work for a goroutine that found itself on the
// process's main thread, which does not end with its goroutine and would keep
// the low priority for good.
func (p *Pool) workOnAnotherThread(started chan<- error) {
	other := make(chan error, 1)
	p.workers.Go(func() { p.work(other) })
	started <- <-other // this thread is occupied until then, so the other goroutine gets a different one
	runtime.UnlockOSThread()
}

// do runs one function. Its deferred calls run for a panic and for Goexit too.
func (p *Pool) do(t *task) {
	defer close(t.ended)
	defer t.done()
	defer func() { t.panicked = recover() }()
	t.err = t.fn()
	t.returned = true
}

// Run runs fn on one of the threads and ends as fn ended: it returns fn's
// error, panics with the value that fn panicked with, or ends the calling
// goroutine if fn called runtime.Goexit. A call beyond the pool's size waits
// for a thread. Run must not be called after Close.
//
// The thread calls done as soon as fn has ended. The caller of Run wakes up
// some microseconds later, and what done starts need not wait for that.
func (p *Pool) Run(fn func() error, done func()) error {
	p.begin()
	defer p.end()
	t := &task{fn: fn, done: done, ended: make(chan struct{})}
	p.queue <- t
	<-t.ended
	switch {
	case t.panicked != nil:
		panic(t.panicked)
	case !t.returned:
		runtime.Goexit()
	}
	return t.err
}

// begin reserves processors for all threads with the first function.
func (p *Pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy++; p.busy == 1 {
		p.headroom.Reserve(p.size)
	}
}

// end releases the processors with the last function.
func (p *Pool) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy--; p.busy == 0 {
		p.headroom.Release(p.size)
	}
}

// Close waits for the functions that run, and ends the threads. It may be
// called more than once.
func (p *Pool) Close() { p.close() }

// String names the threads, for the log.
func (p *Pool) String() string { return "threads of " + lowPriority }
