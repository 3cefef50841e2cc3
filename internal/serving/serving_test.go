package serving_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/serving"
)

// served is a server with an address.
type served struct {
	*serving.Server
	t    *testing.T
	addr string
	stop context.CancelFunc
	done chan error
}

func serve(t *testing.T, s *serving.Server, h http.HandlerFunc) *served {
	t.Helper()
	l, err := serving.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.HTTP, s.Grace = &http.Server{Handler: h}, time.Minute //nolint:gosec // of a test
	ctx, stop := context.WithCancel(t.Context())
	out := &served{s, t, l.Addr().String(), stop, make(chan error, 1)}
	go func() { out.done <- s.Serve(ctx, l) }()
	return out
}

func (s *served) connect() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr) //nolint:noctx // of a test
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// ask sends a request and reads the answer.
func ask(c net.Conn) (*http.Response, error) {
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, errors.Join(err, resp.Body.Close())
}

func fine(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// Callers who send one request after the other lose none when the server stops:
// each is told that its connection is closed before it is.
func TestNoRequestIsLostToAStop(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := serve(t, &serving.Server{}, fine)
		var answered atomic.Int64
		var load sync.WaitGroup
		for range 16 {
			c := s.connect()
			load.Go(func() {
				for {
					resp, err := ask(c)
					if err != nil {
						t.Errorf("a request was not answered: %v", err)
						return
					}
					if answered.Add(1); resp.Close {
						return
					}
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

// What comes while the server stops is answered as well, and the server ends when
// no connection is open.
func TestAServerThatStopsGoesOn(t *testing.T) {
	t.Parallel()
	working, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, &serving.Server{Drain: time.Nanosecond}, func(w http.ResponseWriter, r *http.Request) {
		close(working)
		<-finish
		fine(w, r)
	})
	result := make(chan error, 1)
	c := s.connect()
	go func() { _, err := ask(c); result <- err }()
	<-working
	s.stop()
	for !s.Stopping() {
		<-time.After(time.Millisecond)
	}
	select {
	case err := <-s.done:
		t.Fatalf("it has stopped with a request in progress: %v", err)
	default:
	}
	close(finish)
	if err := errors.Join(<-result, <-s.done); err != nil {
		t.Error(err)
	}
}

func TestNewConnectionsAreTakenWhileAServerDrains(t *testing.T) {
	t.Parallel()
	s := serve(t, &serving.Server{}, fine)
	first := s.connect()
	if resp, err := ask(first); err != nil || resp.Close {
		t.Fatalf("before: closes %v, %v", resp.Close, err)
	}
	s.stop()
	for !s.Stopping() {
		<-time.After(time.Millisecond)
	}
	if resp, err := ask(s.connect()); err != nil || !resp.Close {
		t.Errorf("while it drains: closes %v, %v; want an answer that says so", resp, err)
	}
	if err := <-s.done; err != nil {
		t.Error(err)
	}
}

func TestWhatWaitsEndsWithTheGrace(t *testing.T) {
	t.Parallel()
	late := errors.New("late")
	s := serve(t, &serving.Server{Wait: func(context.Context) error { return late }}, fine)
	s.stop()
	if err := <-s.done; !errors.Is(err, late) {
		t.Errorf("%v, want the error of what was waited for", err)
	}
}

func TestAListenerThatFails(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := serving.Server{HTTP: &http.Server{}} //nolint:gosec // of a test
	if err := s.Serve(t.Context(), l); err == nil {
		t.Error("no error")
	}
}

// A server that is told nothing of connections has bounds all the same.
func TestConnectionsAreBoundedAsTheyAre(t *testing.T) {
	t.Parallel()
	s := serve(t, &serving.Server{}, fine)
	if _, err := ask(s.connect()); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	if got := s.Conns.Stats(); got.Most != 10_000 {
		t.Errorf("Stats = %+v, want 10,000 connections at most", got)
	}
}
