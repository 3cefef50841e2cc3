//go:build race

package threads

// heapFloor is none where the race detector watches: it writes to its shadow of what
// is allocated, which is larger than that, for each Headroom of each test.
const heapFloor = 0
