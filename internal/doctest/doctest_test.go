package doctest_test

import (
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the module's folder.
var root = filepath.Join("..", "..")

// compiled are the pages whose blocks of Go are one program.
var compiled = []string{"coming-from-fastapi.md", "console.md", "embedding.md", "issuers.md"}

// imports are what the program of a page may use.
var imports = map[string]string{ //nolint:gosec // no credentials, but packages that have to do with them
	"cmp": "cmp", "context": "context", "subtle": "crypto/subtle", "template": "html/template", "errors": "errors", "fmt": "fmt", "io": "io", "fs": "io/fs", "http": "net/http", "httptest": "net/http/httptest",
	"os": "os", "sql": "database/sql", "slices": "slices", "strings": "strings", "testing": "testing", "time": "time",
	"holdfast":     "github.com/holdfast-go/holdfast",
	"console":      "github.com/holdfast-go/holdfast/console",
	"holdfasttest": "github.com/holdfast-go/holdfast/holdfasttest",
	"answer":       "github.com/holdfast-go/holdfast/answer",
	"apidoc":       "github.com/holdfast-go/holdfast/apidoc",
	"static":       "github.com/holdfast-go/holdfast/static",
	"account":      "github.com/holdfast-go/holdfast/account",
	"importer":     "github.com/holdfast-go/holdfast/account/importer",
	"identity":     "github.com/holdfast-go/holdfast/identity",
	"issuer":       "github.com/holdfast-go/holdfast/issuer",
	"jwt":          "github.com/holdfast-go/holdfast/jwt",
	"mint":         "github.com/holdfast-go/holdfast/holdfasttest/mint",
	"date":         "github.com/holdfast-go/holdfast/date",
	"password":     "github.com/holdfast-go/holdfast/password",
	"patch":        "github.com/holdfast-go/holdfast/patch",
	"union":        "github.com/holdfast-go/holdfast/union",
	"sqlite":       "github.com/holdfast-go/holdfast/store/sqlite",
	"upload":       "github.com/holdfast-go/holdfast/upload",
	"work":         "github.com/holdfast-go/holdfast/work",
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var block = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// program puts the blocks of a page together, with what main does.
func program(page, main string) string {
	var code strings.Builder
	for _, match := range block.FindAllStringSubmatch(page, -1) {
		code.WriteString(match[1] + "\n")
	}
	code.WriteString("func main() {\n" + main + "}\n")
	var head strings.Builder
	head.WriteString("package main\n\nimport (\n")
	for name, path := range imports {
		if strings.Contains(code.String(), name+".") {
			fmt.Fprintf(&head, "\t%q\n", path)
		}
	}
	return head.String() + ")\n\n" + code.String()
}

func TestTheCodeOnThePagesCompiles(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles programs")
	}
	for _, name := range compiled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(file, []byte(program(read(t, "docs/"+name), "")), 0o600); err != nil {
				t.Fatal(err)
			}
			vet := exec.CommandContext(t.Context(), "go", "vet", file) //nolint:gosec // a file of this test's own
			vet.Dir = root
			if out, err := vet.CombinedOutput(); err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
		})
	}
}

// excerpts are the pages that show Go of the repository, which is compiled there.
var excerpts = []string{"README.md", "docs/access.md", "docs/concurrency.md", compilerPage}

// A page's Go is compiled: as one program, or in the files that its console
// blocks build.
func TestTheCodeOnThePagesIsCompiledAndFormatted(t *testing.T) {
	t.Parallel()
	for _, name := range markdown(t) {
		page := read(t, name)
		var files []string
		for _, one := range steps(page) {
			files = append(files, one.text)
		}
		together := slices.Contains(compiled, strings.TrimPrefix(name, "docs/"))
		for _, match := range block.FindAllStringSubmatch(page, -1) {
			if slices.Contains(excerpts, name) || strings.HasPrefix(name, "docs/decisions/") {
				continue
			}
			if !together && (pages[name] == nil || !slices.Contains(files, match[1])) {
				t.Errorf("%s: this is not compiled:\n%s", name, match[1])
			}
			if want, err := format.Source([]byte(match[1])); err != nil || string(want) != match[1] {
				t.Errorf("%s: gofmt would write (%v)\n%s", name, err, want)
			}
		}
	}
}

// markdown lists the README and the pages in docs.
func markdown(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md"}
	err := fs.WalkDir(os.DirFS(root), "docs", func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var testName = regexp.MustCompile("`(Test[A-Z]\\w+)`")

// A page may say that a test pins something; then there is such a test.
func TestTheTestsThatPagesNameExist(t *testing.T) {
	t.Parallel()
	source := tests(t)
	for _, path := range markdown(t) {
		for _, match := range testName.FindAllStringSubmatch(read(t, path), -1) {
			if !strings.Contains(source, "func "+match[1]+"(") {
				t.Errorf("%s names %s, which does not exist", path, match[1])
			}
		}
	}
}

// tests is the source of all tests of the module.
func tests(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(path, "_test.go") {
			all.WriteString(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
