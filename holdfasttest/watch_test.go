package holdfasttest_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// TestSeveralTestsOfOneApplication run at once and end in any order. Each sees
// what is decided about its own requests, and in the end the application has the
// function that it had before.
func TestSeveralTestsOfOneApplication(t *testing.T) {
	t.Parallel()
	file := golden(t, callers)
	app := house{}.app()
	var told atomic.Int64
	app.OnDecision(func(holdfast.Decision) string { told.Add(1); return "" })
	t.Run("at once", func(t *testing.T) {
		for n := range 2 {
			t.Run(fmt.Sprint("matrix ", n), func(t *testing.T) {
				t.Parallel()
				holdfasttest.Matrix(t, app, file, callers)
			})
			t.Run(fmt.Sprint("attack ", n), func(t *testing.T) {
				t.Parallel()
				holdfasttest.Attack(t, app, file, callers)
			})
		}
	})
	if told.Load() == 0 {
		t.Error("what was told before was not told meanwhile")
	}
	last := app.OnDecision(nil)
	if last == nil {
		t.Fatal("nothing is told any more")
	}
	if before := told.Load(); last(holdfast.Decision{}) != "" || told.Load() != before+1 {
		t.Error("what is told now is another function than before")
	}
}
