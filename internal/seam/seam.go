// Package seam marks the methods of the library that are for package
// holdfasttest alone: they take a value of a type that nobody outside of this
// module can name.
package seam

// Test is the argument of such a method.
type Test struct{}
