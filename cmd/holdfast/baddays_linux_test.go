package main

import (
	"database/sql"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// badDay is a server whose disk is about to be of no use.
type badDay struct {
	*process
	admin tokens
}

func newBadDay(t *testing.T, dir string) *badDay {
	servers, _ := several(t, 1, dir)
	b := &badDay{servers[0], servers[0].login("alice", "me users:read users:write roles:write")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server says\n%.20000s", b.out)
		}
	})
	b.writes(http.StatusOK)
	return b
}

// writes writes, and returns after how long the answer came.
func (b *badDay) writes(want int) time.Duration {
	b.t.Helper()
	began := time.Now()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPut, b.url+"/roles/editor", strings.NewReader(`{"scopes":["a","b"]}`))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.admin.Access)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != want || want == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
		b.t.Errorf("PUT /roles/editor = %d %s with Retry-After %q, want %d", resp.StatusCode, body, resp.Header.Get("Retry-After"), want)
	}
	return time.Since(began)
}

// reads are checks of the token, and what is read from the database. What is read of
// other people is not among it: that leaves a record, and is refused where too many
// records wait to be written.
func (b *badDay) reads(times int) {
	b.t.Helper()
	for range times {
		b.want("GET", "/users/me", b.admin.Access, "", http.StatusOK)
		b.want("GET", "/roles", b.admin.Access, "", http.StatusOK)
		b.want("GET", "/roles", "no token", "", http.StatusUnauthorized)
	}
}

// heals waits until writes are kept again, which the server finds out by itself.
func (b *badDay) heals() {
	b.t.Helper()
	for began := time.Now(); ; {
		status, body := b.call("PUT", "/roles/healed", b.admin.Access, `{"scopes":["a"]}`)
		if status == http.StatusOK {
			break
		}
		if status != http.StatusServiceUnavailable || time.Since(began) > 10*time.Second {
			b.t.Fatalf("PUT /roles/healed = %d %s after %v", status, body, time.Since(began))
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // another process cannot be synchronised with
	}
	b.login("alice", "users:read")
	if out := b.shell("", "db", "check"); !strings.Contains(out, "faults    none\n") {
		b.t.Errorf("db check says\n%s", out)
	}
}

// spoiled does what cannot be kept: each is a 503, and what is read goes on, for longer
// than a caller is remembered.
func (b *badDay) spoiled() {
	b.t.Helper()
	for began := time.Now(); time.Since(began) < 2*time.Second; {
		b.writes(http.StatusServiceUnavailable)
		b.reads(5)
	}
	b.want("POST", "/token", "", loginForm("alice", "users:read"), http.StatusServiceUnavailable)
	b.want("POST", "/token", "", "grant_type=refresh_token&refresh_token="+b.admin.Refresh, http.StatusServiceUnavailable)
	b.want("GET", "/healthz", "", "", http.StatusOK)
}

// mounted mounts a file system for a test, or says why it is skipped.
func mounted(t *testing.T, source, kind, options string) (dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a file system of its own: run it as root")
	}
	dir = t.TempDir()
	if err := unix.Mount(source, dir, kind, unix.MS_NOATIME, options); err != nil {
		t.Skipf("a %s cannot be mounted here: %v", kind, err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			t.Errorf("umount: %v", err)
		}
	})
	return dir
}

// A disk that is full: writes are answered with 503 until there is room.
func TestAFullDisk(t *testing.T) {
	needsServers(t)
	dir := mounted(t, "tmpfs", "tmpfs", "size=24m,mode=0700")
	b := newBadDay(t, dir)
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = filler.Close() }() // it is thrown away
	for page := make([]byte, 4096); err == nil; {
		_, err = filler.Write(page)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the file system does not become full: %v", err)
	}
	for b.stillWrites() { // into what the files have room for
	}
	b.spoiled()
	if err := filler.Truncate(0); err != nil {
		t.Fatal(err)
	}
	b.heals()
	b.reads(1)
}

// stillWrites reports whether a write is acknowledged.
func (b *badDay) stillWrites() bool {
	b.t.Helper()
	status, body := b.call("PUT", "/roles/filling", b.admin.Access, `{"scopes":["a"]}`)
	if status != http.StatusOK && status != http.StatusServiceUnavailable {
		b.t.Errorf("PUT /roles/filling = %d %s", status, body)
	}
	return status == http.StatusOK
}

// Files that cannot be written to: the system refuses each write of the server's.
func TestFilesThatCannotBeWritten(t *testing.T) {
	needsServers(t)
	b := newBadDay(t, t.TempDir())
	var usual unix.Rlimit
	if err := unix.Prlimit(b.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 0, Max: unix.RLIM_INFINITY}, &usual); err != nil {
		t.Skipf("the system does not let a test bound the files of another process: %v", err)
	}
	b.spoiled()
	if err := unix.Prlimit(b.cmd.Process.Pid, unix.RLIMIT_FSIZE, &usual, nil); err != nil {
		t.Fatal(err)
	}
	b.heals()
	b.reads(1)
}

// Another process holds the lock for ten seconds: a write is answered with 503 within
// six, and what is read does not wait.
func TestALockThatIsHeldForTenSeconds(t *testing.T) {
	needsServers(t)
	dir := t.TempDir()
	b := newBadDay(t, dir)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	held, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	began, read := time.Now(), make(chan struct{})
	go func() {
		defer close(read)
		for time.Since(began) < 4*time.Second {
			b.reads(5)
		}
	}()
	took := b.writes(http.StatusServiceUnavailable)
	if took < 4*time.Second || took > 6*time.Second {
		t.Errorf("the 503 came after %v, want about 5 seconds", took)
	}
	<-read
	b.writes(http.StatusServiceUnavailable)
	if held := time.Since(began); held < 10*time.Second {
		t.Errorf("the lock was held for %v, want 10 seconds", held)
	}
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	b.heals()
}

// The command of ext4 that ends a file system as a power cut does: what is in memory
// alone is lost, also what the journal has not got yet.
const (
	ext4Shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN
	withoutFlush = 2          // EXT4_GOING_FLAGS_NOLOGFLUSH
)

// A power cut under a write load takes nothing along that was acknowledged: 3 times,
// and 200 times with make durability.
func TestPowerCutDurability(t *testing.T) {
	needsServers(t)
	image := ext4Image(t)
	dir, times := t.TempDir(), rounds(3, 200)
	attach(t, image, dir)
	servers, admin := several(t, 1, dir, "--access-ttl", "12h")
	p, l := servers[0], newLedger(t, admin.Access)
	for n := range times {
		wait := l.write(p)
		l.atRandom()
		l.end() // a real power cut lets no one answer any more; this one takes a moment, in which a sync may be in vain
		cutPower(t, dir)
		p.kill()
		wait()
		detach(t, dir)
		attach(t, image, dir)
		p = start(t, dir, "--access-ttl", "12h")
		if l.holds(p, n); t.Failed() {
			return
		}
	}
	for status, n := range l.odd {
		if status != http.StatusServiceUnavailable {
			t.Errorf("%d answers of %d, want 200 or 503", n, status)
		}
	}
	if out := p.shell("", "db", "check"); !strings.Contains(out, "faults    none\n") {
		t.Errorf("db check says\n%s", out)
	}
	t.Logf("%d writes were acknowledged, and none was lost by %d power cuts; after them %d were refused and %d acknowledged before the kill", l.count, times, l.odd[http.StatusServiceUnavailable], l.late)
}

// ext4Image makes a file with an ext4, or says why the test is skipped.
func ext4Image(t *testing.T) (image string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may mount a file system of its own: run it as root")
	}
	for _, program := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here", program)
		}
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		t.Skipf("there are no loop devices here: %v", err)
	}
	image = filepath.Join(t.TempDir(), "ext4")
	if err := errors.Join(os.WriteFile(image, nil, 0o600), os.Truncate(image, 96<<20)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil { //nolint:gosec // a file of the test
		t.Fatalf("mkfs.ext4: %v\n%s", err, out)
	}
	return image
}

func attach(t *testing.T, image, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "mount", "-o", "loop", image, dir).CombinedOutput() //nolint:gosec // of the test
	if err != nil {
		t.Skipf("a loop device cannot be mounted here: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // unless it was detached
}

// detach waits for those who have just been killed.
func detach(t *testing.T, dir string) {
	t.Helper()
	var err error
	for range 100 {
		if err = unix.Unmount(dir, 0); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the system cannot be synchronised with
	}
	t.Fatalf("umount: %v", err)
}

func cutPower(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it is gone
	if err := unix.IoctlSetPointerInt(int(f.Fd()), ext4Shutdown, withoutFlush); err != nil {
		t.Skipf("this ext4 cannot be shut down: %v", err)
	}
}
