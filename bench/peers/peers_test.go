package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/bench/peers/contract"
)

// Every peer keeps the contract: otherwise the figures would compare different
// things.
func TestPeersKeepTheContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := build(t.Context(), goPeers, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range goPeers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keeps(t, name, []string{filepath.Join(dir, name)})
		})
	}
	t.Run(fastapi, func(t *testing.T) {
		t.Parallel()
		python := venv{fastapi}
		if !python.ready() {
			t.Skip("there is no venv yet: go -C bench run ./peers makes it")
		}
		keeps(t, fastapi, python.command())
	})
}

func keeps(t *testing.T, name string, command []string) {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), name, command, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	if err := contract.Check(t.Context(), s.url()); err != nil {
		t.Error(err)
	}
	if count, err := s.objects(); err != nil || (count > 0) != (name != fastapi) {
		t.Errorf("objects() = %v, %v", count, err)
	}
}

// A server that looks at nothing must not be measured.
func TestTheContractNoticesWhatIsMissing(t *testing.T) {
	t.Parallel()
	all := http.NewServeMux()
	all.HandleFunc(contract.Items, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"item_id":"Foo","owner":"alice"}]`))
	})
	server := httptest.NewServer(all)
	defer server.Close()
	err := contract.Check(t.Context(), server.URL)
	if err == nil {
		t.Fatal("a server that lets everyone in keeps the contract")
	}
	for _, want := range []string{
		"no credential: ", "only the scope me: ", "alg none without a signature: ", "an expired token: ", "the signature of another secret: ",
		"claims that were changed: ", "an unknown user: ", "an inactive user sees no items: ", "POST /token = 404",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the errors do not name %q", want)
		}
	}
	if strings.Contains(err.Error(), "a token with both scopes sees the items") {
		t.Error("a right answer is named among the errors")
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	of := func(cpu float64) sample {
		return sample{cpu: [kinds]float64{cpu, cpu, cpu, cpu}, busy: [kinds]float64{1, 0.9, 1, 1}, p50: time.Millisecond, p99: 2 * time.Millisecond}
	}
	// The machine got slower from round to round; the ratio did not.
	base, us := []sample{of(10), of(20), of(40)}, []sample{of(9), of(18), of(36)}
	r := &report{rows: []row{summarize(baseline, base, base), summarize(ours, us, base)}, left: []string{"fastapi: no Python"}}
	var out bytes.Buffer
	r.write(&options{rounds: 3}, &out)
	for _, want := range []string{
		"| 18.0 µs (0.90) |", "| 20.0 µs (1.00) |", "90 %", "Left out: fastapi: no Python",
		"a protected GET, token seen before: 0.90 of bare, at most 0.90: reached",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "fiber") {
		t.Error("the report compares with a server that was not measured")
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string // of the error
	}{
		"nothing said":           {nil, ""},
		"some peers":             {[]string{"-peers", "bare,holdfast"}, ""},
		"an unknown peer":        {[]string{"-peers", "bare,express"}, `there is no peer "express"`},
		"no rounds":              {[]string{"-rounds", "0"}, "out of place"},
		"a word out of place":    {[]string{"now"}, "out of place"},
		"a flag that is not one": {[]string{"-now"}, "not defined"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			_, err := parse(test.args, &out)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("parse(%q) = %v, want %q", test.args, err, test.want)
			}
		})
	}
	if o, err := parse([]string{"-peers", "holdfast"}, &bytes.Buffer{}); err != nil || o.names[0] != baseline {
		t.Errorf("parse() = %+v, %v, want the baseline among the peers", o, err)
	}
}
