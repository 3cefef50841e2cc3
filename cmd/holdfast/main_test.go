package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(withPostgres{m}, map[string]func(){"holdfast": main, "holdfast-for-test": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scripts("script"))
}

// scripts are those of a folder.
func scripts(folder string) testscript.Params {
	return testscript.Params{
		Dir: filepath.Join("testdata", folder),
		Setup: func(env *testscript.Env) error {
			if !raceDetector {
				return nil
			}
			name, err := plain()
			env.Setenv("PATH", filepath.Dir(name)+string(filepath.ListSeparator)+env.Getenv("PATH"))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// member puts a member of JSON that was printed into a variable.
			"member": func(ts *testscript.TestScript, _ bool, args []string) {
				var object map[string]any
				ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &object))
				ts.Setenv(args[2], fmt.Sprint(object[args[1]]))
			},
			// chomp takes the newline off the end of a file, which every file
			// of a script has.
			"chomp": func(ts *testscript.TestScript, _ bool, args []string) {
				for _, name := range args {
					text := strings.TrimSuffix(ts.ReadFile(name), "\n")
					ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
				}
			},
		},
	}
}

// plain is the command without the race detector, which is built once. A process that
// does one thing and ends would do little else than start under the detector: it is
// for the servers, and for what runs in this process.
var plain = sync.OnceValues(func() (name string, err error) {
	found, err := exec.LookPath("holdfast-for-test") // in a folder that testscript.Main removes
	if err != nil {
		return "", err
	}
	name = filepath.Join(filepath.Dir(found), "plain", filepath.Base(strings.Replace(found, "-for-test", "", 1)))
	args := []string{"build", "-race=false", "-ldflags=-w", "-o", name}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "-tags" {
				args = append(args, "-tags", setting.Value)
			}
		}
	}
	out, err := exec.CommandContext(context.Background(), "go", append(args, ".")...).CombinedOutput() //nolint:gosec // flags of this test's own
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return name, err
})

// TestBench is not parallel: a flood of sign-ins needs processors to get
// anywhere in half a second.
func TestBench(t *testing.T) {
	testscript.RunT(alone{t}, testscript.Params{
		Dir: filepath.Join("testdata", "alone"),
		Condition: func(name string) (bool, error) {
			if name == "insecure_switches" { // the build tag
				return unboundedFlag != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// alone runs scripts one after the other, while no parallel test runs.
type alone struct{ *testing.T }

func (alone) Parallel()     {}
func (alone) Verbose() bool { return testing.Verbose() }

func (a alone) Run(name string, script func(testscript.T)) {
	a.T.Run(name, func(t *testing.T) { script(alone{t}) })
}

const secret = "correct horse battery"

// output is what a process prints, while it does.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote chan struct{} // has an item after a write
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.wrote <- struct{}{}:
	default:
	}
	return o.text.Write(data)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// find waits until the process has printed what the pattern matches.
func (o *output) find(t *testing.T, pattern string) string {
	t.Helper()
	wanted := regexp.MustCompile(pattern)
	for late := time.After(30 * time.Second); ; {
		if m := wanted.FindStringSubmatch(o.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-o.wrote:
		case <-late:
			t.Fatalf("the process does not print %s:\n%s", pattern, o)
		}
	}
}

// process is a server that runs as a second process.
type process struct {
	t   *testing.T
	dir string
	url string
	cmd *exec.Cmd
	out *output
}

// command is the test's own binary as the command, through testscript.Main. Dir is
// the folder of an SQLite file, or the URL of a PostgreSQL database.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	name, err := exec.LookPath("holdfast-for-test") // testscript.Main puts it on the PATH
	if raceDetector && (args[0] != "serve" || served(dir)) {
		name, err = plain()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), name, args...) //nolint:gosec // it is this binary
	db := dir
	if cmd.Dir = dir; strings.HasPrefix(dir, "postgres:") {
		cmd.Dir = os.TempDir()
	} else {
		db = filepath.Join(dir, "test.db")
	}
	cmd.Env = append(os.Environ(), "HOLDFAST_DB="+db)
	return cmd
}

// databases are those that had a server.
var databases sync.Map

// served reports whether a database had a server before. Under the race detector the
// first of each is watched: the others would run the same, at ten times the cost.
func served(dir string) bool {
	_, had := databases.LoadOrStore(dir, true)
	return had
}

// start starts a server on a free port and waits until it has said where.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	return startAs(t, "", dir, args...)
}

// startAs starts the program of a file, if there is one.
func startAs(t *testing.T, file, dir string, args ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir, out: &output{wrote: make(chan struct{}, 1)}}
	p.cmd = command(t, dir, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	if file != "" {
		p.cmd.Path = file
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if strings.Contains(p.out.String(), "DATA RACE") { // the exit code would say it, were it not killed
			t.Errorf("the server says\n%s", p.out)
		}
	})
	p.url = p.out.find(t, `(?m)^  API +(\S+)\n(?s:.*)built in\n`)
	return p
}

// kill is kill -9: nothing of the process runs any more.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be over already
	_ = p.cmd.Wait()         // says that it was killed
}

// shell runs a command of the shell while the server runs.
func (p *process) shell(stdin string, args ...string) string {
	p.t.Helper()
	cmd := command(p.t, p.dir, args...)
	if p.cmd != nil {
		cmd.Path = p.cmd.Path // of the same version
	}
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("holdfast %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// call sends a request and returns the status with the body.
func (p *process) call(method, path, token, body string) (int, string) {
	p.t.Helper()
	status, text, err := p.try(method, path, token, body)
	if err != nil {
		p.t.Fatal(err)
	}
	return status, text
}

func (p *process) try(method, path, token, body string) (int, string, error) {
	r, err := http.NewRequestWithContext(context.Background(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

func loginForm(name, scope string) string {
	return url.Values{"username": {name}, "password": {secret}, "scope": {scope}}.Encode()
}
