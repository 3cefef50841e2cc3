package doctest_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// pages are those with console blocks, and what is there before their first
// command.
var pages = map[string]func(s *session){
	"README.md":         func(*session) {},
	"docs/access.md":    beforeAccess,
	"docs/audit.md":     func(*session) {},
	"docs/embedding.md": func(*session) {},
	"docs/passwords.md": beforePasswords,
	"docs/tutorial.md":  func(*session) {},

	"docs/howto/api-keys.md":          func(*session) {},
	"docs/howto/clients.md":           func(*session) {},
	"docs/howto/deployment.md":        func(*session) {},
	"docs/howto/limits.md":            beforeModule,
	"docs/howto/mcp.md":               func(*session) {},
	"docs/howto/middleware.md":        beforeModule,
	"docs/howto/own-api-keys.md":      beforeModule,
	"docs/howto/owner-only.md":        beforeModule,
	"docs/howto/proxy.md":             func(*session) {},
	"docs/howto/real-database.md":     beforeModule,
	"docs/howto/roles-and-scopes.md":  func(*session) {},
	"docs/howto/sessions.md":          func(*session) {},
	"docs/howto/sign-in-with-code.md": func(*session) {},
	"docs/howto/streaming.md":         beforeModule,
}

// left are the commands that no test runs, with the reason.
var left = map[string]string{
	"make test": "it would run this test again",
	`CGO_ENABLED=0 go build -C holdfast -trimpath -o "$PWD/bin/holdfast" ./cmd/holdfast`: "it compiles everything once more, without cgo",
}

func TestTheConsoleBlocksOnThePagesAreTrue(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts programs")
	}
	server := build(t, "holdfast", root, "./cmd/holdfast")
	download(t, root, filepath.Join(root, "mcp"))
	for name, before := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t, server)
			before(s)
			s.run(slices.DeleteFunc(steps(read(t, name)), func(s step) bool { return left[s.command] != "" }))
		})
	}
}

// download has the modules there that the pages' programs take, which ask for none: also
// those of the tests of what is imported, for go mod tidy on a page. On a machine where
// nothing was built yet, what this test is made of is not all of them. Without a network
// it may fail, and the pages say what they lack.
func download(t *testing.T, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		cmd := exec.CommandContext(t.Context(), "go", "mod", "tidy", "-diff")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("go mod tidy -diff, in %s: %v\n%s", folder, err, out)
		}
	}
}

// No page has console blocks that are not run.
func TestTheConsoleBlocksOfAllPagesAreRun(t *testing.T) {
	t.Parallel()
	for _, name := range markdown(t) {
		if has := len(steps(read(t, name))) > 0; has != (pages[name] != nil) {
			t.Errorf("%s has console blocks: %v, is run: %v", name, has, pages[name] != nil)
		}
	}
}

// do does the steps of a console block that is on no page.
func (s *session) do(block string) {
	s.t.Helper()
	s.run(steps("```console\n" + strings.TrimPrefix(block, "\n") + "```\n"))
}

// beforeModule makes a module as the first step of the tutorial does.
func beforeModule(s *session) {
	s.do(`
$ mkdir try && cd try
$ go mod init example.org/try
$ go mod edit -require github.com/holdfast-go/holdfast@v0.0.0 -replace github.com/holdfast-go/holdfast=../holdfast
`)
}

// anyone may do everything: who asks is not what the tables are about.
type anyone struct{}

func (anyone) HasRole(string) bool  { return true }
func (anyone) HasScope(string) bool { return true }

func verify(context.Context, string) (anyone, error)    { return anyone{}, nil }
func acceptAll(context.Context, string) (anyone, error) { return anyone{}, nil }

// reports is an application with reports, for the page on access tables.
func reports(verify func(context.Context, string) (anyone, error), read, remove []holdfast.Role) *holdfast.App {
	who := holdfast.Verify(holdfast.OAuth2PasswordBearer("token"), verify)
	done := func(context.Context, anyone, holdfast.NoInput) (string, error) { return "", nil }
	app := holdfast.New("Reports", "1")
	holdfast.Get(app, "/reports", holdfast.AnyRole(who, read[0], read[1:]...), done)
	if len(remove) > 0 {
		holdfast.Delete(app, "/reports/{id}", holdfast.AnyRole(who, remove[0], remove[1:]...), done)
	}
	return app
}

func beforeAccess(s *session) {
	admin, viewer := holdfast.NewRole("admin", ""), holdfast.NewRole("viewer", "")
	for name, app := range map[string]*holdfast.App{
		"main.json":   reports(verify, []holdfast.Role{admin}, nil),
		"branch.json": reports(verify, []holdfast.Role{admin, viewer}, []holdfast.Role{viewer}),
		"fork.json":   reports(acceptAll, []holdfast.Role{admin}, nil),
	} {
		var text strings.Builder
		if err := app.WriteAccessJSON(&text); err != nil {
			s.t.Fatal(err)
		}
		s.write(filepath.Join(s.dir, name), strings.ReplaceAll(text.String(), reflect.TypeFor[anyone]().PkgPath(), "example.org/shop"))
	}
	s.do(`
$ go run ./cmd/holdfast serve
…
$ echo 'correct horse battery' | holdfast user add bob --password-stdin --own-password
$ echo 'correct horse battery' | holdfast user add mia --role manager --password-stdin --own-password
$ curl localhost:8000/token -d username=mia -d 'password=correct horse battery' -d scope=me
{"access_token":"eyJ…",…}
`)
	s.env = append(s.env, "T="+s.values["eyJ…"])
}

func beforePasswords(s *session) {
	hash := "pbkdf2_sha256$1000$salt$" + strings.Repeat("A", 43) + "="
	s.write(filepath.Join(s.dir, "dump.json"), `[
		{"model": "auth.user", "pk": 1, "fields": {"username": "anna", "password": "`+hash+`", "email": "", "is_active": true}},
		{"model": "auth.user", "pk": 2, "fields": {"username": "ben", "password": "!", "email": "", "is_active": true}}
	]`)
}
