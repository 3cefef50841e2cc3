package holdfast_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	parts "mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

// bodied is an application whose routes read bodies of each kind.
func bodied(memory int64) *holdfast.App {
	app := holdfast.NewApp(holdfast.Config{Title: "a", Version: "1", BodyMemory: memory, Logger: slog.New(slog.DiscardHandler)})
	holdfast.Post(app, "/json", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in struct{ Body string }) (int, error) {
		return len(in.Body), nil
	})
	holdfast.Post(app, "/form", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in struct {
		Text string `form:"text"`
	},
	) (int, error) {
		return len(in.Text), nil
	})
	holdfast.Post(app, "/upload", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in struct {
		Text string      `form:"text" required:"false"`
		File upload.File `form:"file" required:"false"`
	},
	) (int, error) {
		return len(in.Text) + int(in.File.Size()), nil
	})
	return app
}

// slowBody is a request whose body is sent piece by piece.
type slowBody struct {
	w    *httptest.ResponseRecorder
	body *io.PipeWriter
	more chan string
	done chan struct{}
}

func sendSlowly(t *testing.T, app http.Handler, path, kind, begin string) *slowBody {
	t.Helper()
	from, to := io.Pipe()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, from)
	r.Header.Set("Content-Type", kind)
	s := &slowBody{httptest.NewRecorder(), to, make(chan string, 1), make(chan struct{})}
	go func() {
		defer close(s.done)
		app.ServeHTTP(s.w, r)
		_ = from.Close()
	}()
	go func() { // as far as it is read
		_, _ = io.WriteString(to, begin)
		_, _ = io.WriteString(to, <-s.more)
		_ = to.Close()
	}()
	synctest.Wait()
	return s
}

func (s *slowBody) end(text string) int {
	s.more <- text
	<-s.done
	return s.w.Code
}

// inParts is a form of one part; without its end.
func inParts(disposition, content string) (kind, begin, end string) {
	var b bytes.Buffer
	w := parts.NewWriter(&b)
	return w.FormDataContentType(), fmt.Sprintf("--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s", w.Boundary(), disposition, content), "\r\n--" + w.Boundary() + "--\r\n"
}

// While bodies of others take all the memory there is, large ones are told to come
// again, and small ones and files are not. What is given back can be had.
func TestBodiesHaveABudgetTogether(t *testing.T) {
	t.Parallel()
	const budget = 1 << 20
	large, form := strings.Repeat("a", 600<<10), "application/x-www-form-urlencoded"
	partsKind, text, textEnd := inParts(`name="text"`, large)
	fileKind, file, fileEnd := inParts(`name="file"; filename="a"`, large)
	for name, test := range map[string]struct {
		path, kind, begin, end string
		during                 int // the status, while there is no memory
	}{
		"a large value is told to come again":            {"/json", "application/json", `"` + large, `"`, http.StatusServiceUnavailable},
		"a large form is told to come again":             {"/form", form, "text=" + large, "", http.StatusServiceUnavailable},
		"a large text among parts is told to come again": {"/upload", partsKind, text, textEnd, http.StatusServiceUnavailable},
		"a file is in no memory":                         {"/upload", fileKind, file, fileEnd, http.StatusOK},
		"a small value is of no account":                 {"/json", "application/json", `"` + large[:7000], `"`, http.StatusOK},
		"a small form is of no account":                  {"/form", form, "text=" + large[:7000], "", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := bodied(budget)
			if err := app.Err(); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				first := sendSlowly(t, app, "/json", "application/json", `"`+large) // which is in memory, and unfinished
				second := sendSlowly(t, app, test.path, test.kind, test.begin)
				if got := second.end(test.end); got != test.during || got != http.StatusOK && second.w.Header().Get("Retry-After") != "1" {
					t.Errorf("beside another: %d %s, Retry-After %q, want %d", got, second.w.Body, second.w.Header().Get("Retry-After"), test.during)
				}
				if got := first.end(`"`); got != http.StatusOK || strings.TrimSpace(first.w.Body.String()) != fmt.Sprint(len(large)) {
					t.Errorf("the first one: %d %.200s", got, first.w.Body)
				}
				for range 3 { // which would not go together
					if again := sendSlowly(t, app, test.path, test.kind, test.begin); again.end(test.end) != http.StatusOK {
						t.Errorf("afterwards: %d %s", again.w.Code, again.w.Body)
					}
				}
			})
		})
	}
}

// A caller who leaves gives back what was taken, as do one whose body is no good and
// one whose handler fails.
func TestWhatEndsBadlyGivesBackItsMemory(t *testing.T) {
	t.Parallel()
	app := bodied(1 << 20)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("a", 600<<10)
	synctest.Test(t, func(t *testing.T) {
		for range 3 {
			broken := sendSlowly(t, app, "/json", "application/json", `"`+large)
			if got := broken.end(`"}`); got != http.StatusUnprocessableEntity {
				t.Errorf("a body that is no JSON = %d %.200s", got, broken.w.Body)
			}
			left := sendSlowly(t, app, "/json", "application/json", `"`+large)
			_ = left.body.CloseWithError(io.ErrUnexpectedEOF)
			if left.end("") != http.StatusBadRequest {
				t.Errorf("a body that ends too soon = %d %.200s", left.w.Code, left.w.Body)
			}
		}
	})
}

func TestMistakesOfBodyMemory(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int64]string{
		-1:      "Config.BodyMemory is -1 bytes",
		1 << 10: "POST /json: Config.BodyMemory: its body may have 1048576 bytes, and those of all requests together 1024",
	} {
		if err := bodied(memory).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with BodyMemory %d: Err() = %v, want %q", memory, err, want)
		}
	}
}

// Bodies of every size around the steps by which memory grows are read whole, and
// none that is larger than it may be.
func TestBodiesOfEverySize(t *testing.T) {
	t.Parallel()
	const most = 40_000
	app := holdfast.NewApp(holdfast.Config{Title: "a", Version: "1", MaxBody: most})
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in struct{ Body string }) (string, error) {
		return in.Body, nil
	})
	for _, size := range []int{2, 3, 511, 512, 513, 1023, 1024, 1025, 16383, 16384, 16385, 32767, 32768, 32769, most - 1, most, most + 1, 2 * most} {
		body := `"` + strings.Repeat("b", size-2) + `"`
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		switch {
		case size <= most && (w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != body):
			t.Errorf("a body of %d bytes = %d with %d bytes", size, w.Code, w.Body.Len())
		case size > most && w.Code != http.StatusRequestEntityTooLarge:
			t.Errorf("a body of %d bytes = %d, want 413", size, w.Code)
		}
	}
}
