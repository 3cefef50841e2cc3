package loadgen

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	t.Parallel()
	r := NewRecorder()
	for i := 100; i >= 1; i-- {
		r.add(200, time.Duration(i))
	}
	if s := r.Summary(); s.Count != 100 || s.P50 != 50 || s.P99 != 99 || s.Max != 100 || s.Status[200] != 100 {
		t.Errorf("Summary() = %+v", s)
	}
	if s := NewRecorder().Summary(); s.P99 != 0 {
		t.Errorf("Summary() of nothing = %+v", s)
	}
}

// A server that stands still shows in every request that was due meanwhile.
func TestOpenCountsFromWhenARequestWasDue(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	open := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer x" || r.FormValue("a") != "b" {
			w.WriteHeader(http.StatusBadRequest)
		}
		if n.Add(1) == 10 {
			close(open)
		}
		<-open // no request is answered before the tenth has come
	}))
	defer server.Close()
	target, err := NewTarget("POST", server.URL+"/x", Bearer("x")+Form, "a=b")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := NewRecorder()
	go func() { <-open; cancel() }()
	target.Open(ctx, 100, r)
	if s := r.Summary(); s.Status[200] < 10 || s.Count != s.Status[200] || s.Max < 80*time.Millisecond {
		t.Errorf("Summary() = %+v, want at least 10 answers, the first after 90 ms", s)
	}
	if status, _, err := target.Once(t.Context()); status != 200 || err != nil {
		t.Errorf("Once = %d, %v", status, err)
	}
}

func TestClosedEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	var n atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n.Add(1) > 20 {
			cancel()
			<-hang
		}
	}))
	defer server.Close()
	defer close(hang)
	target, err := NewTarget("GET", server.URL+"/", "", "")
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder()
	target.Closed(ctx, 4, r)
	if s := r.Summary(); s.Count < 20-3 || s.Count > 20 || s.Status[0] != 0 {
		t.Errorf("Summary() = %+v, want 20 answers, less those on the way at the end, and no failure", s)
	}
}
