package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// served is a program that answers, and a token for it.
type served struct{ url, token string }

// gallery starts the example that takes and gives everything.
func gallery(t *testing.T) served {
	t.Helper()
	address := freeAddress(t)
	token := buildFrom(t, "./examples/gallery").start("-addr", address).find(t, `TOKEN (\S+)`)
	waitFor(t, address)
	return served{"http://" + address, token}
}

// python finds a Python that has the modules, and returns its path and the folder
// of its commands. In CI there must be one.
func python(t *testing.T, modules ...string) (path, commands string) {
	t.Helper()
	for _, name := range []string{os.Getenv("HOLDFAST_PYTHON"), filepath.Join("..", ".venv", "bin", "python")} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		//nolint:gosec // the person who runs the test says which
		if exec.CommandContext(t.Context(), path, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return path, filepath.Dir(path)
		}
	}
	without(t, "no Python with "+strings.Join(modules, ", ")+": run script/bootstrap, or set HOLDFAST_PYTHON to one that has script/requirements-clients.txt")
	return "", ""
}

// node finds Node's packages of the folder clients. In CI they must be there.
func node(t *testing.T) (packages string) {
	t.Helper()
	packages, err := filepath.Abs(filepath.Join("clients", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = exec.LookPath("node")
	if _, none := os.Stat(filepath.Join(packages, "typescript")); err != nil || none != nil {
		without(t, "no Node, or not its packages in e2e/clients: run script/bootstrap")
	}
	return packages
}

// without ends a test for which a tool is missing.
func without(t *testing.T, how string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(how)
	}
	t.Skip(how)
}

// tool runs a command in a folder and returns what it prints.
func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...) //nolint:gosec // of this test's own
	cmd.Dir = dir
	var complaints strings.Builder
	cmd.Stderr = &complaints
	// openapi-python-client formats with ruff, which is beside it.
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(name)+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, complaints.String())
	}
	return string(out)
}

// copied copies files of the folder clients into a folder of the test's own.
func copied(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join("clients", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(content))
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A program in TypeScript compiles with the types that openapi-typescript makes of
// the document, as strictly as the compiler can, and takes and gives everything.
func TestClientInTypeScript(t *testing.T) {
	t.Parallel()
	packages := node(t)
	api := gallery(t)
	dir := copied(t, "roundtrip.ts", "tsconfig.json", "package.json")
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "api.d.ts"), tool(t, "clients", "node", "generate.mjs", api.url+"/openapi.json"))
	tool(t, dir, "node", "node_modules/typescript/bin/tsc", "--project", ".")
	tool(t, dir, "node", "roundtrip.js", api.url, api.token)
}

// openapi-python-client says of nothing in the document that it cannot read it, and
// a program with what it makes takes and gives everything.
func TestClientInPython(t *testing.T) {
	t.Parallel()
	interpreter, commands := python(t, "openapi_python_client")
	api := gallery(t)
	dir := copied(t, "roundtrip.py")
	tool(t, dir, filepath.Join(commands, "openapi-python-client"), "generate",
		"--url", api.url+"/openapi.json", "--output-path", "gallery", "--meta", "none", "--fail-on-warning")
	tool(t, dir, interpreter, "roundtrip.py", api.url, api.token)
}

// Schemathesis finds no 5xx, and no answer that contradicts the document. What it is
// not asked, and why, stands in its configuration.
func TestClientsOfSchemathesis(t *testing.T) {
	t.Parallel()
	_, commands := python(t, "schemathesis")
	fuzz := func(t *testing.T, config, examples string, api served, env ...string) {
		t.Helper()
		dir := copied(t, config, "hooks.py")
		cmd := exec.CommandContext(t.Context(), filepath.Join(commands, "schemathesis"), "--config-file", config, "run", api.url+"/openapi.json", //nolint:gosec // of a Python of the tests
			"--header", "Authorization: Bearer "+api.token, "--seed", "1", "--max-examples", examples, "--no-color")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("schemathesis: %v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
	t.Run("the gallery", func(t *testing.T) {
		t.Parallel()
		fuzz(t, "gallery.toml", "300", gallery(t))
	})
	t.Run("the server, as an administrator", func(t *testing.T) {
		t.Parallel()
		server := build(t)
		base, _ := server.serve()
		server.run(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
		token, id := signIn(t, base)
		fuzz(t, "server.toml", "100", served{base, token}, "OWN_ID="+id)
	})
}

// signIn returns a token of alice's, with everything that she may, and her id.
func signIn(t *testing.T, base string) (token, id string) {
	t.Helper()
	form := url.Values{"username": {"alice"}, "password": {secret}, "scope": {"me users:read users:write roles:write"}}
	var grant struct {
		AccessToken string `json:"access_token"`
	}
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	decode(t, post, &grant)
	var me struct{ ID string }
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	get.Header.Set("Authorization", "Bearer "+grant.AccessToken)
	decode(t, get, &me)
	return grant.AccessToken, me.ID
}

// decode sends a request and reads the JSON of its answer.
func decode(t *testing.T, r *http.Request, into any) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s = %s", r.Method, r.URL, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
