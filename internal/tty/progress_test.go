package tty_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/tty"
)

// In a pipe there is a line every five seconds, with how much was read of a file, and
// none at all of what is done before.
func TestProgressInAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		seconds []int // after which it is said where it stands
		plain   bool  // a file whose size is known
		want    string
	}{
		"what takes no time":           {[]int{0, 1, 4}, true, ""},
		"what lasts":                   {[]int{1, 5, 6, 9, 10, 25}, true, "20 %: at 5\n50 %: at 10\n60 %: at 25\n"},
		"what lasts, of no known size": {[]int{1, 5, 6, 9, 10, 25}, false, "at 5\nat 10\nat 25\n"},
	} {
		var out bytes.Buffer
		at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		began := at
		p := tty.NewProgress(&out, func() time.Time { return at })
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var sized *os.File
		if test.plain {
			sized = file
		}
		in := p.Of(file, sized)
		for _, second := range test.seconds {
			if _, err := io.ReadFull(in, make([]byte, 20)); err != nil {
				t.Fatal(err)
			}
			at = began.Add(time.Duration(second) * time.Second)
			p.Say("at %d", second)
		}
		p.Clear()
		if out.String() != test.want {
			t.Errorf("%s: it says %q, want %q", name, &out, test.want)
		}
		_ = file.Close() // it was only read
	}
}
