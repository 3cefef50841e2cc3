package nativelogin_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/nativelogin"
)

// The system's program is given the address as one argument, and nothing that is
// no address of the web.
func TestOpenBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the program has another name there")
	}
	folder := t.TempDir()
	opened := filepath.Join(folder, "opened")
	script := "#!/bin/sh\nprintf '%s' \"$#:$1\" >" + opened + ".new && mv " + opened + ".new " + opened + "\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":/usr/bin:/bin")
	const address = "https://auth.example.org/authorize?a=1&b=$(id)"
	if err := nativelogin.OpenBrowser(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	for late := time.After(30 * time.Second); ; {
		if text, err := os.ReadFile(opened); err == nil {
			if string(text) != "1:"+address {
				t.Errorf("the browser was given %s", text)
			}
			break
		}
		select {
		case <-late:
			t.Fatal("nothing was opened")
		case <-time.After(time.Millisecond):
		}
	}
	for _, bad := range []string{"file:///etc/passwd", "-help", "javascript:alert(1)", "http://other.example"} {
		if err := nativelogin.OpenBrowser(t.Context(), bad); err == nil {
			t.Errorf("OpenBrowser(%q) has no error", bad)
		}
	}
}
