package openapi_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/golden"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/internal/schema"
)

type item struct {
	Name string   `json:"name" minLength:"1" doc:"What it is called"`
	Tags []string `json:"tags"`
	Next *item    `json:"next"`
}

type paging struct {
	Skip int `query:"skip" minimum:"0" default:"0"`
}

// document has one of everything that a document can say.
func document(t *testing.T) *openapi.Document {
	t.Helper()
	types := schema.NewRegistry("Problem")
	answer, err := types.Output(reflect.TypeFor[item](), "")
	if err != nil {
		t.Fatal(err)
	}
	skip, _ := reflect.TypeFor[paging]().FieldByName("Skip")
	problem := types.Name("Problem", types.Object([]schema.Property{{Name: "detail", Schema: types.Text(), Required: true}}))
	bearer := openapi.Requirement{{Scheme: "Bearer", Scopes: []string{"items", "me"}}}
	return &openapi.Document{
		Title: "Shop", Version: "1.0.0", Description: "Sells things", Path: "/api/openapi.json", Types: types,
		Summary: "A shop", TermsOfService: "https://example.org/terms", Contact: map[string]string{"name": "Amy"}, License: map[string]string{"name": "MIT"},
		Tags: []map[string]string{{"name": "items"}}, ExternalDocs: map[string]string{"url": "https://example.org/"},
		Webhooks: []openapi.Call{{Name: "sold", Method: "PUT", Summary: "Sold", Description: "It was", Tags: []string{"items"}, Deprecated: true, Responses: []openapi.Response{{Description: "Any"}}}},
		Schemes: []openapi.Scheme{
			{Name: "Bearer", Object: map[string]any{"type": "http", "scheme": "bearer"}},
			{Name: "Key", Object: map[string]any{"type": "apiKey", "in": "header", "name": "X-Key"}},
		},
		Operations: []openapi.Operation{
			{
				Method: "GET", Path: "/items/{id}", Handler: "readOwnItem", Tags: []string{"items"}, Description: "More of it",
				Parameters: []openapi.Parameter{
					{In: "path", Name: "id", Required: true},
					{In: "query", Name: "skip", Schema: types.Field(skip)},
				},
				Responses: []openapi.Response{
					{Status: 200, Description: "Successful Response", Schema: answer},
					{Status: 401, Description: "Who are you?", Headers: []openapi.Header{{Name: "WWW-Authenticate", Description: "What to present", Type: "string"}}, Schema: problem},
				},
				Security: []openapi.Requirement{append(bearer, openapi.Needed{Scheme: "Key", Scopes: []string{}}), {}}, WhoMayCall: "scopes items and me",
			},
			{
				Method: "PUT", Path: "/items/{id}", ID: "put", Summary: "Put it",
				Parameters: []openapi.Parameter{{In: "path", Name: "id", Required: true}},
				Body:       &openapi.Body{MediaType: "application/json", Schema: types.Input(reflect.TypeFor[item](), ""), Required: true},
				Responses:  []openapi.Response{{Status: 204, Description: "Successful Response"}},
				Deprecated: true, ExternalDocs: map[string]string{"url": "https://example.org/put"},
				Callbacks: []openapi.Call{{Name: "done", To: "{$url}", Body: &openapi.Body{MediaType: "application/json", Schema: answer}, Responses: []openapi.Response{{Status: 200, Description: "Good"}}}},
			},
			{
				Method: "HEAD", Path: "/items/{id}", ID: "head", Parameters: []openapi.Parameter{{In: "path", Name: "id", Required: true}},
				Responses: []openapi.Response{{Status: 200, Description: "Successful Response", Schema: answer}},
			},
			{
				Method: "QUERY", Path: "/items/{id}", Handler: "queryItem", Parameters: []openapi.Parameter{{
					In: "path", Name: "id", Required: true,
					Examples: []openapi.Example{{Name: "seven", Summary: "Usual", Description: "A number", Value: []byte("7")}},
				}},
				Responses: []openapi.Response{{Status: 200, Description: "Successful Response", MediaType: "text/plain", Examples: []openapi.Example{{Name: "x", Value: []byte(`"x"`)}}}},
			},
			{
				Method: "*", Path: "/items/{id}", Parameters: []openapi.Parameter{{In: "path", Name: "id", Required: true}},
				Responses: []openapi.Response{{Description: "What the handler writes"}},
			},
			{
				Method: "POST", Path: "/files/{path...}", Handler: "",
				Parameters: []openapi.Parameter{{In: "path", Name: "path", Required: true}},
				Body:       &openapi.Body{MediaType: "application/octet-stream"},
				Responses:  []openapi.Response{{Status: 200, Description: "Events", MediaType: "text/event-stream"}, {Description: "What the handler writes"}},
			},
		},
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	data, err := document(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	openapitest.Parse(t, data)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, data, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	golden.Check(t, "document.json", pretty.Bytes())
}

// An empty document is one, too.
func TestEmptyDocument(t *testing.T) {
	t.Parallel()
	data, err := (&openapi.Document{Title: "x", Version: "1", Types: schema.NewRegistry()}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	openapitest.Parse(t, data)
	if want := `{"openapi":"3.1.0","info":{"title":"x","version":"1"},"servers":[{"description":"this server","url":"."}],"paths":{},"components":{"schemas":{}}}`; string(data) != want {
		t.Errorf("Marshal = %s, want %s", data, want)
	}
}

// The address of the server is relative to where the document stands, so that
// a prefix in front of both does not matter.
func TestWhereTheServerIs(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"": ".", "/openapi.json": ".", "/api/openapi.json": "../", "/api/v1/openapi.json": "../../"} {
		data, err := (&openapi.Document{Path: path, Types: schema.NewRegistry()}).Marshal()
		if err != nil || !strings.Contains(string(data), `"url":"`+want+`"`) {
			t.Errorf("the server of a document at %q: %s, %v, want %s", path, data, err, want)
		}
	}
}

func TestNamesOfOperations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ method, path, handler, id string }{
		{"GET", "/items/", "readItems", "readItems_items__get"},
		{"GET", "/items/{id}", "read_item", "read_item_items__id__get"},
		{"DELETE", "/items/{id}", "", "delete_items__id_"},
		{"POST", "/a/{path...}", "", "post_a__path____"},
		{"GET", "/a-b.c", "f", "f_a_b_c_get"},
		{"*", "/v1/{rest...}", "", "any_v1__rest____"},
	} {
		if got := openapi.OperationID(test.method, test.path, test.handler); got != test.id {
			t.Errorf("OperationID(%s, %s, %q) = %s, want %s", test.method, test.path, test.handler, got, test.id)
		}
	}
}

func TestSummaries(t *testing.T) {
	t.Parallel()
	for handler, want := range map[string]string{
		"readOwnItem": "Read Own Item", "read_own_item": "Read own item", "": "GET /", "élan": "Élan",
		"readUserID": "Read User ID", "HTMLPage": "HTML Page", "listURLs": "List URLs", "item2Text": "Item2 Text", "getURLsOfID": "Get URLs Of ID",
	} {
		data, err := (&openapi.Document{Types: schema.NewRegistry(), Operations: []openapi.Operation{{Method: "GET", Path: "/", Handler: handler}}}).Marshal()
		if err != nil || !strings.Contains(string(data), `"summary":"`+want+`"`) {
			t.Errorf("the summary of %q: %s, %v, want %s", handler, data, err, want)
		}
	}
}

func TestPathsOfTheDocument(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/": "/", "/a/{b}": "/a/{b}", "/a/{b...}": "/a/{b}"} {
		if got := openapi.PathOf(path); got != want {
			t.Errorf("PathOf(%s) = %s, want %s", path, got, want)
		}
	}
}

// What JSON cannot hold is an error, not half a document.
func TestSchemesThatJSONCannotHold(t *testing.T) {
	t.Parallel()
	d := openapi.Document{Types: schema.NewRegistry(), Schemes: []openapi.Scheme{{Name: "Bad", Object: map[string]any{"x": make(chan int)}}}}
	if data, err := d.Marshal(); err == nil {
		t.Errorf("Marshal = %s, want an error", data)
	}
}
