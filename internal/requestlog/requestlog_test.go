package requestlog_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/requestlog"
)

// lines are those of ordinary requests, and of all others.
func lines() *rapid.Generator[requestlog.Line] {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"", "GET", "/users/me", "127.0.0.1", "2001:db8::1", "/a b", "a=b", `"`, `\`, "\n", "é", "\xff", "<&>", "%2F", "\u2028", strings.Repeat("long", 200)}),
		rapid.StringMatching(`[a-zA-Z0-9/._:@,~-]*`), rapid.String())
	return rapid.Custom(func(t *rapid.T) requestlog.Line {
		zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 5400), time.FixedZone("", -30)}).Draw(t, "zone")
		return requestlog.Line{
			At: time.Unix(rapid.Int64Range(-1e11, 3e11).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(zone),
			ID: text.Draw(t, "id"), Method: text.Draw(t, "method"), Path: text.Draw(t, "path"), From: text.Draw(t, "from"),
			Status: rapid.IntRange(-1, 1000).Draw(t, "status"), Took: time.Duration(rapid.Int64().Draw(t, "took")),
		}
	})
}

// The two write the same line, byte for byte.
func TestALineIsThatOfSlog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var ours, theirs bytes.Buffer
		own, other := slog.Handler(requestlog.NewText(&ours)), slog.Handler(slog.NewTextHandler(&theirs, nil))
		if rapid.Bool().Draw(t, "json") {
			own, other = requestlog.NewJSON(&ours), slog.NewJSONHandler(&theirs, nil)
		}
		for _, line := range rapid.SliceOfN(lines(), 1, 3).Draw(t, "lines") {
			line.Write(t.Context(), slog.New(own))
			line.Write(t.Context(), slog.New(other))
		}
		if ours.String() != theirs.String() {
			t.Fatalf("the line is\n%sand slog's is\n%s", &ours, &theirs)
		}
	})
}

// What else the log says goes through the same handler, with its attributes and
// groups, which a line of a request gets as well.
func TestTheRestOfTheLogIsThatOfSlog(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*slog.Logger, *requestlog.Line){
		"a warning": func(l *slog.Logger, _ *requestlog.Line) {
			l.Warn("a store is slow", "took", time.Second, "at", time.Unix(1, 0))
		},
		"what is not shown":   func(l *slog.Logger, _ *requestlog.Line) { l.Debug("looked") },
		"a log of a part":     func(l *slog.Logger, line *requestlog.Line) { line.Write(t.Context(), l.With("part", "shop")) },
		"a log with a group":  func(l *slog.Logger, line *requestlog.Line) { line.Write(t.Context(), l.WithGroup("http")) },
		"a line and an error": func(l *slog.Logger, line *requestlog.Line) { line.Write(t.Context(), l); l.Error("it failed") },
	} {
		var texts [2]bytes.Buffer
		for i, h := range []slog.Handler{requestlog.NewText(&texts[0]), slog.NewTextHandler(&texts[1], nil)} {
			line := requestlog.Line{At: time.Unix(9, 0).UTC(), ID: "A", Method: "GET", Path: "/", Status: 200, From: "::1"}
			use(slog.New([]slog.Handler{h, wrapped{h}}[i]), &line)
			use(slog.New(h), &line)
		}
		ours, theirs := withoutTimes(texts[0].String()), withoutTimes(texts[1].String())
		if ours != theirs {
			t.Errorf("%s: the log is\n%sand slog's is\n%s", name, ours, theirs)
		}
	}
}

// wrapped is a handler of a program that wraps another one.
type wrapped struct{ slog.Handler }

// withoutTimes is a log without when its lines were written.
func withoutTimes(log string) string {
	var out strings.Builder
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(line, " level=")
		out.WriteString("level=" + rest)
	}
	return out.String()
}

// halves is a writer that would show if two lines were written at once.
type halves struct{ out strings.Builder }

func (h *halves) Write(line []byte) (int, error) {
	for _, b := range line {
		h.out.WriteByte(b)
	}
	return len(line), nil
}

func TestLinesOfAllKindsAreWrittenOneAtATime(t *testing.T) {
	t.Parallel()
	var out halves
	log := slog.New(requestlog.NewText(&out))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				(&requestlog.Line{At: time.Unix(9, 0).UTC(), ID: "A", Method: "GET", Path: "/", Status: 200, From: "::1"}).Write(t.Context(), log)
				log.Info("other")
			}
		})
	}
	all.Wait()
	requests, others := 0, 0
	for line := range strings.Lines(out.out.String()) {
		switch {
		case line == "time=1970-01-01T00:00:09.000Z level=INFO msg=request id=A method=GET path=/ status=200 took=0s from=::1\n":
			requests++
		case strings.HasPrefix(line, "time=") && strings.HasSuffix(line, " level=INFO msg=other\n"):
			others++
		default:
			t.Fatalf("a line is %q", line)
		}
	}
	if requests != 800 || others != 800 {
		t.Errorf("%d lines of requests and %d others, want 800 of each", requests, others)
	}
}

func BenchmarkLine(b *testing.B) {
	line := requestlog.Line{At: time.Unix(1e9, 5e6), ID: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Method: "GET", Path: "/users/me", Status: 200, Took: 123456, From: "127.0.0.1"}
	for name, h := range map[string]slog.Handler{"slog": slog.NewTextHandler(io.Discard, nil), "ours": requestlog.NewText(io.Discard)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			log := slog.New(h)
			for b.Loop() {
				line.Write(b.Context(), log)
			}
		})
	}
}
