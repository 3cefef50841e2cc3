// Package work keeps heavy work from freezing everybody else. A [Lane] has a
// few workers and a queue with an end: what does not fit is refused at once,
// so that a flood of expensive requests waits or is turned away while every
// other request goes on.
//
// Go gives every request a goroutine, so waiting costs nothing and needs no
// lane. What burns a processor does: a hundred goroutines that hash passwords
// leave nothing for the request beside them.
package work

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/internal/spans"
	"github.com/holdfast-go/holdfast/internal/threads"
)

// The reasons for which a lane does not run a function. Both have a method
// RetryAfter() time.Duration, by which the root package answers 503 with
// Retry-After when a handler returns them.
var (
	ErrBusy   = bulkhead.ErrBusy   // the queue is full, or MaxWait is over
	ErrClosed = bulkhead.ErrClosed // the lane is closed
)

// Config describes a lane. The zero Config is a lane as wide as the machine.
type Config struct {
	Name    string        // for logs and metrics
	Workers int           // functions at once; DefaultWorkers() if zero
	Queue   int           // callers that may wait; 64 if zero, none if negative
	MaxWait time.Duration // the longest that a caller waits; 10 seconds if zero, without end if negative

	// Headroom makes the functions yield the processor to everything else: they
	// run on threads of the lowest priority. Where the system has no such
	// threads (it is not Linux), and where Headroom is nil, functions run in the
	// goroutine that calls Do: the lane is a bound alone. String says which.
	Headroom *Headroom

	Now func() time.Time // time.Now if nil
}

// DefaultWorkers is how many workers suit this process: GOMAXPROCS, or one
// less where a container's share of the processors is what bounds GOMAXPROCS.
// Who uses up such a share is stopped with everybody else in the container,
// and no priority helps.
func DefaultWorkers() int {
	n := runtime.GOMAXPROCS(0)
	if n > 1 && n < runtime.NumCPU() {
		n--
	}
	return n
}

// Lane runs functions, a bounded number at once. Its methods are safe for
// concurrent use.
type Lane struct {
	config  Config
	slots   *bulkhead.Bulkhead
	release func()        // slots.Release
	threads *threads.Pool // nil: functions run where they are called
	recent  durations
}

// NewLane makes a lane. Close ends it.
func NewLane(config Config) *Lane {
	if config.Workers <= 0 {
		config.Workers = DefaultWorkers()
	}
	if config.Queue == 0 {
		config.Queue = 64
	}
	if config.MaxWait == 0 {
		config.MaxWait = 10 * time.Second
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	l := &Lane{config: config, slots: bulkhead.New(bulkhead.Config{
		Slots: config.Workers, Queue: max(config.Queue, 0), MaxWait: max(config.MaxWait, 0), Now: config.Now,
	})}
	l.release = l.slots.Release
	if config.Headroom != nil {
		pool, err := threads.NewPool(config.Workers, config.Headroom.inner)
		if err == nil { // else the lane is a bound alone, and String says so
			l.threads = pool
		}
	}
	return l
}

// Do waits for its turn, runs fn once and returns what fn returns. Callers are
// served in the order in which they came; those of package account by who they are
// and where they come from. The errors of the lane itself are
// ErrBusy at once when the queue is full or after MaxWait, ErrClosed after
// Close, and ctx's if ctx ends before fn begins; fn has not run then, and
// never will. Once fn runs, Do waits for its end whatever ctx says.
//
// A panic of fn comes back as a panic of Do, with a [*Panic]; a fn that calls
// runtime.Goexit ends the caller's goroutine. Neither costs the lane a worker.
func (l *Lane) Do(ctx context.Context, fn func() error) error {
	if _, span := spans.Begin(ctx, spans.Lane, l.config.Name); span.Traced() {
		return l.traced(ctx, span, fn)
	}
	return l.do(ctx, fn)
}

// traced is do for who wants to know how long it took, and how much of that was the
// wait.
func (l *Lane) traced(ctx context.Context, span spans.Span, fn func() error) (err error) {
	reason := "panic"
	defer func() { span.End(reason) }()
	began := l.config.Now()
	err = l.do(ctx, func() error {
		span.Set("holdfast.lane.wait", l.config.Now().Sub(began).String())
		return fn()
	})
	if reason = ""; err != nil {
		reason = err.Error()
	}
	return err
}

func (l *Lane) do(ctx context.Context, fn func() error) error {
	if err := l.slots.Acquire(ctx); err != nil {
		return err
	}
	if l.threads != nil && l.recent.long() {
		return l.threads.Run(func() error { return l.timed(fn) }, l.release)
	}
	defer l.slots.Release()
	if l.threads != nil {
		return l.timed(fn)
	}
	return run(fn)
}

// timed runs fn and remembers how long it took: that decides where the next
// ones run.
func (l *Lane) timed(fn func() error) error {
	began := l.config.Now()
	err := run(fn)
	l.recent.add(l.config.Now().Sub(began))
	return err
}

// run runs fn in the goroutine that calls.
func run(fn func() error) error {
	defer func() {
		if cause := recover(); cause != nil {
			panic(&Panic{cause, debug.Stack()})
		}
	}()
	return fn()
}

// Panic is what Do panics with when the function panicked: the value, and the
// stack of where it happened.
type Panic struct {
	Value any
	Stack []byte
}

// Error is the value with its stack: the stack of Do does not tell where.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the value if it is an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Close refuses new work, waits for what is queued and running, and ends the
// lane's threads. It may be called more than once.
func (l *Lane) Close() {
	l.slots.Close()
	if l.threads != nil {
		l.threads.Close()
	}
}

// Name returns the lane's name.
func (l *Lane) Name() string { return l.config.Name }

// String describes the lane in a line, for the log.
func (l *Lane) String() string {
	how := "where they are called"
	if l.threads != nil {
		how = "on " + l.threads.String()
	}
	return fmt.Sprintf("%s: %d at once %s, %d may wait", l.config.Name, l.config.Workers, how, max(l.config.Queue, 0))
}

// Stats is a lane at one moment.
type Stats struct {
	Name    string
	Workers int
	Running int
	Queued  int
	Done    uint64        // functions that ran
	Refused uint64        // calls that got ErrBusy
	Oldest  time.Duration // how long the one has waited who waits longest

	// Queues are the parts of the queue where callers are of several classes, as those
	// of package account are: the first is served most. Together they are Queued and
	// Refused.
	Queues [3]Queue
}

// Queue is the part of a lane's queue that one class of callers waits in.
type Queue struct {
	Queued  int
	Refused uint64
}

// Stats returns what the lane is doing.
func (l *Lane) Stats() Stats {
	s := l.slots.Stats()
	out := Stats{
		Name: l.config.Name, Workers: l.config.Workers, Running: s.Held, Queued: s.Queued, Done: s.Done, Refused: s.Refused, Oldest: s.Oldest,
	}
	for i := range out.Queues {
		out.Queues[i] = Queue{s.QueuedOf[i], s.RefusedOf[i]}
	}
	return out
}
