package holdfasttest_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/union"
	"github.com/holdfast-go/holdfast/upload"
)

type (
	round struct {
		Kind   string  `json:"kind" const:"round"`
		Radius float64 `json:"radius" exclusiveMinimum:"0"`
	}
	edged struct {
		Kind string `json:"kind" const:"edged"`
	}
	shape struct {
		Body struct {
			Frame union.Of2[round, edged] `json:"frame"`
			Paper *string                 `json:"paper" enum:"matt,glossy"`
		}
	}
	form struct {
		Title string        `form:"title" required:"true"`
		File  upload.File   `form:"file" required:"true"`
		More  []upload.File `form:"more" minItems:"1" required:"true"`
	}
)

// A stream that ends when its caller goes, files in a form, and one of several
// types are called and attacked as all else is.
func TestStreamsFormsAndUnionsAreTested(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv("UPDATE_GOLDEN", "")
	l := newLibrary("files")
	user := holdfast.Security(l.who)
	l.app.Handle("GET /stream", holdfast.Raw(user, func(w http.ResponseWriter, r *http.Request, _ person) error {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-r.Context().Done()
		return nil
	}))
	holdfast.Post(l.app, "/shapes", user, func(context.Context, person, shape) (string, error) { return "", nil })
	holdfast.Post(l.app, "/forms", user, func(context.Context, person, form) (string, error) { return "", nil })
	file := filepath.Join(t.TempDir(), "matrix.txt")
	holdfasttest.Matrix(t, l.app, file, callers)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range []string{"GET /stream", "POST /shapes", "POST /forms"} {
		if want := route + "\tsigned in\n    passes           everything,"; !strings.Contains(string(data), want) {
			t.Errorf("the table has no %q:\n%s", want, data)
		}
	}
	holdfasttest.Attack(t, l.app, file, callers)
}
