package holdfast_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/patch"
)

// sendJSON sends a body, and returns the status and the answer.
func sendJSON(h http.Handler, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// echoing is an application whose one route answers with the body that it was
// given.
func echoing[T any]() *holdfast.App {
	type in struct{ Body T }
	app := holdfast.New("Echo", "1")
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (T, error) { return in.Body, nil })
	return app
}

// schemaOf is a component of an application's document.
func schemaOf(t *testing.T, app *holdfast.App, name string) string {
	t.Helper()
	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	return string(document.Components.Schemas[name])
}

// bodyCase is a body, and the answer to it: what it says after 200, or the list
// of violations.
type bodyCase struct{ body, want string }

func checkBodies(t *testing.T, app *holdfast.App, cases map[string]bodyCase) {
	t.Helper()
	for name, test := range cases {
		code, got := sendJSON(app, "POST", "/", test.body)
		want := http.StatusOK
		if strings.HasPrefix(test.want, `[{"type"`) {
			want, got = http.StatusUnprocessableEntity, strings.TrimSuffix(strings.TrimPrefix(got, `{"detail":`), "}")
		}
		if code != want || got != test.want {
			t.Errorf("%s: POST %s = %d %s, want %d %s", name, test.body, code, got, want, test.want)
		}
	}
}

type Image struct {
	URL string `json:"url"`
}

func TestWhatMayBeNullInABody(t *testing.T) {
	t.Parallel()
	type Item struct {
		Name  string   `json:"name,omitempty"`
		Note  *string  `json:"note"`
		Image *Image   `json:"image,omitempty"`
		Cover *Image   `json:"cover,omitempty" nullable:"false"`
		Tags  []string `json:"tags,omitempty" minItems:"1"`
		Maybe []string `json:"maybe,omitempty" nullable:"true" minItems:"1"`
		Named *Image   `json:"named,omitempty" nullable:"true"`
	}
	app := echoing[Item]()
	const list = `[{"type":"list_type","loc":["body","tags"],"msg":"Input should be a valid list","input":null}]`
	checkBodies(t, app, map[string]bodyCase{
		"a pointer may be null":                 {`{"note":null}`, `{"note":null}`},
		"one that is required must be there":    {`{}`, `[{"type":"missing","loc":["body","note"],"msg":"Field required","input":null}]`},
		"an optional object may be null":        {`{"note":"x","image":null}`, `{"note":"x"}`},
		"an object is read":                     {`{"note":"x","image":{"url":"a"}}`, `{"note":"x","image":{"url":"a"}}`},
		"a tag may say that it is not":          {`{"note":"x","cover":null}`, `[{"type":"model_attributes_type","loc":["body","cover"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]`},
		"a value is not null":                   {`{"note":"x","name":null}`, `[{"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":null}]`},
		"nor is a list":                         {`{"note":"x","tags":null}`, list},
		"a tag may say that a list is":          {`{"note":"x","maybe":null}`, `{"note":"x"}`},
		"and that an object is":                 {`{"note":"x","named":null}`, `{"note":"x"}`},
		"an empty list has too few items still": {`{"note":"x","maybe":[]}`, `[{"type":"too_short","loc":["body","maybe"],"msg":"List should have at least 1 item after validation, not 0","ctx":{"actual_length":0,"field_type":"List","min_length":1}}]`},
	})
	for name, wants := range map[string][]string{
		"Item-Input": {
			`"note":{"type":["string","null"]}`, `"image":{"anyOf":[{"$ref":"#/components/schemas/Image"},{"type":"null"}]}`,
			`"cover":{"$ref":"#/components/schemas/Image"}`, `"tags":{"items":{"type":"string"},"minItems":1,"type":"array"}`, `"required":["note"]`,
		},
		"Item-Output": {`"note":{"type":["string","null"]}`, `"image":{"$ref":"#/components/schemas/Image"}`},
	} {
		got := schemaOf(t, app, name)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s = %s, want %s in it", name, got, want)
			}
		}
	}
}

func TestNullForTheWholeBody(t *testing.T) {
	t.Parallel()
	app := holdfast.New("Shop", "1")
	type required struct{ Body *Image }
	type optional struct {
		Body *Image `required:"false"`
	}
	holdfast.Post(app, "/required", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in required) (string, error) { return in.Body.URL, nil })
	holdfast.Post(app, "/optional", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in optional) (bool, error) { return in.Body == nil, nil })
	for path, want := range map[string]string{
		"/required": `422 {"detail":[{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":null}]}`,
		"/optional": "200 true",
	} {
		code, body := sendJSON(app, "POST", path, "null")
		if got := http.StatusText(code); !strings.HasPrefix(want, map[string]string{"OK": "200 ", "Unprocessable Entity": "422 "}[got]) || !strings.HasSuffix(want, body) {
			t.Errorf("POST %s null = %d %s, want %s", path, code, body, want)
		}
	}
}

func TestDefaultsInABody(t *testing.T) {
	t.Parallel()
	type Inner struct {
		Deep int `json:"deep" default:"7"`
	}
	type Order struct {
		Size   int               `json:"size" default:"10" minimum:"1"`
		Note   *string           `json:"note" default:"none"`
		Tags   []string          `json:"tags" default:"a,b"`
		Ratio  float64           `json:"ratio" default:"0.5"`
		Yes    bool              `json:"yes" default:"true"`
		Inner  Inner             `json:"inner" default:"{}"`
		Inners []Inner           `json:"inners" default:"[{\"deep\":1},{}]"`
		Words  map[string]string `json:"words,omitempty" default:"{\"a\":\"b\"}"`
		Day    date.Date         `json:"day" default:"2026-11-26"`
		Wait   time.Duration     `json:"-" default:"1h"`
	}
	app := echoing[Order]()
	rest := `"tags":["a","b"],"ratio":0.5,"yes":true,"inner":{"deep":7},"inners":[{"deep":1},{"deep":7}],"words":{"a":"b"},"day":"2026-11-26"}`
	checkBodies(t, app, map[string]bodyCase{
		"what is left out has its default": {`{}`, `{"size":10,"note":"none",` + rest},
		"zero is a value":                  {`{"size":1,"note":""}`, `{"size":1,"note":"",` + rest},
		"null is one for a pointer":        {`{"note":null}`, `{"size":10,"note":null,` + rest},
		"a value is checked":               {`{"size":0}`, `[{"type":"greater_than_equal","loc":["body","size"],"msg":"Input should be greater than or equal to 1","input":0,"ctx":{"ge":1}}]`},
	})
	got := schemaOf(t, app, "Order-Input")
	for _, want := range []string{`"default":10`, `"default":"none"`, `"default":["a","b"]`, `"default":0.5`, `"default":true`, `"default":{}`, `"default":"2026-11-26"`} {
		if !strings.Contains(got, want) || strings.Contains(got, `"required"`) {
			t.Errorf("Order-Input = %s, want %s in it and nothing required", got, want)
		}
	}
	// Each request has its own.
	type in struct{ Body Order }
	app = holdfast.New("Shop", "1")
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (string, error) {
		was := in.Body.Tags[0] + in.Body.Words["a"]
		in.Body.Tags[0], in.Body.Words["a"] = "changed", "changed"
		return was, nil
	})
	for range 2 {
		if code, body := sendJSON(app, "POST", "/", "{}"); code != http.StatusOK || body != `"ab"` {
			t.Errorf(`POST {} = %d %s, want 200 "ab" each time`, code, body)
		}
	}
}

func TestDefaultsThatDoNotFitAreFoundAtStart(t *testing.T) {
	t.Parallel()
	type broken struct {
		Body struct {
			Size int `json:"size" default:"10" maximum:"5"`
		}
	}
	app := holdfast.New("Shop", "1")
	holdfast.Post(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, broken) (string, error) { return "", nil })
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "bodies_test.go:") || !strings.Contains(err.Error(), "field Size: the default 10 does not fit: Input should be less than or equal to 5") {
		t.Errorf("Err() = %v, want the default, with its place", err)
	}
}

func TestAFieldOfAPatchIsAbsentNullOrAValue(t *testing.T) {
	t.Parallel()
	type Change struct {
		Text  patch.Field[string]   `json:"text,omitzero" maxLength:"3"`
		Image patch.Field[Image]    `json:"image,omitzero"`
		Tags  patch.Field[[]string] `json:"tags,omitzero" minItems:"1"`
		Done  patch.Field[bool]     `json:"done,omitzero" nullable:"false"`
	}
	app := echoing[Change]()
	checkBodies(t, app, map[string]bodyCase{
		"absent":                     {`{}`, `{}`},
		"null":                       {`{"text":null,"image":null,"tags":null}`, `{"text":null,"image":null,"tags":null}`},
		"a value":                    {`{"text":"","image":{"url":"a"},"tags":["x"],"done":false}`, `{"text":"","image":{"url":"a"},"tags":["x"],"done":false}`},
		"one that is not null":       {`{"done":null}`, `[{"type":"bool_type","loc":["body","done"],"msg":"Input should be a valid boolean","input":null}]`},
		"its tags hold for it":       {`{"text":"abcd"}`, `[{"type":"string_too_long","loc":["body","text"],"msg":"String should have at most 3 characters","input":"abcd","ctx":{"max_length":3}}]`},
		"what is in it has a place":  {`{"image":{}}`, `[{"type":"missing","loc":["body","image","url"],"msg":"Field required","input":null}]`},
		"and the items of its lists": {`{"tags":["a",1]}`, `[{"type":"string_type","loc":["body","tags",1],"msg":"Input should be a valid string","input":1}]`},
	})
	got := schemaOf(t, app, "Change-Input") + schemaOf(t, app, "Change")
	for _, want := range []string{`"text":{"maxLength":3,"type":["string","null"]}`, `"image":{"anyOf":[{"$ref":"#/components/schemas/Image"},{"type":"null"}]}`, `"done":{"type":"boolean"}`} {
		if !strings.Contains(got, want) || strings.Contains(got, `"required"`) {
			t.Errorf("Change = %s, want %s in it and nothing required", got, want)
		}
	}
}
