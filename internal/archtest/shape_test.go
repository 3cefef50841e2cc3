package archtest_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// limit says how closely the files of a package may hang together.
type limit struct {
	arrows int // 0 means any number
	knot   int
}

// A package whose files all reach each other is one big file in pieces.
var limits = map[string]limit{
	root: {arrows: 110, knot: 10},
}

// usual is the limit of a package that limits does not name.
var usual = limit{knot: 12}

const (
	maxFunctionLines = 44  // of 99 functions in 100
	maxFileLines     = 450 // of every file

	// maxCommandLines is how long the command is. It is flags and output; what
	// else a program would want of it belongs into a package that can be imported.
	maxCommandLines = 3650
)

func limitOf(folder string) limit {
	if l, ok := limits[folder]; ok {
		return l
	}
	return usual
}

// excess says what is beyond a limit.
func (l limit) excess(t ties) []string {
	var out []string
	if n := t.arrows(); l.arrows > 0 && n > l.arrows {
		out = append(out, fmt.Sprintf("%d arrows between its files, want at most %d", n, l.arrows))
	}
	if knot := t.knot(); len(knot) > l.knot {
		out = append(out, fmt.Sprintf("a knot of %d files, want at most %d: %s", len(knot), l.knot, strings.Join(knot, " ")))
	}
	return out
}

func TestFilesDoNotAllReachEachOther(t *testing.T) {
	t.Parallel()
	c := newChecker(t, os.DirFS("../.."))
	for _, name := range slices.Sorted(maps.Keys(c.folders)) {
		folder := path.Clean(strings.TrimPrefix(strings.TrimPrefix(name, module), "/"))
		files := tie(c.files, c.check(name))
		if excess := limitOf(folder).excess(files); len(excess) > 0 {
			t.Errorf("%s: %s\n%s", title(folder), strings.Join(excess, "; "), files.text())
		}
		t.Logf("%s: %d files, %d arrows, largest knot %d", title(folder), len(files), files.arrows(), len(files.knot()))
	}
	for _, mistake := range c.mistakes {
		t.Errorf("does not type-check, so arrows are missing: %s", mistake)
	}
}

// function is how long a function is, from its first line to its last.
type function struct {
	lines int
	at    string
}

// measure returns the functions of a module, the longest first, and its files
// that are too long.
func measure(module fs.FS) ([]function, []string, error) {
	names, err := sources(module)
	if err != nil {
		return nil, nil, err
	}
	var functions []function
	var long []string
	for _, name := range names {
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return nil, nil, err
		}
		if n := bytes.Count(text, []byte("\n")); n > maxFileLines {
			long = append(long, fmt.Sprintf("%s has %d lines, want at most %d", name, n, maxFileLines))
		}
		found, err := functionsIn(name, text)
		if err != nil {
			return nil, nil, err
		}
		functions = append(functions, found...)
	}
	slices.SortFunc(functions, func(a, b function) int { return b.lines - a.lines })
	return functions, long, nil
}

func functionsIn(name string, text []byte) ([]function, error) {
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var out []function
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			first, last := files.Position(f.Pos()), files.Position(f.End())
			out = append(out, function{
				lines: last.Line - first.Line + 1,
				at:    fmt.Sprintf("%s:%d: %s", name, first.Line, f.Name.Name),
			})
		}
	}
	return out, nil
}

// tooLong returns the functions that must get shorter before 99 in 100 are
// short enough, given the longest first.
func tooLong(functions []function) []function {
	var long []function
	for _, f := range functions {
		if f.lines > maxFunctionLines {
			long = append(long, f)
		}
	}
	if len(long)*100 <= len(functions) {
		return nil
	}
	return long
}

func TestFunctionsAndFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, module := range modules {
		functions, long, err := measure(os.DirFS(module))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range long {
			t.Error(file)
		}
		for _, f := range tooLong(functions) {
			t.Errorf("%s has %d lines; 99 functions in 100 should have at most %d", f.at, f.lines, maxFunctionLines)
		}
		t.Logf("%d functions, the longest %s with %d lines", len(functions), functions[0].at, functions[0].lines)
	}
}

// linesOf counts the lines of a folder's files.
func linesOf(module fs.FS, folder string) (lines int, err error) {
	names, err := sources(module)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if path.Dir(name) != folder {
			continue
		}
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return 0, err
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	return lines, nil
}

func TestTheCommandIsFlagsAndOutput(t *testing.T) {
	t.Parallel()
	lines, err := linesOf(os.DirFS("../.."), "cmd/holdfast")
	if err != nil {
		t.Fatal(err)
	}
	if lines > maxCommandLines {
		t.Errorf("cmd/holdfast has %d lines, want at most %d: what of it would a program that embeds the server want?", lines, maxCommandLines)
	}
	t.Logf("cmd/holdfast has %d lines", lines)
}

func TestLengthsAreInLines(t *testing.T) {
	t.Parallel()
	short := "\n// short does nothing.\nfunc short() {\n}\n"
	long := "\nfunc long() {\n" + strings.Repeat("\t_ = 0\n", maxFunctionLines-1) + "}\n"
	functions, files, err := measure(fstest.MapFS{
		"sample.go":      {Data: []byte("package sample\n" + long + strings.Repeat(short, 98))},
		"more.go":        {Data: []byte("package sample\n" + strings.Repeat("\n", maxFileLines-1))},
		"most.go":        {Data: []byte("package sample\n" + strings.Repeat("\n", maxFileLines))},
		"sample_test.go": {Data: []byte("package sample\n" + long + long)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(files, "\n"), "most.go has 451 lines, want at most 450"; got != want {
		t.Errorf("files too long: %q, want %q", got, want)
	}
	counted, err := linesOf(fstest.MapFS{
		"cmd/a/main.go":      {Data: []byte("package main\n\n")},
		"cmd/a/flags.go":     {Data: []byte("package main\n")},
		"cmd/a/main_test.go": {Data: []byte("package main\n")},
		"cmd/a/b/b.go":       {Data: []byte("package b\n")},
	}, "cmd/a")
	if err != nil || counted != 3 {
		t.Errorf("linesOf = %d, %v, want 3", counted, err)
	}
	if len(functions) != 99 || functions[0] != (function{lines: 45, at: "sample.go:3: long"}) || functions[1].lines != 2 {
		t.Fatalf("%d functions, the longest %v, then %v", len(functions), functions[0], functions[1])
	}
	if got := tooLong(functions); len(got) != 1 {
		t.Errorf("1 long function in 99: %d too long, want 1", len(got))
	}
	if got := tooLong(append(functions, function{lines: 1})); got != nil {
		t.Errorf("1 long function in 100: %v too long, want none", got)
	}
}

func TestALimitCountsArrowsAndKnots(t *testing.T) {
	t.Parallel()
	ring := ties{"a": {"b": true}, "b": {"c": true}, "c": {"a": true}, "d": {"a": true}}
	for name, test := range map[string]struct {
		limit limit
		want  string
	}{
		"both just fit":        {limit{arrows: 4, knot: 3}, ""},
		"any number of arrows": {limit{knot: 3}, ""},
		"an arrow too many":    {limit{arrows: 3, knot: 3}, "4 arrows between its files, want at most 3"},
		"a file too many":      {limit{arrows: 4, knot: 2}, "a knot of 3 files, want at most 2: a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(test.limit.excess(ring), "\n"); got != test.want {
				t.Errorf("excess = %q, want %q", got, test.want)
			}
		})
	}
}
