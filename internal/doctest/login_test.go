package doctest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// signIn runs the login of the page about FastAPI while its lane is full, for a
// user and for a name without a user.
const signIn = `
	cheap := password.Argon2id(password.Argon2Params{Memory: 64, Time: 1})
	hasher, err := password.NewContext(password.Config{Schemes: []password.Scheme{cheap}})
	if err != nil {
		panic(err)
	}
	hash, err := hasher.Hash(context.Background(), "right")
	if err != nil {
		panic(err)
	}
	full := func(context.Context, func() error) error { return work.ErrBusy }
	busy, err := password.NewContext(password.Config{Schemes: []password.Scheme{cheap}, Run: full})
	if err != nil {
		panic(err)
	}
	hashes := map[string]string{"alice": hash}
	holdfast.Post(app, "/idle", holdfast.Public(), (&accounts{hashes, hasher}).login)
	holdfast.Post(app, "/full", holdfast.Public(), (&accounts{hashes, busy}).login)
	for _, path := range []string{"/idle", "/full"} {
		for _, name := range []string{"alice", "nobody"} {
			r := httptest.NewRequest("POST", path, strings.NewReader("username="+name+"&password=wrong"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			fmt.Print(path, " ", name, ": ", w.Code, " ", w.Header().Get("Retry-After"), " ", w.Body, "\n")
		}
	}
`

// The page's login neither says in words who has an account nor by failing only
// for those who have one.
func TestTheLoginOnThePageAnswersEverybodyAlike(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiles a program")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(program(read(t, "docs/coming-from-fastapi.md"), signIn)), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "run", "-ldflags=-w", file) //nolint:gosec // a file of this test's own
	run.Dir = root
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, out)
	}
	const want = `/idle alice: 401  {"detail":"Incorrect username or password"}
/idle nobody: 401  {"detail":"Incorrect username or password"}
/full alice: 503 1 {"detail":"Service Unavailable"}
/full nobody: 503 1 {"detail":"Service Unavailable"}
`
	if string(out) != want {
		t.Errorf("the login on the page answers\n%swant\n%s", out, want)
	}
}
