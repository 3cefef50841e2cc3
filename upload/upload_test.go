package upload_test

import (
	"errors"
	"io"
	"io/fs"
	"testing"

	"github.com/holdfast-go/holdfast/upload"
)

func TestAFileThatWasNotSent(t *testing.T) {
	t.Parallel()
	var f upload.File
	if f.Present() || f.Name() != "" || f.Size() != 0 || f.MediaType() != "" || f.Sniffed() != "" {
		t.Errorf("the zero File says %q, %d, %q, %q", f.Name(), f.Size(), f.MediaType(), f.Sniffed())
	}
	if _, err := f.Open(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of the zero File = %v, want fs.ErrNotExist", err)
	}
}

func TestAFileForATest(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "hello"} {
		f := upload.New("a/b.txt", "text/plain", []byte(content))
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || string(data) != content || r.Close() != nil {
			t.Errorf("New(%q) holds %q, %v", content, data, err)
		}
		if !f.Present() || f.Name() != "b.txt" || f.Size() != int64(len(content)) || f.MediaType() != "text/plain" || f.Sniffed() != "text/plain" {
			t.Errorf("New(%q) says %q, %d, %q, %q", content, f.Name(), f.Size(), f.MediaType(), f.Sniffed())
		}
	}
}
