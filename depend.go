package holdfast

import (
	"context"
	"net/http"
	"reflect"
)

// Dep is a dependency: something a request needs, made at most once per
// request, that handlers and other dependencies take as a value of type T. The
// zero Dep is refused when the application starts. A Dep is immutable and may
// be used by any number of routes and goroutines.
type Dep[T any] struct{ n *node }

type nodeKind uint8

const (
	dependNode nodeKind = iota
	requireNode
	credentialNode
	verifyNode
	scopesNode
	paramsNode
	requestNode
	freshNode
	lifetimeNode
	mappedNode // a principal converted by As or Optional
)

// node is a Dep without its type: the erased core that plans are made of.
type node struct {
	kind    nodeKind
	name    string
	at      place
	deps    []*node
	scopes  Scopes       // required of the subtree (requireNode)
	scheme  *scheme      // credentialNode, verifyNode
	schemes []*scheme    // every scheme whose credential the subtree reads
	checks  []*scheme    // every scheme that the subtree verifies
	asks    bool         // the subtree asks for SecurityScopes
	broken  bool         // a zero Dep or a nil function somewhere below
	params  reflect.Type // paramsNode
	newCell func() cleaner
	run     func(*exchange, *step) error
	holds   func(f *frame, slot int, scope string) bool // verifyNode
	open    func(context.Context) (any, error)          // lifetimeNode
	box     func(f *frame, slot int) any                // the value, for those who explain
}

func newNode[T any](kind nodeKind, name string, at place, deps ...*node) *node {
	n := &node{kind: kind, name: name, at: at, deps: deps, newCell: func() cleaner { return new(cell[T]) }}
	n.box = func(f *frame, slot int) any { return take[T](f, slot) }
	for _, dep := range deps {
		if dep == nil {
			n.broken = true
			continue
		}
		n.broken = n.broken || dep.broken
		n.asks = n.asks || dep.asks
		n.schemes = union(n.schemes, dep.schemes)
		n.checks = union(n.checks, dep.checks)
	}
	return n
}

func union(a, b []*scheme) []*scheme {
	out := a[:len(a):len(a)]
	for _, one := range b {
		if !contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

func contains(list []*scheme, one *scheme) bool {
	for _, have := range list {
		if have == one {
			return true
		}
	}
	return false
}

// Depends0 makes a dependency from a function that needs nothing but the
// context: a transaction, a clock reading.
func Depends0[T any](fn func(context.Context) (T, error)) Dep[T] {
	n := newNode[T](dependNode, funcName(fn), caller(1))
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		value, err := fn(x)
		return keep(x.frame, s, value, err)
	}
	return Dep[T]{n}
}

// Depends1 makes a dependency from a function of one other.
func Depends1[A, T any](a Dep[A], fn func(context.Context, A) (T, error)) Dep[T] {
	n := newNode[T](dependNode, funcName(fn), caller(1), a.n)
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		value, err := fn(x, take[A](x.frame, s.in[0]))
		return keep(x.frame, s, value, err)
	}
	return Dep[T]{n}
}

// Depends2 makes a dependency from a function of two others, which are made
// in the order given.
func Depends2[A, B, T any](a Dep[A], b Dep[B], fn func(context.Context, A, B) (T, error)) Dep[T] {
	n := newNode[T](dependNode, funcName(fn), caller(1), a.n, b.n)
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		value, err := fn(x, take[A](x.frame, s.in[0]), take[B](x.frame, s.in[1]))
		return keep(x.frame, s, value, err)
	}
	return Dep[T]{n}
}

// Depends3 makes a dependency from a function of three others.
func Depends3[A, B, C, T any](a Dep[A], b Dep[B], c Dep[C], fn func(context.Context, A, B, C) (T, error)) Dep[T] {
	n := newNode[T](dependNode, funcName(fn), caller(1), a.n, b.n, c.n)
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		value, err := fn(x, take[A](x.frame, s.in[0]), take[B](x.frame, s.in[1]), take[C](x.frame, s.in[2]))
		return keep(x.frame, s, value, err)
	}
	return Dep[T]{n}
}

// Depends4 makes a dependency from a function of four others. Who needs more
// takes a struct of them from one dependency.
func Depends4[A, B, C, D, T any](a Dep[A], b Dep[B], c Dep[C], d Dep[D], fn func(context.Context, A, B, C, D) (T, error)) Dep[T] {
	n := newNode[T](dependNode, funcName(fn), caller(1), a.n, b.n, c.n, d.n)
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		f, in := x.frame, s.in
		value, err := fn(x, take[A](f, in[0]), take[B](f, in[1]), take[C](f, in[2]), take[D](f, in[3]))
		return keep(f, s, value, err)
	}
	return Dep[T]{n}
}

// Params is the dependency that reads T's fields from the request's path,
// query, headers and cookies, as their tags say. Fields that come from the
// body are refused at start: a dependency never reads a body.
func Params[T any]() Dep[T] {
	n := newNode[T](paramsNode, reflect.TypeFor[T]().Name(), caller(1))
	n.params = reflect.TypeFor[T]()
	n.run = func(x *exchange, s *step) error {
		c := x.frame.cells[s.out].(*cell[T])
		return s.input.bind(x, reflect.ValueOf(&c.v).Elem())
	}
	return Dep[T]{n}
}

// FromRequest is the dependency for whatever else a request holds. The request
// that fn sees has no body.
func FromRequest[T any](fn func(*http.Request) (T, error)) Dep[T] {
	n := newNode[T](requestNode, funcName(fn), caller(1))
	n.broken = n.broken || fn == nil
	n.run = func(x *exchange, s *step) error {
		value, err := fn(x.bodiless())
		return keep(x.frame, s, value, err)
	}
	return Dep[T]{n}
}

// Claims is what a verified credential says about its scopes. HasScope must be
// safe for concurrent use.
type Claims interface {
	HasScope(scope string) bool
}

// Verify is the dependency that checks a scheme's credential. The runner knows
// this step: right after it, always, it compares the scopes that the route,
// its groups and its dependencies require of the scheme with the claims.
//
// An error of verify is a 401 that tells the caller only that the credential
// was not accepted. Return an [*Error] for anything else, for instance 503
// when the store cannot be asked.
func Verify[K any, C Claims](s *Scheme[K], verify func(context.Context, K) (C, error)) Dep[C] {
	if s == nil || s.s == nil {
		return Dep[C]{}
	}
	core := s.s
	n := newNode[C](verifyNode, core.name, caller(1), s.cred)
	n.broken = n.broken || verify == nil
	n.scheme = core
	n.checks = []*scheme{core}
	n.run = func(x *exchange, st *step) error {
		claims, err := verify(x, take[K](x.frame, st.in[0]))
		if err != nil {
			return badCredential(core, err)
		}
		put(x.frame, st.out, claims)
		return nil
	}
	n.holds = func(f *frame, slot int, scope string) bool { return take[C](f, slot).HasScope(scope) }
	return Dep[C]{n}
}

// Check is the dependency that checks a scheme's credential which knows no
// scopes: an API key, a name and a password. An error of check is a 401 with
// the scheme's challenge, as with [Verify]; requiring a scope of it is an error
// at start.
func Check[K, T any](s *Scheme[K], check func(context.Context, K) (T, error)) Dep[T] {
	if s == nil || s.s == nil {
		return Dep[T]{}
	}
	core := s.s
	n := newNode[T](verifyNode, core.name, caller(1), s.cred)
	n.broken = n.broken || check == nil
	n.scheme = core
	n.run = func(x *exchange, st *step) error {
		value, err := check(x, take[K](x.frame, st.in[0]))
		if err != nil {
			return badCredential(core, err)
		}
		put(x.frame, st.out, value)
		return nil
	}
	return Dep[T]{n}
}

// Require returns the dependency with scopes demanded of the credentials below
// it, wherever it is used.
func (d Dep[T]) Require(first Scope, more ...Scope) Dep[T] {
	n := newNode[T](requireNode, "", caller(1), d.n)
	n.scopes = append(Scopes{first}, more...)
	if d.n != nil {
		n.name = d.n.name
	}
	return Dep[T]{n}
}

// Fresh returns the dependency made anew at each place that takes it, where a
// Dep is otherwise made once for each request. What it depends on itself is
// still shared.
func (d Dep[T]) Fresh() Dep[T] {
	n := newNode[T](freshNode, "", caller(1), d.n)
	if d.n != nil {
		n.name = d.n.name
	}
	return Dep[T]{n}
}

// SecurityScopes gives a dependency the scopes that were required on its own
// path, outermost first. Asking never turns off the comparison after [Verify].
func SecurityScopes() Dep[Scopes] {
	n := newNode[Scopes](scopesNode, "SecurityScopes", caller(1))
	n.asks = true
	n.run = func(x *exchange, s *step) error {
		put(x.frame, s.out, s.scopes)
		return nil
	}
	return Dep[Scopes]{n}
}
