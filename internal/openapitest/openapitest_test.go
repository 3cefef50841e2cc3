package openapitest

import (
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
		"a type that JSON Schema has not": {operation(`{` + id + `,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"type":"text"}}}}}}`),
			"/schema/type"},
		"a reference that leads nowhere": {operation(`{` + id + `,"responses":{"200":{"description":"OK","content":{"application/json":{"schema":{"$ref":"#/components/schemas/No"}}}}}}`),
			"the reference #/components/schemas/No leads nowhere"},
		"two operations of one id": {operation(`{` + id + `,` + success + `},"put":{` + id + `,` + success + `}`),
			"have the operationId a"},
		"a parameter twice": {operation(`{"operationId":"a","parameters":[{"name":"id","in":"path","required":true,"schema":{}},{"name":"id","in":"path","required":true,"schema":{}}],` + success + `}`),
			"has the parameter path id twice"},
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
