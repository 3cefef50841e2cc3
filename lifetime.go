package holdfast

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/holdfast-go/holdfast/internal/panics"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// Lifetime makes a dependency that lives as long as the application: a pool of
// connections, a client, a cache. open is called once for each application, by
// [App.Start] or else for the first request that needs it; after an error the
// next request tries again. Its context ends with neither: it has the values of
// that of Start, and none of a request. Register
// its end with [Defer], which then means the end of the application; [App.Close]
// runs it.
func Lifetime[T any](open func(context.Context) (T, error)) Dep[T] {
	n := newDepend[T](plan.Lifetime, open, plan.Caller())
	n.Open = func(ctx context.Context) (any, error) { return open(ctx) }
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		value, err := s.Ready.(*lifetime).get(x, context.Background())
		if err != nil {
			return err
		}
		made, _ := value.(T) // of an interface type, T may be nil
		plan.Put(x.Frame(), s.Out, made)
		return nil
	}
	return Dep[T]{n}
}

// lifetimes are the values that live as long as an application. A copy with
// replaced dependencies shares those that the original plans with it, which the
// original ends.
type lifetimes struct {
	parent *lifetimes // of a copy

	mu       sync.Mutex
	list     []*lifetime // its own, in the order of their planning
	used     []*lifetime // also shared ones
	deferred []cleanup
}

// lifetime is one of them.
type lifetime struct {
	owner *lifetimes
	n     *plan.Node
	turn  chan struct{}       // held by the caller that makes it
	value atomic.Pointer[any] // nil until it is made
}

// of returns the place of a node's value.
func (l *lifetimes) of(n *plan.Node) *lifetime {
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
func (l *lifetimes) find(n *plan.Node) *lifetime {
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

func (l *lifetimes) own(n *plan.Node) *lifetime {
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
// belongs to the application, whichever request caused the call.
type opening struct {
	context.Context
	deferred stack
}

// Value makes the opening findable by Defer from any context derived from it.
func (o *opening) Value(key any) any {
	if key == (ownerKey{}) {
		return o
	}
	return o.Context.Value(key)
}

func (o *opening) atEnd() *stack { return &o.deferred }

// get returns the value, and makes it if it is not made yet: with a context of
// the values of base, for it must not keep the first request's alive.
func (one *lifetime) get(ctx, base context.Context) (any, error) {
	if made := one.value.Load(); made != nil {
		return *made, nil
	}
	select {
	case one.turn <- struct{}{}:
	case <-ctx.Done(): // it takes too long for this caller
		return nil, ctx.Err()
	}
	defer func() { <-one.turn }()
	if made := one.value.Load(); made != nil {
		return *made, nil
	}
	o := &opening{Context: base}
	var value any
	err := panics.Catch(func() (err error) {
		value, err = one.n.Open(o)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, runAll(o.deferred.close(), err))
	}
	one.owner.keep(o.deferred.close())
	one.value.Store(&value)
	return value, nil
}

func (l *lifetimes) keep(more []cleanup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deferred = append(l.deferred, more...)
}

func (l *lifetimes) close() error {
	l.mu.Lock()
	list := l.deferred
	l.deferred = nil
	l.mu.Unlock()
	return runAll(list, nil)
}

// start makes those that are not made yet, in the order of their planning.
func (l *lifetimes) start(ctx context.Context) error {
	for _, one := range l.all() {
		if _, err := one.get(ctx, context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return nil
}
