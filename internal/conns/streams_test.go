package conns_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/conns"
)

// Over HTTP/2, too, a connection makes room all of whose requests wait for their
// caller, and no other.
func TestStuckRequestsOverHTTP2MakeRoom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asks []string // over the one connection that there may be
		goes bool
	}{
		"a body that does not come":                   {[]string{"/body"}, true},
		"an answer that is not taken":                 {[]string{"/large"}, true},
		"a last part of an answer that is not taken":  {[]string{"/rest"}, true},
		"both of them":                                {[]string{"/body", "/large"}, true},
		"a handler that works":                        {[]string{"/work"}, false},
		"a handler that works beside one that waits":  {[]string{"/body", "/work"}, false},
		"a handler that has sent something and works": {[]string{"/flush"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			b := conns.New(conns.Config{Most: len(test.asks), Now: now}) // so many requests, too
			began, end := make(chan struct{}, 9), make(chan struct{})
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answerOver2(w, r, began, end)
			}))
			s.EnableHTTP2 = true
			s.Listener = b.Listen(s.Listener)
			b.Attach(s.Config)
			s.StartTLS()
			t.Cleanup(s.Close)
			first := s.Client()
			never, write := io.Pipe()
			t.Cleanup(func() { _ = write.Close() })
			for _, path := range test.asks {
				go func() {
					if path == "/body" {
						_, _ = first.Post(s.URL+path, "text/plain", never) //nolint:noctx // there is no answer
						return
					}
					_, _ = first.Get(s.URL + path) //nolint:noctx // it is not taken
				}()
				<-began
			}
			for range len(test.asks) - 1 { // what else there is works
				go func() { _, _ = over1(first).Get(s.URL + "/work") }() //nolint:noctx // as above
				<-began
			}
			ahead.Store(int64(6 * time.Second))
			second := over1(first)
			t.Cleanup(second.CloseIdleConnections)
			got := make(chan error, 1)
			go func() {
				resp, err := second.Get(s.URL + "/") //nolint:noctx // of a test
				if err == nil {
					_ = resp.Body.Close()
				}
				got <- err
			}()
			if test.goes {
				var err error
				for done := false; !done; { // a write may have begun only now
					select {
					case err = <-got:
						done = true
					default:
						ahead.Add(int64(6 * time.Second))
						runtime.Gosched()
					}
				}
				if err != nil || b.Stats().Evicted != 1 {
					t.Errorf("a newcomer gets %v, and %+v; want an answer, and room", err, b.Stats())
				}
				close(end)
				return
			}
			for b.Stats().Waiting == 0 { // it has looked who may go
			}
			if at := b.Stats(); at.Evicted != 0 {
				t.Errorf("%+v, want that the newcomer waits", at)
			}
			close(end)
			_ = write.Close()
			if err := <-got; err != nil {
				t.Errorf("a newcomer gets %v in the end", err)
			}
		})
	}
}

// over1 is a client of HTTP/1.1 that trusts the certificates that another one trusts.
func over1(c *http.Client) *http.Client {
	config := c.Transport.(*http.Transport).TLSClientConfig.Clone() //nolint:forcetypeassert // as httptest makes it
	config.NextProtos = []string{"http/1.1"}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}

func answerOver2(w http.ResponseWriter, r *http.Request, began chan<- struct{}, end <-chan struct{}) {
	switch r.URL.Path {
	case "/body":
		began <- struct{}{}
		_, _ = io.Copy(io.Discard, r.Body)
	case "/large":
		began <- struct{}{}
		for range 64 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	case "/rest":
		began <- struct{}{}
		_, _ = w.Write(make([]byte, 8<<20))
	case "/flush":
		_, _ = io.WriteString(w, "some")
		_ = http.NewResponseController(w).Flush()
		began <- struct{}{}
		<-end
	case "/work":
		began <- struct{}{}
		<-end
	}
}
