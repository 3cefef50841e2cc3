package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/tty"
)

// At a terminal a person is asked before something is gone, and what is not a yes
// is a no.
func TestAPersonIsAskedBeforeSomethingIsGone(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "test.db")
	run := func(in *os.File, args ...string) (code int, out, err string) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), append(args, "--db", db), streams{in, &stdout, &stderr})
		return code, stdout.String(), stderr.String()
	}
	if code, _, err := run(nil, "user", "add", "ann", "--no-password"); code != 0 {
		t.Fatal(err)
	}
	for _, test := range []struct {
		types string
		yes   []string
		gone  bool
	}{
		{"n\n", nil, false},
		{"\n", nil, false},
		{"of course\n", nil, false},
		{"\x04", nil, false}, // the end of what is typed
		{"Y\n", nil, true},
		{"", []string{"--yes"}, true},
	} {
		_, _, _ = run(nil, "user", "add", "ann", "--no-password")
		user, program := terminal(t)
		if _, err := user.WriteString(test.types); err != nil {
			t.Fatal(err)
		}
		code, out, err := run(program, append([]string{"user", "remove", "ann"}, test.yes...)...)
		if gone := code == 0 && strings.Contains(out, "removed ann"); gone != test.gone {
			t.Errorf("typing %q, with %v = %d %q %q", test.types, test.yes, code, out, err)
		}
		if asked := strings.Contains(err, "Remove ann, with sessions, keys and consents? [y/N]"); asked == (test.yes != nil) {
			t.Errorf("typing %q: the program says %q", test.types, err)
		}
		if !test.gone && !strings.Contains(err, "nothing was done") {
			t.Errorf("typing %q: the program says %q", test.types, err)
		}
	}
}

// Marks have colours at a terminal, and nowhere else.
func TestColours(t *testing.T) {
	_, program := terminal(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if _, plain := tty.Painted(file).(*os.File); !plain {
		t.Error("a file is painted")
	}
	for variable, value := range map[string]string{"NO_COLOR": "1", "TERM": "dumb"} {
		t.Setenv("NO_COLOR", "")
		t.Setenv("TERM", "xterm")
		if _, painted := tty.Painted(program).(tty.Paint); !painted {
			t.Errorf("a terminal is not painted")
		}
		t.Setenv(variable, value)
		if _, plain := tty.Painted(program).(*os.File); !plain {
			t.Errorf("with %s=%s a terminal is painted", variable, value)
		}
	}
	var out bytes.Buffer
	if n, err := (tty.Paint{To: &out}).Write([]byte("✓ a ✗ b")); err != nil || n != len("✓ a ✗ b") || out.String() != "\x1b[32m✓\x1b[0m a \x1b[31m✗\x1b[0m b" {
		t.Errorf("Write = %d, %v, %q", n, err, &out)
	}
}

// An import that lasts says how far it has come: at a terminal in one line with a bar,
// which is gone at the end, and in a pipe in a line every five seconds. Standard output has
// the report alone.
func TestAnImportThatLasts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.csv")
	lines := []string{"username,hash"}
	for n := range 9000 {
		lines = append(lines, fmt.Sprintf("person%05d,", n))
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	imported := func(each time.Duration, in io.Reader, name string, to io.Writer) {
		t.Helper()
		at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		var out bytes.Buffer
		c := importUsers{database: database{filepath.Join(t.TempDir(), "test.db")}, From: "passlib-csv", File: name, Role: []string{"user"}, DryRun: true, JSON: true}
		c.clock = func() time.Time { at = at.Add(each); return at }
		if err := c.Run(t.Context(), streams{in, &out, to}); err != nil {
			t.Fatal(err)
		}
		var report struct{ Read, Added int }
		if err := json.Unmarshal(out.Bytes(), &report); err != nil || report.Added != 9000 {
			t.Errorf("the report is %v, %v", report, err)
		}
	}
	var pipe bytes.Buffer
	imported(2*time.Second, nil, file, &pipe) // a batch of 2,000 takes two seconds
	percent := regexp.MustCompile(`^(\d\d) %: (\d+) read, (\d+) added, 0 there already, 0 refused$`)
	said := strings.Split(strings.TrimSuffix(pipe.String(), "\n"), "\n")
	for _, line := range said {
		if !percent.MatchString(line) {
			t.Errorf("in a pipe it says %q", line)
		}
	}
	if len(said) != 1 || !strings.Contains(pipe.String(), "6000 read") {
		t.Errorf("in ten seconds it says %q, want a line", said)
	}
	pipe.Reset()
	imported(6*time.Second, strings.NewReader(strings.Join(lines, "\n")), "-", &pipe)
	if !strings.HasPrefix(pipe.String(), "2000 read, 2000 added") || strings.Count(pipe.String(), "\n") != 5 {
		t.Errorf("of standard input it says %q, want a line for each batch without a share", &pipe)
	}
	pipe.Reset()
	imported(time.Millisecond, nil, file, &pipe)
	if pipe.Len() > 0 {
		t.Errorf("of what is done at once it says %q", &pipe)
	}

	user, program := terminal(t)
	read := make(chan string)
	go func() {
		var text strings.Builder
		for data := make([]byte, 4096); !strings.HasSuffix(text.String(), "END"); {
			n, err := user.Read(data)
			if text.Write(data[:n]); err != nil {
				break
			}
		}
		read <- text.String()
	}()
	imported(time.Second, nil, file, program)
	if _, err := program.WriteString("END"); err != nil {
		t.Fatal(err)
	}
	shown := <-read
	bar := regexp.MustCompile(`\r\[#+-+\]  \d\d %  2000 read, 2000 added, [^\r\n]*\x1b\[K\r\[#+-+\]  \d\d %  4000 read`)
	if !bar.MatchString(shown) || !strings.HasSuffix(shown, "\r\x1b[KEND") || strings.Contains(shown, "\n") {
		t.Errorf("at a terminal it shows %q", shown)
	}
}
