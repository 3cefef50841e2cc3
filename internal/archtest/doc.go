// Package archtest holds the module to its shape. Its tests read the source:
// the imports are compared with the floors of docs/architecture.md, how the
// files of a package use each other and how long they are with limits, and what
// each public package exports with its api.txt.
package archtest
