// Package doctest holds the pages in docs to what they say: its tests compile
// the code on them, and look up the tests they name.
package doctest
