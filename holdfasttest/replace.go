package holdfasttest

import (
	"context"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/overrides"
)

// Replacement is one dependency in place of another.
type Replacement struct{ pair [2]any }

// Replace puts fake in the place of dep, wherever it is taken: FastAPI's
// dependency_overrides. A dependency is known by the very value that was
// declared, not by its type or function. The fake may take dependencies of its
// own, also dep itself, which it then wraps.
func Replace[T any](dep, fake holdfast.Dep[T]) Replacement {
	return Replacement{[2]any{dep, fake}}
}

// ReplaceValue puts a value in the place of dep.
func ReplaceValue[T any](dep holdfast.Dep[T], value T) Replacement {
	return Replace(dep, holdfast.Depends0(func(context.Context) (T, error) { return value, nil }))
}

// With returns a copy of the application with dependencies replaced. What is
// below a replaced dependency is not run: replacing the one that reads a token
// lets everybody in as the caller that the fake makes, while scopes that a token would
// carry are not compared; roles are asked of the fake. The original is
// unchanged, so that tests may run in parallel; the document and the access
// table stay, and Lifetime dependencies that are not replaced are shared.
//
// A handler that [holdfast.App.Protect] or [holdfast.App.Guard] returned is the
// original's and keeps its dependencies. [As] calls those of the copy.
//
// With panics when a replaced dependency is none of the application's.
func With(app *holdfast.App, replacements ...Replacement) *holdfast.App {
	pairs := make([][2]any, len(replacements))
	for i, one := range replacements {
		pairs[i] = one.pair
	}
	replaced, err := overrides.Replace(app, pairs)
	if err != nil {
		panic(err)
	}
	return replaced.(*holdfast.App)
}
