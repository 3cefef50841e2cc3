package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/pgtest"
)

func shipped(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every variable in the files of deploy is one that a flag of serve has, or the
// proxy's own.
func TestTheVariablesOfDeployExist(t *testing.T) {
	t.Parallel()
	parser, err := newParser(t.Context(), &cli{}, streams{nil, io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	known := set{masterKeyEnv: true, "HOLDFAST_BIND": true, "HOLDFAST_PEM": true, "HOLDFAST_SERVER_1": true, "HOLDFAST_SERVER_2": true, "HOLDFAST_SERVER_3": true}
	for _, command := range parser.Model.Leaves(false) {
		if command.Path() == "serve" {
			for _, group := range command.AllFlags(true) {
				for _, flag := range group {
					for _, name := range flag.Envs {
						known[name] = true
					}
				}
			}
		}
	}
	found := 0
	for _, file := range []string{"Dockerfile", "compose.yaml", "haproxy.cfg", "nginx.conf", "holdfast.service"} {
		for _, name := range regexp.MustCompile(`HOLDFAST_[A-Z0-9_]+`).FindAllString(shipped(t, file), -1) {
			if found++; !known[name] {
				t.Errorf("deploy/%s has %s, which no flag of holdfast serve has", file, name)
			}
		}
	}
	if found < 20 {
		t.Errorf("the files have %d variables: they are not read", found)
	}
}

// The command with which the Dockerfile builds makes a file that needs no other, and
// runs without an environment.
func TestTheDockerfileBuildsAStaticFile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the command; run without -short")
	}
	m := regexp.MustCompile(`(?m)^RUN CGO_ENABLED=0 (go build .*) -o /out/holdfast \./cmd/holdfast$`).FindStringSubmatch(shipped(t, "Dockerfile"))
	if m == nil {
		t.Fatal("the Dockerfile has no such command")
	}
	file := filepath.Join(t.TempDir(), "holdfast")
	args := append(strings.Fields(m[1]), "-o", file, ".")
	build := exec.CommandContext(t.Context(), args[0], args[1:]...) //nolint:gosec // of our own file
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	if binary, err := elf.Open(file); err == nil { // elsewhere than on Linux it is another format
		for _, part := range binary.Progs {
			if part.Type == elf.PT_INTERP {
				t.Error("the file needs the system's loader, and an empty image has none")
			}
		}
		_ = binary.Close()
	}
	version := exec.CommandContext(t.Context(), file, "version") //nolint:gosec // what was built
	version.Env = []string{}
	if out, err := version.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("holdfast")) {
		t.Errorf("holdfast version = %v\n%s", err, out)
	}
}

// systemd understands the unit, and says that it is well closed.
func TestTheUnitIsHardened(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd here to look at the unit")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.ReplaceAll(shipped(t, "holdfast.service"), "/usr/local/bin/holdfast", self)
	file := filepath.Join(t.TempDir(), "holdfast.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := exec.CommandContext(t.Context(), analyze, "verify", file) //nolint:gosec // it is systemd's own
	if out, err := verify.CombinedOutput(); err != nil || bytes.Contains(out, []byte("holdfast.service:")) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", file).CombinedOutput() //nolint:gosec // as above
	m := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
	if m == nil {
		t.Skipf("this systemd does not look at units of others: %v\n%s", err, out)
	}
	if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > 2 {
		t.Errorf("systemd says that the exposure is %s of 10, want 2 at most", m[1])
	}
}

// The dashboard asks for metrics that a server has, and for labels that those have.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	needsServers(t)
	p := start(t, pgtest.Database(t), "--metrics-addr", "127.0.0.1:0", "--log-format", "json", "--log-one-of", "1000")
	p.shell(secret+"\n", "user", "add", "alice", "--role", "admin", "--password-stdin")
	p.want("GET", "/users/me", p.login("alice", "me").Access, "", 200)
	p.want("GET", "/users/me", "", "", 401)
	if log := p.out.find(t, `(?m)^(\{.*"path":"/users/me".*\})$`); !strings.Contains(log, `"status":401`) {
		t.Errorf("the first line of a request to /users/me is that of one that succeeded, the second of all: %s", log)
	}
	p.url = p.out.find(t, `Metrics (\S+)/metrics`)
	_, text := p.call("GET", "/metrics", "", "")
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal([]byte(shipped(t, "grafana.json")), &board); err != nil {
		t.Fatal(err)
	}
	seen := set{}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			for _, name := range regexp.MustCompile(`\bholdfast_[a-z_]+`).FindAllString(target.Expr, -1) {
				if seen[name] = true; !regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
					t.Errorf("%s: no server has the metric %s", panel.Title, name)
				}
				for _, label := range regexp.MustCompile(`\{\{(\w+)\}\}`).FindAllStringSubmatch(target.LegendFormat, -1) {
					if label[1] != "instance" && !regexp.MustCompile(`(?m)^`+name+`\{.*\b`+label[1]+`="`).MatchString(text) {
						t.Errorf("%s: the metric %s has no label %s", panel.Title, name, label[1])
					}
				}
			}
		}
	}
	if len(board.Panels) < 10 || len(seen) < 15 {
		t.Errorf("%d panels and %d metrics: the dashboard is not read", len(board.Panels), len(seen))
	}
}
