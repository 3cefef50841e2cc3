package recorder_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/recorder"
)

// What is remembered is what a client gets from net/http's own server.
func TestWhatIsRemembered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve  func(http.ResponseWriter)
		status int
		wrote  bool
		sent   int // what the client sees
	}{
		"nothing": {func(http.ResponseWriter) {}, 0, false, 200},
		"a status alone": {func(w http.ResponseWriter) {
			w.WriteHeader(404)
		}, 404, true, 404},
		"a body alone": {func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "hello")
			_, _ = io.WriteString(w, "you")
		}, 200, true, 200},
		"an empty body": {func(w http.ResponseWriter) {
			_, _ = w.Write(nil)
			w.WriteHeader(404)
		}, 200, true, 200},
		"two statuses": {func(w http.ResponseWriter) {
			w.WriteHeader(404)
			w.WriteHeader(500)
		}, 404, true, 404},
		"hints alone": {func(w http.ResponseWriter) {
			w.WriteHeader(103)
		}, 0, false, 200},
		"hints before a status": {func(w http.ResponseWriter) {
			w.WriteHeader(103)
			w.WriteHeader(103)
			w.WriteHeader(418)
		}, 418, true, 418},
		"a body where none may be": {func(w http.ResponseWriter) {
			w.WriteHeader(204)
			_, _ = io.WriteString(w, "hello")
		}, 204, true, 204},
		"a status that is none": {func(w http.ResponseWriter) {
			defer func() { _ = recover() }()
			w.WriteHeader(1000)
		}, 0, false, 200},
		"a flush of a Flusher": {func(w http.ResponseWriter) {
			w.(http.Flusher).Flush()
			w.WriteHeader(404)
		}, 200, true, 200},
		"a flush of a ResponseController": {func(w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
		}, 200, true, 200},
		"a connection taken over": {func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 218 This is fine\r\nContent-Length: 0\r\n\r\n")
			_ = conn.Close()
			_, _ = io.WriteString(w, "too late")
		}, 0, true, 218},
		"a WebSocket": {func(w http.ResponseWriter) {
			w.WriteHeader(101)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		}, 101, true, 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(chan *recorder.Recorder, 1)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				seen := &recorder.Recorder{ResponseWriter: w}
				defer func() { got <- seen }()
				test.serve(seen)
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // some of them are mistakes
			server.Start()
			defer server.Close()
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			seen := <-got
			if seen.Status() != test.status || seen.Wrote() != test.wrote || resp.StatusCode != test.sent {
				t.Errorf("recorded status %d, wrote %v while the client got %d; want %d, %v and %d",
					seen.Status(), seen.Wrote(), resp.StatusCode, test.status, test.wrote, test.sent)
			}
		})
	}
}

// plain is a ResponseWriter that can do nothing else, except to have deadlines.
type plain struct {
	header   http.Header
	deadline time.Time
}

func (w *plain) Header() http.Header                 { return w.header }
func (*plain) WriteHeader(int)                       {}
func (*plain) Write(data []byte) (int, error)        { return len(data), nil }
func (w *plain) SetWriteDeadline(at time.Time) error { w.deadline = at; return nil }

func TestWhatTheWriterBelowCannotDo(t *testing.T) {
	t.Parallel()
	below := &plain{header: http.Header{}}
	seen := &recorder.Recorder{ResponseWriter: below}
	control := http.NewResponseController(seen)
	if err := control.Flush(); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("Flush = %v, want ErrNotSupported", err)
	}
	if _, _, err := control.Hijack(); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("Hijack = %v, want ErrNotSupported", err)
	}
	if seen.Wrote() || seen.Status() != 0 {
		t.Errorf("recorded status %d, wrote %v of what was not possible, want 0 and false", seen.Status(), seen.Wrote())
	}
	at := time.Unix(1, 0)
	if err := control.SetWriteDeadline(at); err != nil || !below.deadline.Equal(at) {
		t.Errorf("SetWriteDeadline = %v and the deadline is %v, want %v", err, below.deadline, at)
	}
}

// A recorder that is a part of something else costs no allocation.
func TestAllocations(t *testing.T) {
	below := httptest.NewRecorder()
	below.Body = nil // which would grow
	data := []byte("hello")
	var whole struct {
		recorder.Recorder
		other int
	}
	if got := testing.AllocsPerRun(100, func() {
		whole.Recorder = recorder.Recorder{ResponseWriter: below}
		whole.WriteHeader(http.StatusOK)
		_, _ = whole.Write(data)
		whole.Flush()
		whole.other++
	}); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
