// Package plan is the erased core of the library: what a policy asks for, and
// the steps that a route takes to decide it, as data.
//
// A [Node] is a dependency without its type. A [Policy] is an OR of ANDs of
// nodes. [Make] turns a policy and a handler's dependencies into a [Plan]: for
// each way in a [PlannedWay] of steps, each of which says what it is and where in
// the [Frame] its value goes. The runner follows the steps; the document,
// the access table and the explanation of a refusal read the same ones.
//
// The package knows no status, no JSON and no application. It imports nothing
// of this module.
package plan

import (
	"context"
	"net/http"
)

// Exchange is a request in progress as steps see it, and the context that the
// functions of dependencies are given.
type Exchange interface {
	context.Context

	// Frame is the memory of the request.
	Frame() *Frame

	// Sent is the request as it was sent, for code that leaves its body alone.
	Sent() *http.Request

	// WithoutBody is the request as a dependency may see it: without its body.
	WithoutBody() *http.Request

	// PathValue is the decoded value of a wildcard of the route's path, and
	// whether there is one.
	PathValue(name string) (string, bool)

	// Registered is how many functions were registered for the end.
	Registered() int
}
