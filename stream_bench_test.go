//go:build unix

package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// BenchmarkIdleStreams is what 10,000 streams cost that wait: the memory that the
// library has for each beside the handler's goroutine, and how much of a processor
// is used to look at them and to decide about them.
func BenchmarkIdleStreams(b *testing.B) {
	for name, test := range map[string]struct{ told, public bool }{
		"decided=never": {public: true}, "decided=when-told": {told: true}, "decided=often": {},
	} {
		b.Run(name, func(b *testing.B) { idleStreams(b, test.told, test.public) })
	}
}

func idleStreams(b *testing.B, told, public bool) {
	const streams = 10_000
	var number atomic.Uint64
	caller := lender{name: "amy"}
	if told {
		caller.changes = number.Load
	}
	bearer := holdfast.Security(holdfast.Verify(holdfast.HTTPBearer(), func(context.Context, string) (lender, error) { return caller, nil }))
	app := quiet()
	entered := make(chan struct{})
	wait := func(r *http.Request) error {
		entered <- struct{}{}
		<-r.Context().Done()
		return nil
	}
	if public {
		app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(_ http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error { return wait(r) }))
	} else {
		app.Handle("GET /", holdfast.Raw(bearer, func(_ http.ResponseWriter, r *http.Request, _ lender) error { return wait(r) }))
	}
	for b.Loop() {
		ctx, hangUp := context.WithCancel(b.Context())
		defer hangUp()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer amy")
		before := inUse()
		done := make(chan struct{})
		for range streams {
			go func() { app.ServeHTTP(httptest.NewRecorder(), r); done <- struct{}{} }()
		}
		for range streams {
			<-entered
		}
		<-time.After(2 * time.Second) // every one has been decided once
		b.ReportMetric(float64(inUse()-before)/streams, "bytes/stream")
		used, began := processor(), time.Now()
		<-time.After(5 * time.Second)
		b.ReportMetric(100*float64(processor()-used)/float64(time.Since(began)), "%core")
		hangUp()
		for range streams {
			<-done
		}
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// processor is the time that the process has computed.
func processor() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkShortRaw is a raw handler that answers at once.
func BenchmarkShortRaw(b *testing.B) {
	app := quiet()
	ok := func(w http.ResponseWriter) error { _, err := w.Write([]byte("ok")); return err }
	who := holdfast.Verify(holdfast.HTTPBearer(), func(context.Context, string) (lender, error) { return lender{name: "amy"}, nil })
	app.Handle("GET /public", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error { return ok(w) }))
	app.Handle("GET /caller", holdfast.Raw(holdfast.Security(who), func(w http.ResponseWriter, _ *http.Request, _ lender) error { return ok(w) }))
	for _, path := range []string{"/public", "/caller"} {
		b.Run("path="+path, func(b *testing.B) {
			b.ReportAllocs()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer amy")
			for b.Loop() {
				app.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
