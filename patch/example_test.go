package patch_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/patch"
)

type change struct {
	Body struct {
		Text patch.Field[string] `json:"text,omitzero" maxLength:"10"`
	}
}

// A note whose text a PATCH changes, takes away, or leaves as it is.
func Example() {
	app := holdfast.New("Notes", "1.0.0")
	holdfast.Patch(app, "/note", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in change) (string, error) {
		if !in.Body.Text.Present() {
			return "unchanged", nil
		}
		return "now " + in.Body.Text.Or("before"), nil
	})
	for _, body := range []string{`{}`, `{"text":null}`, `{"text":"hello"}`, `{"text":"hello there"}`} {
		r := httptest.NewRequest("PATCH", "/note", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 "unchanged"
	// 200 "now "
	// 200 "now hello"
	// 422 {"detail":[{"type":"string_too_long","loc":["body","text"],"msg":"String should have at most 10 characters","input":"hello there","ctx":{"max_length":10}}]}
}
