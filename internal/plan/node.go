package plan

import (
	"context"
	"fmt"
	"reflect"
	"sync"
)

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Depend     Kind = iota // a function of other dependencies
	Request                // a function of the request
	Params                 // a struct read from path, query, headers and cookies
	Credential             // a scheme's credential as it was presented
	Verify                 // a scheme's credential, checked
	ScopeList              // the scopes that were required on the path to it
	Lifetime               // a value that lives as long as the application
	Require                // its dependency, with scopes demanded of what is below
	Fresh                  // its dependency, made again for each taker
	Constant               // a value that proves nothing
	Converted              // a principal in another type
)

// Node is a dependency without its type.
type Node struct {
	Kind Kind
	Name string // of its function or scheme, for people
	Func string // tells its function from others: the ID of a Function
	At   Place
	Deps []*Node // in the order of the function's arguments

	Scheme *Scheme      // of Credential and Verify
	Scopes Scopes       // of Require
	Type   reflect.Type // of Params

	// Run makes the value and puts it into the step's cell.
	Run func(Exchange, *Step) error

	// Bound is how many run the node's function at once; nil for any number.
	Bound *Bound

	// Holds asks the claims that Verify made for a scope; nil if they know none.
	Holds func(f *Frame, cell int, scope string) bool

	// Open makes the value of Lifetime.
	Open func(context.Context) (any, error)

	// Box is the value in a cell, for code that explains decisions.
	Box func(f *Frame, cell int) any

	// Of the node and everything below it:
	Schemes    []*Scheme // whose credentials are read
	verified   []*Scheme // of those, the ones that Verify checks
	asksScopes bool      // something takes the list of scopes
	fault      string    // why the node cannot be used

	newCell func() Cell
	bounded *sync.Map // Bound -> *Node: this one with the bound
}

// Bound is how many do something at once, and how many wait for that.
type Bound struct{ Slots, Queue int }

// Bounded returns the node with a bound, which runs its function by what run makes
// of it; the node itself has none. Asked twice for the same bound it is the same
// node. What only leads to a function, as Require does, leads to the bounded one.
func (n *Node) Bounded(b Bound, run func(func(Exchange, *Step) error) func(Exchange, *Step) error) *Node {
	if known, ok := n.bounded.Load(b); ok {
		return known.(*Node)
	}
	known, _ := n.bounded.LoadOrStore(b, n.newBounded(b, run)) // another goroutine may be first
	return known.(*Node)
}

func (n *Node) newBounded(b Bound, run func(func(Exchange, *Step) error) func(Exchange, *Step) error) *Node {
	out := *n
	out.bounded = &sync.Map{}
	if n.Bound != nil {
		out.SetFault("AtMost is said twice, of which one would wait for the other")
	}
	switch n.Kind {
	case Require, Fresh:
		if len(n.Deps) == 1 && n.Deps[0] != nil {
			out.Deps = []*Node{n.Deps[0].Bounded(b, run)}
			out.fault = out.Deps[0].fault
		}
		return &out
	case Depend, Request, Verify:
		out.Bound = &b
		if n.Run != nil {
			out.Run = run(n.Run)
		}
	default:
		out.SetFault("AtMost bounds a function that each request calls, and this is none")
	}
	if b.Slots < 1 || b.Queue < 0 {
		out.SetFault("AtMost wants at least one request at once, and no negative queue")
	}
	return &out
}

// NewNode makes a node whose value is a T. A nil dependency is a fault of the
// node, which is reported at the routes that reach it.
func NewNode[T any](kind Kind, name string, at Place, deps ...*Node) *Node {
	n := &Node{Kind: kind, Name: name, At: at, Deps: deps, newCell: NewCell[T], bounded: &sync.Map{}, asksScopes: kind == ScopeList}
	n.Box = func(f *Frame, cell int) any { return Take[T](f, cell) }
	for i, dep := range deps {
		if dep == nil {
			n.SetFault(fmt.Sprintf("its dependency %d is a zero Dep", i+1))
			continue
		}
		if n.fault == "" {
			n.fault = dep.fault
		}
		n.asksScopes = n.asksScopes || dep.asksScopes
		n.Schemes = union(n.Schemes, dep.Schemes)
		n.verified = union(n.verified, dep.verified)
	}
	return n
}

// SetScheme says that the node is about a scheme's credential.
func (n *Node) SetScheme(s *Scheme) {
	n.Scheme = s
	n.Schemes = union(n.Schemes, []*Scheme{s})
}

// CompareScopesWith says that the node compares scopes with what it verified.
func (n *Node) CompareScopesWith(holds func(f *Frame, cell int, scope string) bool) {
	n.Holds = holds
	n.verified = union(n.verified, []*Scheme{n.Scheme})
}

// SetFault says why the node cannot be used.
func (n *Node) SetFault(why string) {
	if n.fault == "" {
		n.fault = fmt.Sprintf("%s (declared at %v): %s", n.Describe(), n.At, why)
	}
}

// Wrong says why a dependency cannot be used, and nothing if it can. A nil
// node is the zero Dep.
func (n *Node) Wrong() string {
	if n == nil {
		return "a zero Dep (make one with Depends0, Verify or their like)"
	}
	return n.fault
}

// AsksItself reports whether the node takes the list of scopes, not something
// below it.
func (n *Node) AsksItself() bool {
	for _, dep := range n.Deps {
		if dep.Kind == ScopeList {
			return true
		}
	}
	return false
}

// Describe is the node's name in messages.
func (n *Node) Describe() string {
	if n.Name == "" {
		return "the dependency"
	}
	return n.Name
}

// Reaches reports whether the node is target or depends on it. seen remembers
// what was looked at, for several questions about one target.
func (n *Node) Reaches(target *Node, seen map[*Node]bool) bool {
	if n == target {
		return true
	}
	if seen[n] {
		return false
	}
	seen[n] = true
	for _, dep := range n.Deps {
		if dep.Reaches(target, seen) {
			return true
		}
	}
	return false
}
