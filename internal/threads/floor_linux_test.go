package threads

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// resident is the memory that the process has, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// use writes to all of a piece of memory.
//
//go:noinline
func use(b []byte) {
	for i := range b {
		b[i] = 1
	}
}

// A floor uses no memory, also where something else was before, which Go has to
// write zeros to.
func TestAFloorIsNoMemory(t *testing.T) {
	if heapFloor == 0 {
		t.Skip("under the race detector there is none; make test runs this without it, too")
	}
	use(make([]byte, heapFloor))
	debug.FreeOSMemory()
	before := resident(t)
	floor := layFloor()
	if more := resident(t) - before; more > heapFloor/2 {
		t.Errorf("a floor of %d MiB takes %d", heapFloor>>20, more>>20)
	}
	runtime.KeepAlive(floor)
}
