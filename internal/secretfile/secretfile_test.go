package secretfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/secretfile"
)

// written is a file with these bytes and this mode, whatever the umask is.
func written(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestWhoMayReadASecret(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a mode says nothing on Windows")
	}
	for name, test := range map[string]struct {
		mode    fs.FileMode
		exposed bool
	}{
		"the owner":                   {0o600, false},
		"the owner, who cannot write": {0o400, false},
		"the group":                   {0o640, false},
		"the group writes":            {0o660, true},
		"everybody":                   {0o644, true},
		"everybody writes":            {0o602, true},
		"everybody runs":              {0o601, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, "s3cret", test.mode)
			data, exposed, err := secretfile.ReadAny(path)
			if err != nil || string(data) != "s3cret" || (exposed != nil) != test.exposed {
				t.Errorf("ReadAny = %q, %v, %v, want exposed: %v", data, exposed, err, test.exposed)
			}
			data, err = secretfile.Read(path)
			if (err != nil) != test.exposed || test.exposed != (data == nil) {
				t.Errorf("Read = %q, %v, want an error: %v", data, err, test.exposed)
			}
			if err != nil && (!strings.Contains(err.Error(), "chmod 600 "+path) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("Read = %v, want what to do and no secret", err)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	if _, err := secretfile.Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read of no file = %v", err)
	}
	if data, err := secretfile.Read(written(t, strings.Repeat("x", 1<<20), 0o600)); err != nil || len(data) != 1<<20 {
		t.Errorf("Read of a MiB = %d bytes, %v", len(data), err)
	}
	if data, err := secretfile.Read(written(t, strings.Repeat("x", 1<<20+1), 0o600)); err == nil || data != nil {
		t.Errorf("Read of more than a MiB = %d bytes, %v, want an error", len(data), err)
	}
}
