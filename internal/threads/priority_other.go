//go:build !linux

package threads

import "errors"

const lowPriority = "ordinary priority"

// lowerPriority fails: other systems give a single thread a priority of its
// own only through C.
func lowerPriority() error { return errors.ErrUnsupported }

func onMainThread() bool { return false }

func withoutMemory([]byte) {}
