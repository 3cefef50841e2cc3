package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

// Every comparison runs, and finds what it asks for.
func TestEachComparisonIsMade(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), options{rounds: 2, each: time.Millisecond}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10 and 10000 routes", "1 and 1000 scopes", "100 and 20000 users", "0 and 20000 ended", "1 and 64 goroutines", "| 16 |", "| 100 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report has no line of %q:\n%s", want, &out)
		}
	}
}

func TestWhatARatioIsWorth(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ratios []float64
		want   string
	}{
		"rounds that agree on the same":      {[]float64{1, 1.01, 0.99, 1, 1.02, 0.98, 1, 1}, "| within 5 %"},
		"rounds that agree on more":          {[]float64{1.2, 1.21, 1.19, 1.2, 1.2, 1.22, 1.18, 1.2}, "| more than 5 %"},
		"rounds that do not agree":           {[]float64{0.5, 1.5, 0.7, 1.4, 0.6, 1.6}, "not known"},
		"one round, which says nothing":      {[]float64{1}, "not known"},
		"ten of which a neighbour had one":   {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, "| within 5 %"},
		"one of ten that was much too cheap": {[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0.1}, "| within 5 %"},
	} {
		var out bytes.Buffer
		ratio, half := interval(test.ratios)
		if math.IsNaN(ratio) || math.IsNaN(half) {
			t.Errorf("%s: interval(%v) = %v ± %v", name, test.ratios, ratio, half)
		}
		result{1, 1, ratio, half}.write(&out, "a")
		if !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: %q, want %q", name, &out, test.want)
		}
	}
}
