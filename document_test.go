package holdfast_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/openapitest"
)

// parsed is the application's document, which fails the test if it is none.
func parsed(t *testing.T, app *holdfast.App) *openapitest.Document {
	t.Helper()
	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	return openapitest.Parse(t, data)
}

// compact is a part of a document as JSON, "null" for nothing.
func compact(t *testing.T, d *openapitest.Document, names ...string) string {
	t.Helper()
	data, err := json.Marshal(d.At(names...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

type newItem struct {
	Body struct {
		Name string `json:"name" minLength:"2"`
	}
}

// refusing is an application whose routes refuse in every way that the document
// speaks of.
func refusing(explain func(holdfast.Decision) string) *holdfast.App {
	s := newShop()
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler), OnDecision: explain})
	holdfast.Get(app, "/items/{id}", holdfast.Security(s.user, s.items), func(context.Context, user, itemID) (string, error) { return "", nil })
	holdfast.Post(app, "/items", holdfast.AnyRole(s.user, s.admin, s.manager), func(context.Context, user, newItem) (string, error) { return "", nil })
	holdfast.Get(app, "/slow", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}, holdfast.Timeout(time.Nanosecond))
	return app
}

// What is refused looks as the document says, and the document says what a
// generated client can use.
func TestRefusalsFitTheDocument(t *testing.T) {
	t.Parallel()
	explain := func(holdfast.Decision) string { return "REF" }
	tests := map[string]struct {
		explain                          func(holdfast.Decision) string
		method, path, route, token, body string
		status                           string
		wrong                            []string // what the document must not allow
	}{
		"nobody": {nil, "GET", "/items/7", "/items/{id}", "", "", "401", []string{`{}`, `{"detail":7}`}},
		"a bad token, explained": {
			explain, "GET", "/items/7", "/items/{id}", "bad", "", "401",
			[]string{`{"detail":"x","request":7}`},
		},
		"a scope is missing": {nil, "GET", "/items/7", "/items/{id}", "amy::", "", "403", []string{`{}`, `{"detail":["x"]}`}},
		"a scope is missing, explained": {
			explain, "GET", "/items/7", "/items/{id}", "amy::", "", "403",
			[]string{`{"detail":"x","missing":{"scopes":"items"}}`, `{"detail":"x","missing":[]}`, `{"detail":"x","missing":{"any_role_of":[1]}}`},
		},
		"a role is missing, explained": {explain, "POST", "/items", "/items", "amy::", "", "403", []string{`{"detail":null}`}},
		"a parameter does not fit": {
			nil, "GET", "/items/x", "/items/{id}", "amy:items:", "", "422",
			[]string{`{"detail":"x"}`, `{"detail":[{"loc":[],"msg":"x"}]}`, `{"detail":[{"type":"x","loc":[true],"msg":"x"}]}`, `{"detail":[{"type":"x","loc":[],"msg":"x","ctx":1}]}`},
		},
		"a body does not fit":      {nil, "POST", "/items", "/items", "amy::admin", `{"name":"a","more":[1]}`, "422", []string{`{"detail":{}}`}},
		"a body that is no JSON":   {explain, "POST", "/items", "/items", "amy::admin", `{`, "422", []string{`{"detail":{}}`}},
		"a member that is missing": {nil, "POST", "/items", "/items", "amy::admin", `{}`, "422", []string{`[]`}},
		"it took too long":         {nil, "GET", "/slow", "/slow", "", "", "503", []string{`{"detail":1}`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := refusing(test.explain)
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json")
			if test.token != "" {
				r.Header.Set("Authorization", "Bearer "+test.token)
			}
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			if got := w.Result().StatusCode; http.StatusText(got) == "" || !strings.HasPrefix(w.Result().Status, test.status) {
				t.Fatalf("%s %s = %d %s, want %s", test.method, test.path, got, w.Body, test.status)
			}
			s := parsed(t, app).Answer(t, test.method, test.route, test.status)
			if err := s.Check(w.Body.Bytes()); err != nil {
				t.Errorf("%s does not fit the document: %v", w.Body, err)
			}
			for _, text := range test.wrong {
				if s.Check([]byte(text)) == nil {
					t.Errorf("the document allows %s for a %s", text, test.status)
				}
			}
		})
	}
}

func TestTheDocumentNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	silent, explained := parsed(t, refusing(nil)), parsed(t, refusing(func(holdfast.Decision) string { return "" }))
	if got, want := compact(t, silent, "components", "schemas", "HTTPError"), `{"properties":{"detail":{"type":"string"}},"required":["detail"],"type":"object"}`; got != want {
		t.Errorf("HTTPError = %s, want %s", got, want)
	}
	for name, want := range map[string]bool{"HTTPError": true, "HTTPRefusal": true, "HTTPValidationError": true, "ValidationError": true, "ErrorBody": false} {
		if got := explained.Has("components", "schemas", name); got != want {
			t.Errorf("with OnDecision the document has %s: %v, want %v", name, got, want)
		}
		if got := silent.Has("components", "schemas", name); got != (want && name != "HTTPRefusal") {
			t.Errorf("without OnDecision the document has %s: %v", name, got)
		}
	}
	missing := compact(t, explained, "components", "schemas", "HTTPRefusal", "properties", "missing", "properties")
	if !strings.Contains(missing, `"scopes":`) || !strings.Contains(missing, `"any_role_of":`) {
		t.Errorf("missing = %s, want scopes and any_role_of", missing)
	}
}

// A header is in the document where it is in the answer.
func TestHeadersOfRefusalsAreDocumented(t *testing.T) {
	t.Parallel()
	app := refusing(nil)
	d := parsed(t, app)
	for _, test := range []struct{ method, path, route, token, status string }{
		{"GET", "/items/7", "/items/{id}", "", "401"},
		{"GET", "/items/7", "/items/{id}", "amy::", "403"},
		{"POST", "/items", "/items", "", "401"},
		{"POST", "/items", "/items", "amy::", "403"},
	} {
		w := ask(t, app, test.method, test.path, test.token)
		if !strings.HasPrefix(w.Result().Status, test.status) {
			t.Errorf("%s %s = %d, want %s", test.method, test.path, w.Code, test.status)
		}
		sent := w.Header().Get("WWW-Authenticate") != ""
		said := d.Has("paths", test.route, strings.ToLower(test.method), "responses", test.status, "headers", "WWW-Authenticate")
		if sent != said {
			t.Errorf("%s %s: a %s has WWW-Authenticate: %v; the document says %v", test.method, test.path, test.status, sent, said)
		}
	}
}

// A scheme may answer in words of its own, of which the document says nothing.
func TestAnswersInOtherWordsAreNotDescribed(t *testing.T) {
	t.Parallel()
	own := holdfast.HTTPBearer(holdfast.NotAuthenticated(&holdfast.Error{Status: http.StatusUnauthorized, Detail: []int{1}}))
	read := own.Scope("read", "")
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(holdfast.Verify(own, verify), read), nothing)
	d := parsed(t, app)
	for _, status := range []string{"401", "403"} {
		if at := []string{"paths", "/", "get", "responses", status}; !d.Has(at...) || d.Has(append(at, "content")...) {
			t.Errorf("%s = %s, want it without content", status, compact(t, d, at...))
		}
	}
}

func writes(http.ResponseWriter, *http.Request, holdfast.Anyone) error { return nil }

func streams(context.Context, holdfast.Anyone, holdfast.NoInput) (http.Handler, error) {
	return http.NotFoundHandler(), nil
}

func TestTheDocumentSaysWhatRoutesAnswer(t *testing.T) {
	t.Parallel()
	const (
		unknown = `{"default":{"description":"What the handler writes"}}`
		text    = `{"200":{"content":{"application/json":{"schema":{"type":"string"}}},"description":"Successful Response"}}`
		events  = `{"200":{"content":{"text/event-stream":{}},"description":"Successful Response"}}`
	)
	none := func(context.Context, holdfast.Anyone, holdfast.NoInput) (holdfast.NoContent, error) {
		return holdfast.NoContent{}, nil
	}
	tests := map[string]struct {
		endpoint holdfast.Endpoint
		options  []holdfast.RouteOption
		want     string
	}{
		"a typed handler": {holdfast.To(holdfast.Public(), nothing), nil, text},
		"with a status":   {holdfast.To(holdfast.Public(), nothing), []holdfast.RouteOption{holdfast.Status(201)}, strings.Replace(text, "200", "201", 1)},
		"without content": {holdfast.To(holdfast.Public(), none), nil, `{"204":{"description":"Successful Response"}}`},
		"without content, and a status": {
			holdfast.To(holdfast.Public(), none), []holdfast.RouteOption{holdfast.Status(200)}, `{"200":{"description":"Successful Response"}}`,
		},
		"a raw handler":           {holdfast.Raw(holdfast.Public(), writes), nil, unknown},
		"a raw handler of events": {holdfast.Raw(holdfast.Public(), writes), []holdfast.RouteOption{holdfast.Answers("text/event-stream")}, events},
		"a raw handler that redirects": {
			holdfast.Raw(holdfast.Public(), writes), []holdfast.RouteOption{holdfast.Status(303)}, `{"303":{"description":"Successful Response"}}`,
		},
		"a WebSocket": {
			holdfast.Raw(holdfast.Public(), writes), []holdfast.RouteOption{holdfast.Status(101)}, `{"101":{"description":"The connection becomes a WebSocket"}}`,
		},
		"an http.Handler": {holdfast.To(holdfast.Public(), streams), nil, unknown},
		"an http.Handler of events": {
			holdfast.To(holdfast.Public(), streams), []holdfast.RouteOption{holdfast.Answers("text/event-stream")}, events,
		},
		"an http.Handler that becomes a WebSocket": {
			holdfast.To(holdfast.Public(), streams), []holdfast.RouteOption{holdfast.Status(101)}, `{"101":{"description":"The connection becomes a WebSocket"}}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := quiet()
			app.Handle("GET /", test.endpoint, test.options...)
			if got := compact(t, parsed(t, app), "paths", "/", "get", "responses"); got != test.want {
				t.Errorf("responses = %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheDocumentSaysWhatRoutesTake(t *testing.T) {
	t.Parallel()
	type upload struct {
		Name string `query:"name" required:"true"`
	}
	type lax struct {
		A string `form:"a"`
	}
	type strict struct {
		A string `form:"a" required:"true"`
	}
	app := quiet()
	app.Handle("PUT /files", holdfast.RawInput(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone, upload) error { return nil }),
		holdfast.Accepts("application/octet-stream"))
	holdfast.Post(app, "/lax", holdfast.Public(), func(context.Context, holdfast.Anyone, lax) (string, error) { return "", nil })
	holdfast.Post(app, "/strict", holdfast.Public(), func(context.Context, holdfast.Anyone, strict) (string, error) { return "", nil })
	d := parsed(t, app)
	for _, test := range []struct {
		want string
		at   []string
	}{
		{`{"content":{"application/octet-stream":{}},"required":true}`, []string{"/files", "put", "requestBody"}},
		{`[{"in":"query","name":"name","required":true,"schema":{"type":"string"}}]`, []string{"/files", "put", "parameters"}},
		{`false`, []string{"/lax", "post", "requestBody", "required"}},
		{`true`, []string{"/strict", "post", "requestBody", "required"}},
	} {
		if got := compact(t, d, append([]string{"paths"}, test.at...)...); got != test.want {
			t.Errorf("%s = %s, want %s", strings.Join(test.at, " "), got, test.want)
		}
	}
	// An empty form is one in which every field was left out.
	for path, want := range map[string]int{"/lax": 200, "/strict": 422} {
		if w := ask(t, app, "POST", path, ""); w.Code != want {
			t.Errorf("POST %s without a body = %d, want %d", path, w.Code, want)
		}
	}
}

// Every route is in the document as it was registered, whichever router serves it, unless
// it is hidden; HEAD comes with GET and is not said.
func TestWhichRoutesAreInTheDocument(t *testing.T) {
	t.Parallel()
	app := quiet()
	s := newShop()
	holdfast.Get(app, "/a", holdfast.Public(), nothing)
	app.Handle("OPTIONS /a", holdfast.Raw(holdfast.Public(), writes))
	holdfast.Get(app, "/b", holdfast.Public(), nothing, holdfast.Hidden())
	app.Guard("GET /c/{id}", holdfast.Security(s.user, s.items), http.NotFoundHandler(), holdfast.Summary("Elsewhere"))
	app.Protect("POST /d", holdfast.Security(s.user), http.NotFoundHandler())
	d := parsed(t, app)
	want := `{"/a":{"get":"nothing_a_get","options":"writes_a_options"},"/c/{id}":{"get":"handler_c__id__get"},"/d":{"post":"handler_d_post"}}`
	got := map[string]map[string]any{}
	for path, item := range d.At("paths").(map[string]any) {
		got[path] = map[string]any{}
		for method, operation := range item.(map[string]any) {
			got[path][method] = operation.(map[string]any)["operationId"]
		}
	}
	if text, err := json.Marshal(got); err != nil || string(text) != want {
		t.Errorf("paths = %s, want %s", text, want)
	}
	if w := ask(t, app, "GET", "/c/7", "amy:items:"); w.Code != http.StatusNotFound {
		t.Errorf("GET /c/7 = %d, want 404: another router serves it", w.Code)
	}
	guarded := compact(t, d, "paths", "/c/{id}", "get")
	for _, part := range []string{`"summary":"Elsewhere"`, `"security":[{"OAuth2PasswordBearer":["items"]}]`, `"default":`, `"401":`, `"403":`, `"in":"path"`} {
		if !strings.Contains(guarded, part) {
			t.Errorf("the guarded route = %s, want %s in it", guarded, part)
		}
	}
}

// What a typed handler takes and returns is known; saying something else of it
// is a mistake.
func TestTypedHandlersSayThemselvesWhatTheyTake(t *testing.T) {
	t.Parallel()
	for name, option := range map[string]holdfast.RouteOption{"Accepts": holdfast.Accepts("text/csv"), "Answers": holdfast.Answers("text/csv")} {
		app := quiet()
		holdfast.Post(app, "/", holdfast.Public(), nothing, option)
		if err := app.Err(); err == nil || !strings.Contains(err.Error(), "Accepts and Answers are for handlers that write the response themselves") {
			t.Errorf("%s: Err() = %v, want a mistake", name, err)
		}
	}
}

// Ids that are made of names can be the same for two routes.
func TestOperationIDsAreUnique(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/a-b", holdfast.Public(), nothing)
	holdfast.Get(app, "/a/b", holdfast.Public(), nothing)
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), `operation id "nothing_a_b_get" is also that of GET /a-b at`) {
		t.Errorf("Err() = %v, want the id", err)
	}
	app = quiet()
	holdfast.Get(app, "/a-b", holdfast.Public(), nothing)
	holdfast.Get(app, "/a/b", holdfast.Public(), nothing, holdfast.OperationID("other"))
	holdfast.Get(app, "/a.b", holdfast.Public(), nothing, holdfast.Hidden())
	parsed(t, app)
}

func TestAnswersThatJSONCannotHold(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (chan int, error) { return nil, nil })
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "document_test.go:") || !strings.Contains(err.Error(), "GET /: the answer: type chan int") {
		t.Errorf("Err() = %v, want the place, the route and the type", err)
	}
}

// Types that answers are made of.
type (
	HTTPError struct { // has the name of a component of ours
		Code int `json:"code"`
	}
	part struct {
		Name string         `json:"name"`
		Tags []string       `json:"tags"`
		More map[string]int `json:"more"`
	}
	product struct {
		ID      int             `json:"id"`
		Note    *string         `json:"note"`
		Hint    *string         `json:"hint,omitempty"`
		Main    *part           `json:"main"`
		Parts   []part          `json:"parts"`
		Others  []*part         `json:"others,omitempty"`
		ByName  map[string]part `json:"by_name"`
		Grid    [][]int         `json:"grid"`
		Raw     []byte          `json:"raw"`
		Error   *HTTPError      `json:"error,omitempty"`
		Replace []product       `json:"replace,omitempty"`
	}
)

// drawn is a product with everything that may be nil or empty.
func drawn(t *rapid.T, depth int) product {
	some := func(what string) bool { return rapid.Bool().Draw(t, what) }
	onePart := func() part {
		out := part{Name: "a"}
		if some("tags") {
			out.Tags = []string{"x"}
		}
		if some("more") {
			out.More = map[string]int{"x": 1}
		}
		return out
	}
	text := "text"
	out := product{ID: rapid.Int().Draw(t, "id")}
	if some("note") {
		out.Note, out.Hint = &text, &text
	}
	if some("main") {
		one := onePart()
		out.Main, out.Error = &one, &HTTPError{}
	}
	if some("parts") {
		out.Parts, out.ByName = []part{onePart(), onePart()}, map[string]part{"a": onePart()}
	}
	if some("others") {
		one := onePart()
		out.Others, out.Grid, out.Raw = []*part{nil, &one}, [][]int{nil, {1}}, []byte("raw")
	}
	if depth < 2 && some("replace") {
		out.Replace = []product{drawn(t, depth+1)}
	}
	return out
}

// fits serves what draw makes, and compares the answers with the document.
func fits[Out any](draw func(*rapid.T) Out) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		var out Out
		app := quiet()
		holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (Out, error) { return out, nil })
		s := parsed(t, app).Answer(t, "GET", "/", "200")
		rapid.Check(t, func(t *rapid.T) {
			out = draw(t)
			w := httptest.NewRecorder()
			app.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			if err := s.Check(w.Body.Bytes()); w.Code != http.StatusOK || err != nil {
				t.Errorf("GET / = %d %s: %v", w.Code, w.Body, err)
			}
		})
	}
}

func TestAnswersFitTheDocument(t *testing.T) {
	t.Parallel()
	one := func(t *rapid.T) product { return drawn(t, 0) }
	t.Run("a struct", fits(one))
	t.Run("a pointer", fits(func(t *rapid.T) *product {
		if rapid.Bool().Draw(t, "nil") {
			return nil
		}
		out := drawn(t, 0)
		return &out
	}))
	t.Run("a list", fits(func(t *rapid.T) []product { return rapid.SliceOfN(rapid.Custom(one), 0, 3).Draw(t, "list") }))
	t.Run("a nil list", fits(func(*rapid.T) []product { return nil }))
	t.Run("a map", fits(func(t *rapid.T) map[string]*product {
		out := drawn(t, 0)
		return map[string]*product{"a": &out, "b": nil}
	}))
	t.Run("a nil map", fits(func(*rapid.T) map[string]string { return nil }))
	t.Run("a page", fits(func(t *rapid.T) page[product] {
		return page[product]{rapid.SliceOfN(rapid.Custom(one), 0, 3).Draw(t, "items")}
	}))
	t.Run("anything", fits(func(t *rapid.T) any { return drawn(t, 0) }))
}

type page[T any] struct {
	Items []T `json:"items"`
}

// Lists and maps are never null, and what the handler returned stays as it was.
func TestNilListsAreEmpty(t *testing.T) {
	t.Parallel()
	kept := []product{{Parts: []part{{Name: "a"}}}}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) ([]product, error) { return kept, nil })
	want := `[{"id":0,"note":null,"main":null,"parts":[{"name":"a","tags":[],"more":{}}],"by_name":{},"grid":[],"raw":""}]`
	if w := ask(t, app, "GET", "/", ""); w.Body.String() != want {
		t.Errorf("GET / = %s, want %s", w.Body, want)
	}
	if kept[0].Grid != nil || kept[0].Parts[0].Tags != nil {
		t.Errorf("the handler's own value is %+v, want it as it was", kept)
	}
}

// A type that is read and sent is two components if that is not the same.
func TestInputAndOutputOfOneType(t *testing.T) {
	t.Parallel()
	type change struct{ Body product }
	app := quiet()
	holdfast.Put(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in change) (product, error) { return in.Body, nil })
	d := parsed(t, app)
	body := d.Schema(t, "paths", "/", "put", "requestBody", "content", "application/json", "schema")
	const null = `{"id":1,"note":null,"main":{"name":"a","tags":[],"more":{}},"parts":null,"by_name":{},"grid":[],"raw":""}`
	const whole = `{"id":1,"note":null,"main":null,"parts":[],"by_name":{},"grid":[],"raw":""}`
	for text, want := range map[string]int{null: 422, whole: 200} {
		r := httptest.NewRequest("PUT", "/", strings.NewReader(text))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		answer, err := io.ReadAll(w.Body)
		if err != nil || w.Code != want || (body.Check([]byte(text)) == nil) != (want == 200) {
			t.Errorf("PUT %s = %d %s, %v; the document says %v; want %d", text, w.Code, answer, err, body.Check([]byte(text)), want)
		}
		if s := d.Answer(t, "PUT", "/", "200"); want == 200 && s.Check(answer) != nil {
			t.Errorf("the answer %s does not fit: %v", answer, s.Check(answer))
		}
	}
	for _, name := range []string{"Product-Input", "Product-Output", "Part", "Holdfast_testHTTPError"} {
		if !d.Has("components", "schemas", name) {
			t.Errorf("the document has no %s", name)
		}
	}
}

// What a tag says of a parameter stands beside its schema, too, where a docs
// page looks for it.
func TestParametersAreDescribed(t *testing.T) {
	t.Parallel()
	type in struct {
		ID   int    `path:"id" doc:"Its number"`
		Sort string `query:"sort" doc:"By what" deprecated:"true"`
		Page int    `query:"page"`
	}
	app := quiet()
	holdfast.Get(app, "/items/{id}", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
	want := `[{"description":"Its number","in":"path","name":"id","required":true,"schema":{"description":"Its number","format":"int64","type":"integer"}},` +
		`{"deprecated":true,"description":"By what","in":"query","name":"sort","required":false,"schema":{"deprecated":true,"description":"By what","type":"string"}},` +
		`{"in":"query","name":"page","required":false,"schema":{"format":"int64","type":"integer"}}]`
	if got := compact(t, parsed(t, app), "paths", "/items/{id}", "get", "parameters"); got != want {
		t.Errorf("parameters = %s, want %s", got, want)
	}
}

// A token endpoint may say that it does not take a flow of the schemes that name
// it. Other flows, and the same one elsewhere, stay.
func TestFlowsThatATokenEndpointDoesNotTake(t *testing.T) {
	t.Parallel()
	flows := holdfast.OAuth2Flows{Password: &holdfast.OAuth2Flow{TokenURL: "auth/token"}, ClientCredentials: &holdfast.OAuth2Flow{TokenURL: "auth/token"}}
	here, there := holdfast.OAuth2(flows), holdfast.OAuth2PasswordBearer("https://other.example/token", holdfast.Named("There"))
	app := quiet()
	holdfast.Post(app, "/auth/token", holdfast.Public(), nothing[holdfast.Anyone], holdfast.Document(apidoc.Operation{WithoutFlows: []string{"password"}}))
	holdfast.Get(app, "/here", holdfast.Security(here.Credential()), nothing[string])
	holdfast.Get(app, "/there", holdfast.Security(there.Credential()), nothing[string])
	data, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		`"clientCredentials":{"scopes":{},"tokenUrl":"auth/token"}`:         true,
		`"password":{"scopes":{},"tokenUrl":"auth/token"}`:                  false,
		`"password":{"scopes":{},"tokenUrl":"https://other.example/token"}`: true,
	} {
		if strings.Contains(string(data), text) != want {
			t.Errorf("the document has %s: %v, want %v\n%s", text, !want, want, data)
		}
	}
}
