package holdfast

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// Dep is a dependency: something a request needs, made at most once per
// request, that handlers and other dependencies take as a value of type T. The
// zero Dep is refused when the application starts. A Dep is immutable and may
// be used by any number of routes and goroutines.
type Dep[T any] struct{ n *plan.Node }

// node is the dependency without its type.
func (d Dep[T]) node() *plan.Node { return d.n }

// newDepend makes the node of a function.
func newDepend[T any](kind plan.Kind, fn any, at plan.Place, deps ...*plan.Node) *plan.Node {
	if reflect.ValueOf(fn).IsNil() {
		n := plan.NewNode[T](kind, "", at, deps...)
		n.SetFault("its function is nil")
		return n
	}
	f := plan.FunctionOf(fn)
	n := plan.NewNode[T](kind, cmp.Or(f.Name, "func literal"), at, deps...)
	n.Func = f.ID
	return n
}

// Depends0 makes a dependency from a function that needs nothing but the
// context: a transaction, a clock reading.
func Depends0[T any](fn func(context.Context) (T, error)) Dep[T] {
	n := newDepend[T](plan.Depend, fn, plan.Caller())
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		value, err := fn(x)
		return plan.Keep(x.Frame(), s, value, err)
	}
	return Dep[T]{n}
}

// Depends1 makes a dependency from a function of one other.
func Depends1[A, T any](a Dep[A], fn func(ctx context.Context, a A) (T, error)) Dep[T] {
	n := newDepend[T](plan.Depend, fn, plan.Caller(), a.n)
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		f, in := x.Frame(), s.In
		value, err := fn(x, plan.Take[A](f, in[0]))
		return plan.Keep(f, s, value, err)
	}
	return Dep[T]{n}
}

// Depends2 makes a dependency from a function of two others, which are made
// in the order given.
func Depends2[A, B, T any](a Dep[A], b Dep[B], fn func(ctx context.Context, a A, b B) (T, error)) Dep[T] {
	n := newDepend[T](plan.Depend, fn, plan.Caller(), a.n, b.n)
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		f, in := x.Frame(), s.In
		value, err := fn(x, plan.Take[A](f, in[0]), plan.Take[B](f, in[1]))
		return plan.Keep(f, s, value, err)
	}
	return Dep[T]{n}
}

// Depends3 makes a dependency from a function of three others.
func Depends3[A, B, C, T any](a Dep[A], b Dep[B], c Dep[C], fn func(ctx context.Context, a A, b B, c C) (T, error)) Dep[T] {
	n := newDepend[T](plan.Depend, fn, plan.Caller(), a.n, b.n, c.n)
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		f, in := x.Frame(), s.In
		value, err := fn(x, plan.Take[A](f, in[0]), plan.Take[B](f, in[1]), plan.Take[C](f, in[2]))
		return plan.Keep(f, s, value, err)
	}
	return Dep[T]{n}
}

// Depends4 makes a dependency from a function of four others. A function that
// needs more takes a struct of them from one dependency.
func Depends4[A, B, C, D, T any](a Dep[A], b Dep[B], c Dep[C], d Dep[D], fn func(ctx context.Context, a A, b B, c C, d D) (T, error)) Dep[T] {
	n := newDepend[T](plan.Depend, fn, plan.Caller(), a.n, b.n, c.n, d.n)
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		f, in := x.Frame(), s.In
		value, err := fn(x, plan.Take[A](f, in[0]), plan.Take[B](f, in[1]), plan.Take[C](f, in[2]), plan.Take[D](f, in[3]))
		return plan.Keep(f, s, value, err)
	}
	return Dep[T]{n}
}

// FromRequest is the dependency for whatever else a request holds. The request
// that fn sees has no body; its Pattern and path values are those of the route.
func FromRequest[T any](fn func(*http.Request) (T, error)) Dep[T] {
	n := newDepend[T](plan.Request, fn, plan.Caller())
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		value, err := fn(x.WithoutBody())
		return plan.Keep(x.Frame(), s, value, err)
	}
	return Dep[T]{n}
}

// Params is the dependency that reads T's fields from the request's path,
// query, headers and cookies, as their tags say. Fields that come from the
// body are refused at start: a dependency never reads a body.
func Params[T any]() Dep[T] {
	t := reflect.TypeFor[T]()
	n := plan.NewNode[T](plan.Params, t.Name(), plan.Caller())
	n.Type = t
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		return s.Ready.(*bind.Input).Params(x, reflect.ValueOf(plan.Pointer[T](x.Frame(), s.Out)).Elem())
	}
	return Dep[T]{n}
}

// Require returns the dependency with scopes demanded of the credentials below
// it, wherever it is used.
func (d Dep[T]) Require(first Scope, more ...Scope) Dep[T] {
	return d.require(append([]Scope{first}, more...), plan.Caller())
}

func (d Dep[T]) require(scopes []Scope, at plan.Place) Dep[T] {
	if len(scopes) == 0 || d.n == nil {
		return d
	}
	n := plan.NewNode[T](plan.Require, d.n.Name, at, d.n)
	n.Scopes = erasedScopes(scopes)
	return Dep[T]{n}
}

// Fresh returns the dependency made again at each place that takes it, where a
// Dep is otherwise made once for each request. What it depends on itself is
// still shared.
func (d Dep[T]) Fresh() Dep[T] {
	if d.n == nil {
		return d
	}
	return Dep[T]{plan.NewNode[T](plan.Fresh, d.n.Name, plan.Caller(), d.n)}
}

// SecurityScopes gives a dependency the scopes that were required on its own
// path, outermost first. Asking never turns off the comparison after [Verify].
func SecurityScopes() Dep[Scopes] {
	n := plan.NewNode[Scopes](plan.ScopeList, "SecurityScopes", plan.Caller())
	n.Run = func(x plan.Exchange, s *plan.Step) error {
		plan.Put(x.Frame(), s.Out, slices.Clone(s.Ready.(Scopes))) // the dependency may change its list
		return nil
	}
	return Dep[Scopes]{n}
}
