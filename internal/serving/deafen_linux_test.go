package serving_test

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/serving"
)

// A proxy that is told nothing makes a connection for each request until it is refused
// one. Each that it is given is answered: none is reset with a request in it, which the
// proxy could not send to another server, for it may have been carried out.
func TestAConnectionThatIsGivenIsAnswered(t *testing.T) {
	t.Parallel()
	for range 2 {
		s := serve(t, &serving.Server{Drain: time.Nanosecond}, fine)
		var answered atomic.Int64
		var load sync.WaitGroup
		for range 32 {
			load.Go(func() {
				for {
					c, err := net.DialTimeout("tcp", s.addr, 5*time.Second) //nolint:noctx // of a test
					if errors.Is(err, syscall.ECONNREFUSED) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					_, err = ask(c)
					_ = c.Close() // it was answered, or is looked at now
					if err != nil {
						t.Errorf("a connection was given, and the request in it not answered: %v", err)
						return
					}
					answered.Add(1)
				}
			})
		}
		for answered.Load() < 100 {
			<-time.After(time.Millisecond)
		}
		s.stop()
		load.Wait()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
	}
}
