package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/work"
)

func health(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "ok", nil }

// The application is observed, the lane is measured, and the handler is served
// on an address that the public cannot reach. A server also runs Watch.
func Example() {
	m := metrics.New()
	lane := work.NewLane(work.Config{Name: "passwords", Workers: 2})
	defer lane.Close()
	m.Lane(lane)
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1.0.0", Observe: m.Observe})
	holdfast.Get(app, "/health", holdfast.Public(), health)

	for _, path := range []string{"/health", "/health", "/nothing"} {
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "holdfast_requests_total") || strings.HasPrefix(line, "holdfast_lane_workers") {
			fmt.Print(line)
		}
	}
	// Output:
	// holdfast_lane_workers{lane="passwords"} 2
	// holdfast_requests_total{route="GET /health",status="200"} 2
	// holdfast_requests_total{route="no route",status="404"} 1
}
