package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// builder is buildah with storage of its own: it builds a Dockerfile without a daemon.
type builder struct {
	t   *testing.T
	dir string
}

// newBuilder is one, or else the test is skipped: it needs root, and busybox.
func newBuilder(t *testing.T) *builder {
	t.Helper()
	missing := ""
	for _, program := range []string{"buildah", "busybox", "unshare", "setpriv"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = "there is no " + program + " here: script/bootstrap installs it"
		}
	}
	switch {
	case os.Getuid() != 0:
		t.Skip("an image is only tried out as root, who can give it another root and take its rights away")
	case missing != "" && os.Getenv("CI") != "":
		t.Fatal(missing)
	case missing != "":
		t.Skip(missing)
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("an image is only tried out where root may mount, and here that is refused: %s", out)
	}
	return &builder{t, t.TempDir()}
}

// do runs buildah and returns what it prints.
func (b *builder) do(args ...string) string {
	b.t.Helper()
	all := append([]string{"--storage-driver", "vfs", "--root", filepath.Join(b.dir, "root"), "--runroot", filepath.Join(b.dir, "run")}, args...)
	cmd := exec.CommandContext(b.t.Context(), "buildah", all...) //nolint:gosec // of this test
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("%s: %v\n%s", cmd, err, &errs)
	}
	return strings.TrimSpace(out.String())
}

// golang makes an image in place of the one that the Dockerfile begins with, which is
// not asked for at a registry: a shell, and a place for the Go that runs this test.
func (b *builder) golang(name string) {
	b.t.Helper()
	busybox, _ := exec.LookPath("busybox") // newBuilder has looked
	from := b.do("from", "scratch")
	b.do("copy", "-q", from, busybox, "/bin/busybox")
	b.do("copy", "-q", from, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt")
	b.do("run", "--isolation", "chroot", from, "/bin/busybox", "--install", "-s", "/bin")
	b.do("run", "--isolation", "chroot", from, "/bin/mkdir", "-m", "1777", "/tmp")
	b.do("config", "--env", "PATH=/usr/local/go/bin:/bin", "--env", "GOTOOLCHAIN=local", "--env", "GOPATH=/go", "--env", "HOME=/root", from)
	b.do("commit", "-q", "--rm", from, name)
}

// image builds the Dockerfile, and returns where its files are and how it is run.
func (b *builder) image() (root string, config imageConfig) {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "deploy", "Dockerfile"))
	if err != nil {
		b.t.Fatal(err)
	}
	base := regexp.MustCompile(`(?m)^FROM (golang:\S+) AS build$`).FindSubmatch(text)
	if base == nil {
		b.t.Fatal("deploy/Dockerfile does not begin with an image of Go")
	}
	b.golang("docker.io/library/" + string(base[1]))
	folders, err := exec.CommandContext(b.t.Context(), "go", "env", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		b.t.Fatal(err)
	}
	at := strings.Fields(string(folders)) // what the caches have is not made again
	b.do("build", "--isolation", "chroot", "--pull-never", "-q", "-f", filepath.Join("..", "deploy", "Dockerfile"),
		"-v", at[0]+":/usr/local/go:ro", "-v", at[1]+":/go/pkg/mod", "-v", at[2]+":/root/.cache/go-build", "-t", "holdfast", "..")
	from := b.do("from", "--pull-never", "holdfast")
	if err := json.Unmarshal([]byte(b.do("inspect", from)), &config); err != nil {
		b.t.Fatal(err)
	}
	return b.do("mount", from), config
}

// imageConfig is what the image says of how it is run.
type imageConfig struct {
	OCIv1 struct {
		Config struct {
			User, WorkingDir     string
			Env, Entrypoint, Cmd []string
			Volumes              map[string]struct{}
		} `json:"config"`
	}
}

// contained runs a command in an image as a container runtime does with --read-only and
// --cap-drop ALL: with a root of its own that is read-only, another folder in place of
// the volume, as the image's user, and with no way to more rights.
func contained(ctx context.Context, root, data string, c imageConfig, env []string, args ...string) *exec.Cmd {
	config := c.OCIv1.Config
	const script = `set -e
mount --bind "$1" "$1"; mount --bind "$2" "$1/data"; mount -o remount,bind,ro "$1"
shift 2; cd /; exec setpriv --no-new-privs chroot --userspec="$USERSPEC" "$@"`
	run := []string{"--mount", "--pid", "--fork", "env", "-i", "USERSPEC=" + config.User, "PATH=" + os.Getenv("PATH")}
	run = append(append(append(run, config.Env...), env...), "sh", "-c", script, "sh", root, data, root)
	return exec.CommandContext(ctx, "unshare", append(append(run, config.Entrypoint...), args...)...) //nolint:gosec // of this test
}

// The Dockerfile is built, and the server runs in the image without rights: it serves,
// writes to its volume alone, and is found by a command that is run beside it.
func TestTheImageServes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds an image; run without -short")
	}
	b := newBuilder(t)
	root, config := b.image()
	if got := config.OCIv1.Config; got.User != "65532:65532" || strings.Join(got.Cmd, " ") != "serve" || len(got.Volumes) != 1 {
		t.Fatalf("the image is run as %+v", got)
	}
	before := files(t, root)
	data := t.TempDir()
	if err := os.Chown(data, 65532, 65532); err != nil {
		t.Fatal(err)
	}
	// The folders above are this test's, and closed to others.
	for at := data; at != "/" && at != os.TempDir(); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil { //nolint:gosec // as it says
			t.Fatal(err)
		}
	}
	addr := freeAddress(t)
	env := []string{"HOLDFAST_ADDR=" + addr, "HOLDFAST_URL=http://" + addr}
	var out bytes.Buffer
	server := contained(t.Context(), root, data, config, env, config.OCIv1.Config.Cmd...)
	server.Stdout, server.Stderr = &out, &out
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // unshare and the server
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL) // it has nothing to lose
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server:\n%s", &out)
		}
	}()
	answers(t, "http://"+addr+"/readyz")
	answers(t, "http://"+addr+"/healthz")
	add := contained(t.Context(), root, data, config, env, "user", "add", "alice", "--role", "admin", "--password-stdin")
	add.Stdin = strings.NewReader("correct horse battery\n")
	if text, err := add.CombinedOutput(); err != nil {
		t.Errorf("holdfast user add: %v\n%s", err, text)
	}
	pid := child(t, server.Process.Pid)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`Uid:\t65532\t65532\t65532\t65532`, `Gid:\t65532\t65532\t65532\t65532`, `CapEff:\t0+\n`, `CapPrm:\t0+\n`, `NoNewPrivs:\t1`} {
		if !regexp.MustCompile(want).Match(status) {
			t.Errorf("the server's process does not have %s:\n%s", want, status)
		}
	}
	if after := files(t, root); after != before {
		t.Errorf("the image's files were\n%s\nand are\n%s", before, after)
	}
	if _, err := os.Stat(filepath.Join(data, "holdfast.db")); err != nil {
		t.Error(err)
	}
	blocked := contained(t.Context(), root, data, config, env, "db", "backup", "/elsewhere.db")
	if text, err := blocked.CombinedOutput(); err == nil || !bytes.Contains(text, []byte("read-only file system")) {
		t.Errorf("a backup into the image itself: %v\n%s", err, text)
	}
}

// child is the process that unshare has started, which became the server.
func child(t *testing.T, of int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", of, of))
	var pid int
	if _, scanned := fmt.Sscan(string(text), &pid); err != nil || scanned != nil {
		t.Fatalf("unshare has no child: %v, %v", err, scanned)
	}
	return pid
}

// files lists an image's files with their rights.
func files(t *testing.T, root string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "find", root, "-printf", "%M %U %s %P\n").Output() //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// answers waits until an address answers with 200.
func answers(t *testing.T, url string) {
	t.Helper()
	last := errors.New("not asked yet")
	for began := time.Now(); time.Since(began) < 30*time.Second; <-time.After(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			last = err
			continue
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusOK {
			return
		}
		last = fmt.Errorf("%d %s, %w", resp.StatusCode, text, err)
	}
	t.Fatalf("GET %s: %v", url, last)
}
