package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/date"
)

type stay struct {
	From   date.Date `json:"from"`
	To     date.Date `json:"to"`
	Guests int       `json:"guests" default:"2" maximum:"4"`
}

// Validate is called when each field fits, and its words are shown.
func (s stay) Validate(context.Context) error {
	if !s.From.Before(s.To) {
		return errors.New("it ends before it begins")
	}
	return nil
}

// A check over several fields is a method of the type, whose words are in the
// 422.
func ExampleValidationError() {
	type input struct{ Body stay }
	app := holdfast.New("Hotel", "1.0.0")
	holdfast.Post(app, "/stays", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in input) (stay, error) {
		return in.Body, nil
	})
	for _, body := range []string{`{"from":"2026-11-26","to":"2026-11-28"}`, `{"from":"2026-11-26","to":"2026-11-24"}`} {
		r := httptest.NewRequest("POST", "/stays", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 {"from":"2026-11-26","to":"2026-11-28","guests":2}
	// 422 {"detail":[{"type":"value_error","loc":["body"],"msg":"Value error, it ends before it begins","ctx":{"error":{}}}]}
}
