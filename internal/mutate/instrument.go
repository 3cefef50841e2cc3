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
		var text []byte
		at := 0
		for _, d := range tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				begin, end := files.Position(fn.Body.Pos()).Offset, files.Position(fn.Body.End()).Offset
				text = append(append(text, src[at:begin+1]...), choice(fn, begin, end, mutants, numbers)...)
				at = begin + 1
			}
		}
		out[name] = append(text, src[at:]...)
		out[path.Join(path.Dir(name), "mutant_number.go")] = fmt.Appendf(nil, number, tree.Name.Name)
	}
	return out, nil
}

// choice begins a function's body, which stands from begin to end with its
// braces: if the program is one of the function's mutants, it runs that one's
// body instead.
func choice(fn *ast.FuncDecl, begin, end int, mutants map[int]Mutant, numbers []int) string {
	var out strings.Builder
	for _, n := range numbers {
		m := mutants[n]
		if m.start < begin || m.start >= end {
			continue
		}
		fmt.Fprintf(&out, "case %d:\n%s\n", n, m.text[begin:end+len(m.text)-len(m.src)])
		if results := fn.Type.Results; results == nil || len(results.List) == 0 {
			out.WriteString("return\n")
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return "\nswitch mutantNumber {\n" + out.String() + "}\n"
}
