package answer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/answer"
)

func TestAnAnswerIsAValue(t *testing.T) {
	t.Parallel()
	first := answer.Created("new", "/1")
	second := first.WithHeader("etag", "a")
	third := second.WithHeader("ETag", "b")
	for name, test := range map[string]struct {
		answer answer.Answer[string]
		want   string
	}{
		"the first one":        {first, "201 new map[Location:[/1]]"},
		"one with a header":    {second, "201 new map[Etag:[a] Location:[/1]]"},
		"one with another one": {third, "201 new map[Etag:[a b] Location:[/1]]"},
		"the zero one":         {answer.Answer[string]{}, "0  map[]"},
		"nothing":              {answer.NoContent[string](), "204  map[]"},
	} {
		if got := fmt.Sprint(test.answer.Status(), " ", test.answer.Value(), " ", test.answer.Header()); got != test.want {
			t.Errorf("%s is %s, want %s", name, got, test.want)
		}
	}
	if p, ok := first.Pointer().(*string); !ok || *p != "new" {
		t.Errorf("Pointer = %v, want that of the value", first.Pointer())
	}
	if data, err := json.Marshal(map[string]any{"a": first}); err == nil {
		t.Errorf("an answer in a value is %s, want an error", data)
	}
}

func TestWhichStatusesHaveABodyOrAPlace(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		200: "body", 201: "body", 203: "body", 204: "", 205: "", 206: "body", 299: "body",
		300: "", 301: "place", 302: "place", 303: "place", 304: "", 305: "", 307: "place", 308: "place", 399: "", 400: "body", 500: "body",
	} {
		got := ""
		if answer.HasBody(status) {
			got += "body"
		}
		if answer.Redirects(status) {
			got += "place"
		}
		if got != want {
			t.Errorf("%d has %q, want %q", status, got, want)
		}
	}
}

func TestTheTextOfAFailure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure answer.Failure
		want    string
	}{
		"its detail":                      {answer.Failure{Status: 409, Detail: "Sold out"}, "Sold out"},
		"its status, if that is no text":  {answer.Failure{Status: 409, Detail: 7}, "Conflict"},
		"that of input which does not":    {answer.Failure{Status: 422, Detail: []answer.Violation{{}}, Violations: []answer.Violation{{}}}, "The input does not fit"},
		"its detail, beside a violation":  {answer.Failure{Status: 422, Detail: "Taken", Violations: []answer.Violation{{}}}, "Taken"},
		"its status, without a violation": {answer.Failure{Status: 422, Detail: []answer.Violation{}}, "Unprocessable Entity"},
	} {
		if got := test.failure.Text(); got != test.want {
			t.Errorf("the text of a failure is %s: %q, want %q", name, got, test.want)
		}
	}
}

type listed struct {
	Names []string `json:"names"`
}

type word string

// TestWhatAFormatWrites has the bytes of each format.
func TestWhatAFormatWrites(t *testing.T) {
	t.Parallel()
	missing := answer.Failure{Status: 403, Detail: "No", Request: "R", MissingScopes: []string{"a"}, MissingRoles: []string{"b"}}
	for name, test := range map[string]struct {
		format answer.Format
		accept string
		of     answer.Failure
		want   string
	}{
		"FastAPI's":                        {answer.Format{}, "", answer.Failure{Status: 400, Detail: "<No>"}, `application/json {"detail":"<No>"}`},
		"FastAPI's with what is missing":   {answer.Detail(), "", missing, `application/json {"detail":"No","missing":{"any_role_of":["b"],"scopes":["a"]},"request":"R"}`},
		"a text for what was not expected": {answer.Format{}, "", answer.Failure{Status: 500, Detail: "x", Unexpected: true}, "text/plain; charset=utf-8 Internal Server Error"},
		"a problem for who asks":           {answer.Detail(), "text/html, application/problem+json", answer.Failure{Status: 500, Detail: "x", Unexpected: true}, `application/problem+json {"detail":"x","status":500,"title":"Internal Server Error","type":"about:blank"}`},
		"a problem with what is missing":   {answer.Problem(), "", missing, `application/problem+json {"detail":"No","missing":{"any_role_of":["b"],"scopes":["a"]},"request":"R","status":403,"title":"Forbidden","type":"about:blank"}`},
		"a problem that is no text":        {answer.Problem(), "", answer.Failure{Status: 410, Detail: 7}, `application/problem+json {"detail":7,"status":410,"title":"Gone","type":"about:blank"}`},
		"a list that is nil":               {answer.Shape("application/json", func(*http.Request, answer.Failure) listed { return listed{} }), "", answer.Failure{}, `application/json {"names":[]}`},
		"a string as JSON":                 {answer.Shape("application/json; charset=utf-8", func(*http.Request, answer.Failure) string { return "<a>" }), "", answer.Failure{}, `application/json; charset=utf-8 "<a>"`},
		"a string as it is":                {answer.Shape("text/html", func(*http.Request, answer.Failure) word { return "<a>" }), "application/problem+json", answer.Failure{}, `text/html <a>`},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept", test.accept)
		var body strings.Builder
		kind, err := test.format.Encode(&body, r, test.of)
		if got := kind + " " + strings.TrimSuffix(body.String(), "\n"); got != test.want || err != nil || test.format.Err() != nil {
			t.Errorf("%s: %s, %v, %v; want %s", name, got, err, test.format.Err(), test.want)
		}
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAFormatSaysWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	text := answer.Shape("text/html", func(*http.Request, answer.Failure) string { return "x" })
	for _, format := range []answer.Format{{}, answer.Problem(), text} {
		for _, accept := range []string{"", "application/problem+json"} {
			r.Header.Set("Accept", accept)
			for _, unexpected := range []bool{true, false} {
				if _, err := format.Encode(full{}, r, answer.Failure{Unexpected: unexpected}); !errors.Is(err, errFull) {
					t.Errorf("%q to what is full: %v, want an error", format.MediaType(), err)
				}
			}
		}
	}
}

func TestWhatAFormatSaysOfItself(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		format answer.Format
		want   string
	}{
		"the zero one":             {answer.Format{}, "true, , <nil>"},
		"it by name":               {answer.Detail(), "false, , <nil>"},
		"RFC 9457's":               {answer.Problem(), "false, application/problem+json, answer.ProblemDetails"},
		"one of a program's own":   {answer.Shape("a/b+json", func(*http.Request, answer.Failure) listed { return listed{} }), "false, a/b+json, answer_test.listed"},
		"one that cannot be read":  {answer.Shape("a/b;", func(*http.Request, answer.Failure) string { return "" }), "false, a/b;, string"},
		"a mistake has a type too": {answer.Shape[string]("text/plain", nil), "false, text/plain, string"},
	} {
		if got := fmt.Sprintf("%v, %v, %v", test.format.IsZero(), test.format.MediaType(), test.format.Type()); got != test.want {
			t.Errorf("%s is %s, want %s", name, got, test.want)
		}
	}
}

func TestMistakesInAFormat(t *testing.T) {
	t.Parallel()
	some := func(*http.Request, answer.Failure) listed { return listed{} }
	for name, test := range map[string]struct {
		format answer.Format
		want   string
	}{
		"no function":     {answer.Shape[listed]("application/json", nil), "the function of the Shape is nil"},
		"no media type":   {answer.Shape("", some), `the media type "" of the Shape is none`},
		"half of one":     {answer.Shape("json", some), `the media type "json" of the Shape is none`},
		"a broken one":    {answer.Shape("application/json; charset", some), `the media type "application/json; charset" of the Shape is none`},
		"an object as it": {answer.Shape("application/xml", some), "a Shape of application/xml must make a string, not answer_test.listed: only JSON is encoded"},
	} {
		if err := test.format.Err(); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}
