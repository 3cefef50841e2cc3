package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// Behind a lock that is never let go, all who wait give up together: not each
// after all before it.
func TestWritersGiveUpTogether(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for five seconds; without -short it runs")
	}
	path := filepath.Join(t.TempDir(), "test.db")
	a, b := open(t, path), open(t, path)
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- a.Update(context.Background(), func(w account.Writer) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	const writers = 6
	results := make(chan error, writers)
	for range writers {
		go func() { results <- b.Update(context.Background(), putRole("late")) }()
	}
	enough := time.After(15 * time.Second) // six of five seconds would be thirty
	for range writers {
		select {
		case err := <-results:
			if err == nil {
				t.Error("Update = nil behind a lock that was never let go")
			}
		case <-enough:
			t.Fatal("they wait one after the other")
		}
	}
	close(release)
	if err := errors.Join(<-done, b.Update(t.Context(), putRole("next"))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}
