//go:build !linux

package work

import "errors"

const lowPriority = "ordinary priority"

// lowerPriority does nothing here: elsewhere a thread of its own priority is
// not to be had without C.
func lowerPriority() error { return errors.ErrUnsupported }

func onMainThread() bool { return false }
