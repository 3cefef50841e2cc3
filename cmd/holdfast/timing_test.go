package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These tests measure a running server for minutes: `make timing` runs them,
// with the machine to itself. HOLDFAST_TIMING says how many attempts to make
// of each kind. They do not ask whether a difference is significant, which
// fails honest code once in a while and passes any test that is too small, but
// whether an attacker could use it.

// attempts returns how many to make, and skips the test if it was not asked for.
func attempts(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("HOLDFAST_TIMING"))
	if err != nil {
		t.Skip("takes minutes; run make timing")
	}
	if unboundedFlag == "" {
		t.Fatal("the server's throttle cannot be turned off: run make timing, which sets the tag holdfast_insecure_switches")
	}
	return n
}

// wrong are passwords of the lengths that schemes treat differently.
var wrong = []string{"x", strings.Repeat("x", 15), strings.Repeat("x", 73), strings.Repeat("x", 10_000)}

// race times attempts with names that exist and names that do not, in turns
// whose order is random.
func race(t *testing.T, p *process, n int, existing []string) (present, absent []float64) {
	t.Helper()
	attempt := func(name, secret string) float64 {
		form := url.Values{"username": {name}, "password": {secret}}.Encode()
		start := time.Now()
		status, body := p.call("POST", "/token", "", form)
		took := time.Since(start)
		if status != http.StatusBadRequest || !strings.Contains(body, "Incorrect username or password") {
			t.Fatalf("POST /token = %d %s", status, body)
		}
		return took.Seconds() * 1000
	}
	for range 20 { // until connections, caches and the heap are as they stay
		attempt("warm", "x")
		attempt(existing[0], "x")
	}
	for i := range n {
		secret := wrong[i%len(wrong)]
		one := func() { present = append(present, attempt(existing[rand.IntN(len(existing))], secret)) } //nolint:gosec // for a measurement
		other := func() { absent = append(absent, attempt(fmt.Sprintf("nobody%d", i), secret)) }
		if rand.IntN(2) == 0 { //nolint:gosec // as above
			one, other = other, one
		}
		one()
		other()
	}
	return present, absent
}

// auc is how often a threshold tells a pair of attempts apart, for the best
// threshold in the better direction being 0.5 for a coin: the probability that
// an attempt of b took longer than one of a.
func auc(a, b []float64) float64 {
	sorted := slices.Clone(a)
	slices.Sort(sorted)
	sum := 0.0
	for _, x := range b {
		below, _ := slices.BinarySearch(sorted, x)
		equal := 0
		for below+equal < len(sorted) && sorted[below+equal] == x {
			equal++
		}
		sum += float64(below) + float64(equal)/2
	}
	return sum / float64(len(a)*len(b))
}

func median(list []float64) float64 {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func TestTimingOfNamesThatDoNotExist(t *testing.T) {
	n := attempts(t)
	p := start(t, t.TempDir(), "--insecure-no-login-throttle-for-timing-tests")
	var existing []string
	for i := range 10 {
		name := fmt.Sprintf("person%d", i)
		p.shell(secret+"\n", "user", "add", name, "--password-stdin", "--own-password")
		existing = append(existing, name)
	}
	present, absent := race(t, p, n, existing)
	area, a, b := auc(present, absent), median(present), median(absent)
	t.Logf("%d attempts each: AUC %.4f; medians %.3f ms present, %.3f ms absent, %+.2f %%", n, area, a, b, 100*(b-a)/a)
	if area < 0.47 || area > 0.53 {
		t.Errorf("the area under the curve is %.4f, want 0.47 to 0.53", area)
	}
	if difference := (b - a) / a; difference < -0.01 || difference > 0.01 {
		t.Errorf("the medians differ by %.2f %%, want at most 1 %%", 100*difference)
	}
}

// Half of the users have bcrypt from another system, so half of the names that
// do not exist must look as if. Medians say nothing of two heaps.
func TestTimingOfOldHashes(t *testing.T) {
	n := attempts(t)
	dir := t.TempDir()
	p := start(t, dir, "--insecure-no-login-throttle-for-timing-tests")
	var existing []string
	file := "username,hash\n"
	for i := range 10 {
		old, recent := fmt.Sprintf("old%d", i), fmt.Sprintf("recent%d", i)
		p.shell(secret+"\n", "user", "add", recent, "--password-stdin", "--own-password")
		file += old + ",$2b$09$C0NSKqkdfs.hg1j8y7IPXuVZYhV8TVVaTTvcsyBlPkEmtS4Ydh3kC\n"
		existing = append(existing, old, recent)
	}
	if err := os.WriteFile(filepath.Join(dir, "old.csv"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	p.shell("", "import", "users", "--from", "passlib-csv", "old.csv")
	present, absent := race(t, p, n, existing)
	area := auc(present, absent)
	t.Logf("%d attempts each, half of the users with bcrypt: AUC %.4f", n, area)
	if area < 0.47 || area > 0.53 {
		t.Errorf("the area under the curve is %.4f, want 0.47 to 0.53", area)
	}
}

func TestAUC(t *testing.T) {
	for name, test := range map[string]struct {
		a, b []float64
		want float64
	}{
		"equal":          {[]float64{1, 2, 3}, []float64{1, 2, 3}, 0.5},
		"all longer":     {[]float64{1, 2}, []float64{3, 4}, 1},
		"all shorter":    {[]float64{3, 4}, []float64{1, 2}, 0},
		"three of four":  {[]float64{1, 3}, []float64{2, 4}, 0.75},
		"ties are halfs": {[]float64{1, 1}, []float64{1, 1}, 0.5},
	} {
		if got := auc(test.a, test.b); got != test.want {
			t.Errorf("%s: auc = %v, want %v", name, got, test.want)
		}
	}
}
