package jwt_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

const (
	filePublic  = `{"kty":"OKP","crv":"Ed25519","kid":"1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	filePrivate = `{"kty":"OKP","crv":"Ed25519","kid":"1","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
)

// A key in a file is as good as one in memory, unless it is a secret that
// others may read.
func TestKeysInFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		mode fs.FileMode
		want string // in the error; "" for none
	}{
		"a public key that all may read":   {filePublic, 0o644, ""},
		"a private key of the owner":       {filePrivate, 0o600, ""},
		"a private key that all may read":  {filePrivate, 0o644, "holds a secret, and others may read or change it"},
		"a private key that all may write": {filePrivate, 0o602, "holds a secret"},
		"no key":                           {`{"kty":"OKP"}`, 0o600, "jwt: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && test.mode != 0o600 {
				t.Skip("a mode says nothing on Windows")
			}
			dir := t.TempDir()
			for _, file := range []struct{ name, text string }{{"key.json", test.text}, {"set.json", `{"keys":[` + test.text + `]}`}} {
				path := filepath.Join(dir, file.name)
				if err := errors.Join(os.WriteFile(path, []byte(file.text), 0o600), os.Chmod(path, test.mode)); err != nil {
					t.Fatal(err)
				}
			}
			key, err := jwt.ReadKey(filepath.Join(dir, "key.json"))
			if !says(err, test.want) || err == nil && key.ID() != "1" {
				t.Errorf("ReadKey = %v, want %q", err, test.want)
			}
			set, err := jwt.ReadKeySet(filepath.Join(dir, "set.json"))
			if name == "no key" { // a set skips it
				if err != nil || len(set.Keys) != 0 || len(set.Skipped) != 1 {
					t.Errorf("ReadKeySet = %v, %v, want it skipped", set, err)
				}
				return
			}
			if !says(err, test.want) || err == nil && len(set.Keys) != 1 || err != nil && set.Keys != nil {
				t.Errorf("ReadKeySet = %v, %v, want %q", set, err, test.want)
			}
		})
	}
	if _, err := jwt.ReadKey(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadKey of no file = %v", err)
	}
	if _, err := jwt.ReadKeySet(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadKeySet of no file = %v", err)
	}
}

// says reports whether an error says something, or is none if it should not.
func says(err error, text string) bool {
	if err == nil || text == "" {
		return err == nil && text == ""
	}
	return strings.Contains(err.Error(), text) && !strings.Contains(err.Error(), "nWGxne")
}
