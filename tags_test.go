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
	"github.com/holdfast-go/holdfast/union"
	"github.com/holdfast-go/holdfast/upload"
)

// told is an application whose one route answers with what its input held.
func told[In any]() *holdfast.App {
	app := quiet()
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in In) (In, error) { return in, nil })
	return app
}

// bodyOf is the request's body in the document.
func bodyOf(t *testing.T, app *holdfast.App) string {
	t.Helper()
	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct{ RequestBody json.RawMessage }
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	return string(document.Paths["/"]["post"].RequestBody)
}

// judged is the status and answer of a request, without what every 422 has.
func judged(app *holdfast.App, r *http.Request) string {
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	text := strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"detail":`), "}\n")
	if w.Code == http.StatusUnprocessableEntity {
		var found []struct {
			Type string
			Loc  []any
		}
		if json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), `{"detail":`), "}")), &found) == nil {
			text = ""
			for _, one := range found {
				at, _ := json.Marshal(one.Loc)
				text += one.Type + string(at)
			}
		}
	}
	return http.StatusText(w.Code) + " " + text
}

type wholeCase struct {
	app      *holdfast.App
	document string            // in the document's requestBody
	answers  map[string]string // by body; with what they begin
}

func TestTagsOfAWholeBody(t *testing.T) {
	t.Parallel()
	const valid, not = "OK ", "Unprocessable Entity "
	for name, test := range map[string]wholeCase{
		"a list has a least length": {
			told[struct {
				Body []string `minItems:"1" doc:"The names" example:"a,b"`
			}](), `"schema":{"description":"The names","examples":[["a","b"]],"items":{"type":"string"},"minItems":1,"type":"array"}}},"required":true`,
			map[string]string{`[]`: not + `too_short["body"]`, `["a"]`: valid, ``: not + `missing["body"]`},
		},
		"and a most, without repetition": {
			told[struct {
				Body []string `maxItems:"2" uniqueItems:"true"`
			}](), `"maxItems":2,"type":"array","uniqueItems":true`,
			map[string]string{`["a","a"]`: not + `unique_items["body",1]`, `["a","b","c"]`: not + `too_long["body"]`, `["a","b"]`: valid},
		},
		"its items have tags": {told[struct {
			Body []string `minLength:"2"`
		}](), `"items":{"minLength":2,"type":"string"}`, map[string]string{`["aa","b"]`: not + `string_too_short["body",1]`}},
		"a list may be null": {told[struct {
			Body []string `nullable:"true"`
		}](), `"type":["array","null"]`, map[string]string{`null`: valid, ``: not + `missing["body"]`}},
		"a text has a length and a pattern": {told[struct {
			Body string `minLength:"2" pattern:"^a"`
		}](), `"minLength":2,"pattern":"^a"`, map[string]string{`"a"`: not + `string_too_short["body"]`, `"bb"`: not + `string_pattern_mismatch["body"]`, `"ab"`: valid}},
		"a text is one of several": {told[struct {
			Body string `enum:"up,down"`
		}](), `"enum":["up","down"]`, map[string]string{`"left"`: not + `enum["body"]`, `"up"`: valid}},
		"a text has a format": {told[struct {
			Body string `format:"email"`
		}](), `"format":"email"`, map[string]string{`"x"`: not + `value_error["body"]`, `"a@b.cd"`: valid}},
		"a number is bounded and has a default": {
			told[struct {
				Body int `maximum:"3" default:"2"`
			}](), `{"content":{"application/json":{"schema":{"default":2,"format":"int64","maximum":3,"type":"integer"}}},"required":false}`,
			map[string]string{`9`: not + `less_than_equal["body"]`, ``: valid + `{"Body":2}`, `1`: valid + `{"Body":1}`, `null`: not + `int_type["body"]`},
		},
		"a map has a least size": {
			told[struct {
				Body map[string]int `minProperties:"1" minimum:"3"`
			}](), `{"additionalProperties":{"format":"int64","minimum":3,"type":"integer"},"minProperties":1,"type":"object"}`,
			map[string]string{`{}`: not + `too_short["body"]`, `{"a":1}`: not + `greater_than_equal["body","a"]`, `{"a":3}`: valid},
		},
		"a list has a default": {told[struct {
			Body []string `default:"a,b"`
		}](), `"default":["a","b"]`, map[string]string{``: valid + `{"Body":["a","b"]}`, `["c"]`: valid + `{"Body":["c"]}`}},
		"a model has a default, whose members have theirs": {
			told[struct {
				Body withDefault `default:"{}" doc:"How many"`
			}](), `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/WithDefault-Input","default":{},"description":"How many"}}},"required":false}`,
			map[string]string{``: valid + `{"Body":{"n":7}}`, `{"n":1}`: valid + `{"Body":{"n":1}}`},
		},
		"a model may be null": {told[struct {
			Body *withDefault `nullable:"true"`
		}](), `"anyOf":[{"$ref":`, map[string]string{`null`: valid + `{"Body":null}`, ``: not + `missing["body"]`}},
		"a duration has a default": {told[struct {
			Body time.Duration `default:"90m"`
		}](), `"default":"PT1H30M"`, map[string]string{``: valid + `{"Body":"PT1H30M"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := bodyOf(t, test.app); !strings.Contains(got, test.document) {
				t.Errorf("the body is %s, want %s in it", got, test.document)
			}
			for body, want := range test.answers {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				if got := judged(test.app, r); !strings.HasPrefix(got, want) {
					t.Errorf("POST %q = %s, want %s", body, got, want)
				}
			}
		})
	}
}

type withDefault struct {
	N int `json:"n" default:"7"`
}

func TestTagsOfAListAreOfItsItems(t *testing.T) {
	t.Parallel()
	type lists struct {
		Names  []string              `json:"names,omitempty" minLength:"2" pattern:"^a"`
		Counts *[]int                `json:"counts,omitempty" minimum:"3" multipleOf:"3"`
		Mails  patch.Field[[]string] `json:"mails,omitzero" format:"email"`
		Table  [][]float64           `json:"table,omitempty" exclusiveMaximum:"1" maxItems:"2"`
		Ports  map[string]int        `json:"ports,omitempty" maximum:"65535"`
		Groups map[string][]string   `json:"groups,omitempty" enum:"a,b"`
	}
	app := echoing[lists]()
	for body, want := range map[string]string{
		`{"names":["aa","a","bb"]}`:        `string_too_short["body","names",1]string_pattern_mismatch["body","names",2]`,
		`{"counts":[3,1,4]}`:               `greater_than_equal["body","counts",1]multiple_of["body","counts",2]`,
		`{"mails":["a@b.cd","x"]}`:         `value_error["body","mails",1]`,
		`{"table":[[0.5],[0,1]]}`:          `less_than["body","table",1,1]`,
		`{"table":[[],[],[]]}`:             `too_long["body","table"]`,
		`{"ports":{"http":80,"x":70000}}`:  `less_than_equal["body","ports","x"]`,
		`{"groups":{"one":["a","b","c"]}}`: `enum["body","groups","one",2]`,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if got := judged(app, r); got != "Unprocessable Entity "+want {
			t.Errorf("POST %s = %s, want %s", body, got, want)
		}
	}
	got := schemaOf(t, app, "Lists-Input")
	for _, want := range []string{
		`"names":{"items":{"minLength":2,"pattern":"^a","type":"string"},"type":"array"}`,
		`"counts":{"items":{"format":"int64","minimum":3,"multipleOf":3,"type":"integer"},"type":["array","null"]}`,
		`"mails":{"items":{"format":"email","type":"string"},"type":["array","null"]}`,
		`"table":{"items":{"items":{"exclusiveMaximum":1,"format":"double","type":"number"},"type":"array"},"maxItems":2,"type":"array"}`,
		`"ports":{"additionalProperties":{"format":"int64","maximum":65535,"type":"integer"},"type":"object"}`,
		`"groups":{"additionalProperties":{"items":{"enum":["a","b"],"type":"string"},"type":"array"},"type":"object"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("Lists-Input = %s, want %s in it", got, want)
		}
	}
}

func TestTagsOfListsInParametersAndForms(t *testing.T) {
	t.Parallel()
	type params struct {
		Query  []string  `query:"q" minLength:"2" maxLength:"3" maxItems:"3"`
		Header []int     `header:"X-N" minimum:"3"`
		Cookie []string  `cookie:"c" pattern:"^a"`
		Form   []float64 `form:"f" maximum:"1" default:"0.5"`
	}
	app := told[params]()
	r := httptest.NewRequest(http.MethodPost, "/?q=aa&q=a&q=aaaa", strings.NewReader("f=0.1&f=2"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header["X-N"] = []string{"3", "2"}
	r.Header.Set("Cookie", "c=ab; c=b")
	want := `Unprocessable Entity string_too_short["query","q",1]string_too_long["query","q",2]greater_than_equal["header","X-N",1]string_pattern_mismatch["cookie","c",1]less_than_equal["body","f",1]`
	if got := judged(app, r); got != want {
		t.Errorf("POST = %s, want %s", got, want)
	}
	r = httptest.NewRequest(http.MethodPost, "/?q=aa&q=aaa", nil)
	if got := judged(app, r); !strings.Contains(got, `"Query":["aa","aaa"]`) || !strings.Contains(got, `"Form":[0.5]`) {
		t.Errorf("POST = %s, want what was sent, and the default", got)
	}
	data, err := app.OpenAPI()
	if want := `"items":{"maxLength":3,"minLength":2,"type":"string"},"maxItems":3,"type":"array"`; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("OpenAPI = %s %v, want %s in it", data, err, want)
	}
}

type one struct {
	Kind string `json:"kind" const:"one"`
}

type two struct {
	Kind string `json:"kind" const:"two"`
}

func TestTagsThatDoNotFitAreFoundAtStart(t *testing.T) {
	t.Parallel()
	type inBody[T any] struct{ Body T }
	for name, test := range map[string]struct {
		app  *holdfast.App
		want string
	}{
		"a length of a struct": {told[inBody[struct {
			S withDefault `json:"s" minLength:"1"`
		}]](), `field S: tag "minLength" constrains a string, and holdfast_test.withDefault is none; say it at the fields in it`},
		"of a union": {told[inBody[struct {
			U union.Of2[one, two] `json:"u" minLength:"1"`
		}]](), `field U: tag "minLength" constrains a string, and union.Of2`},
		"of a moment": {told[inBody[struct {
			T time.Time `json:"t" minLength:"1"`
		}]](), `field T: tag "minLength" constrains a string, and time.Time is none`},
		"of a list of numbers": {told[inBody[struct {
			L []int `json:"l" minLength:"1"`
		}]](), `field L: tag "minLength" constrains a string, and []int is none`},
		"of anything": {told[inBody[struct {
			A any `json:"a" minLength:"1"`
		}]](), `field A: tag "minLength" constrains a string, and interface {} is none`},
		"a number of members of a list": {told[inBody[struct {
			P *[]int `json:"p" minProperties:"1"`
		}]](), `field P: tag "minProperties" constrains a map, and *[]int is none; a list has minItems and maxItems`},
		"a number of items of a map": {told[inBody[struct {
			M map[string][]string `json:"m" minItems:"1"`
		}]](), `field M: tag "minItems" constrains a list, and map[string][]string is none; a map has minProperties and maxProperties`},
		"of an array": {told[inBody[struct {
			A [3]int `json:"a" maxItems:"5"`
		}]](), `field A: tag "maxItems" constrains a list, and [3]int is none; its length is always the same`},
		"of bytes": {told[inBody[struct {
			B []byte `json:"b" minItems:"5"`
		}]](), `field B: tag "minItems" constrains a list, and []uint8 is none`},
		"a format that a moment has not": {told[inBody[struct {
			T time.Time `json:"t" format:"date"`
		}]](), `field T: tag "format" constrains a string or number, and time.Time is none`},
		"an enum of a struct": {told[inBody[struct {
			S withDefault `json:"s" enum:"x,y"`
		}]](), `field S: tag "enum" constrains a string or number`},
		"a bound of a map of texts": {told[inBody[struct {
			M map[string]string `json:"m" minimum:"1"`
		}]](), `field M: tag "minimum" constrains a number, and map[string]string is none`},
		"a bound of a number that is written as a string": {told[inBody[struct {
			N int `json:"n,string" minimum:"1"`
		}]](), `field N: tag "minimum" has no effect on a value that is written as a string`},
		"a constraint of a whole body": {told[struct {
			Body int `minLength:"1"`
		}](), `field Body: tag "minLength" constrains a string, and int is none`},
		"a bound that is no number": {told[struct {
			Body int `minimum:"abc"`
		}](), `field Body: tag "minimum" is a number, not "abc"`},
		"a length below zero": {told[struct {
			Body string `minLength:"-1"`
		}](), `field Body: tag "minLength" is a whole number, not "-1"`},
		"a pattern that is none": {told[struct {
			Q string `query:"q" pattern:"("`
		}](), `field Q: tag "pattern" is a regular expression as package regexp reads it, not "("`},
		"a multiple of nothing": {told[struct {
			Q int `query:"q" multipleOf:"0"`
		}](), `field Q: tag "multipleOf" is a number above 0, not "0"`},
		"a yes that is none": {told[struct {
			Q int `query:"q" required:"yes"`
		}](), `field Q: tag "required" is true or false, not "yes"`},
		"one of no values": {told[struct {
			Q string `query:"q" enum:""`
		}](), `field Q: tag "enum" is a value, not ""`},
		"a whole body that is misspelt": {told[struct {
			Body []string `minItemz:"1"`
		}](), `field Body: unknown tag "minItemz"; did you mean "minItems"?`},
		"a default of a whole body that does not fit": {told[struct {
			Body []int `minimum:"3" default:"3,1"`
		}](), `field Body: the default [3 1] does not fit: Input should be greater than or equal to 3`},
		"a default of a whole body that never counts": {told[struct {
			Body int `default:"3" required:"true"`
		}](), `field Body: it is required, so its default never counts`},
		"a whole body that nothing makes read-only": {told[struct {
			Body int `readOnly:"true"`
		}](), `field Body: tag "readOnly" has no effect in a body`},
		"a whole body with a name": {told[struct {
			Body []int `json:"counts"`
		}](), "field Body: it is the whole body, which has no name; for a body {\"counts\": …} write Body struct { X []int `json:\"counts\"` }"},
		"a member outside of the body": {told[struct {
			Name string `json:"name"`
		}](), "field Name: it has a json tag: members of a JSON body stand in a struct called Body"},
		"further members of one field": {told[inBody[struct {
			M map[string]int `json:"m" additionalProperties:"true"`
		}]](), "field M: tag \"additionalProperties\" is about a whole struct: write it at a field _ struct{} in that"},
		"members that come together": {told[inBody[struct {
			A string `json:"a,omitempty" dependentRequired:"b"`
		}]](), `field A: tag "dependentRequired" has no effect: say it in the struct's method Validate`},
		"a length of a day in the query": {told[struct {
			D date.Date `query:"d" minLength:"99"`
		}](), `field D: tag "minLength" constrains a string, and date.Date is none`},
		"of a file": {told[struct {
			P upload.File `form:"p" minLength:"3"`
		}](), `field P: tag "minLength" constrains a string, and upload.File is none`},
		"a constraint in an answer": {sending[struct {
			N []int `json:"n" minLength:"3"`
		}](), `field N: tag "minLength" constrains a string, and []int is none`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := test.app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "_test.go:") {
				t.Errorf("Err() = %v, want %s and the place", err, test.want)
			}
		})
	}
}

// sending is an application whose one route answers with a T.
func sending[T any]() *holdfast.App {
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), gives[T])
	return app
}

// Types of other libraries have tags that are spelt almost like ours, in an
// answer as well.
func TestForeignTagsInAnswersAreLeftAlone(t *testing.T) {
	t.Parallel()
	app := sending[struct {
		_ struct{} `type:"structure"`
		N int      `json:"n" min:"1" description:"x"`
	}]()
	if err := app.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
}
