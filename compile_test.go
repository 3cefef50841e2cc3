package holdfast_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is an application with one line left open. The line decides whether
// it compiles.
const program = `package main

import (
	"context"

	"github.com/holdfast-go/holdfast"
)

type user struct{}

func (user) HasRole(string) bool { return false }

type claims struct{}

func (claims) HasScope(string) bool { return false }

type guest struct{}

var (
	oauth = holdfast.OAuth2PasswordBearer("token")
	items = oauth.Scope("items", "Read items")
	admin = holdfast.NewRole("admin", "Everything")
)

func verify(context.Context, string) (claims, error)     { return claims{}, nil }
func find(context.Context, claims) (user, error)         { return user{}, nil }
func forUser(context.Context, user, holdfast.NoInput) (string, error)   { return "", nil }
func forGuest(context.Context, guest, holdfast.NoInput) (string, error) { return "", nil }

func main() {
	app := holdfast.New("Shop", "1.0.0")
	who := holdfast.Depends1(holdfast.Verify(oauth, verify), find)
	_, _, _ = who, items, admin
	LINE
}
`

func TestWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the compiler: left out by -short")
	}
	tests := map[string]struct {
		line string
		want string // a part of the compiler's message; empty when it compiles
	}{
		"a scope and a role that were declared": {`holdfast.Get(app, "/", holdfast.All(holdfast.Security(who, items), holdfast.AnyRole(who, admin)), forUser)`, ""},
		"a route without a policy":              {`holdfast.Get(app, "/", forUser)`, "not enough arguments"},
		"nil for a policy":                      {`holdfast.Get(app, "/", nil, forUser)`, "nil"},
		"a scope written as a string":           {`holdfast.Get(app, "/", holdfast.Security(who, "items"), forUser)`, `cannot use "items"`},
		"a misspelt role":                       {`holdfast.Get(app, "/", holdfast.AnyRole(who, amdin), forUser)`, "undefined: amdin"},
		"no role at all":                        {`holdfast.Get(app, "/", holdfast.AnyRole(who), forUser)`, "not enough arguments"},
		"a wrong principal type":                {`holdfast.Get(app, "/", holdfast.Security(who), forGuest)`, "forGuest"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := compile(t, strings.Replace(program, "LINE", test.line, 1))
			if test.want == "" && out != "" {
				t.Errorf("compiling %s = %s, want no error", test.line, out)
			}
			if test.want != "" && !strings.Contains(out, test.want) {
				t.Errorf("compiling %s = %q, want an error with %q", test.line, out, test.want)
			}
		})
	}
}

func compile(t *testing.T, source string) (message string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, file).CombinedOutput() //nolint:gosec // a file of this test's own
	if err == nil {
		return ""
	}
	return string(out)
}
