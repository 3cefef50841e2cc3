// Package work keeps heavy work from freezing everybody else. A [Lane] has a
// few workers and a queue with an end: what does not fit is refused at once,
// so that a flood of expensive requests waits or is turned away while every
// other request goes on.
package work

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// The reasons for which a lane does not run a function.
var (
	ErrBusy   = errors.New("work: the lane's queue is full")
	ErrClosed = errors.New("work: the lane is closed")
)

// Config describes a lane. The zero Config is a lane as wide as the machine.
type Config struct {
	Name        string           // for logs and metrics
	Workers     int              // functions at once; GOMAXPROCS if zero
	Queue       int              // callers that may wait; 64 if zero
	LowPriority bool             // on Linux, workers yield the processor to everything else
	Now         func() time.Time // time.Now if nil
}

// Lane runs functions on a bounded number of workers. Its methods are safe for
// concurrent use.
type Lane struct {
	config Config
	queue  chan *task

	mu      sync.Mutex
	closed  bool
	waiting map[*task]time.Time
	running int
	done    uint64
	refused uint64
	workers sync.WaitGroup
}

// task is one call of Do. state decides between the worker that takes it and
// the caller that leaves.
type task struct {
	fn       func() error
	finished chan struct{}
	err      error
	panicked *Panic
	taken    bool // guarded by the lane's mu
	gone     bool
}

// Panic is what Do panics with when the function panicked on a worker: the
// value, and the stack of the worker.
type Panic struct {
	Value any
	Stack []byte
}

// NewLane makes a lane and starts its workers. Close ends them.
func NewLane(config Config) *Lane {
	if config.Workers <= 0 {
		config.Workers = runtime.GOMAXPROCS(0)
	}
	if config.Queue <= 0 {
		config.Queue = 64
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	l := &Lane{config: config, queue: make(chan *task, config.Workers+config.Queue), waiting: map[*task]time.Time{}}
	for range config.Workers {
		l.workers.Go(l.work)
	}
	return l
}

// Do waits for a worker, which runs fn, and returns what fn returns. It
// returns ErrBusy at once when the queue is full, ErrClosed after Close, and
// ctx's error if ctx ends while fn waits; fn has not run then, and never will.
// Once fn runs, Do waits for its end whatever ctx says. A panic of fn comes
// back as a panic of Do, with a [*Panic].
func (l *Lane) Do(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &task{fn: fn, finished: make(chan struct{})}
	if err := l.enter(t); err != nil {
		return err
	}
	select {
	case <-t.finished:
	case <-ctx.Done():
		if l.leave(t) {
			return ctx.Err()
		}
		<-t.finished
	}
	if t.panicked != nil {
		panic(t.panicked)
	}
	return t.err
}

// enter takes a place in the queue. Places are counted, not channel slots: a
// caller that left frees its place at once, while its task stays in the
// channel until a worker throws it away.
func (l *Lane) enter(t *task) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if l.running+len(l.waiting) >= l.config.Workers+l.config.Queue {
		l.refused++
		return ErrBusy
	}
	select {
	case l.queue <- t:
	default: // full of tasks whose callers left
		l.refused++
		return ErrBusy
	}
	l.waiting[t] = l.config.Now()
	return nil
}

// leave gives the place back, unless a worker has the task already.
func (l *Lane) leave(t *task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.taken {
		return false
	}
	t.gone = true
	delete(l.waiting, t)
	return true
}

func (l *Lane) work() {
	if l.config.LowPriority {
		lowerPriority()
	}
	for t := range l.queue {
		if !l.take(t) {
			continue
		}
		t.run()
		l.finish()
		close(t.finished)
	}
}

func (l *Lane) take(t *task) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.gone {
		return false
	}
	t.taken = true
	delete(l.waiting, t)
	l.running++
	return true
}

func (l *Lane) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running--
	l.done++
}

func (t *task) run() {
	defer func() {
		if cause := recover(); cause != nil {
			t.panicked = &Panic{cause, debug.Stack()}
		}
	}()
	t.err = t.fn()
}

// Close refuses new work, waits for what is queued and running, and ends the
// workers. It may be called more than once.
func (l *Lane) Close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	l.workers.Wait()
}

// Stats is a lane at one moment.
type Stats struct {
	Name    string
	Workers int
	Running int
	Queued  int
	Done    uint64        // functions that ran
	Refused uint64        // calls that got ErrBusy
	Oldest  time.Duration // how long the first of the queue has waited
}

// Stats returns what the lane is doing.
func (l *Lane) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Stats{Name: l.config.Name, Workers: l.config.Workers, Running: l.running, Queued: len(l.waiting), Done: l.done, Refused: l.refused}
	now := l.config.Now()
	for _, since := range l.waiting {
		s.Oldest = max(s.Oldest, now.Sub(since))
	}
	return s
}
