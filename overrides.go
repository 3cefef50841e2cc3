package holdfast

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/holdfast-go/holdfast/internal/overrides"
	"github.com/holdfast-go/holdfast/internal/plan"
)

// The functions that package holdfasttest calls, and those that declare routes for
// others.
var _ = overrides.Provide(overrides.Functions{
	Replace: func(app any, pairs [][2]any) (any, error) { return app.(*App).replaced(pairs) },
	Everything: func(app any) http.Handler {
		a := app.(*App)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serveFrom(w, r, &a.all) })
	},
	Declared: func(file string, line int) any {
		return RouteOption(func(o *routeOptions) { o.at = plan.Place{File: file, Line: line} })
	},
	Fault: func(app any, file string, line int, mistake error) {
		app.(*App).fault(plan.Place{File: file, Line: line}, "%w", mistake)
	},
	Serving: func(ctx context.Context) http.Handler {
		x, ok := ctx.Value(ownerKey{}).(interface{ application() http.Handler })
		if !ok {
			return nil
		}
		return x.application()
	},
	Around: func(app any, wrap func(http.Handler) http.Handler) { a := app.(*App); a.around.put(a, wrap) },
})

// anyDep is a Dep of any type.
type anyDep interface{ node() *plan.Node }

// replaced is a copy of the application in which each first dependency of a
// pair is replaced by the second. The document and the access table stay those
// of the original.
func (a *App) replaced(pairs [][2]any) (*App, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	out := NewApp(a.config)
	out.origin, out.lifetimes, out.replace = a.original(), &lifetimes{parent: a.lifetimes}, map[*plan.Node]*plan.Node{}
	out.shared.gauge = nil // the original is measured
	out.shared.onDecision.Store(a.shared.onDecision.Load())
	maps.Copy(out.replace, a.replace)
	for _, wrap := range a.around.wraps {
		out.around.put(out, wrap)
	}
	for _, pair := range pairs {
		n, fake := pair[0].(anyDep).node(), pair[1].(anyDep).node()
		if n == nil || fake == nil || fake.Wrong() != "" {
			return nil, errors.New("holdfast: a zero Dep, or one of a nil function, cannot be replaced or replace another")
		}
		if !a.original().uses(n) {
			return nil, fmt.Errorf("holdfast: %v: no route depends on %s", n.At, n.Describe())
		}
		out.replace[n] = fake
	}
	for _, rt := range a.routes {
		again := *rt
		again.compiled = nil
		out.routes = append(out.routes, &again)
	}
	return out, out.Err()
}

// uses reports whether some route of the application depends on n.
func (a *App) uses(n *plan.Node) bool {
	seen := map[*plan.Node]bool{}
	for _, rt := range a.routes {
		for _, root := range rt.roots() {
			if root.Reaches(n, seen) {
				return true
			}
		}
	}
	return false
}

// around is what stands around an application, for all that it serves itself. The
// zero around is nothing.
type around struct {
	handler http.Handler
	wraps   []func(http.Handler) http.Handler // of which it is made
}

func (o *around) serve(a *App, w http.ResponseWriter, r *http.Request) {
	if o.handler != nil {
		o.handler.ServeHTTP(w, r)
		return
	}
	a.serveFrom(w, r, &a.table)
}

func (o *around) put(a *App, wrap func(http.Handler) http.Handler) {
	if o.handler == nil {
		o.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serveFrom(w, r, &a.table) })
	}
	o.handler, o.wraps = wrap(o.handler), append(o.wraps, wrap)
}
