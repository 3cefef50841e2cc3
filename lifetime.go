package holdfast

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// Lifetime makes a dependency that lives as long as the application: a pool of
// connections, a client, a cache. open is called once for each application, by
// [App.Start] or else for the first request that needs it; after an error the
// next request tries again. Its context does not end with a request. Register
// its end with [Defer], which then means the end of the application; [App.Close]
// runs it.
func Lifetime[T any](open func(context.Context) (T, error)) Dep[T] {
	n := newNode[T](lifetimeNode, funcName(open), caller(1))
	n.broken = n.broken || open == nil
	n.open = func(ctx context.Context) (any, error) { return open(ctx) }
	n.run = func(x *exchange, s *step) error {
		value, err := s.life.get(x)
		if err != nil {
			return err
		}
		made, _ := value.(T) // of an interface type, T may be nil
		put(x.frame, s.out, made)
		return nil
	}
	return Dep[T]{n}
}

// Start makes the dependencies that live as long as the application, in the
// order in which routes first need them. Calling it is optional; it moves
// their errors from the first request to the start.
func (a *App) Start(ctx context.Context) error {
	if err := a.Err(); err != nil {
		return err
	}
	for _, one := range a.lifetimes.all() {
		if _, err := one.get(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the dependencies that live as long as the application, the last
// made first, and returns what went wrong. Close the server first: no request
// may be in progress, and none may follow. Closing a copy with replaced
// dependencies ends what only the copy has.
func (a *App) Close() error { return a.lifetimes.close() }

// lifetimes are the values that live as long as an application. A copy with
// replaced dependencies shares those that the original plans with it, which the
// original ends.
type lifetimes struct {
	parent *lifetimes // of a copy

	mu       sync.Mutex
	list     []*lifetime // its own, in the order of their planning
	used     []*lifetime // also shared ones
	deferred []func(error) error
}

// lifetime is one of them.
type lifetime struct {
	owner *lifetimes
	n     *node
	turn  chan struct{}       // held by the one who makes it
	value atomic.Pointer[any] // nil until it is made
}

// of returns the place of a node's value.
func (l *lifetimes) of(n *node) *lifetime {
	one := l.parent.find(n)
	l.mu.Lock()
	defer l.mu.Unlock()
	if one == nil {
		one = l.own(n)
	}
	if !slices.Contains(l.used, one) {
		l.used = append(l.used, one)
	}
	return one
}

// find returns the place of a value that an original or its originals plan.
func (l *lifetimes) find(n *node) *lifetime {
	if l == nil {
		return nil
	}
	if one := l.parent.find(n); one != nil {
		return one
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.list {
		if one.n == n {
			return one
		}
	}
	return nil
}

func (l *lifetimes) own(n *node) *lifetime {
	for _, one := range l.list {
		if one.n == n {
			return one
		}
	}
	one := &lifetime{owner: l, n: n, turn: make(chan struct{}, 1)}
	l.list = append(l.list, one)
	return one
}

func (l *lifetimes) all() []*lifetime {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.used)
}

// opening is the context of one call of a function that opens something: it
// belongs to the application, whoever caused the call.
type opening struct {
	context.Context
	mu       sync.Mutex
	deferred cleanups
}

func (o *opening) Value(key any) any {
	if key == (scopeKey{}) {
		return o
	}
	return o.Context.Value(key)
}

func (o *opening) push(cleanup func(error) error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.deferred.push(cleanup)
}

// end takes what was deferred; nothing more can be.
func (o *opening) end() []func(error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.deferred.over = true
	return o.deferred.list
}

func (one *lifetime) get(ctx context.Context) (any, error) {
	if made := one.value.Load(); made != nil {
		return *made, nil
	}
	select {
	case one.turn <- struct{}{}:
	case <-ctx.Done(): // who makes it takes too long for this caller
		return nil, ctx.Err()
	}
	defer func() { <-one.turn }()
	if made := one.value.Load(); made != nil {
		return *made, nil
	}
	o := &opening{Context: context.WithoutCancel(ctx)}
	var value any
	err := guard(func() (err error) {
		value, err = one.n.open(o)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, runCleanups(o.end(), err))
	}
	one.owner.keep(o.end())
	one.value.Store(&value)
	return value, nil
}

func (l *lifetimes) keep(more []func(error) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deferred = append(l.deferred, more...)
}

func (l *lifetimes) close() error {
	l.mu.Lock()
	list := l.deferred
	l.deferred = nil
	l.mu.Unlock()
	return runCleanups(list, nil)
}

// runCleanups runs all of them, the last first, and joins what goes wrong.
func runCleanups(list []func(error) error, cause error) error {
	var failed []error
	for _, cleanup := range slices.Backward(list) {
		failed = append(failed, guard(func() error { return cleanup(cause) }))
	}
	return errors.Join(failed...)
}
