package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// held is a reader that, once its text was read, calls then and says nothing any
// more, as a pipe whose writer is busy.
type held struct {
	text io.Reader
	then func()
}

func (h held) Read(p []byte) (int, error) {
	if n, err := h.text.Read(p); err == nil {
		return n, nil
	}
	h.then()
	select {}
}

// A signal ends an import where it is: what was added stays, and the program says
// how to go on.
func TestAnInterruptedImport(t *testing.T) {
	t.Parallel()
	const users = 2100 // a batch, and a part of the next
	db := filepath.Join(t.TempDir(), "test.db")
	var file strings.Builder
	file.WriteString("username,hash\n")
	for i := range users {
		fmt.Fprintf(&file, "user%d,\n", i)
	}
	args := []string{"import", "users", "--from", "passlib-csv", "--db", db, "-"}
	ctx, interrupt := context.WithCancel(t.Context())
	var out, progress bytes.Buffer
	code := run(ctx, args, streams{held{strings.NewReader(file.String()), interrupt}, &out, &progress})
	if code != exitInterrupted || !strings.Contains(progress.String(), "the same command goes on from there") || !strings.Contains(progress.String(), "holdfast: interrupted") {
		t.Errorf("import, interrupted, exits with %d and says\n%s%s", code, &out, &progress)
	}
	if want := "2000 added, 0 there already and not changed, 0 refused"; !strings.Contains(out.String(), want) {
		t.Errorf("import, interrupted, reports\n%s, want %s", &out, want)
	}
	out.Reset()
	if code := run(t.Context(), args, streams{strings.NewReader(file.String()), &out, io.Discard}); code != 0 || !strings.Contains(out.String(), "2100 read: 100 added, 2000 there already") {
		t.Errorf("the same command again exits with %d and reports\n%s", code, &out)
	}
}
