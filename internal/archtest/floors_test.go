package archtest_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// module is the path of this module, which is the root package's as well.
const module = "github.com/holdfast-go/holdfast"

// root is the root package's folder, suite the one of the tests for stores.
const (
	root  = "."
	suite = "store/storetest"
)

// floors says where each package stands, by its folder. A folder that ends in
// a slash stands for every package below it.
var floors = map[string]int{
	"internal/":          0,
	"answer":             0,
	"apidoc":             0,
	"conns":              0,
	"date":               0,
	"jwt":                0,
	"password":           0,
	"password/breached":  0,
	"password/calibrate": 0,
	"patch":              0,
	"static":             0,
	"union":              0,
	"upload":             0,
	"work":               0,

	"account":          1,
	"account/importer": 1,
	"issuer":           1,
	"keyring":          1,

	root:             2,
	"store/backup":   2,
	"store/memory":   2,
	"store/postgres": 2,
	"store/sqlite":   2,
	suite:            2,

	"accountapi":        3,
	"holdfasttest":      3,
	"holdfasttest/mint": 3,
	"metrics":           3,
	"oauth":             3,

	"identity": 4,
	"console":  5,
	"cmd/":     6,
}

// shared says which internal packages an internal package may import. One that
// is not named imports none: it can be read, tested and moved by itself.
var shared = map[string][]string{
	"internal/attempts":   {"internal/bulkhead", "internal/fairqueue", "internal/newest", "internal/retryafter"},
	"internal/auditsql":   {"internal/audit"},
	"internal/background": {"internal/bulkhead"},
	"internal/bind":       {"internal/bodies", "internal/duration", "internal/parts", "internal/schema", "internal/strictform"},
	"internal/bulkhead":   {"internal/fairqueue"},
	"internal/flood":      {"internal/loadgen"},
	"internal/openapi":    {"internal/schema"},
	"internal/duration":   {"internal/shape"},
	"internal/certfile":   {"internal/secretfile"},
	"internal/conns":      {"internal/deadline"},
	"internal/serving":    {"internal/conns"},
	"internal/schema":     {"internal/duration", "internal/parts", "internal/shape", "internal/strictjson"},
}

// vocabulary are the public packages that the root imports: plain types that
// stand in its own declarations.
var vocabulary = []string{"answer", "apidoc", "upload"}

// outside are the folders that use the library as its users do, and mcp and otel,
// modules of their own on top of it: they may import everything, and nothing on a floor may
// import them.
var outside = []string{"bench", "e2e", "examples", "internal/fastapi", "mcp", "otel", "tools"}

// below reports whether a folder is dir or stands in it.
func below(folder, dir string) bool {
	return folder == dir || strings.HasPrefix(folder, dir+"/")
}

func isOutside(folder string) bool {
	return slices.ContainsFunc(outside, func(dir string) bool { return below(folder, dir) })
}

func isInternal(folder string) bool { return below(folder, "internal") }

// floorOf returns the floor on which a package stands, and false for none.
func floorOf(folder string) (int, bool) {
	if isOutside(folder) {
		return 0, false
	}
	if floor, ok := floors[folder]; ok {
		return floor, true
	}
	top, _, _ := strings.Cut(folder, "/")
	floor, ok := floors[top+"/"]
	return floor, ok
}

// refusal says why one package must not import another, and nothing when it
// may.
func refusal(from, to string) string {
	upper, ok := floorOf(from)
	lower, found := floorOf(to)
	switch {
	case !ok:
		return from + " stands on no floor"
	case !found:
		return to + " stands on no floor, so nothing on one may import it"
	case isInternal(from) && !isInternal(to):
		return "internal packages must not import any other than each other"
	case isInternal(from) && !slices.Contains(shared[from], to):
		return from + " may import " + listed(shared[from])
	case isInternal(to):
		return ""
	case to == suite:
		return "only tests may import the suite for stores"
	case from == root && !slices.Contains(vocabulary, to):
		return "the root package must not import any other than internal ones"
	case upper < lower:
		return fmt.Sprintf("floor %d must not import floor %d: imports go down only", upper, lower)
	case upper == lower && !sameTop(from, to):
		return fmt.Sprintf("floor %d must not import itself: join the two on a floor above", upper)
	}
	return ""
}

// listed names packages of this module, for an error text.
func listed(folders []string) string {
	if len(folders) == 0 {
		return "no package of this module"
	}
	return "no package of this module but " + strings.Join(folders, ", ")
}

// sameTop reports whether two packages stand in one folder of the root, such
// as store, whose packages may share what is theirs.
func sameTop(a, b string) bool {
	a, _, nested := strings.Cut(a, "/")
	b, _, _ = strings.Cut(b, "/")
	return nested && a == b
}

// sources lists the Go files of the module's packages without tests, as paths
// from its root.
func sources(module fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(module, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skip(module, name)
		case path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

// skip leaves out the folders that the go command does not read either, other
// modules, and what stands outside the floors.
func skip(module fs.FS, folder string) error {
	base := path.Base(folder)
	_, err := fs.Stat(module, path.Join(folder, "go.mod"))
	switch {
	case folder == root:
		return nil
	case base == "testdata" || base[0] == '.' || base[0] == '_', err == nil, isOutside(folder):
		return fs.SkipDir
	}
	return nil
}

// complaints lists what is wrong with the imports of a module.
func complaints(module fs.FS) ([]string, error) {
	files, err := sources(module)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, file := range files {
		folder := path.Dir(file)
		if _, ok := floorOf(folder); !ok {
			out = append(out, file+": package "+folder+" stands on no floor: give it one in the table of internal/archtest/floors_test.go and in docs/architecture.md")
			continue
		}
		imports, err := ownImports(module, file)
		if err != nil {
			return nil, err
		}
		for _, to := range imports {
			if why := refusal(folder, to); why != "" {
				out = append(out, fmt.Sprintf("%s: imports %s: %s", file, title(to), why))
			}
		}
	}
	return out, nil
}

func title(folder string) string {
	if folder == root {
		return "the root package"
	}
	return folder
}

// ownImports lists the folders of this module that a file imports.
func ownImports(files fs.FS, name string) ([]string, error) {
	all, err := imports(files, name)
	var folders []string
	for _, imported := range all {
		if folder, ok := strings.CutPrefix(imported+"/", module+"/"); ok {
			folders = append(folders, path.Clean(folder))
		}
	}
	return folders, err
}

// imports lists what a file imports.
func imports(files fs.FS, name string) ([]string, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		paths = append(paths, imported)
	}
	return paths, nil
}

func TestImportsGoDownOnly(t *testing.T) {
	t.Parallel()
	found, err := complaints(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range found {
		t.Error(complaint)
	}
}

func TestWhoMayImportWhom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, want string }{
		{"account", "password", ""},
		{"account", "internal/strictjson", ""},
		{"issuer", "jwt", ""},
		{".", "internal/docspage", ""},
		{"store/sqlite", "account", ""},
		{"store/sqlite", "store/memory", ""},
		{"oauth", ".", ""},
		{"oauth", "jwt", ""},
		{"cmd/holdfast", "store/sqlite", ""},
		{"internal/bind", "internal/schema", ""},
		{"internal/openapi", "internal/schema", ""},
		{"internal/schema", "internal/strictjson", ""},

		{"jwt", "account", "floor 0 must not import floor 1: imports go down only"},
		{"issuer", "keyring", "floor 1 must not import itself: join the two on a floor above"},
		{"account", ".", "floor 1 must not import floor 2: imports go down only"},
		{"account", "store/memory", "floor 1 must not import floor 2: imports go down only"},
		{"store/memory", "oauth", "floor 2 must not import floor 3: imports go down only"},
		{"oauth", "identity", "floor 3 must not import floor 4: imports go down only"},
		{"identity", "console", "floor 4 must not import floor 5: imports go down only"},
		{"identity", "cmd/holdfast", "floor 4 must not import floor 6: imports go down only"},
		{"cmd/holdfast", "identity", ""},
		{"jwt", "password", "floor 0 must not import itself: join the two on a floor above"},
		{"store/sqlite", ".", "floor 2 must not import itself: join the two on a floor above"},
		{"oauth", "accountapi", "floor 3 must not import itself: join the two on a floor above"},
		{".", "account", "the root package must not import any other than internal ones"},
		{".", "answer", ""},
		{"answer", "internal/schema", ""},
		{".", "jwt", "the root package must not import any other than internal ones"},
		{"internal/golden", "password", "internal packages must not import any other than each other"},
		{"internal/plan", "jwt", "internal packages must not import any other than each other"},
		{"internal/plan", "internal/access", "internal/plan may import no package of this module"},
		{"internal/plan", "internal/schema", "internal/plan may import no package of this module"},
		{"internal/routing", "internal/plan", "internal/routing may import no package of this module"},
		{"internal/access", "internal/plan", "internal/access may import no package of this module"},
		{"internal/schema", "internal/bind", "internal/schema may import no package of this module but internal/duration, internal/parts, internal/shape, internal/strictjson"},
		{"internal/bind", "internal/plan", "internal/bind may import no package of this module but internal/bodies, internal/duration, internal/parts, internal/schema, internal/strictform"},
		{"internal/openapi", "internal/plan", "internal/openapi may import no package of this module but internal/schema"},
		{"internal/golden", "internal/strictjson", "internal/golden may import no package of this module"},
		{"store/sqlite", "store/storetest", "only tests may import the suite for stores"},
		{"cmd/holdfast", "store/storetest", "only tests may import the suite for stores"},
		{"cmd/holdfast", "examples/shop", "examples/shop stands on no floor, so nothing on one may import it"},
		{"oauth", "internal/fastapi", "internal/fastapi stands on no floor, so nothing on one may import it"},
		{"jwt/jwk", "password", "jwt/jwk stands on no floor"},
	} {
		if got := refusal(test.from, test.to); got != test.want {
			t.Errorf("%s imports %s: %q, want %q", test.from, test.to, got, test.want)
		}
	}
}

func TestComplaintsNameTheFile(t *testing.T) {
	t.Parallel()
	got, err := complaints(fstest.MapFS{
		"run.go":                    file("holdfast", "", "/internal/schema", "/account"),
		"account/user.go":           file("account", "", "/password"),
		"account/user_test.go":      file("account", "/store/memory"),
		"cmd/holdfast/main.go":      file("main", "", "/oauth"),
		"oauth/token.go":            file("oauth", "/accountapi"),
		"quota/quota.go":            file("quota", "/password"),
		"examples/shop/main.go":     file("main", "/store/storetest"),
		"plugins/go.mod":            {Data: []byte("module example.org/plugins\n")},
		"plugins/plugin.go":         file("plugins", "/account"),
		"account/testdata/a/bad.go": file("bad", "/oauth"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"account/user.go: imports the root package: floor 1 must not import floor 2: imports go down only",
		"oauth/token.go: imports accountapi: floor 3 must not import itself: join the two on a floor above",
		"quota/quota.go: package quota stands on no floor: give it one in the table of internal/archtest/floors_test.go and in docs/architecture.md",
		"run.go: imports the root package: the root package must not import any other than internal ones",
		"run.go: imports account: the root package must not import any other than internal ones",
	}
	if !slices.Equal(got, want) {
		t.Errorf("complaints:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// file is a Go file that imports packages of the module, and context.
func file(name string, imports ...string) *fstest.MapFile {
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n\nimport _ \"context\"\n", name)
	for _, folder := range imports {
		fmt.Fprintf(&text, "import _ %q\n", module+folder)
	}
	return &fstest.MapFile{Data: []byte(text.String())}
}
