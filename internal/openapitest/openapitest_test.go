package openapitest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// operation is a document with one operation.
func operation(object string) string {
	return `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"paths":{"/a/{id}":{"get":` + object + `}},
		"components":{"schemas":{"Item":{"type":"object"}},"securitySchemes":{"Key":{"type":"apiKey","in":"header","name":"X"}}}}`
}

const (
	id      = `"operationId":"a","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]`
	success = `"responses":{"200":{"description":"OK"}}`
)

func TestFaultsOfDocuments(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ document, want string }{
		"a good one":                    {operation(`{` + id + `,` + success + `,"security":[{"Key":[]}]}`), ""},
		"a member that OpenAPI has not": {operation(`{` + id + `,` + success + `,"colour":"red"}`), "colour"},
		"a description is missing":      {operation(`{` + id + `,"responses":{"200":{}}}`), "description"},
		"a type that JSON Schema has not": {
			operation(`{` + id + `,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"text"}}}}}}`),
			"/schema/type",
		},
		"a reference that leads nowhere": {
			operation(`{` + id + `,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/No"}}}}}}`),
			"the reference #/components/schemas/No leads nowhere",
		},
		"two operations of one id": {
			operation(`{` + id + `,` + success + `},"put":{` + id + `,` + success + `}`),
			"have the operationId a",
		},
		"a parameter twice": {
			operation(`{"operationId":"a","parameters":[{"name":"id","in":"path","required":true,"schema":{}},{"name":"id","in":"path","required":true,"schema":{}}],` + success + `}`),
			"has the parameter path id twice",
		},
		"a wildcard without parameter": {operation(`{"operationId":"a",` + success + `}`), "says nothing of the parameter {id}"},
		"a parameter without wildcard": {strings.Replace(operation(`{`+id+`,`+success+`}`), "/a/{id}", "/a", 1), "which is not in its path"},
		"a scheme that is not there":   {operation(`{` + id + `,` + success + `,"security":[{"Lock":[]}]}`), "needs the scheme Lock"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			d, err := parse([]byte(test.document))
			if err != nil {
				got = err.Error()
			} else {
				got = strings.Join(d.faults(), "\n")
			}
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("faults = %q, want %q", got, test.want)
			}
		})
	}
}

func TestValuesAreCheckedAgainstTheDocument(t *testing.T) {
	t.Parallel()
	d := Parse(t, []byte(operation(`{`+id+`,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}}}}`)))
	s := d.Answer(t, "GET", "/a/{id}", "200")
	if err := s.Check([]byte(`{}`)); err != nil {
		t.Errorf("Check({}) = %v, want nil", err)
	}
	for _, text := range []string{`null`, `[]`, `{`} {
		if s.Check([]byte(text)) == nil {
			t.Errorf("Check(%s) = nil, want an error", text)
		}
	}
}

// served is an application that answers what it is told to.
type served struct {
	document string
	answer   http.HandlerFunc
}

func (s served) OpenAPI() ([]byte, error) { return []byte(s.document), nil }

func (s served) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.answer(w, r) }

// faulty is a test that keeps what is wrong.
type faulty struct {
	testing.TB
	faults []string
}

func (f *faulty) Helper() {}

func (f *faulty) Errorf(format string, args ...any) {
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

func TestAnswersAreComparedWithTheDocument(t *testing.T) {
	t.Parallel()
	document := operation(`{` + id + `,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}},
		"204":{"description":"None"},"401":{"description":"No","content":{"application/json":{"schema":{"type":"string"}}}}}}`)
	open := strings.Replace(document, `"204"`, `"default"`, 1)
	tests := map[string]struct {
		document, method, path string
		status                 int
		kind, body             string
		want                   string // "" if nothing is wrong
	}{
		"what fits":                     {document, "GET", "/a/7", 200, "application/json; charset=utf-8", `{}`, ""},
		"what does not fit":             {document, "GET", "/a/7", 200, "application/json", `[]`, "does not fit the document"},
		"no content":                    {document, "GET", "/a/7", 204, "", "", ""},
		"content where there is none":   {document, "GET", "/a/7", 204, "text/plain", "x", "with text/plain, which the document does not have"},
		"content of another kind":       {document, "GET", "/a/7", 200, "text/plain", "x", "with text/plain, which the document does not have"},
		"a success that is not there":   {document, "GET", "/a/7", 201, "application/json", `{}`, "= 201, which the document does not have"},
		"a redirect that is not there":  {document, "GET", "/a/7", 303, "", ``, "= 303, which the document does not have"},
		"what the handler writes":       {open, "GET", "/a/7", 201, "text/plain", "x", ""},
		"a refusal that does not fit":   {document, "GET", "/a/7", 401, "application/json", `{}`, "does not fit the document"},
		"an error of the handler's own": {document, "GET", "/a/7", 409, "application/json", `7`, ""},
		"another path":                  {document, "GET", "/a/7/8", 200, "application/json", `[]`, ""},
		"an empty wildcard":             {document, "GET", "/a/", 200, "application/json", `[]`, ""},
		"another method":                {document, "PUT", "/a/7", 200, "application/json", `[]`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := &faulty{TB: t}
			h := Handler(inner, served{test.document, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, nil))
			got := strings.Join(inner.faults, "\n")
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("faults = %q, want %q", got, test.want)
			}
			if w.Code != test.status || w.Body.String() != test.body || w.Header().Get("Content-Type") != test.kind {
				t.Errorf("the answer is %d %s, want it as it was", w.Code, w.Body)
			}
		})
	}
}

// Of two paths that match, the one that says more is meant.
func TestPathsOfRequests(t *testing.T) {
	t.Parallel()
	d := &Document{root: map[string]any{"paths": map[string]any{
		"/a/{x}": map[string]any{"get": map[string]any{}}, "/a/me": map[string]any{"get": map[string]any{}}, "/{y}/me": map[string]any{"put": map[string]any{}},
	}}}
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/a/me", "/a/me"}, {"GET", "/a/you", "/a/{x}"}, {"PUT", "/a/me", "/{y}/me"}, {"PUT", "/a/you", ""}, {"GET", "/a", ""},
	} {
		if got := d.pathOf(test.method, test.path); got != test.want {
			t.Errorf("%s %s is %q, want %q", test.method, test.path, got, test.want)
		}
	}
}

// The documents that are kept beside the programs of this repository are those
// that they serve, which other tests see to.
func TestDocumentsOfThisRepository(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"../../*/testdata/openapi.json", "../../*/*/testdata/openapi.json"} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("documents at %s = %v, %v, want some", pattern, some, err)
		}
		files = append(files, some...)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			Parse(t, data)
		})
	}
}
