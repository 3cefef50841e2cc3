//go:build !linux

package work

// lowerPriority does nothing here: priorities belong to threads on Linux only.
func lowerPriority() {}
