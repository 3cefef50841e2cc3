package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

// variable is the environment variable that says which mutant a program is, by
// its number.
const variable = "HOLDFAST_MUTANT"

// number is the file that is added to each package with mutants.
const number = `package %s

import (
	"os"
	"strconv"
)

var mutantNumber = func() int { n, _ := strconv.Atoi(os.Getenv("` + variable + `")); return n }()
`

// instrument puts mutants, by their numbers, into one program: the text of each
// of their files, and of a file that is added to each package.
func instrument(mutants map[int]Mutant) (map[string][]byte, error) {
	out := map[string][]byte{}
	of := map[string][]int{}
	for _, n := range slices.Sorted(maps.Keys(mutants)) {
		of[mutants[n].File] = append(of[mutants[n].File], n)
	}
	for name, numbers := range of {
		src := mutants[numbers[0]].src
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		offset := func(p token.Pos) int { return files.Position(p).Offset }
		var text []byte
		at := 0
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				begin := offset(fn.Body.Pos()) + 1
				text = append(append(text, src[at:begin]...), choice(fn, offset, mutants, numbers)...)
				at = begin
			}
		}
		out[name] = append(text, src[at:]...)
		out[path.Join(path.Dir(name), "mutant_number.go")] = fmt.Appendf(nil, number, tree.Name.Name)
	}
	return out, nil
}

// choice begins a function's body: if the program is one of the function's
// mutants, it runs that one's body instead.
func choice(fn *ast.FuncDecl, offset func(token.Pos) int, mutants map[int]Mutant, numbers []int) string {
	begin, end := offset(fn.Body.Pos()), offset(fn.Body.End())
	var out strings.Builder
	for _, n := range numbers {
		m := mutants[n]
		if m.start < begin || m.start >= end {
			continue
		}
		body := m.text[begin : end+len(m.text)-len(m.src)]
		switch results := fn.Type.Results; {
		case results == nil || len(results.List) == 0:
			fmt.Fprintf(&out, "case %d:\n%s\nreturn\n", n, body)
		case len(results.List[0].Names) == 0:
			fmt.Fprintf(&out, "case %d:\n%s\n", n, body)
		default: // := in the body must find the results in its own scope
			fmt.Fprintf(&out, "case %d:\nreturn func() %s %s()\n", n, m.src[offset(results.Pos()):offset(results.End())], body)
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "\nswitch mutantNumber {\n" + out.String() + "}\n"
}
