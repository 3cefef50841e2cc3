// Package doctest holds the README and the pages in docs to what they say: its
// tests compile the code on them, run what they show in consoles, and look up the
// tests they name.
package doctest
