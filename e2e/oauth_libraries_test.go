package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// library is a client that others wrote: the program with it, which client of the
// server's it is, and what it can.
type library struct {
	start  func(*testing.T, *workshop) []string // the program with its arguments
	client string                               // its client_id
	does   []string                             // the steps, in order

	resource bool // says which resource a token of its own is for
}

// What most of them can, in the order of their programs.
var (
	most     = []string{"discover", "authorize", "code", "me", "refresh", "me", "machine", "revoke"}
	checking = []string{"discover", "authorize", "code", "validate", "me", "refresh", "me", "machine", "introspect", "revoke"}
	agents   = []string{"authorize", "code", "me", "refresh", "me", "machine"}
)

// libraries are ten clients in five languages, and two more.
var libraries = map[string]library{
	"golang.org/x/oauth2":          {inGo("xoauth2"), "web", but(most, "revoke"), false},
	"MCP SDK for Go":               {inGo("mcpgo"), "agent", agents, false},
	"oauth4webapi":                 {inNode("oauth4webapi.mjs"), "web-key", checking, false},
	"openid-client":                {inNode("openid-client.mjs"), "web", but(checking, "validate"), false},
	"@openid/appauth":              {inNode("appauth.mjs"), "native", but(most, "machine"), false},
	"simple-oauth2":                {inNode("simple-oauth2.mjs"), "web", most, false},
	"@modelcontextprotocol/client": {inNode("mcp-client.mjs"), "agent", agents, true},
	"Authlib":                      {inPython("with_authlib.py"), "web", checking, false},
	"requests-oauthlib":            {inPython("with_requests_oauthlib.py"), "web", most, false},
	"mcp for Python":               {inPython("with_mcp.py"), "agent", agents, true},
	"oauth2 for Rust":              {inRust, "web", but(checking, "validate"), false},
	"Nimbus":                       {inJava, "web", checking, false},
}

// but is the steps but one.
func but(steps []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(steps), func(s string) bool { return s == one })
}

// workshop is where the programs are built, once for all tests that run them.
type workshop struct{ server, mcpgo, xoauth2, node, python, rust, java string }

// workshopFor finds or builds what runs the programs.
func workshopFor(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{server: build(t).path, node: "node"}
	if _, err := os.Stat(filepath.Join("clients", "oauth", "node_modules", "oauth4webapi")); err != nil {
		without(t, "no Node, or not the packages of e2e/clients/oauth: run script/bootstrap")
	}
	w.python, _ = python(t, "authlib", "requests_oauthlib", "mcp")
	for name, path := range map[string]*string{"mcpgo": &w.mcpgo, "xoauth2": &w.xoauth2} {
		*path = filepath.Join(t.TempDir(), name)
		tool(t, ".", "go", "build", "-o", *path, "./clients/oauth/"+name)
	}
	if _, err := exec.LookPath("cargo"); err != nil {
		without(t, "no Rust: run script/bootstrap")
	}
	rust := filepath.Join("clients", "oauth", "rust")
	tool(t, rust, "cargo", "build", "--quiet", "--locked")
	w.rust = absolute(t, filepath.Join(rust, "target", "debug", "oauth-client"))
	jars := absolute(t, filepath.Join("clients", "oauth", "java", "lib", "*"))
	if found, _ := filepath.Glob(filepath.Join(filepath.Dir(jars), "oauth2-oidc-sdk-*.jar")); found == nil {
		without(t, "no Java, or not what the client needs: run script/bootstrap")
	}
	w.java = t.TempDir() + string(os.PathListSeparator) + jars
	tool(t, filepath.Join("clients", "oauth", "java"), "javac", "-cp", jars, "-d", filepath.SplitList(w.java)[0], "Client.java")
	return w
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func inGo(name string) func(*testing.T, *workshop) []string {
	return func(_ *testing.T, w *workshop) []string {
		return []string{map[string]string{"mcpgo": w.mcpgo, "xoauth2": w.xoauth2}[name]}
	}
}

func inNode(name string) func(*testing.T, *workshop) []string {
	return func(t *testing.T, w *workshop) []string {
		return []string{w.node, absolute(t, filepath.Join("clients", "oauth", name))}
	}
}

func inPython(name string) func(*testing.T, *workshop) []string {
	return func(t *testing.T, w *workshop) []string {
		return []string{w.python, absolute(t, filepath.Join("clients", "oauth", name))}
	}
}

func inRust(_ *testing.T, w *workshop) []string { return []string{w.rust} }

func inJava(_ *testing.T, w *workshop) []string {
	// It runs for a second, for which the second compiler is not worth its time.
	return []string{"java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", w.java, "Client"}
}

// story is what a program said.
type story struct {
	did    []string // the steps that worked
	token  string   // that it got for itself
	at     string   // the step at which it refused to go on, or ""
	why    string
	seen   string // where the browser was sent
	noises string // what it wrote beside
}

// run runs the program of a library on a stage.
func (l library) run(t *testing.T, w *workshop, s *stage) story {
	t.Helper()
	args := l.start(t, w)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...) //nolint:gosec // of this test's own
	redirect, machine := "https://app.example/callback", l.client
	if s.secrets[l.client] == "" && l.client != "web-key" {
		redirect = "http://" + freeAddress(t) + "/callback"
		machine = "robot"
	}
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "AUDIENCE="+s.audience(), "CLIENT_ID="+l.client, "CLIENT_SECRET="+s.secrets[machine],
		"CLIENT_KEY="+s.key, "MACHINE_ID="+machine, "REDIRECT_URI="+redirect, "SCOPE="+scope, "MCP_URL="+s.tools, "NO_COLOR=1")
	var noises strings.Builder
	cmd.Stderr = &noises
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := listen(t, bufio.NewScanner(out), func(address string) string {
		back, err := s.alice.visit(address, redirect)
		if err != nil {
			back = redirect + "?error=nothing&state=" // the program goes on to its end
			t.Errorf("alice does not come back from %s: %v", address, err)
		}
		_, _ = in.Write([]byte(back + "\n"))
		return back
	})
	_ = in.Close()
	err = cmd.Wait()
	told.noises = noises.String()
	if refused := told.at != ""; refused != (err != nil) {
		t.Errorf("%s ends with %v:\n%+v", args, err, told)
	}
	return told
}

// listen reads what a program says, and has the browser go where it wants it to.
func listen(t *testing.T, lines *bufio.Scanner, browse func(string) string) (told story) {
	t.Helper()
	for lines.Scan() {
		var line struct{ Step, URL, Token, Name, At, Why string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Errorf("the program says %q", lines.Text())
			continue
		}
		if line.Step == "refused" {
			told.at, told.why = line.At, line.Why
			continue
		}
		told.did = append(told.did, line.Step)
		told.token += line.Token
		if line.Step == "me" && line.Name != "alice" {
			t.Errorf("the API takes the token for one of %q", line.Name)
		}
		if line.Step == "authorize" {
			told.seen = browse(line.URL)
		}
	}
	return told
}
