package spans_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/internal/spans"
)

// tracer writes down what it is told.
type tracer struct{ said []string }

func (t *tracer) Begin(ctx context.Context, kind, name string) (context.Context, spans.Part) {
	return ctx, t.Enter(kind, name)
}

func (t *tracer) Enter(kind, name string) spans.Part {
	t.said = append(t.said, "begin "+kind+" "+name)
	return part{t, kind}
}

func (t *tracer) Note(reason string) { t.said = append(t.said, "note "+reason) }

type part struct {
	t    *tracer
	kind string
}

func (p part) Set(key, value string) { p.t.said = append(p.t.said, key+"="+value) }
func (p part) End(reason string)     { p.t.said = append(p.t.said, "end "+p.kind+" "+reason) }

// It is one test: what is enabled once stays so.
func TestPartsAreToldToTheTracerOfTheContext(t *testing.T) { //nolint:paralleltest // as above
	seen := &tracer{}
	ctx := spans.With(t.Context(), seen)
	work := func(ctx context.Context) {
		within, span := spans.Begin(ctx, spans.Store, "read")
		span.Set("rows", "1")
		span.EndWith(errors.New("broken"))
		_, other := spans.Begin(within, spans.Lane, "hash")
		other.EndWith(nil)
		spans.Enter(ctx, spans.Handler, "GET /").End("")
	}
	work(ctx)
	if len(seen.said) > 0 || spans.From(ctx) != nil {
		t.Errorf("a process that does not trace tells %q", seen.said)
	}
	if n := testing.AllocsPerRun(100, func() { work(ctx) }); n > 1 { // the error above
		t.Errorf("a process that does not trace allocates %v times", n)
	}
	spans.Enable()
	work(t.Context())
	if len(seen.said) > 0 {
		t.Errorf("a context without a tracer tells %q", seen.said)
	}
	work(ctx)
	want := []string{"begin store read", "rows=1", "end store broken", "begin lane hash", "end lane ", "begin handler GET /", "end handler "}
	if !slices.Equal(seen.said, want) {
		t.Errorf("told %q, want %q", seen.said, want)
	}
}
