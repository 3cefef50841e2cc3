package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		status int
		bad    bool
	}{
		"nothing yet":                     {"", 0, false},
		"half a head":                     {"HTTP/1.1 200 OK\r\nContent-", 0, false},
		"half a body":                     {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}", 0, false},
		"a whole answer":                  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, false},
		"lower case":                      {"HTTP/1.1 401 No\r\ndate: now\r\ncontent-length: 2\r\n\r\n{}", 401, false},
		"no body":                         {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 401, false},
		"half of the chunks":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 0, false},
		"all chunks":                      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, false},
		"chunks and half a trailer":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n", 0, false},
		"chunks and a trailer":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n\r\n", 200, false},
		"a chunk that ends like the last": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n", 0, false},
		"a chunk without a size":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n", 0, true},
		"more than was asked for":         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP", 0, true},
		"no length":                       {"HTTP/1.1 200 OK\r\nDate: now\r\n\r\n{}", 0, true},
		"a length that is no number":      {"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}", 0, true},
		"another protocol":                {"SSH-2.0-OpenSSH_9.6\r\n\r\n", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, err := parse([]byte(test.answer))
			if status != test.status || (err != nil) != test.bad {
				t.Errorf("parse(%q) = %d, %v, want %d", test.answer, status, err, test.status)
			}
		})
	}
}

func requests(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = Get(fmt.Sprintf("/%d", i), "token")
	}
	return list
}

func TestEachRequestIsSentOnce(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("on Linux only")
	}
	var mu sync.Mutex
	seen := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path+" "+r.Header.Get("Authorization")]++
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	plan := Plan{Addr: strings.TrimPrefix(server.URL, "http://"), Conns: 5, For: time.Minute, Status: 200, Next: Once(requests(300))}
	result, err := Run(t.Context(), plan)
	if err != nil || result.Count != 300 || result.Took <= 0 {
		t.Fatalf("Run() = %+v, %v, want 300 answers", result, err)
	}
	mu.Lock()
	defer mu.Unlock()
	for i := range 300 {
		if n := seen[fmt.Sprintf("/%d Bearer token", i)]; n != 1 {
			t.Errorf("request %d came %d times", i, n)
		}
	}
}

func TestAnotherAnswerIsAnError(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("on Linux only")
	}
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { w.WriteHeader(http.StatusTeapot) })
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	plan := Plan{Addr: strings.TrimPrefix(server.URL, "http://"), Conns: 1, For: time.Minute, Status: 200, Next: Cycle(requests(2))}
	if _, err := Run(t.Context(), plan); err == nil || !strings.Contains(err.Error(), "418, want 200") {
		t.Errorf("Run() with one wrong answer = %v", err)
	}
}

func TestAServerThatHangsUpIsAnError(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("on Linux only")
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	plan := Plan{Addr: strings.TrimPrefix(server.URL, "http://"), Conns: 2, For: time.Minute, Status: 200, Next: Cycle(requests(1))}
	if _, err := Run(t.Context(), plan); err == nil {
		t.Error("Run() takes a broken connection for an answer")
	}
}

// A server that stands still shows in every request that was due meanwhile.
func TestAtAPaceARequestIsCountedFromWhenItWasDue(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("on Linux only")
	}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 {
			<-time.After(200 * time.Millisecond)
		}
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	plan := Plan{
		Addr: strings.TrimPrefix(server.URL, "http://"), Conns: 1, For: 100 * time.Millisecond, Every: 10 * time.Millisecond,
		Status: 200, Next: Cycle(requests(1)),
	}
	result, err := Run(t.Context(), plan)
	if err != nil || result.Count != 10 || len(result.Waits) != 10 {
		t.Fatalf("Run() = %+v, %v, want 10 answers", result, err)
	}
	// The last was due after 90 ms, and sent when the first was answered.
	if shortest := result.Waits[0]; shortest < 100*time.Millisecond {
		t.Errorf("the shortest wait is %v, want 110 ms or more", shortest)
	}
	if result.Quantile(50) != result.Waits[4] || result.Quantile(99) != result.Waits[9] || (Result{}).Quantile(99) != 0 {
		t.Errorf("Quantile(50), Quantile(99) = %v, %v of %v", result.Quantile(50), result.Quantile(99), result.Waits)
	}
}
