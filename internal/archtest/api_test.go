package archtest_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// maxRootNames is how many names the root package may export, without methods
// and fields. A reader should be able to see all of them on two pages.
const maxRootNames = 116

// publicPackages lists the folders of the packages that users may import,
// each with its files.
func publicPackages(module fs.FS) (map[string][]string, error) {
	files, err := sources(module)
	if err != nil {
		return nil, err
	}
	packages := map[string][]string{}
	for _, file := range files {
		folder := path.Dir(file)
		if !isInternal(folder) && !below(folder, "cmd") {
			packages[folder] = append(packages[folder], file)
		}
	}
	return packages, nil
}

// api is what a package exports.
type api struct {
	files *token.FileSet
	lines []string
	names int // without methods and fields
}

// readAPI reads what the files of a package export, whatever system they are
// for. Types that only the compiler knows, such as that of an untyped
// constant, are not said.
func readAPI(module fs.FS, folder string, names []string) (*api, error) {
	a := &api{files: token.NewFileSet()}
	var files []*ast.File
	for _, name := range names {
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(a.files, name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(a.files, files, path.Join("example.org", folder))
	if err != nil {
		return nil, err
	}
	a.values(pkg.Consts, pkg.Vars)
	a.funcs(pkg.Funcs)
	for _, t := range pkg.Types {
		a.typ(t)
	}
	slices.Sort(a.lines)
	a.lines = slices.Compact(a.lines)
	return a, nil
}

// values adds constants and variables, which go/doc gives as declarations of
// several.
func (a *api) values(groups ...[]*doc.Value) {
	for _, value := range slices.Concat(groups...) {
		kind := value.Decl.Tok.String()
		var typ ast.Expr
		for _, spec := range value.Decl.Specs {
			spec := spec.(*ast.ValueSpec)
			if spec.Type != nil || len(spec.Values) > 0 {
				typ = spec.Type // or else it repeats the one above, as with iota
			}
			a.value(kind, spec, typ)
		}
	}
}

func (a *api) value(kind string, spec *ast.ValueSpec, typ ast.Expr) {
	for i, name := range spec.Names {
		if !name.IsExported() {
			continue
		}
		line := kind + " " + name.Name
		if typ != nil {
			line += " " + a.print(typ)
		}
		if kind == "const" && i < len(spec.Values) {
			line += " = " + a.print(spec.Values[i])
		}
		a.add(line)
	}
}

func (a *api) funcs(all []*doc.Func) {
	for _, f := range all {
		a.add(a.print(f.Decl))
	}
}

// typ adds a type, its fields and methods, and what go/doc files under it.
func (a *api) typ(t *doc.Type) {
	for _, spec := range t.Decl.Specs {
		spec := *spec.(*ast.TypeSpec)
		switch body := spec.Type.(type) {
		case *ast.StructType:
			a.members("field "+t.Name, "", body.Fields)
			spec.Type = ast.NewIdent("struct")
		case *ast.InterfaceType:
			a.members("method "+t.Name, "embeds ", body.Methods)
			spec.Type = ast.NewIdent("interface")
			if body.Incomplete {
				spec.Type = ast.NewIdent("interface, with unexported methods")
			}
		}
		a.add("type " + a.print(&spec))
	}
	for _, m := range t.Methods {
		a.method(t.Name, m)
	}
	a.values(t.Consts, t.Vars)
	a.funcs(t.Funcs)
}

// members adds the exported fields of a struct or methods of an interface,
// from which go/doc has taken the others.
func (a *api) members(prefix, embeds string, list *ast.FieldList) {
	for _, field := range list.List {
		typ := a.print(field.Type)
		if len(field.Names) == 0 {
			a.lines = append(a.lines, prefix+" "+embeds+typ)
		}
		if field.Tag != nil {
			typ += " " + field.Tag.Value
		}
		for _, name := range field.Names {
			separator := " "
			if _, ok := field.Type.(*ast.FuncType); ok && strings.HasPrefix(prefix, "method") {
				typ, separator = strings.TrimPrefix(typ, "func"), ""
			}
			a.lines = append(a.lines, prefix+"."+name.Name+separator+typ)
		}
	}
}

// method adds a method, under the name of the type that has it even when it
// comes from an unexported type embedded there.
func (a *api) method(typ string, m *doc.Func) {
	decl := *m.Decl
	if m.Level > 0 {
		decl.Recv = &ast.FieldList{List: []*ast.Field{{Type: ast.NewIdent(typ)}}}
	}
	a.lines = append(a.lines, a.print(&decl))
}

// add adds the line of a top-level name.
func (a *api) add(line string) {
	a.lines = append(a.lines, line)
	a.names++
}

// print writes a node on one line.
func (a *api) print(node ast.Node) string {
	if f, ok := node.(*ast.FuncDecl); ok {
		bare := *f
		bare.Doc, bare.Body = nil, nil
		node = &bare
	}
	var text bytes.Buffer
	if err := printer.Fprint(&text, token.NewFileSet(), node); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func (a *api) String() string { return strings.Join(a.lines, "\n") + "\n" }

// TestExportedAPI compares what each public package exports with its api.txt,
// so that no name is published, changed or lost without somebody seeing it.
func TestExportedAPI(t *testing.T) {
	t.Parallel()
	for _, folder := range modules {
		module := os.DirFS(folder)
		packages, err := publicPackages(module)
		if err != nil {
			t.Fatal(err)
		}
		for name, files := range packages {
			t.Run(filepath.Base(folder)+"/"+name, func(t *testing.T) {
				t.Parallel()
				a, err := readAPI(module, name, files)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, filepath.Join(folder, filepath.FromSlash(name), "api.txt"), a)
			})
		}
	}
}

// modules are the folders of the modules that have packages for users.
var modules = []string{filepath.Join("..", ".."), filepath.Join("..", "..", "mcp"), filepath.Join("..", "..", "otel")}

// compare compares an API with its file. With UPDATE_GOLDEN=1 in the
// environment it writes the file instead.
func compare(t *testing.T, file string, a *api) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, []byte(a.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (UPDATE_GOLDEN=1 writes it)", err)
	}
	for _, line := range difference(string(text), a.String()) {
		t.Error(line)
	}
	if t.Failed() {
		t.Logf("If that is meant, UPDATE_GOLDEN=1 writes %s again.", file)
	}
}

// difference lists the lines that one text has and the other has not.
func difference(before, after string) []string {
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	var out []string
	for _, line := range old {
		if !slices.Contains(now, line) {
			out = append(out, "- "+line)
		}
	}
	for _, line := range now {
		if !slices.Contains(old, line) {
			out = append(out, "+ "+line)
		}
	}
	return out
}

func TestTheRootPackageStaysSmall(t *testing.T) {
	t.Parallel()
	module := os.DirFS(filepath.Join("..", ".."))
	packages, err := publicPackages(module)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAPI(module, root, packages[root])
	if err != nil {
		t.Fatal(err)
	}
	if a.names > maxRootNames {
		t.Errorf("the root package exports %d names, want at most %d: can one of them stand in another package?", a.names, maxRootNames)
	}
	t.Logf("the root package exports %d names", a.names)
}

const sampleSource = `package sample

type Kind int

const (
	First Kind = iota
	Second
	third
)

const Limit, other = 1 << 10, 2

var ErrBusy, errOther = error(nil), error(nil)

type base struct{}

func (*base) Close() error { return nil }

type Box[T any] struct {
	base
	*Lid
	Value T ` + "`json:\"value\"`" + `
	size  int
}

func NewBox[T any](
	value T,
) *Box[T] { return nil }

func (b *Box[T]) Open() (T, bool) { panic(b) }
func (b *Box[T]) hidden()         {}

type Lid = Kind

type Store interface {
	error
	Load(id string) ([]byte, error)
	sealed()
}
`

func TestAnAPIIsOneLineForEachName(t *testing.T) {
	t.Parallel()
	a, err := readAPI(fstest.MapFS{"sample.go": {Data: []byte(sampleSource)}}, root, []string{"sample.go"})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(`
const First Kind = iota
const Limit = 1 << 10
const Second Kind
field Box *Lid
field Box.Value T `+"`json:\"value\"`"+`
func (Box) Close() error
func (b *Box[T]) Open() (T, bool)
func NewBox[T any](value T) *Box[T]
method Store embeds error
method Store.Load(id string) ([]byte, error)
type Box[T any] struct
type Kind int
type Lid = Kind
type Store interface, with unexported methods
var ErrBusy
`, "\n")
	if got := a.String(); got != want {
		t.Errorf("API:\n%s\nwant:\n%s", got, want)
	}
	if a.names != 9 {
		t.Errorf("%d names, want 9", a.names)
	}
	if got, want := fmt.Sprint(difference("a\nb\n", "b\nc\n")), "[- a + c]"; got != want {
		t.Errorf("difference = %s, want %s", got, want)
	}
}
