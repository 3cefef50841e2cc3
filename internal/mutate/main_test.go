package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mutate runs the command in the folder of a small module.
func mutate(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, progress strings.Builder
	code = run(t.Context(), args, &out, &progress)
	return code, out.String(), progress.String()
}

// What the tests of a small module do not notice is reported, and nothing else.
func TestSurvivorsAreReported(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the go command a dozen times")
	}
	t.Chdir("testdata/tiny")
	before, err := os.ReadFile("tiny.go")
	if err != nil {
		t.Fatal(err)
	}
	code, out, progress := mutate(t, "-list=", "-jobs=2", "tiny.go")
	const want = `tiny.go:14 Adult: condition never holds
  func Adult(age int) (bool, error) {
- if age < 0 {
+ if (age < 0) && false {

tiny.go:14 Adult: < taken for <=
  func Adult(age int) (bool, error) {
- if age < 0 {
+ if age <= 0 {

tiny.go:14 Adult: number one larger
  func Adult(age int) (bool, error) {
- if age < 0 {
+ if age < 1 {

tiny.go:15 Adult: nil returned
  if age < 0 {
- return false, ErrAge
+ return false, nil

tiny.go:15 Adult: opposite truth
  if age < 0 {
- return false, ErrAge
+ return true, ErrAge

16 mutants: 11 killed, 5 survived (31.2 %), 0 of these known; 2 more do not build
`
	if code != exitReported || out != want {
		t.Errorf("mutate = %d\n%s\nwant %d\n%s", code, out, exitReported, want)
	}
	if !strings.Contains(progress, "10/18 tiny.go:23 assignment left out: killed TestSum\n") {
		t.Errorf("the progress is\n%s", progress)
	}
	if after, err := os.ReadFile("tiny.go"); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed, or is gone: %v", err)
	}
}

// list writes a page of known survivors.
func list(t *testing.T, diffs ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "list.md")
	page := "# Known\n\n## tiny.go Adult\n\n```diff\n" + strings.Join(diffs, "\n```\n\n```diff\n") + "\n```\n\nBecause.\n"
	if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	return "-list=" + name
}

func TestKnownSurvivorsAreNotReported(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the go command a dozen times")
	}
	t.Chdir("testdata/tiny")
	const signature = "  func Adult(age int) (bool, error) {\n- if age < 0 {\n"
	known := []string{
		signature + "+ if (age < 0) && false {", signature + "+ if age <= 0 {", signature + "+ if age < 1 {",
		"  if age < 0 {\n- return false, ErrAge\n+ return true, ErrAge", "  if age < 0 {\n- return false, ErrAge\n+ return false, nil",
	}
	if code, out, _ := mutate(t, list(t, known...), "-jobs=2", "tiny.go"); code != 0 || !strings.HasPrefix(out, "16 mutants: 11 killed, 5 survived (31.2 %), 5 of these known") {
		t.Errorf("mutate = %d\n%s\nwant 0 and nothing but the numbers", code, out)
	}
	code, out, _ := mutate(t, list(t, append(known, "- no such line")...), "-sample=1", "tiny.go")
	if want := "is none of the mutants any more: tiny.go Adult:\n- no such line\n"; code != exitReported || !strings.Contains(out, want) {
		t.Errorf("mutate = %d\n%s\nwant %d and %q", code, out, exitReported, want)
	}
}

func TestAKnownSurvivorThatIsKilled(t *testing.T) {
	t.Parallel()
	m := Mutant{File: "a.go", Function: "F", Diff: "- x"}
	r := report{Mutants: []Result{{Mutant: m, Outcome: killed, By: "TestF"}}}
	r.compare([]known{{"b.go", "F", "- x", "Because."}, {"a.go", "G", "- x", "Because."}, {"a.go", "F", "- y", "Because."}})
	if len(r.Stale) != 0 {
		t.Errorf("others are taken for it: %s", r.Stale)
	}
	r.compare([]known{{"a.go", "F", "- x", "Because."}})
	var out strings.Builder
	code, err := r.print(&out, false)
	if want := "does not survive (killed TestF): a.go F:\n- x\n"; code != exitReported || err != nil || !strings.Contains(out.String(), want) {
		t.Errorf("print = %d, %v\n%s\nwant %d and %q", code, err, out.String(), exitReported, want)
	}
}

func TestSamplesAndJSON(t *testing.T) {
	t.Chdir("testdata/tiny")
	var all [2]struct{ Mutants []Result }
	for i := range all {
		_, out, _ := mutate(t, "-list=", "-sample=3", "-seed=7", "-json", "tiny.go")
		if err := json.Unmarshal([]byte(out), &all[i]); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
	}
	if len(all[0].Mutants) != 3 {
		t.Fatalf("%d mutants, want 3", len(all[0].Mutants))
	}
	for i, m := range all[0].Mutants {
		if m.Outcome == "" || m.Line == 0 || m.Diff == "" || m.Diff != all[1].Mutants[i].Diff {
			t.Errorf("mutant %d is %+v, and the second time %+v", i, m, all[1].Mutants[i])
		}
	}
}

func TestWhatCannotBeRun(t *testing.T) {
	t.Chdir("testdata/tiny")
	broken := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/broken\n", "a.go": "package a\n\nconst A = true\n",
		"a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Fail() }\n",
	} {
		if err := os.WriteFile(filepath.Join(broken, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range map[string][]string{
		"no file":               nil,
		"no job":                {"-jobs=0", "tiny.go"},
		"a flag of another":     {"-fast", "tiny.go"},
		"a file that is gone":   {"-list=", "gone.go"},
		"a list that is gone":   {"tiny.go"},
		"a file that is no Go":  {"-list=", "go.mod"},
		"a package without one": {"-list=", "-tests=./gone", "tiny.go"},
	} {
		if code, out, progress := mutate(t, args...); code != exitFailed || out != "" || progress == "" {
			t.Errorf("%s: mutate = %d %q %q, want %d and why", name, code, out, progress, exitFailed)
		}
	}
	t.Chdir(broken)
	if code, _, progress := mutate(t, "-list=", "a.go"); code != exitFailed || !strings.Contains(progress, "fail without a mutant: killed TestA") {
		t.Errorf("mutate = %d %q, want %d and the test that fails", code, progress, exitFailed)
	}
}

func TestTheFirstFailureIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ output, want string }{
		"a test":        {"--- FAIL: TestA (0.00s)\n    a_test.go:7: wrong\n--- FAIL: TestB (0.00s)\nFAIL\n", "TestA"},
		"a part of one": {"some log\n--- FAIL: TestB (0.00s)\n    --- FAIL: TestB/c (0.00s)\n        --- FAIL: TestB/c/d (0.00s)\n            a_test.go:7: wrong\nFAIL\n", "TestB/c/d"},
		"no test":       {"panic: no\nFAIL\n", ""},
	} {
		if got := firstFailed([]byte(test.output)); got != test.want {
			t.Errorf("%s: firstFailed = %q, want %q", name, got, test.want)
		}
	}
}
