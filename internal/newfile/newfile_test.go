package newfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/holdfast-go/holdfast/internal/newfile"
)

var errFull = errors.New("the disk is full")

func TestMake(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before  string // "" for no file
		replace bool
		fails   error // of fill
		comes   bool  // another one makes the file meanwhile
		want    string
		err     error
	}{
		"a new file":                                 {want: "new"},
		"in place of another":                        {before: "old", replace: true, want: "new"},
		"where there is one":                         {before: "old", want: "old", err: fs.ErrExist},
		"where one comes meanwhile":                  {comes: true, want: "theirs", err: fs.ErrExist},
		"that cannot be filled":                      {fails: errFull, err: errFull},
		"that cannot be filled, in place of another": {before: "old", replace: true, fails: errFull, want: "old", err: errFull},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "file")
			if test.before != "" {
				put(t, file, test.before)
			}
			err := newfile.Make(file, test.replace, func(temporary string) error {
				put(t, temporary, "new")
				if test.comes {
					put(t, file, "theirs")
				}
				return test.fails
			})
			if !errors.Is(err, test.err) {
				t.Errorf("Make = %v, want %v", err, test.err)
			}
			holds(t, dir, test.want)
		})
	}
}

// holds looks for a file alone in a folder; none if want is "".
func holds(t *testing.T, dir, want string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want == "" {
		if len(list) != 0 {
			t.Errorf("there is %v, want nothing", list)
		}
		return
	}
	data, err := os.ReadFile(filepath.Join(dir, "file"))
	if err != nil || string(data) != want || len(list) != 1 {
		t.Errorf("there is %q among %v, %v, want %q alone", data, list, err, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "file")); want == "new" && runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("its mode is %v, %v, want 0600", info.Mode(), err)
	}
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is no file, as a device, is not replaced by one.
func TestOnlyFilesAreReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := newfile.Make(dir, true, func(string) error { t.Error("fill was called"); return nil }); err == nil {
		t.Error("Make = nil in place of a folder")
	}
	if err := newfile.Make(filepath.Join(dir, "none", "file"), false, func(string) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Make = %v in a folder that is not there", err)
	}
}
