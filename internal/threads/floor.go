//go:build !race

package threads

// heapFloor is how large the heap counts at least to the garbage collector.
// Otherwise it runs for every few MiB that a flood of requests allocates, at
// ordinary priority and on the very processors that headroom provides. It is
// address space: it is never written to, so it uses no memory.
const heapFloor = 32 << 20
