package parts_test

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/holdfast-go/holdfast/internal/parts"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1": 1, "500": 500, "500B": 500, "64KB": 64_000, "64 KiB": 64 << 10, "2MB": 2_000_000, "2MiB": 2 << 20, "1GB": 1e9, "1GiB": 1 << 30,
		"9223372036854775807": math.MaxInt64,
		"":                    0, "0": 0, "-1": 0, "MB": 0, "1.5MB": 0, "2mb": 0, "2 M": 0, "9223372036854775808": 0, "9999999999GB": 0,
	} {
		if got, err := parts.ParseSize(text); got != want || (err != nil) != (want == 0) {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestTypesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "png", "*/*", "image/", "/png", "image/png;q=1", "image/png,", "image/png image/gif", ".png", "image/png, IMAGE/png"} {
		if got, err := parts.ParseTypes(text); err == nil {
			t.Errorf("ParseTypes(%q) = %v, want an error", text, got)
		}
	}
}

const (
	png  = "\x89PNG\r\n\x1a\n"
	zip  = "PK\x03\x04"
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

func TestWhichFilesAreOfATypeThatIsAccepted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		accept, said, content string
		want                  bool
	}{
		"a picture that says so":                     {"image/png", "image/png", png, true},
		"in capitals, with a parameter":              {"Image/PNG", "IMAGE/png; x=y", png, true},
		"a picture that says nothing":                {"image/png", "", png, true},
		"a picture that says it is bytes":            {"image/png", "application/octet-stream", png, true},
		"a picture that says it is text":             {"image/png", "text/html", png, false},
		"a picture that says it is another":          {"image/png,image/jpeg", "image/jpeg", png, true},
		"one of all pictures":                        {"image/*", "image/png", png, true},
		"a page that says it is a picture":           {"image/*", "image/png", "<html>", false},
		"a page that says it is one nobody knows":    {"image/*", "image/heic", "<html>", false},
		"one nobody knows by its bytes":              {"image/*", "image/heic", "\x00\x00\x00\x01", true},
		"bytes that say they are a known picture":    {"image/*", "image/png", "\x00\x00\x00\x01", false},
		"bytes that say nothing":                     {"image/*", "", "\x00\x00\x00\x01", false},
		"a drawing, which is text":                   {"image/svg+xml", "image/svg+xml", "<?xml version=\"1.0\"?><svg/>", true},
		"a table, which is text":                     {"text/csv", "text/csv", "a,b\n", true},
		"a table that begins as a page":              {"text/csv", "text/csv", "<html>", false},
		"a document, which is an archive":            {docx, docx, zip, true},
		"an archive that says nothing":               {docx, "", zip, false},
		"an empty file that says it is a table":      {"text/csv", "text/csv", "", true},
		"an empty file that says it is a picture":    {"image/png", "image/png", "", false},
		"a type that begins like one that is taken":  {"image/*", "imagery/png", png, false},
		"any file where nothing is asked for":        {"", "text/html", "<html>", true},
		"something that is no media type, for bytes": {"application/octet-stream", ";;", "\x00\x01", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var types parts.Types
			if test.accept != "" {
				var err error
				if types, err = parts.ParseTypes(test.accept); err != nil {
					t.Fatal(err)
				}
			}
			f := parts.New("f", test.said, []byte(test.content))
			if got := types.Allow(f); got != test.want {
				t.Errorf("%q allows %q as %q (looks like %q) = %v, want %v", test.accept, test.content, test.said, f.Sniffed(), got, test.want)
			}
		})
	}
}

func TestBaseNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.txt": "a.txt", "": "", ".": "", "..": "", "/": "", "a/": "", "../..": "", "/etc/passwd": "passwd", `C:\a\b.txt`: "b.txt", `a/b\c`: "c",
		"a\x00.txt": "a.txt", "..\x00": "", "a\r\nb": "ab", "\u202egnp.exe": "gnp.exe", "\xff\xfea": "a", ".hidden": ".hidden", "CON": "CON", "a b": "a b",
		strings.Repeat("x", 300): strings.Repeat("x", 255), strings.Repeat("é", 128): strings.Repeat("é", 127),
	} {
		if got := parts.BaseName(name); got != want {
			t.Errorf("BaseName(%q) = %q, want %q", name, got, want)
		}
	}
}

func keep(t *testing.T, s *parts.Spool, size int) parts.File {
	t.Helper()
	f, large, err := s.Keep("f", "", strings.NewReader(strings.Repeat("x", size)), math.MaxInt64)
	if err != nil || large || f.Size() != int64(size) {
		t.Fatalf("Keep of %d bytes = %d bytes, %v, %v", size, f.Size(), large, err)
	}
	return f
}

// inMemory reports whether files that were opened before can be read when the
// spool is closed: then they were in memory.
func inMemory(t *testing.T, s *parts.Spool, files ...parts.File) []bool {
	t.Helper()
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		readers[i] = r
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out := make([]bool, len(files))
	for i, r := range readers {
		n, err := io.Copy(io.Discard, r)
		if out[i] = err == nil; err == nil && n != files[i].Size() {
			t.Errorf("file %d has %d bytes, want %d", i, n, files[i].Size())
		}
		if _, err := files[i].Open(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Open of file %d after Close = %v, want fs.ErrClosed", i, err)
		}
	}
	return out
}

// The memory is one for all files of a request.
func TestWhatIsInMemory(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const half = parts.MaxMemory / 2
	for name, test := range map[string]struct {
		sizes []int
		want  []bool
	}{
		"a file that just fits":           {[]int{parts.MaxMemory}, []bool{true}},
		"one byte more":                   {[]int{parts.MaxMemory + 1}, []bool{false}},
		"two halves, and one byte":        {[]int{half, half, 1}, []bool{true, true, false}},
		"a small one after one on disk":   {[]int{parts.MaxMemory + 1, half}, []bool{false, true}},
		"large ones, and one that is not": {[]int{half + 1, half, 3 << 20, half - 1}, []bool{true, false, false, true}},
		"many of no bytes":                {[]int{0, parts.MaxMemory, 0}, []bool{true, true, true}},
	} {
		s := &parts.Spool{}
		var files []parts.File
		for _, size := range test.sizes {
			files = append(files, keep(t, s, size))
		}
		for i, got := range inMemory(t, s, files...) {
			if got != test.want[i] {
				t.Errorf("%s: file %d is in memory: %v, want %v", name, i, got, test.want[i])
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: %v are left, %v", name, left, err)
		}
	}
}

// What a file looks like does not depend on where it is kept.
func TestAFileOnDiskIsRecognized(t *testing.T) {
	t.Parallel()
	s := &parts.Spool{}
	defer func() { _ = s.Close() }()
	keep(t, s, parts.MaxMemory)
	f, _, err := s.Keep("f", "", strings.NewReader(png), math.MaxInt64)
	if err != nil || f.Sniffed() != "image/png" {
		t.Errorf("a file on disk looks like %q, %v, want image/png", f.Sniffed(), err)
	}
	if r, err := f.Open(); err != nil {
		t.Error(err)
	} else if data, err := io.ReadAll(r); err != nil || string(data) != png {
		t.Errorf("a file on disk holds %q, %v", data, err)
	}
}

func TestFilesThatAreTooLargeAreNotKept(t *testing.T) {
	t.Parallel()
	for _, most := range []int64{1, 600, parts.MaxMemory, parts.MaxMemory + 5} {
		s := &parts.Spool{}
		for range 3 {
			if f, large, err := s.Keep("f", "", strings.NewReader(strings.Repeat("x", int(most)+1)), most); !large || err != nil || f.Present() {
				t.Errorf("Keep of one byte more than %d = %v, %v, %v, want none, as it is too large", most, f, large, err)
			}
			f, large, err := s.Keep("f", "", strings.NewReader(strings.Repeat("y", int(most))), most)
			if large || err != nil || f.Size() != most {
				t.Errorf("Keep of %d bytes = %d bytes, %v, %v", most, f.Size(), large, err)
				continue
			}
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if data, err := io.ReadAll(r); err != nil || string(data) != strings.Repeat("y", int(most)) {
				t.Errorf("of %d bytes, what was kept is not what was read, %v", most, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Errors of the disk are told from those of the caller.
func TestErrorsSayWhoseTheyAre(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	broken := errors.New("broken")
	s := &parts.Spool{}
	long := strings.NewReader(strings.Repeat("x", parts.MaxMemory+1))
	_, _, err := s.Keep("f", "", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken)), 10)
	if _, ours := errors.AsType[*parts.DiskError](err); ours || !errors.Is(err, broken) {
		t.Errorf("Keep of what cannot be read = %v, want that", err)
	}
	_, _, err = s.Keep("f", "", long, math.MaxInt64)
	if _, ours := errors.AsType[*parts.DiskError](err); !ours || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Keep without a folder for temporary files = %v, want a DiskError", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close = %v", err)
	}
}
