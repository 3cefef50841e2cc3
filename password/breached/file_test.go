package breached_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/password/breached"
)

// A filter takes the place of the one before when it is whole, and not earlier.
func TestAFileIsWholeOrTheOneBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "filter")
	list := strings.Repeat("0", 40) + "\n" + strings.Repeat("1", 40) + "\n"
	stats, err := breached.BuildFile(t.Context(), strings.NewReader(list), path, breached.Config{})
	if err != nil || stats.Entries != 2 {
		t.Fatalf("BuildFile = %+v, %v", stats, err)
	}
	before, err := os.ReadFile(path)
	if err != nil || uint64(len(before)) != stats.Bytes {
		t.Fatalf("the file has %d bytes, %v, want %d", len(before), err, stats.Bytes)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if _, err := breached.BuildFile(t.Context(), strings.NewReader(list+"no hash\n"), path, breached.Config{}); err == nil {
		t.Error("a list with a line that is no hash has made a filter")
	}
	if _, err := breached.BuildFile(t.Context(), strings.NewReader(list), filepath.Join(dir, "none", "filter"), breached.Config{}); err == nil {
		t.Error("a filter was made in a folder that is not there")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("after a failure the file has changed, %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("there are %v, %v, want the file alone", left, err)
	}
}
