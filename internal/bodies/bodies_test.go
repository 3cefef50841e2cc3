package bodies_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/bodies"
)

func TestABudgetThatIsFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := bodies.New(100)
		if err := errors.Join(b.Take(t.Context(), 60), b.Take(t.Context(), 40)); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		err := b.Take(t.Context(), 1)
		later, ok := err.(interface{ RetryAfter() time.Duration })
		if !errors.Is(err, bodies.ErrFull) || !ok || later.RetryAfter() != time.Second || time.Since(begun) != 2*time.Second {
			t.Errorf("Take = %v after %v, want ErrFull after two seconds", err, time.Since(begun))
		}
		got := make(chan error, 1)
		go func() { got <- b.Take(t.Context(), 40) }()
		<-time.After(time.Second)
		b.Give(40)
		if err := <-got; err != nil {
			t.Errorf("Take when somebody has given back = %v", err)
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		if err := b.Take(left, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("Take of a caller who has left = %v", err)
		}
	})
}

func TestWhatFitsIntoABudget(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		most, largest, holds int64
		err                  bool
	}{
		"the usual":                            {0, 1 << 20, 64 << 20, false},
		"four of the largest":                  {0, 20 << 20, 80 << 20, false},
		"what somebody has said":               {1 << 20, 1 << 20, 1 << 20, false},
		"what somebody has said, and too much": {1 << 20, 1<<20 + 1, 1 << 20, true},
		"any number":                           {0, 1<<63 - 1, 1 << 52, false},
	} {
		b := bodies.New(test.most)
		if err := b.Fit(test.largest); (err != nil) != test.err {
			t.Errorf("%s: Fit(%d) = %v, want an error: %v", name, test.largest, err, test.err)
		}
		if err := b.Take(t.Context(), test.holds); err != nil {
			t.Errorf("%s: Take(%d) = %v", name, test.holds, err)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := b.Take(ended, 1); err == nil {
			t.Errorf("%s: there is more than %d", name, test.holds)
		}
	}
}
