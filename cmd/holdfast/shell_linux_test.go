package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
