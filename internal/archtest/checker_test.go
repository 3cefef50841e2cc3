package archtest_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checker finds out which declaration each name in the module's product code
// means. It reads every file of a package, whatever system it is for.
//
// The packages of the module are checked in full, and what they import from
// elsewhere without the bodies of functions. What only others import stays
// empty: it would take seconds, and no name of ours depends on it.
type checker struct {
	module   fs.FS
	files    *token.FileSet
	folders  map[string][]string // the module's files by the path of their package
	foreign  map[string]source   // what else the module imports, by its path
	packages map[string]*types.Package
	own      map[string]*checked
	mistakes []string // what does not type-check, and so has no arrows
}

// source is a package of another module or of the standard library.
type source struct {
	folder string
	files  []string
}

// checked is a package of the module.
type checked struct {
	types *types.Package
	files []string
	uses  map[*ast.Ident]types.Object
}

func newChecker(t *testing.T, of fs.FS) *checker {
	t.Helper()
	c := &checker{
		module: of, files: token.NewFileSet(), folders: map[string][]string{},
		packages: map[string]*types.Package{"unsafe": types.Unsafe}, own: map[string]*checked{},
	}
	files, err := sources(of)
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]bool{"iter": true} // slices and maps return it
	for _, file := range files {
		if !c.inProduct(file) {
			continue
		}
		pkg := path.Join(module, path.Dir(file))
		c.folders[pkg] = append(c.folders[pkg], file)
		names, err := imports(of, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			imported[name] = true
		}
	}
	for pkg := range c.folders {
		delete(imported, pkg)
	}
	c.foreign = list(t, slices.Sorted(maps.Keys(imported)))
	return c
}

// inProduct reports whether a file is part of the product on some system: not
// if it wants one of our own build tags.
func (c *checker) inProduct(file string) bool {
	text, err := fs.ReadFile(c.module, file)
	if err != nil {
		return true // check says what is wrong
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "package ") {
			break
		}
		expr, err := constraint.Parse(strings.TrimSpace(line))
		if err != nil {
			continue // no constraint
		}
		with := func(system bool) bool {
			return expr.Eval(func(tag string) bool { return system && !strings.HasPrefix(tag, "holdfast_") })
		}
		return with(true) || with(false)
	}
	return true
}

// list asks the go command where packages of other modules and of the standard
// library are. One for another system has only files that are ignored here.
func list(t *testing.T, paths []string) map[string]source {
	t.Helper()
	format := "{{.ImportPath}}\t{{.Dir}}\t{{join .GoFiles \" \"}}\t{{join .IgnoredGoFiles \" \"}}"
	cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"list", "-e", "-f", format}, paths)...) //nolint:gosec // the module's own imports
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // so that every package is Go
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", explained(err))
	}
	out := map[string]source{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		files := strings.Fields(fields[2])
		if len(files) == 0 {
			files = strings.Fields(fields[3])
		}
		out[fields[0]] = source{folder: fields[1], files: files}
	}
	return out
}

// explained adds what a command wrote to its error.
func explained(err error) error {
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}

// Import is what go/types calls for each import.
func (c *checker) Import(name string) (*types.Package, error) {
	if pkg, ok := c.packages[name]; ok {
		return pkg, nil
	}
	if c.folders[name] != nil {
		return c.check(name).types, nil
	}
	pkg := types.NewPackage(name, path.Base(name))
	var err error
	if from, ok := c.foreign[name]; ok {
		pkg, err = c.read(name, from)
	}
	c.packages[name] = pkg
	return pkg, err
}

// check checks a package of the module.
func (c *checker) check(name string) *checked {
	if p, ok := c.own[name]; ok {
		return p
	}
	p := &checked{files: c.folders[name], uses: map[*ast.Ident]types.Object{}}
	var parsed []*ast.File
	for _, file := range p.files {
		text, err := fs.ReadFile(c.module, file)
		if err == nil {
			var tree *ast.File
			tree, err = parser.ParseFile(c.files, file, text, parser.SkipObjectResolution)
			parsed = append(parsed, tree)
		}
		if err != nil {
			c.mistakes = append(c.mistakes, err.Error())
		}
	}
	config := types.Config{Importer: c, Error: c.mistake}
	p.types, _ = config.Check(name, c.files, parsed, &types.Info{Uses: p.uses}) // mistake has the error
	c.own[name], c.packages[name] = p, p.types
	return p
}

// mistake keeps what does not type-check. Files for different systems declare
// the same names; the first declaration is taken.
func (c *checker) mistake(err error) {
	text := err.Error()
	if !strings.Contains(text, "redeclared") && !strings.Contains(text, "other declaration of") && !strings.Contains(text, "already declared") {
		c.mistakes = append(c.mistakes, text)
	}
}

// read checks a package from elsewhere. Mistakes in it are none of ours.
func (c *checker) read(name string, from source) (*types.Package, error) {
	var parsed []*ast.File
	for _, file := range from.files {
		tree, err := parser.ParseFile(c.files, filepath.Join(from.folder, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, tree)
	}
	config := types.Config{Importer: c, IgnoreFuncBodies: true, Error: func(error) {}}
	pkg, _ := config.Check(name, c.files, parsed, nil) // what uses an empty package does not type-check
	return pkg, nil
}
