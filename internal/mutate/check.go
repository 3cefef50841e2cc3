package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
)

// checker finds out which mutants of a package build: one that does not would
// keep all others from being built. It is for one goroutine at a time.
type checker struct {
	path     string
	set      *token.FileSet
	files    map[string]*ast.File
	exports  map[string]string // the files with what packages export
	importer types.Importer
}

// newChecker reads the package in a folder.
func newChecker(ctx context.Context, folder string) (*checker, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Export,GoFiles,DepOnly", "./"+folder).Output() //nolint:gosec // a folder of the files that were named
	if err != nil {
		return nil, fmt.Errorf("mutate: list %s: %w", folder, err)
	}
	c := &checker{set: token.NewFileSet(), files: map[string]*ast.File{}, exports: map[string]string{}}
	c.importer = importer.ForCompiler(c.set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(c.exports[path]) })
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Export string
			GoFiles            []string
			DepOnly            bool
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		c.exports[p.ImportPath] = p.Export
		if p.DepOnly {
			continue
		}
		c.path = p.ImportPath
		if err := c.parse(folder, p.GoFiles); err != nil {
			return nil, err
		}
	}
}

func (c *checker) parse(folder string, names []string) error {
	for _, name := range names {
		name = path.Join(folder, name)
		file, err := parser.ParseFile(c.set, filepath.FromSlash(name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		c.files[name] = file
	}
	return nil
}

// builds reports whether the package builds with the mutant in it.
func (c *checker) builds(m Mutant) bool {
	mutated, err := parser.ParseFile(c.set, m.File, m.text, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	files := []*ast.File{mutated}
	for name, file := range c.files {
		if name != m.File {
			files = append(files, file)
		}
	}
	config := types.Config{Importer: c.importer}
	_, err = config.Check(c.path, c.set, files, nil)
	return err == nil
}
