package main

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		code string
		want []string // the lines that come in place of another
	}{
		"a condition": {"func f() {\nif x != 1 {\ng()\n}\n}", []string{
			"if (x != 1) && false {", "if (x != 1) || true {", "if x != 2 {", "",
		}},
		"a loop": {"func f() {\nfor x() {\ncontinue\n}\n}", []string{"for (x()) && false {", ""}},
		"a switch": {"func f() {\nswitch {\ncase a, b:\nx++\n}\n}", []string{
			"case (a) && false, b:", "case (a) || true, b:", "case a, (b) && false:", "case a, (b) || true:", "",
		}},
		"a switch over a value": {"func f() {\nswitch v {\ncase a:\nbreak\n}\n}", []string{""}},
		"and and or": {"var x = a && b || c && !d", []string{
			"var x = ((a && b) && false) || c && !d", "var x = a && b || ((c && !d) && false)",
			"var x = ((a) || true) && b || c && !d", "var x = a && ((b) || true) || c && !d",
			"var x = a && b || ((c) || true) && !d", "var x = a && b || c && ((!d) || true)",
		}},
		"three of one kind":      {"var x = a || b || c", []string{"var x = a || b || ((c) && false)", "var x = ((a) && false) || b || c", "var x = a || ((b) && false) || c"}},
		"comparisons":            {"var x = f(a < b, c == d, e >= g)", []string{"var x = f(a <= b, c == d, e >= g)", "var x = f(a < b, c != d, e >= g)", "var x = f(a < b, c == d, e > g)"}},
		"sums":                   {"var x = a - b*c", []string{"var x = a + b*c", "var x = a - b/c"}},
		"truths and numbers":     {"var x, y, z = true, 0o10, 2.5", []string{"var x, y, z = false, 0o10, 2.5", "var x, y, z = true, 9, 2.5"}},
		"assignments":            {"func f() {\na.b = c\nd, e = g()\nh := 0.5\n}", []string{"_ = c", "_, e = g()", "d, _ = g()"}},
		"what cannot be blank":   {"func f() {\na = nil\nb += c\nd, e = nil, g\n}", []string{"", "_ = c", "d, _ = nil, g"}},
		"a call that is put off": {"func f() {\ndefer g()\n}", []string{""}},
		"a call":                 {"func f() {\ng()\n}", []string{""}},

		"an error that is returned": {"func f() error { return err }", []string{"func f() error { return nil }"}},
		"an error of a call": {"func f() error { return g(1.5) }", []string{
			"func f() error { return func() (error) { _ = g(1.5); return nil }() }", "func f() error { return nil }",
		}},
		"an error behind values": {"func f() (a, b T, err error) { return a, b, g() }", []string{
			"func f() (a, b T, err error) { return a, b, func() (error) { _ = g(); return nil }() }", "func f() (a, b T, err error) { return a, b, nil }",
		}},
		"what a call returns": {"func f() (a, b T, err error) { return g() }", []string{
			"func f() (a, b T, err error) { return func() (T, T, error) { r0, r1, _ := g(); return r0, r1, nil }() }",
		}},
		"a truth that is returned":   {"func f() (bool, error) { return a == b, nil }", []string{"func f() (bool, error) { return !(a == b), nil }"}},
		"a function inside":          {"func f() error {\ng = func() bool { return x }\nreturn nil\n}", []string{"_ = func() bool { return x }", "g = func() bool { return !(x) }"}},
		"nothing that can be wrong":  {"func f() (T, error) { return t, nil }", nil},
		"a function without a body":  {"func f() error", nil},
		"a return that says nothing": {"func f() (err error) { return }", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := find("a.go", []byte("package p\n"+test.code+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found {
				got = append(got, added(m.Diff))
				if _, err := parser.ParseFile(token.NewFileSet(), "a.go", m.text, 0); err != nil {
					t.Errorf("%s: the mutant is no Go: %v", m.What, err)
				}
			}
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("mutants:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// added returns the line that a diff adds, or nothing.
func added(diff string) string {
	_, line, _ := strings.Cut(diff, "\n+ ")
	return line
}

func TestMutantsSayWhereTheyAre(t *testing.T) {
	t.Parallel()
	found, err := find("a.go", []byte("package p\n\nfunc (s *S[T]) M() {\n\t// above\n\ta(\n\t\tb)\n}\nfunc (S) N() {\n\tc()\n}\nfunc f() { d() }\nvar x = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Mutant{
		{Line: 5, Function: "S.M", Diff: "  // above\n- a(\n- b)"},
		{Line: 9, Function: "S.N", Diff: "  func (S) N() {\n- c()"},
		{Line: 11, Function: "f", Diff: "  }\n- func f() { d() }\n+ func f() {  }"},
		{Line: 12, Function: "package", Diff: "  func f() { d() }\n- var x = 1\n+ var x = 2"},
	}
	for i, m := range found {
		if i >= len(want) || m.File != "a.go" || m.Line != want[i].Line || m.Function != want[i].Function || strings.TrimSuffix(m.Diff, "\n") != want[i].Diff {
			t.Errorf("mutant %d is at %s:%d %s:\n%s", i, m.File, m.Line, m.Function, m.Diff)
		}
	}
	if len(found) != len(want) {
		t.Errorf("%d mutants, want %d", len(found), len(want))
	}
	if _, err := find("a.go", []byte("package")); err == nil {
		t.Error("find in a file that is no Go = nil, want an error")
	}
}
