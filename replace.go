package holdfast

import (
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/seam"
)

// Identity is for package holdfasttest: what tells this dependency from every
// other.
func (d Dep[T]) Identity(seam.Test) any { return d.n }

// Replaced is for package holdfasttest: a copy of the application in which each
// first dependency of a pair is replaced by the second. The document and the
// access table stay those of the original.
func (a *App) Replaced(_ seam.Test, pairs ...[2]any) (*App, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	out := NewApp(a.config)
	out.origin, out.lifetimes, out.swap = a.original(), &lifetimes{parent: a.lifetimes}, map[*node]*node{}
	for n, fake := range a.swap {
		out.swap[n] = fake
	}
	for _, pair := range pairs {
		n, _ := pair[0].(*node)
		fake, _ := pair[1].(*node)
		if n == nil || fake == nil || fake.broken {
			return nil, errors.New("holdfast: a zero Dep, or one of a nil function, cannot be replaced or replace another")
		}
		if !a.original().uses(n) {
			return nil, fmt.Errorf("holdfast: %v: no route depends on %s", n.at, describe(n))
		}
		out.swap[n] = fake
	}
	for _, rt := range a.routes {
		out.routes = append(out.routes, rt.copyFor(out))
	}
	return out, out.Err()
}

func (a *App) original() *App {
	if a.origin != nil {
		return a.origin
	}
	return a
}

// copyFor returns the route as it was declared, for another application.
func (rt *route) copyFor(a *App) *route {
	return &route{
		app: a, method: rt.method, path: rt.path, pattern: rt.pattern, endpoint: rt.endpoint,
		policy: rt.policy, options: rt.options, at: rt.at,
	}
}

// uses reports whether some route of the application depends on n.
func (a *App) uses(n *node) bool {
	seen := map[*node]bool{}
	for _, rt := range a.routes {
		roots := append([]*node(nil), rt.endpoint.deps...)
		for _, alt := range rt.policy.alternatives {
			roots = append(roots, alt.principal)
			for _, one := range alt.needs {
				roots = append(roots, one.n)
			}
		}
		for _, root := range roots {
			if reaches(root, n, seen) {
				return true
			}
		}
	}
	return false
}

func reaches(from, to *node, seen map[*node]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, dep := range from.deps {
		if reaches(dep, to, seen) {
			return true
		}
	}
	return false
}
