package doctest_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// compilerPage is written by TestWhatTheCompilerSaysOfUsualMistakes.
const compilerPage = "docs/reference/compiler.md"

const compilerHead = `# What the compiler says of usual mistakes

A route is checked while it compiles: a handler that takes what its policy does not prove is an error there, and not at run time. The compiler's words are about types. Here is what they mean, for the mistakes that people make most often. A test compiles them all and writes this page.

In each message the first type is that of the function which was given, and the second one is what is wanted there, as far as the compiler knows it: ` + "`In`" + ` stands for any input, and ` + "`Out`" + ` for any answer.

The examples share these:

`

var (
	compilerLine = regexp.MustCompile(`mistakes\.go:(\d+):\d+: (.*)$`)

	// compilerPlaces are the places in messages, which change with the files.
	compilerPlaces = regexp.MustCompile(` \(declared at [^)]*\)|\S*mistakes\.go:\d+:\d+: `)
)

// compilerMessages are what the compiler says of a package, by line.
func compilerMessages(t *testing.T, folder string) map[int]string {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-e", folder) //nolint:gosec // a folder of this test's own
	build.Dir = root
	out, err := build.CombinedOutput()
	if err == nil {
		t.Fatal("the mistakes compile")
	}
	messages, last := map[int]string{}, 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if more, ok := strings.CutPrefix(line, "\t"); ok {
			messages[last] += "\n" + compilerPlaces.ReplaceAllString(more, "")
		} else if match := compilerLine.FindStringSubmatch(line); match != nil {
			last, _ = strconv.Atoi(match[1])
			if messages[last] != "" {
				t.Errorf("line %d has two mistakes: %s", last, match[2])
			}
			messages[last] = compilerPlaces.ReplaceAllString(match[2], "")
		}
	}
	return messages
}

// sentence makes "The input is missing" of TheInputIsMissing.
func sentence(name string) string {
	name = strings.ReplaceAll(name, "NetHTTP", "Net/http")
	var out strings.Builder
	for i, c := range name {
		if i > 0 && unicode.IsUpper(c) {
			out.WriteByte(' ')
			c = unicode.ToLower(c)
		}
		out.WriteRune(c)
	}
	return out.String()
}

// apiNames are the names that a page sets as code.
var apiNames = regexp.MustCompile(`\b(?:holdfast|app|jwt)\.\w+(?:\[\w+\]|\([^:]*\))?|\bHas(?:Role|Scope)\(\w+ string\) bool`)

// Each mistake is said by the compiler at the place where it was made, in words
// that the page explains.
func TestWhatTheCompilerSaysOfUsualMistakes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles programs")
	}
	folder := filepath.Join("testdata", "mistakes")
	messages := compilerMessages(t, "./internal/doctest/"+filepath.ToSlash(folder))
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, filepath.Join(folder, "mistakes.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var shared, mistakes bytes.Buffer
	handlers := map[string]*ast.FuncDecl{}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Doc == nil {
			handlers[f.Name.Name] = f
		}
	}
	for _, decl := range file.Decls {
		m, ok := mistakeOf(decl)
		if gen, general := decl.(*ast.GenDecl); !ok && general && gen.Tok != token.IMPORT {
			fmt.Fprintf(&shared, "%s\n\n", text(t, files, decl))
		}
		if !ok {
			continue
		}
		at := files.Position(m.at.Pos()).Line
		if messages[at] == "" {
			t.Errorf("%s: the compiler says nothing in line %d", m.name, at)
		}
		fmt.Fprintf(&mistakes, "\n## %s\n\n```go\n%s%s\n```\n\n```text\n%s\n```\n\n%s\n", sentence(m.name),
			signatures(t, files, m.shown, handlers), text(t, files, m.shown),
			messages[at], m.explanation())
		delete(messages, at)
	}
	for line, message := range messages {
		t.Errorf("mistakes.go:%d: not meant: %s", line, message)
	}
	page := compilerHead + "```go\n" + strings.TrimSuffix(shared.String(), "\n") + "```\n" + mistakes.String()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(filepath.Join(root, compilerPage), []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, compilerPage) != page {
		t.Errorf("%s is not what the compiler says; UPDATE_GOLDEN=1 writes it", compilerPage)
	}
}

// mistake is what somebody writes, and what it means.
type mistake struct {
	name, means string
	at          ast.Node // where the compiler says it
	shown       ast.Node
}

// explanation is what it means, with the names of the API as code where the comment
// does not set them for itself.
func (m mistake) explanation() string {
	text := strings.TrimSpace(m.means)
	if strings.Contains(text, "`") {
		return text
	}
	return apiNames.ReplaceAllString(text, "`$0`")
}

// mistakeOf is the mistake of a declaration that has a comment: the statement of a
// function, the function itself where that is what it returns, or a variable.
func mistakeOf(decl ast.Decl) (mistake, bool) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil {
			return mistake{}, false
		}
		m := mistake{name: d.Name.Name, means: d.Doc.Text(), at: d.Body.List[0], shown: d.Body.List[0]}
		if d.Type.Results != nil {
			whole := *d
			whole.Doc, whole.Name = nil, ast.NewIdent("answered")
			m.shown = &whole
		}
		return m, true
	case *ast.GenDecl:
		if d.Doc == nil {
			return mistake{}, false
		}
		name := d.Specs[0].(*ast.ValueSpec).Names[0]
		shown := *d
		shown.Doc = nil
		return mistake{name: name.Name, means: d.Doc.Text(), at: name, shown: &shown}, true
	}
	return mistake{}, false
}

// signatures are those of the functions that a statement names.
func signatures(t *testing.T, files *token.FileSet, statement ast.Node, of map[string]*ast.FuncDecl) string {
	var out strings.Builder
	ast.Inspect(statement, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && of[name.Name] != nil {
			signature := *of[name.Name]
			signature.Body = nil
			out.WriteString(text(t, files, &signature) + "\n\n")
		}
		return true
	})
	return out.String()
}

// text is a part of a file as it is written.
func text(t *testing.T, files *token.FileSet, part ast.Node) string {
	t.Helper()
	var out bytes.Buffer
	if err := format.Node(&out, files, part); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
