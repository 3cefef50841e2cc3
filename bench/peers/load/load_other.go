//go:build !linux

package load

import (
	"context"
	"errors"
)

// Run fails: it is written for Linux, where servers are measured.
func Run(context.Context, Plan) (Result, error) {
	return Result{}, errors.New("load: on Linux only")
}
