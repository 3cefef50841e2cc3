package flood_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/flood"
)

// TestMain lets this binary stand for the command, which Program starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "user" || os.Args[1] == "serve") {
		os.Exit(command(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// command adds a user, whose password it keeps as the database, and serves
// until it is killed. It fails if somebody else's settings have come with it.
func command(args []string) int {
	db := args[slices.Index(args, "--db")+1]
	switch {
	case os.Getenv("HOLDFAST_ADDR") != "":
		return 3
	case args[0] == "user":
		secret, err := io.ReadAll(os.Stdin)
		if err != nil || os.WriteFile(db, secret, 0o600) != nil {
			return 1
		}
		return 0
	case slices.Contains(args, "--end"):
		return 1
	}
	secret, err := os.ReadFile(db)
	if err != nil {
		return 1
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		good := r.FormValue("username") == "bench" && r.FormValue("password") == string(secret)
		switch {
		case r.URL.Path == "/token" && good && !slices.Contains(args, "--refuse"):
			_, _ = io.WriteString(w, `{"access_token":"`+db+`"}`)
		case r.Header.Get("Authorization") != "Bearer "+db:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	_, _ = fmt.Fprintf(os.Stdout, "Holdfast\n  API     %s\n", server.URL)
	select {}
}

func TestProgramIsAServerOfItsOwn(t *testing.T) {
	t.Setenv("HOLDFAST_ADDR", "127.0.0.1:1") // of a server that somebody has
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server, err := flood.Program(self)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := server.Login.Once(t.Context())
	if err != nil || status != http.StatusOK {
		t.Errorf("the sign-in = %d %s, %v", status, body, err)
	}
	_, db, _ := strings.Cut(string(body), `":"`)
	folder := filepath.Dir(strings.TrimSuffix(db, `"}`))
	if status, body, err := server.Me.Once(t.Context()); err != nil || status != http.StatusOK {
		t.Errorf("the protected route = %d %s, %v", status, body, err)
	}
	if _, err := os.Stat(folder); err != nil {
		t.Errorf("the database is not where it should be: %v", err)
	}
	server.Close()
	if _, _, err := server.Me.Once(t.Context()); err == nil {
		t.Error("the server still runs after Close")
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("the database is still there: %v", err)
	}
}

func TestProgramsThatDoNotStart(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		flag string
		want string
	}{
		"there is no such program": {filepath.Join(t.TempDir(), "none"), "", "add a user: "},
		"the server ends":          {self, "--end", "it ended before it listened"},
		"the user cannot sign in":  {self, "--refuse", "POST /token: 401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := flood.Program(test.path, test.flag)(t.Context())
			if server != nil || err == nil || !strings.Contains(err.Error(), "did not start: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Program = %v, %v, want %q", server, err, test.want)
			}
		})
	}
}
