package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Mutant is one small change to one file.
type Mutant struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Function string `json:"function"` // as in Service.Login
	What     string `json:"what"`     // as in "condition never holds"

	// Diff is the line before the change, then the old lines behind "- " and
	// the new ones behind "+ ", without their indentation. The list of known
	// survivors finds a mutant by it, so it has no numbers of lines.
	Diff string `json:"diff"`

	src, text []byte // of the whole file, before and after the change
	start     int    // of the change
}

// outside is what Function is of a mutant outside of any.
const outside = "package"

// finder makes the mutants of one file, by replacing parts of its text.
type finder struct {
	name  string
	src   []byte
	files *token.FileSet
	tree  *ast.File
	truth map[ast.Expr]bool // whose opposite other mutants are stricter than
	found []Mutant
}

// find returns all mutants of a file in the order of their lines.
func find(name string, src []byte) ([]Mutant, error) {
	f := &finder{name: name, src: src, files: token.NewFileSet(), truth: map[ast.Expr]bool{}}
	var err error
	if f.tree, err = parser.ParseFile(f.files, name, src, parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	ast.Inspect(f.tree, func(n ast.Node) bool { f.node(n); return true })
	slices.SortStableFunc(f.found, func(a, b Mutant) int { return a.Line - b.Line })
	return f.found, nil
}

func (f *finder) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		f.returns(n.Type, n.Body)
	case *ast.FuncLit:
		f.returns(n.Type, n.Body)
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil { // one that always holds would only run into the timeout
			f.replace(n.Cond, "("+f.source(n.Cond)+") && false", "condition never holds")
			f.truth[n.Cond] = true
		}
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			for _, c := range clause.(*ast.CaseClause).List {
				if n.Tag == nil {
					f.condition(c)
				}
			}
		}
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.Ident:
		if other, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
			f.replace(n, other, "opposite truth")
		}
	case *ast.BasicLit:
		if value, err := strconv.ParseInt(n.Value, 0, 64); err == nil && n.Kind == token.INT {
			f.replace(n, strconv.FormatInt(value+1, 10), "number one larger")
		}
	}
}

// condition makes one mutant in which a condition never holds and one in which
// it always does. Together they ask for a test of each outcome, where a negated
// condition is noticed by any test that comes by.
func (f *finder) condition(c ast.Expr) {
	f.truth[c] = true
	f.replace(c, "("+f.source(c)+") && false", "condition never holds")
	f.replace(c, "("+f.source(c)+") || true", "condition always holds")
}

// neighbours are the operators that are taken for each other.
var neighbours = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
}

func (f *finder) operator(n *ast.BinaryExpr) {
	to, ok := neighbours[n.Op]
	switch equal := n.Op == token.EQL || n.Op == token.NEQ; {
	case n.Op == token.LAND:
		f.operands(n, ") || true)")
	case n.Op == token.LOR:
		f.operands(n, ") && false)")
	case ok && !(equal && f.truth[n]):
		start := f.offset(n.OpPos)
		f.edit(start, start+len(n.Op.String()), to.String(), n.Op.String()+" taken for "+to.String())
	}
}

// operands makes mutants in which an operand of && or || is evaluated and has
// no effect. A test that notices both notices as well when the two operators
// are taken for each other.
func (f *finder) operands(n *ast.BinaryExpr, neutral string) {
	for _, side := range []ast.Expr{n.X, n.Y} {
		f.truth[side] = true
		if inner, ok := side.(*ast.BinaryExpr); !ok || inner.Op != n.Op { // the inner one has operands of its own
			f.replace(side, "(("+f.source(side)+neutral, "operand of "+n.Op.String()+" without effect")
		}
	}
}

// statements makes mutants that lack a statement of a list, or in which an
// assignment assigns nothing.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.BranchStmt:
			f.replace(s, "", "statement left out")
		case *ast.AssignStmt:
			f.assignment(s)
		}
	}
}

func (f *finder) assignment(s *ast.AssignStmt) {
	for i, left := range s.Lhs {
		switch {
		case s.Tok == token.DEFINE || named(left, "_"): // nothing would compile, or be another
		case s.Tok != token.ASSIGN: // as in x += y
			f.replace(s, "_ = "+f.source(s.Rhs[0]), "assignment left out")
		case !named(s.Rhs[min(i, len(s.Rhs)-1)], "nil"):
			f.replace(left, "_", "assignment left out")
		case len(s.Lhs) == 1:
			f.replace(s, "", "assignment left out")
		}
	}
}

// returns makes mutants of what a function returns: an error that is lost, and
// the opposite of a truth. Functions inside of it have returns of their own.
func (f *finder) returns(signature *ast.FuncType, body *ast.BlockStmt) {
	var types []ast.Expr
	for field := range fields(signature.Results) {
		for range max(1, len(field.Names)) {
			types = append(types, field.Type)
		}
	}
	if len(types) == 0 || body == nil {
		return
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.ReturnStmt); ok && len(s.Results) > 0 {
			f.returned(s.Results, types)
		}
		_, nested := n.(*ast.FuncLit)
		return !nested
	})
}

func (f *finder) returned(values, types []ast.Expr) {
	last := len(values) - 1
	for i, value := range values {
		if len(values) == len(types) && named(types[i], "bool") && !named(value, "true") && !named(value, "false") {
			f.truth[value] = true
			f.replace(value, "!("+f.source(value)+")", "opposite returned")
		}
	}
	if _, call := values[last].(*ast.CallExpr); !named(types[len(types)-1], "error") || named(values[last], "nil") {
		return
	} else if call { // whose other results, if there are some, are returned as they are
		f.replace(values[last], f.withoutError(f.source(values[last]), types[last:]), "error lost")
	}
	if len(values) == len(types) {
		f.replace(values[last], "nil", "nil returned")
	}
}

// withoutError writes a call that is made and whose error is lost.
func (f *finder) withoutError(call string, types []ast.Expr) string {
	kinds, names := "", ""
	for i, t := range types[:len(types)-1] {
		kinds += f.source(t) + ", "
		names += "r" + strconv.Itoa(i) + ", "
	}
	equal := " := "
	if names == "" {
		equal = " = "
	}
	return "func() (" + kinds + "error) { " + names + "_" + equal + call + "; return " + names + "nil }()"
}

func fields(list *ast.FieldList) func(yield func(*ast.Field) bool) {
	if list == nil {
		return func(func(*ast.Field) bool) {}
	}
	return slices.Values(list.List)
}

func named(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func (f *finder) offset(p token.Pos) int { return f.files.Position(p).Offset }

func (f *finder) source(n ast.Node) string { return string(f.src[f.offset(n.Pos()):f.offset(n.End())]) }

func (f *finder) replace(n ast.Node, text, what string) {
	f.edit(f.offset(n.Pos()), f.offset(n.End()), text, what)
}

// edit adds the mutant in which a part of the file is replaced.
func (f *finder) edit(start, end int, text, what string) {
	f.found = append(f.found, Mutant{
		File: f.name, Line: 1 + bytes.Count(f.src[:start], []byte("\n")), Function: f.function(start), What: what,
		Diff: f.diff(start, end, text),
		src:  f.src, text: slices.Concat(f.src[:start], []byte(text), f.src[end:]), start: start,
	})
}

// function names the function around a place.
func (f *finder) function(at int) string {
	for _, d := range f.tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || at < f.offset(fn.Pos()) || at >= f.offset(fn.End()) {
			continue
		}
		for field := range fields(fn.Recv) {
			receiver, _, _ := strings.Cut(strings.TrimPrefix(f.source(field.Type), "*"), "[")
			return receiver + "." + fn.Name.Name
		}
		return fn.Name.Name
	}
	return outside
}

// diff shows a replacement in whole lines.
func (f *finder) diff(start, end int, text string) string {
	from := bytes.LastIndexByte(f.src[:start], '\n') + 1
	to := end + bytes.IndexByte(append(f.src[end:len(f.src):len(f.src)], '\n'), '\n')
	above := bytes.LastIndexByte(f.src[:max(0, from-1)], '\n') + 1
	return fmt.Sprintf("  %s\n%s%s", bytes.TrimSpace(f.src[above:from]), marked("- ", string(f.src[from:to])),
		strings.TrimSuffix(marked("+ ", string(f.src[from:start])+text+string(f.src[end:to])), "\n"))
}

func marked(mark, text string) (out string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out += mark + line + "\n"
		}
	}
	return out
}
