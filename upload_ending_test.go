package holdfast_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

type oneFile struct {
	File upload.File `form:"file" required:"true"`
	Text string      `form:"text" required:"true"`
}

// openIn lists the files in a folder that this process has open, with or without
// a name, where the system tells.
func openIn(dir string) []string {
	var out []string
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, dir) {
			out = append(out, to)
		}
	}
	return out
}

// onDisk is a form whose file is too large for memory.
func onDisk(more ...string) string {
	return form(append([]string{formPart(`name="file"; filename="f"`, strings.Repeat("x", 3<<20))}, more...)...)
}

// What a form has brought is gone when the request is over, however it ends.
func TestFilesAreGoneAfterTheRequest(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	text := formPart(`name="text"`, "Hi")
	tests := map[string]struct {
		body   string
		end    func() error
		called bool
	}{
		"well":                         {onDisk(text), func() error { return nil }, true},
		"with an error":                {onDisk(text), func() error { return errors.New("no") }, true},
		"in a panic":                   {onDisk(text), func() error { panic("boom") }, true},
		"with its goroutine":           {onDisk(text), func() error { runtime.Goexit(); return nil }, true},
		"as a form that does not fit":  {onDisk(), nil, false},
		"as a form that stops short":   {strings.TrimSuffix(onDisk(text), "--x--\r\n"), nil, false},
		"as a form with too many":      {onDisk(text, strings.Repeat(formPart(`name="f"`, ""), 1000)), nil, false},
		"as a body that is too large":  {onDisk(text, formPart(`name="f"`, strings.Repeat("x", 4<<20))), nil, false},
		"as one with a file too many":  {onDisk(text, formPart(`name="file"; filename="f"`, strings.Repeat("x", 1<<20))), nil, false},
		"as one whose file turns text": {onDisk(text, formPart(`name="file"`, "x")), nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var kept upload.File
			app, called := quiet(), false
			holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in oneFile) (string, error) {
				kept, called = in.File, true
				if runtime.GOOS == "linux" && len(openIn(dir)) != 1 {
					t.Errorf("%d files are open, want 1", len(openIn(dir)))
				}
				return "", test.end()
			}, holdfast.MaxBody(6<<20))
			ended := make(chan struct{})
			go func() { // which may end with the handler
				defer close(ended)
				sendForm(app, "/", multipart, test.body)
			}()
			<-ended
			left, err := os.ReadDir(dir)
			if err != nil || len(left) > 0 || len(openIn(dir)) > 0 || called != test.called {
				t.Errorf("the handler is called: %v; %v are left, and %v are open, %v", called, left, openIn(dir), err)
			}
			if called {
				if _, err := kept.Open(); !errors.Is(err, fs.ErrClosed) {
					t.Errorf("Open after the request = %v, want fs.ErrClosed", err)
				}
			}
		})
	}
}

// A small file is as gone as a large one, so that a mistake shows with either;
// what runs after the response still has it.
func TestFilesLastUntilEverythingOfTheRequestHasRun(t *testing.T) {
	t.Parallel()
	for _, body := range []string{onDisk(formPart(`name="text"`, "Hi")), form(formPart(`name="text"`, "Hi"), formPart(`name="file"; filename="f"`, "xxx"))} {
		app := quiet()
		var kept upload.File
		var atEnd, after error
		open := func(f upload.File) error {
			r, err := f.Open()
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			return err
		}
		holdfast.Post(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, in oneFile) (int64, error) {
			kept = in.File
			holdfast.Defer(ctx, func(context.Context, error) error { atEnd = open(in.File); return nil })
			holdfast.AfterResponse(ctx, func(context.Context, error) { after = open(in.File) })
			return in.File.Size(), nil
		}, holdfast.MaxBody(6<<20))
		if w := sendForm(app, "/", multipart, body); w.Code != http.StatusOK || atEnd != nil || after != nil {
			t.Errorf("POST / = %d %s; the file in Defer: %v, in AfterResponse: %v", w.Code, w.Body, atEnd, after)
		}
		if err := open(kept); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Open after the request = %v, want fs.ErrClosed", err)
		}
	}
}

// A caller who hangs up in the middle of a file leaves nothing behind.
func TestFilesOfACallerWhoHangsUpAreGone(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	app := quiet()
	holdfast.Post(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, oneFile) (string, error) {
		t.Error("the handler is called")
		return "", nil
	}, holdfast.MaxBody(64<<20))
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		app.ServeHTTP(w, r)
	}))
	defer server.Close()
	r, w := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", multipart)
	go func() {
		out := bufio.NewWriter(w)
		_, _ = fmt.Fprint(out, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n", strings.Repeat("x", 3<<20))
		_ = out.Flush()
		_ = w.CloseWithError(errors.New("gone"))
	}()
	if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
		_ = resp.Body.Close()
	}
	<-ended
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || len(openIn(dir)) > 0 {
		t.Errorf("%v are left, and %v are open, %v", left, openIn(dir), err)
	}
}

// Nothing of a file is read or kept for a caller who may not call.
func TestNoFileIsKeptForACallerWhoIsRefused(t *testing.T) {
	t.Parallel()
	app := quiet()
	nobody := holdfast.Check(holdfast.HTTPBearer(), func(context.Context, string) (string, error) { return "", errors.New("no") })
	holdfast.Post(app, "/", holdfast.Security(nobody), func(context.Context, string, oneFile) (string, error) { return "", nil })
	body := strings.NewReader(onDisk())
	before := body.Len()
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", multipart)
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized || body.Len() != before {
		t.Errorf("POST / = %d, and %d bytes were read; want 401 and none", w.Code, before-body.Len())
	}
}
