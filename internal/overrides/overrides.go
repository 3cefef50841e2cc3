// Package overrides is how package holdfasttest replaces dependencies: through
// a function that the root package leaves here, so that no method for tests
// stands among those that everybody reads.
package overrides

// Replace makes a copy of an application, a *holdfast.App, in which the first
// dependency of each pair is replaced by the second. Both are holdfast.Dep
// values of one type. The document and the access table stay the original's.
type Replace func(app any, pairs [][2]any) (any, error)

// replace is set once, while the root package is initialised.
var replace Replace

// Provide leaves the root package's function here. What it returns is nothing:
// it lets a package variable's initialiser call it.
func Provide(fn Replace) struct{} {
	replace = fn
	return struct{}{}
}

// Apply calls the function that the root package left.
func Apply(app any, pairs [][2]any) (any, error) { return replace(app, pairs) }
