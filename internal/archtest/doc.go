// Package archtest holds the module to its shape. Its tests read the source and
// compare who imports whom with the floors of docs/architecture.md, and what
// each public package exports with its api.txt.
package archtest
