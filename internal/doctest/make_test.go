package doctest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// variable is the value of a variable of the Makefile.
func variable(t *testing.T, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` += (.*)$`).FindStringSubmatch(read(t, "Makefile"))
	if found == nil {
		t.Fatalf("the Makefile has no variable %s", name)
	}
	return strings.ReplaceAll(found[1], "$$", "$")
}

// What make test leaves out under the race detector it runs without: each test whose
// name is one of DEAR is in a package of DEAR_PKG.
func TestWhatIsLeftOutUnderTheRaceDetectorIsRunWithoutIt(t *testing.T) {
	t.Parallel()
	var dear []*regexp.Regexp
	for _, one := range strings.Split(variable(t, "DEAR"), "|") {
		function, _, _ := strings.Cut(one, "/")
		dear = append(dear, regexp.MustCompile(function))
	}
	run := map[string]bool{}
	for _, pkg := range strings.Fields(variable(t, "DEAR_PKG")) {
		run[strings.TrimPrefix(pkg, "./")] = true
	}
	found := make([]int, len(dear))
	for _, file := range testFiles(t) {
		folder := path.Dir(file)
		for _, name := range testFuncs(t, file) {
			for i, one := range dear {
				if !one.MatchString(name) {
					continue
				}
				found[i]++
				if top, _, _ := strings.Cut(folder, "/"); !run[folder] && !run[top+"/..."] {
					t.Errorf("%s.%s is left out under the race detector, and no package of DEAR_PKG in the Makefile has it", folder, name)
				}
			}
		}
	}
	for i, n := range found {
		if n == 0 {
			t.Errorf("no test is %s", dear[i])
		}
	}
}

// testFiles are the files with tests of this module, by their path in it.
func testFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if _, err := os.Stat(filepath.Join(name, "go.mod")); name != root && (err == nil || entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")) {
				return filepath.SkipDir
			}
		} else if strings.HasSuffix(name, "_test.go") {
			name, err = filepath.Rel(root, name)
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// testFuncs are the tests in a file.
func testFuncs(t *testing.T, name string) (tests []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
			tests = append(tests, f.Name.Name)
		}
	}
	return tests
}
