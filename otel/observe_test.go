package otel_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/otel"
	"github.com/holdfast-go/holdfast/work"
)

// member is what a token proves: whose it is, and what it is good for.
type member struct {
	name   string
	scopes []string
}

func (m member) HasScope(name string) bool { return slices.Contains(m.scopes, name) }

// verify takes "ann notes:read" for a token.
func verify(_ context.Context, token string) (member, error) {
	words := strings.Fields(strings.ReplaceAll(token, "+", " "))
	if words[0] == "nobody" {
		return member{}, errors.New("nobody has such a token")
	}
	return member{words[0], words[1:]}, nil
}

func findShelf(_ context.Context, m member) (string, error) {
	if m.name == "bob" {
		return "", holdfast.Errorf(http.StatusForbidden, "bob has no shelf")
	}
	return m.name + "'s shelf", nil
}

func openDrawer(context.Context) (int, error) { return 7, nil }

type number struct {
	N int `query:"n"`
}

// watched is an application that is observed, with what it has told.
type watched struct {
	t      *testing.T
	app    *holdfast.App
	spans  *tracetest.InMemoryExporter
	reader *metric.ManualReader
	traces *trace.TracerProvider
}

func watch(t *testing.T, config otel.Config) *watched {
	t.Helper()
	w := &watched{t: t, spans: tracetest.NewInMemoryExporter(), reader: metric.NewManualReader()}
	w.traces = trace.NewTracerProvider(trace.WithSyncer(w.spans))
	config.Traces, config.Metrics = w.traces, metric.NewMeterProvider(metric.WithReader(w.reader))
	oauth := holdfast.OAuth2PasswordBearer("token")
	read := oauth.Scope("notes:read", "Read notes")
	shelf := holdfast.Depends1(holdfast.Verify(oauth, verify), findShelf)
	lane := work.NewLane(work.Config{Name: "print", Workers: 1})
	t.Cleanup(lane.Close)
	w.app = holdfast.New("Notes", "1.0.0")
	w.app.Handle("GET /notes/{id}", holdfast.To1(holdfast.Security(shelf, read), holdfast.Depends0(openDrawer),
		func(ctx context.Context, shelf string, drawer int, _ holdfast.NoInput) (string, error) {
			ctx, own := w.traces.Tracer("notes").Start(ctx, "own")
			defer own.End()
			return fmt.Sprint(shelf, drawer), lane.Do(ctx, func() error { return nil })
		}))
	holdfast.Get(w.app, "/panic", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { panic("oh") })
	holdfast.Get(w.app, "/number", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in number) (int, error) { return in.N, nil })
	otel.Observe(w.app, config)
	if err := w.app.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

// call sends a request and returns the status with the tree of its spans.
func (w *watched) call(path, token string, header ...string) (status int, tree string) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	w.spans.Reset()
	w.app.ServeHTTP(answer, r)
	return answer.Code, draw(w.spans.GetSpans())
}

// draw draws spans as a tree, those of one parent in the order in which they began,
// with the attributes of this library.
func draw(all tracetest.SpanStubs) string {
	slices.SortStableFunc(all, func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
	var out strings.Builder
	var under func(parent, indent string)
	under = func(parent, indent string) {
		for _, s := range all {
			id := ""
			if s.Parent.IsValid() && !s.Parent.IsRemote() {
				id = s.Parent.SpanID().String()
			}
			if id != parent {
				continue
			}
			out.WriteString(indent + s.Name + attributes(s) + "\n")
			under(s.SpanContext.SpanID().String(), indent+"  ")
		}
	}
	under("", "")
	return out.String()
}

func attributes(s tracetest.SpanStub) string {
	var list []string
	for _, a := range s.Attributes {
		key := strings.TrimPrefix(string(a.Key), "holdfast.")
		switch {
		case key == "lane.wait":
			list = append(list, key)
		case key != string(a.Key) || key == "http.route":
			list = append(list, key+"="+a.Value.String())
		}
	}
	slices.Sort(list)
	if s.Status.Code == codes.Error {
		list = append(list, "error")
	}
	return " " + strings.Join(list, " ")
}

// The tree of each kind of request: what decides, what works, and why it failed.
func TestARequestIsATreeOfSpans(t *testing.T) {
	t.Parallel()
	w := watch(t, otel.Config{})
	for name, test := range map[string]struct {
		path, token string
		status      int
		want        string
	}{
		"a caller who may call": {"/notes/1", "ann+notes:read", http.StatusOK, `
GET /notes/{id} http.route=/notes/{id}
  policy decision=allow
    verify OAuth2PasswordBearer
    dependency findShelf
  dependency openDrawer
  handler
    own
      lane print lane.wait`},
		"no credential": {"/notes/1", "", http.StatusUnauthorized, `
GET /notes/{id} http.route=/notes/{id} reason=no credential
  policy decision=refuse reason=no credential`},
		"a credential that is none": {"/notes/1", "nobody", http.StatusUnauthorized, `
GET /notes/{id} http.route=/notes/{id} reason=credential
  policy decision=refuse reason=credential
    verify OAuth2PasswordBearer reason=credential`},
		"a scope that is missing": {"/notes/1", "ann+notes:write", http.StatusForbidden, `
GET /notes/{id} http.route=/notes/{id} reason=scope
  policy decision=refuse missing=notes:read reason=scope
    verify OAuth2PasswordBearer`},
		"a dependency that refuses": {"/notes/1", "bob+notes:read", http.StatusForbidden, `
GET /notes/{id} http.route=/notes/{id} reason=handler
  policy decision=refuse reason=handler
    verify OAuth2PasswordBearer
    dependency findShelf reason=handler`},
		"no route": {"/nothing", "", http.StatusNotFound, `
GET reason=no route`},
		"input that does not fit": {"/number?n=x", "", http.StatusUnprocessableEntity, `
GET /number http.route=/number reason=input
  policy decision=allow`},
		"a panic": {"/panic", "", http.StatusInternalServerError, `
GET /panic http.route=/panic reason=panic error
  policy decision=allow
  handler reason=panic error`},
	} {
		status, tree := w.call(test.path, test.token)
		if got := trimmed(tree); status != test.status || got != strings.TrimSpace(test.want) {
			t.Errorf("%s: %d\n%s\nwant %d%s", name, status, got, test.status, test.want)
		}
	}
}

func trimmed(tree string) string {
	lines := strings.Split(strings.TrimSpace(tree), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// A stranger cannot have a trace recorded, nor write into one; who is trusted can.
func TestWhoseTraceARequestIsIn(t *testing.T) {
	t.Parallel()
	const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, trusts := range []bool{false, true} {
		w := watch(t, otel.Config{TrustCallers: trusts})
		_, _ = w.call("/number?n=1", "", "traceparent", theirs)
		for _, s := range w.spans.GetSpans() {
			if same := s.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c"; same != trusts {
				t.Errorf("TrustCallers %v: the span %s is in the caller's trace: %v", trusts, s.Name, same)
			}
		}
	}
}

// What a stranger could put secrets into, or what is one, is in no span.
func TestNoSecretIsInASpan(t *testing.T) {
	t.Parallel()
	w := watch(t, otel.Config{})
	for _, path := range []string{"/notes/1?secret=hidden", "/number?n=hidden", "/nothing?code=hidden"} {
		_, _ = w.call(path, "hidden+notes:read", "Cookie", "session=hidden")
		for _, s := range w.spans.GetSpans() {
			if text := fmt.Sprintf("%+v", s); strings.Contains(text, "hidden") {
				t.Errorf("GET %s: the span %s has a secret:\n%s", path, s.Name, text)
			}
		}
	}
}

// The metrics are those of otelhttp, with the route, and those of this library.
func TestRequestsAreMeasured(t *testing.T) {
	t.Parallel()
	w := watch(t, otel.Config{})
	_, _ = w.call("/notes/1", "ann+notes:read")
	_, _ = w.call("/notes/2", "ann")
	_, _ = w.call("/nothing", "")
	var all metricdata.ResourceMetrics
	if err := w.reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					route, _ := p.Attributes.Value("http.route")
					part, _ := p.Attributes.Value("holdfast.part")
					got[strings.TrimSpace(m.Name+" "+cmp.Or(route.AsString(), part.AsString()))] += p.Count
				}
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					reason, _ := p.Attributes.Value("holdfast.reason")
					decision, _ := p.Attributes.Value("holdfast.decision")
					got[m.Name+" "+decision.AsString()+" "+reason.AsString()] += uint64(p.Value)
				}
			}
		}
	}
	for name, want := range map[string]uint64{
		"http.server.request.duration /notes/{id}": 2, "http.server.request.duration": 1,
		"holdfast.decisions allow ": 1, "holdfast.decisions refuse scope": 1,
		"holdfast.part.duration policy": 2, "holdfast.part.duration verify": 2, "holdfast.part.duration dependency": 2,
		"holdfast.part.duration handler": 1, "holdfast.part.duration lane": 1,
	} {
		if got[name] != want {
			t.Errorf("%s was counted %d times, want %d; all: %v", name, got[name], want, got)
		}
	}
}

// A copy of an application, as tests make them, is observed as the application is;
// without providers of its own it uses the process's.
func TestTheZeroConfigUsesTheProvidersOfTheProcess(t *testing.T) { //nolint:paralleltest // they are the process's
	seen := tracetest.NewInMemoryExporter()
	api.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(seen)))
	api.SetMeterProvider(metric.NewMeterProvider())
	app := holdfast.New("Hello", "1.0.0")
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "hello", nil })
	otel.Observe(app, otel.Config{})
	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if got := trimmed(draw(seen.GetSpans())); got != "GET / http.route=/\n  policy decision=allow\n  handler" {
		t.Errorf("the process's provider was told\n%s", got)
	}
}
