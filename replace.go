package holdfast

import (
	"errors"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/overrides"
)

// The function that package holdfasttest calls.
var _ = overrides.Provide(func(app any, pairs [][2]any) (any, error) {
	return app.(*App).replaced(pairs)
})

// erased is a Dep of any type.
type erased interface{ erased() *node }

func (d Dep[T]) erased() *node { return d.n }

// replaced is a copy of the application in which each first dependency of a
// pair is replaced by the second. The document and the access table stay those
// of the original.
func (a *App) replaced(pairs [][2]any) (*App, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	out := NewApp(a.config)
	out.origin, out.lifetimes, out.swap = a.original(), &lifetimes{parent: a.lifetimes}, map[*node]*node{}
	for n, fake := range a.swap {
		out.swap[n] = fake
	}
	for _, pair := range pairs {
		n, fake := pair[0].(erased).erased(), pair[1].(erased).erased()
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
