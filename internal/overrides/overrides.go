// Package overrides is how package holdfasttest replaces dependencies and calls
// routes that an application leaves to other routers: through functions that the
// root package leaves here, so that no method for tests stands among those that
// everybody reads.
package overrides

import "net/http"

// Functions are those of the root package. An app is a *holdfast.App.
type Functions struct {
	// Replace makes a copy of an application in which the first dependency of
	// each pair is replaced by the second. Both are holdfast.Dep values of one
	// type. The document and the access table stay the original's.
	Replace func(app any, pairs [][2]any) (any, error)

	// Everything is a handler that serves all routes of an application, also
	// those of App.Guard, which the application does not serve itself.
	Everything func(app any) http.Handler
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
