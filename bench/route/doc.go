// Package route measures what a protected GET costs in process, against a bare
// ServeMux handler that does the same by hand.
package route
