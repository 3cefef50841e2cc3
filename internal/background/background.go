// Package background runs what is left to do after a request: a few at once, with
// a queue that has an end, and waits for it when a program stops.
package background

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
)

// errStopped is why the context of work ends that was not done in time.
var errStopped = errors.New("the application is closed")

// Config says how much is run.
type Config struct {
	AtOnce int // batches that run at once; 64 if zero
	Queue  int // functions that may wait, beside one for each of AtOnce; 1024 if AtOnce is zero

	// Run runs one function; it reports what goes wrong, and must not panic.
	Run func(ctx context.Context, key any, fn func(context.Context) error)
}

// Work is what is left to do. Its methods are safe for concurrent use.
type Work struct {
	config Config
	slots  *bulkhead.Bulkhead
	ended  context.Context //nolint:containedctx // of everything that runs
	end    context.CancelCauseFunc

	mu     sync.Mutex
	known  int // functions that wait for their request or their turn, or run
	going  map[any][]func(context.Context) error
	closed bool
	idle   chan struct{} // closed when nothing is known, if somebody waits
}

// New makes a place for work.
func New(config Config) *Work {
	if config.AtOnce == 0 {
		config.AtOnce, config.Queue = 64, 1024
	}
	w := &Work{config: config, going: map[any][]func(context.Context) error{}}
	w.slots = bulkhead.New(bulkhead.Config{Slots: config.AtOnce, Queue: config.AtOnce + config.Queue})
	w.ended, w.end = context.WithCancelCause(context.Background())
	return w
}

// Add keeps a function for the end of a request, and reports whether it is the
// first. Error: bulkhead.ErrBusy where too much waits already, or ErrClosed.
func (w *Work) Add(request any, fn func(context.Context) error) (first bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return false, bulkhead.ErrClosed
	case w.known >= w.config.AtOnce+w.config.Queue:
		return false, bulkhead.ErrBusy
	}
	w.known++
	w.going[request] = append(w.going[request], fn)
	return len(w.going[request]) == 1, nil
}

// Drop forgets what was added for a request.
func (w *Work) Drop(request any) { w.done(len(w.take(request))) }

// Start runs what was added for a request, one after the other, with a context
// that has the values of ctx and not its end.
func (w *Work) Start(ctx context.Context, request any) {
	list := w.take(request)
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(w.ended, func() { cancel(errStopped) })
	go func() { // Wait and Close wait for it
		defer cancel(nil)
		defer stop()
		left := len(list)
		defer func() { w.done(left) }() // also if a function ends the goroutine
		if err := w.slots.Acquire(ctx); err == nil {
			defer w.slots.Release()
		} // else the program stops: it is told by its context, as those that run are
		for _, fn := range list {
			w.config.Run(ctx, request, fn)
			left--
			w.done(1)
		}
	}()
}

func (w *Work) take(request any) []func(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.going[request]
	delete(w.going, request)
	return list
}

func (w *Work) done(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known -= n; w.known == 0 && w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}

// Stats returns how many batches run, how many functions wait, beside one of each
// that runs, and how many batches may run.
func (w *Work) Stats() (running, waiting, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	running = w.slots.Stats().Held
	return running, max(0, w.known-running), w.config.AtOnce
}

// Wait waits until nothing is left to do. When ctx ends before, what is still
// there is told by the end of its context, and has a second more.
func (w *Work) Wait(ctx context.Context) error {
	if w.quiet(ctx.Done()) {
		return nil
	}
	w.end(errStopped)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if w.quiet(last.Done()) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Errorf("%d background functions have not ended", w.known)
}

// quiet waits until nothing is left to do, and reports false if over ends before.
func (w *Work) quiet(over <-chan struct{}) bool {
	w.mu.Lock()
	if w.known == 0 {
		w.mu.Unlock()
		return true
	}
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	select {
	case <-idle:
		return true
	case <-over:
		return false
	}
}

// Close takes no more, and waits as Wait does.
func (w *Work) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	return w.Wait(ctx)
}
