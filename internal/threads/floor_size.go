//go:build !race

package threads

// heapFloor is how large the heap counts at least to the garbage collector while
// processors are reserved. Otherwise it runs for every few MiB that a flood of requests
// allocates, at ordinary priority and on the very processors that headroom provides.
const heapFloor = 32 << 20
