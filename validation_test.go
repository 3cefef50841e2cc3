package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// What a program finds wrong with its input looks as if the framework had found
// it, wherever it was found.
func TestAValidationErrorOfOnesOwnIsA422(t *testing.T) {
	t.Parallel()
	taken := &holdfast.ValidationError{Violations: []holdfast.Violation{
		{Type: "taken", Loc: []any{"query", "name"}, Msg: "Another user has this name"},
	}}
	type named struct {
		Size int `query:"size" maximum:"3"`
	}
	check := holdfast.Depends1(holdfast.Params[named](), func(context.Context, named) (int, error) { return 0, taken })
	ok := func(context.Context, int, holdfast.NoInput) (string, error) { return "", nil }
	app := holdfast.New("Shop", "1")
	holdfast.Get(app, "/handler", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", taken })
	holdfast.Get(app, "/policy", holdfast.Security(check), ok)
	const its = `{"detail":[{"type":"taken","loc":["query","name"],"msg":"Another user has this name"}]}`
	for target, want := range map[string]string{
		"/handler":       its,
		"/policy":        its,
		"/policy?size=3": its,
		"/policy?size=4": `{"detail":[{"type":"less_than_equal","loc":["query","size"],"msg":"Input should be less than or equal to 3","input":"4","ctx":{"le":3}}]}`,
	} {
		if w := send(app, target, ""); w.Code != http.StatusUnprocessableEntity || w.Body.String() != want {
			t.Errorf("GET %s = %d %s, want 422 %s", target, w.Code, w.Body, want)
		}
	}
}

// The words of a 422 are FastAPI's, so that programs which read them work with
// both; bench/differential compares more of them.
func TestViolationsSpeakAsFastAPIs(t *testing.T) {
	t.Parallel()
	type in struct {
		Size []int `query:"size" minItems:"2" maxItems:"3"`
		Page int   `query:"page" minimum:"1"`
		Body struct {
			Color string         `json:"color,omitempty" enum:"red,green,blue"`
			Level int            `json:"level,omitempty" enum:"1,2"`
			ID    string         `json:"id,omitempty" format:"uuid"`
			Stock map[string]int `json:"stock,omitempty" maxProperties:"1"`
			Ways  []string       `json:"ways,omitempty" minItems:"1"`
		}
	}
	app := holdfast.New("Shop", "1")
	holdfast.Post(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
	tests := map[string]struct{ query, body, want string }{
		"a list that is short":        {"size=1", `{}`, `{"type":"too_short","loc":["query","size"],"msg":"List should have at least 2 items after validation, not 1","ctx":{"actual_length":1,"field_type":"List","min_length":2}}`},
		"a list that is long":         {"size=1&size=2&size=3&size=4", `{}`, `{"type":"too_long","loc":["query","size"],"msg":"List should have at most 3 items after validation, not 4","ctx":{"actual_length":4,"field_type":"List","max_length":3}}`},
		"a bound, as it was sent":     {"page=00", `{}`, `{"type":"greater_than_equal","loc":["query","page"],"msg":"Input should be greater than or equal to 1","input":"00","ctx":{"ge":1}}`},
		"none of three":               {"", `{"color":"pink"}`, `{"type":"enum","loc":["body","color"],"msg":"Input should be 'red', 'green' or 'blue'","input":"pink","ctx":{"expected":"'red', 'green' or 'blue'"}}`},
		"a number for one of three":   {"", `{"color":7}`, `{"type":"enum","loc":["body","color"],"msg":"Input should be 'red', 'green' or 'blue'","input":7,"ctx":{"expected":"'red', 'green' or 'blue'"}}`},
		"null for one of three":       {"", `{"color":null}`, `{"type":"enum","loc":["body","color"],"msg":"Input should be 'red', 'green' or 'blue'","input":null,"ctx":{"expected":"'red', 'green' or 'blue'"}}`},
		"none of two numbers":         {"", `{"level":3}`, `{"type":"enum","loc":["body","level"],"msg":"Input should be 1 or 2","input":3,"ctx":{"expected":"1 or 2"}}`},
		"no UUID":                     {"", `{"id":"x"}`, `{"type":"uuid_parsing","loc":["body","id"],"msg":"Input should be a valid UUID","input":"x"}`},
		"a number for a UUID":         {"", `{"id":7}`, `{"type":"uuid_type","loc":["body","id"],"msg":"UUID input should be a string, bytes or UUID object","input":7}`},
		"a list for a map":            {"", `{"stock":[]}`, `{"type":"dict_type","loc":["body","stock"],"msg":"Input should be a valid dictionary"}`},
		"a map that is large":         {"", `{"stock":{"a":1,"b":2}}`, `{"type":"too_long","loc":["body","stock"],"msg":"Dictionary should have at most 1 item after validation, not 2","ctx":{"actual_length":2,"field_type":"Dictionary","max_length":1}}`},
		"a text for an object":        {"", `"x"`, `{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":"x"}`},
		"a list with a bad item":      {"", `{"ways":[7]}`, `{"type":"string_type","loc":["body","ways",0],"msg":"Input should be a valid string","input":7}`},
		"an empty list that must not": {"", `{"ways":[]}`, `{"type":"too_short","loc":["body","ways"],"msg":"List should have at least 1 item after validation, not 0","ctx":{"actual_length":0,"field_type":"List","min_length":1}}`},
	}
	for name, test := range tests {
		r := httptest.NewRequest("POST", "/?"+test.query, strings.NewReader(test.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if want := `{"detail":[` + test.want + `]}`; w.Code != http.StatusUnprocessableEntity || w.Body.String() != want {
			t.Errorf("%s: %d %s, want 422 %s", name, w.Code, w.Body, want)
		}
	}
}
