// Package overrides is how package holdfasttest replaces dependencies and calls
// routes that an application leaves to other routers, and how packages that
// declare routes for others say where those did it: through functions that the
// root package leaves here, so that they do not stand among those that everybody
// reads.
package overrides

import (
	"context"
	"net/http"
)

// Functions are those of the root package. An app is a *holdfast.App.
type Functions struct {
	// Replace makes a copy of an application in which the first dependency of
	// each pair is replaced by the second. Both are holdfast.Dep values of one
	// type. The document and the access table stay the original's.
	Replace func(app any, pairs [][2]any) (any, error)

	// Everything is a handler that serves all routes of an application, also
	// those of App.Guard, which the application does not serve itself.
	Everything func(app any) http.Handler

	// Declared makes a holdfast.RouteOption that says where a route was declared,
	// for a package whose caller it was.
	Declared func(file string, line int) any

	// Fault notes a mistake in what was declared there, for App.Err.
	Fault func(app any, file string, line int, mistake error)

	// Serving is the application that serves the request of a context, which may be
	// a copy of the one that was declared; nil for none.
	Serving func(ctx context.Context) http.Handler

	// Around puts a handler around an application, before it serves, for all that it
	// serves itself. Copies of it have it, too.
	Around func(app any, wrap func(http.Handler) http.Handler)
}

// provided is set once, while the root package is initialised.
var provided Functions

// Provide leaves the root package's functions here. What it returns is nothing:
// it lets a package variable's initialiser call it.
func Provide(functions Functions) struct{} {
	provided = functions
	return struct{}{}
}

// Replace calls the function that the root package left.
func Replace(app any, pairs [][2]any) (any, error) { return provided.Replace(app, pairs) }

// Everything calls the function that the root package left.
func Everything(app any) http.Handler { return provided.Everything(app) }

// Declared calls the function that the root package left.
func Declared(file string, line int) any { return provided.Declared(file, line) }

// Fault calls the function that the root package left.
func Fault(app any, file string, line int, mistake error) {
	provided.Fault(app, file, line, mistake)
}

// Serving calls the function that the root package left.
func Serving(ctx context.Context) http.Handler { return provided.Serving(ctx) }

// Around calls the function that the root package left.
func Around(app any, wrap func(http.Handler) http.Handler) { provided.Around(app, wrap) }
