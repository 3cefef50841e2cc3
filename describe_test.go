package holdfast_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/union"
)

type album struct {
	Title string   `json:"title" minLength:"2"`
	Songs []string `json:"songs,omitempty"`
}

// ComponentName keeps the name in the document when the type gets another.
func (album) ComponentName() string { return "Record" }

type albumInput struct {
	ID    int    `path:"id"`
	Order string `query:"order" enum:"up,down"`
	Body  album
}

type goneBody struct {
	Since string `json:"since"`
}

type orders struct{}

func (*orders) readUserIDs(context.Context, holdfast.Anyone, albumInput) (album, error) {
	return album{}, nil
}

// described is an application that says everything that can be said.
func described() *holdfast.App {
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", API: apidoc.API{
		Summary: "Records", TermsOfService: "https://example.org/terms",
		Contact: apidoc.Contact{Name: "Amy", Email: "amy@example.org"},
		License: apidoc.License{Name: "MIT", Identifier: "MIT"},
		Servers: []apidoc.Server{{URL: "https://{region}.example.org", Variables: map[string]apidoc.Variable{"region": {Default: "eu", Enum: []string{"eu", "us"}}}}},
		Tags: []apidoc.Tag{
			{Name: "records", Description: "What spins", ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/records"}},
			{Name: "a"},
		},
		ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/more", Description: "More"},
		Webhooks:     []apidoc.Call{{Name: "sold", Summary: "A record was sold", Body: apidoc.Type[album](), Answers: []apidoc.Answer{{Status: 204}}, Examples: []apidoc.Example{{Name: "one", Value: &album{Title: "Kind of Blue"}}}}},
		OperationID: func(e apidoc.Endpoint) string {
			return strings.Join(append(e.Tags, e.Handler), "_")
		},
		ComponentName: func(t reflect.Type, usual string) string {
			if t == reflect.TypeFor[goneBody]() {
				return "Gone"
			}
			return ""
		},
	}})
	old := app.Group("/records").With(holdfast.Tags("records"), holdfast.Document(apidoc.Operation{
		Deprecated: true, Answers: []apidoc.Answer{{Status: 410, Type: apidoc.Type[goneBody](), Text: "It was withdrawn"}, {Status: 404, Text: "In no record"}},
	}))
	holdfast.Post(old, "/{id}", holdfast.Public(), (&orders{}).readUserIDs, holdfast.Tags("a", "records"), holdfast.Document(apidoc.Operation{
		ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/post"},
		Examples: []apidoc.Example{
			{Name: "blue", Summary: "A classic", Value: album{Title: "Blue Train"}},
			{Name: "live", Description: "Another", Value: album{Title: "Live"}},
			{Name: "up", Parameter: "order", Value: "up"},
			{Name: "seven", Parameter: "id", Value: 7},
		},
		Answers: []apidoc.Answer{
			{Status: 200, Text: "The record", Examples: []apidoc.Example{{Name: "blue", Value: album{Title: "Blue Train"}}}, Headers: []apidoc.Header{{Name: "ETag", Text: "Its version"}}},
			{Status: 404, Text: "No such record", Type: apidoc.Type[goneBody]()},
			{Status: 422, Type: apidoc.Type[goneBody]()},
			{Status: 429, MediaType: "text/plain", Examples: []apidoc.Example{{Name: "slow", Value: "come again"}}},
		},
		Callbacks: []apidoc.Call{{Name: "shipped", To: "{$request.body#/title}", Method: "PUT", Body: apidoc.Type[goneBody]()}},
	}))
	return app
}

func TestTheDocumentSaysWhatWasSaid(t *testing.T) {
	t.Parallel()
	d := parsed(t, described())
	post := []string{"paths", "/records/{id}", "post"}
	at := func(more ...string) []string { return append(append([]string{}, post...), more...) }
	for _, test := range []struct {
		path []string
		want string
	}{
		{[]string{"info"}, `{"contact":{"email":"amy@example.org","name":"Amy"},"license":{"identifier":"MIT","name":"MIT"},"summary":"Records","termsOfService":"https://example.org/terms","title":"Shop","version":"1"}`},
		{[]string{"servers"}, `[{"url":"https://{region}.example.org","variables":{"region":{"default":"eu","enum":["eu","us"]}}}]`},
		{[]string{"tags"}, `[{"description":"What spins","externalDocs":{"url":"https://example.org/records"},"name":"records"},{"name":"a"}]`},
		{[]string{"externalDocs"}, `{"description":"More","url":"https://example.org/more"}`},
		{[]string{"webhooks", "sold", "post", "requestBody"}, `{"content":{"application/json":{"examples":{"one":{"value":{"title":"Kind of Blue"}}},"schema":{"$ref":"#/components/schemas/Record"}}},"required":true}`},
		{[]string{"webhooks", "sold", "post", "responses"}, `{"204":{"description":"No Content"}}`},
		{at("operationId"), `"records_a_readUserIDs"`},
		{at("summary"), `"Read User IDs"`},
		{at("tags"), `["records","a"]`},
		{at("deprecated"), `true`},
		{at("externalDocs"), `{"url":"https://example.org/post"}`},
		{at("requestBody", "content", "application/json", "examples"), `{"blue":{"summary":"A classic","value":{"title":"Blue Train"}},"live":{"description":"Another","value":{"title":"Live"}}}`},
		{at("responses", "200", "description"), `"The record"`},
		{at("responses", "200", "headers"), `{"ETag":{"description":"Its version","schema":{"type":"string"}}}`},
		{at("responses", "200", "content", "application/json", "examples"), `{"blue":{"value":{"title":"Blue Train"}}}`},
		{at("responses", "410"), `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Gone"}}},"description":"It was withdrawn"}`},
		{at("responses", "404"), `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Gone"}}},"description":"No such record"}`},
		{at("responses", "422", "content", "application/json", "schema"), `{"anyOf":[{"$ref":"#/components/schemas/HTTPValidationError"},{"$ref":"#/components/schemas/Gone"}]}`},
		{at("responses", "429", "content"), `{"text/plain":{"examples":{"slow":{"value":"come again"}}}}`},
		{at("callbacks", "shipped", "{$request.body#/title}", "put", "responses"), `{"default":{"description":"Any success is understood"}}`},
		{[]string{"components", "schemas", "Album"}, `null`},
	} {
		if got := compact(t, d, test.path...); got != test.want {
			t.Errorf("%s = %s, want %s", strings.Join(test.path, " "), got, test.want)
		}
	}
	parameters := compact(t, d, at("parameters")...)
	for _, want := range []string{`"examples":{"up":{"value":"up"}}`, `"examples":{"seven":{"value":7}}`} {
		if !strings.Contains(parameters, want) {
			t.Errorf("the parameters have no %s: %s", want, parameters)
		}
	}
}

type twin struct{}

func (twin) ComponentName() string { return "Record" }

type badlyNamed struct{}

func (badlyNamed) ComponentName() string { return "a b" }

type reserved struct{}

func (*reserved) ComponentName() string { return "HTTPError" }

func takes[In any](context.Context, holdfast.Anyone, In) (string, error) { return "", nil }

type dull struct {
	Kind string `json:"kind" const:"dull"`
	Name string `json:"name" minLength:"2"`
}

func gives[T any](context.Context, holdfast.Anyone, holdfast.NoInput) (out T, err error) {
	return out, nil
}

func TestMistakesInWordsOfTheDocument(t *testing.T) {
	t.Parallel()
	post := func(about apidoc.Operation) func(*holdfast.App) {
		return func(app *holdfast.App) {
			holdfast.Post(app, "/records/{id}", holdfast.Public(), (&orders{}).readUserIDs, holdfast.Document(about))
		}
	}
	body := func(value any) func(*holdfast.App) {
		return post(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Value: value}}})
	}
	answers := func(a apidoc.Answer) func(*holdfast.App) {
		return post(apidoc.Operation{Answers: []apidoc.Answer{a}})
	}
	tests := map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"an example that does not fit the body":     {body(album{Title: "x"}), `example "x": title: String should have at least 2 characters`},
		"an example of another type":                {body(goneBody{}), `example "x": it is of type holdfast_test.goneBody, not holdfast_test.album`},
		"an example that is nothing":                {body(nil), `example "x": it is of type <nil>, not holdfast_test.album`},
		"an example of a parameter that is not":     {post(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Parameter: "skip", Value: 1}}}), `no parameter "skip"`},
		"an example that no parameter can be":       {post(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Parameter: "order", Value: "sideways"}}}), `example "x": Input should be 'up' or 'down'`},
		"an example of a parameter of another type": {post(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Parameter: "id", Value: "seven"}}}), `example "x": Input should be a valid integer`},
		"an example that JSON cannot hold":          {answers(apidoc.Answer{Status: 404, MediaType: "x/y", Examples: []apidoc.Example{{Name: "x", Value: make(chan int)}}}), `answer 404: example "x": json: unsupported type`},
		"an example without a name":                 {post(apidoc.Operation{Examples: []apidoc.Example{{Value: album{Title: "xx"}}}}), `example "": a name has letters`},
		"two examples of a name":                    {post(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Value: album{Title: "xx"}}, {Name: "x", Value: album{Title: "xx"}}}}), `example "x" stands there twice`},
		"an example of a form with a field that is not": {func(app *holdfast.App) {
			type form struct {
				Title string `form:"title"`
			}
			holdfast.Post(app, "/", holdfast.Public(), takes[form], holdfast.Document(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Value: map[string]any{"titel": "a"}}}}))
		}, `example "x": titel: Extra inputs are not permitted`},
		"an example of a form that does not fit": {func(app *holdfast.App) {
			type form struct {
				Count int `form:"count"`
			}
			holdfast.Post(app, "/", holdfast.Public(), takes[form], holdfast.Document(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Value: map[string]any{"count": "a"}}}}))
		}, `example "x": count: Input should be a valid integer`},
		"an example of a union whose type it does not fit": {answers(apidoc.Answer{
			Status: 404, MediaType: "application/json", Type: apidoc.Type[union.Of2[dull, two]](),
			Examples: []apidoc.Example{{Name: "x", Value: union.Of2[dull, two]{A: &dull{Name: "n"}}}},
		}), `answer 404: example "x": name: String should have at least 2 characters`},
		"an example of what is one of two, and is neither": {func(app *holdfast.App) {
			type in struct {
				N int `query:"n"`
			}
			holdfast.Get(app, "/", holdfast.Public(), takes[in], holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{
				Status: 422, Type: apidoc.Type[album](), Examples: []apidoc.Example{{Name: "x", Value: map[string]int{"title": 1}}},
			}}}))
		}, `answer 422: example "x": title: Input should be a valid string`},
		"an example of a body that is not": {func(app *holdfast.App) {
			holdfast.Get(app, "/", holdfast.Public(), nothing, holdfast.Document(apidoc.Operation{Examples: []apidoc.Example{{Name: "x", Value: 1}}}))
		}, "the request has no body"},
		"an example of an answer that does not fit": {answers(apidoc.Answer{Status: 200, Examples: []apidoc.Example{{Name: "x", Value: album{}}}}), `answer 200: example "x": title: String should have at least 2`},
		"an example of an answer without a body":    {answers(apidoc.Answer{Status: 202, Examples: []apidoc.Example{{Name: "x", Value: 1}}}), `answer 202: it has examples and no body`},
		"an example of an error that does not fit":  {answers(apidoc.Answer{Status: 404, Examples: []apidoc.Example{{Name: "x", Value: map[string]int{"detail": 1}}}}), `answer 404: example "x": detail: Input should be a valid string`},
		"an answer that the handler does not give":  {answers(apidoc.Answer{Status: 200, Type: apidoc.Type[goneBody]()}), `answer 200: the handler returns holdfast_test.album as JSON, which says it already`},
		"an answer of no status":                    {answers(apidoc.Answer{Text: "x"}), "answer 0: that is no status of HTTP"},
		"an answer that JSON cannot hold":           {answers(apidoc.Answer{Status: 404, Type: apidoc.Type[chan int]()}), "answer 404: type chan int: JSON cannot hold it"},
		"a body for a status that has none":         {answers(apidoc.Answer{Status: 304, Type: apidoc.Type[goneBody]()}), "answer 304: such an answer has no body"},
		"a header without a name":                   {answers(apidoc.Answer{Status: 404, Headers: []apidoc.Header{{}}}), "answer 404: a header has no name"},
		"a callback to nowhere":                     {post(apidoc.Operation{Callbacks: []apidoc.Call{{Name: "x"}}}), `callback "x": To is "" and does not say where the address was given`},
		"a callback by no method":                   {post(apidoc.Operation{Callbacks: []apidoc.Call{{Name: "x", To: "{$url}", Method: "FETCH"}}}), `callback "x": method "FETCH"`},
		"docs at no address":                        {post(apidoc.Operation{ExternalDocs: apidoc.ExternalDocs{URL: "example.org"}}), `ExternalDocs: "example.org" is no address`},
		"an option of one route on a group": {func(app *holdfast.App) {
			app.Group("/g").With(holdfast.OperationID("x"), holdfast.Limit(holdfast.AtOnce{Requests: 1}), holdfast.Status(201), holdfast.Document(apidoc.Operation{Examples: []apidoc.Example{{Name: "x"}}}))
		}, "group /g: examples of Document is an option of one route, not of a group"},
		"a nil option of a group": {func(app *holdfast.App) { app.Group("/g").With(nil) }, "group /g: a nil option"},
		"two types of one name": {func(app *holdfast.App) {
			holdfast.Get(app, "/a", holdfast.Public(), gives[album])
			holdfast.Get(app, "/b", holdfast.Public(), gives[twin])
		}, `type holdfast_test.twin is named "Record" in the document, which is the name of type holdfast_test.album already`},
		"a name that is no name":        {func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.Public(), gives[badlyNamed]) }, `type holdfast_test.badlyNamed is named "a b" in the document: OpenAPI allows`},
		"a name that the framework has": {func(app *holdfast.App) { holdfast.Get(app, "/a", holdfast.Public(), gives[reserved]) }, `"HTTPError" in the document, which is the name of something of the framework`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := quiet()
			test.declare(app)
			err := app.Err()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Err() = %v, want %s", err, test.want)
			}
			if name != "two types of one name" && name != "a name that is no name" && name != "a name that the framework has" && err != nil && !strings.Contains(err.Error(), "describe_test.go:") {
				t.Errorf("Err() = %v, want its place", err)
			}
		})
	}
}

func TestExamplesOfWhatIsOneOfSeveralTypes(t *testing.T) {
	t.Parallel()
	type in struct {
		N int `query:"n"`
	}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), takes[in], holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{
		{Status: 422, Type: apidoc.Type[album](), Examples: []apidoc.Example{
			{Name: "ours", Value: album{Title: "xx"}},
			{Name: "theirs", Value: map[string]any{"detail": []any{map[string]any{"type": "missing", "loc": []any{"query", 1}, "msg": "x"}}}},
		}},
		{Status: 404, MediaType: "application/json", Type: apidoc.Type[union.Of2[dull, two]](), Examples: []apidoc.Example{
			{Name: "a", Value: union.Of2[dull, two]{A: &dull{Name: "nn"}}},
			{Name: "b", Value: union.Of2[dull, two]{B: &two{}}},
		}},
	}}))
	if err := app.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
}

func TestMistakesInWordsOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		api  apidoc.API
		want string
	}{
		"terms at no address":                   {apidoc.API{TermsOfService: "/terms"}, `Config.API: TermsOfService: "/terms" is no address`},
		"a contact at no address":               {apidoc.API{Contact: apidoc.Contact{URL: "javascript:alert(1)"}}, "Contact.URL"},
		"a contact without mail":                {apidoc.API{Contact: apidoc.Contact{Email: "amy"}}, `Contact.Email: "amy"`},
		"a licence without a name":              {apidoc.API{License: apidoc.License{Identifier: "MIT"}}, "License: it has no name"},
		"a licence in two ways":                 {apidoc.API{License: apidoc.License{Name: "MIT", Identifier: "MIT", URL: "https://example.org/"}}, "an identifier and an address"},
		"a server nowhere":                      {apidoc.API{Servers: []apidoc.Server{{}}}, "a server has no address"},
		"a server with an unknown variable":     {apidoc.API{Servers: []apidoc.Server{{URL: "https://{x}.org"}}}, `Variables has no "x"`},
		"a server without its variable":         {apidoc.API{Servers: []apidoc.Server{{URL: "https://x.org", Variables: map[string]apidoc.Variable{"y": {}}}}}, `nothing in it is the variable "y"`},
		"a default that may not be chosen":      {apidoc.API{Servers: []apidoc.Server{{URL: "https://{x}.org", Variables: map[string]apidoc.Variable{"x": {Default: "a", Enum: []string{"b"}}}}}}, `the default of "x"`},
		"a tag twice":                           {apidoc.API{Tags: []apidoc.Tag{{Name: "a"}, {Name: "a"}}}, `Tags: "a" stands there twice`},
		"a tag without a name":                  {apidoc.API{Tags: []apidoc.Tag{{}}}, "a tag has no name"},
		"a webhook with an address":             {apidoc.API{Webhooks: []apidoc.Call{{Name: "x", To: "{$url}"}}}, `webhook "x": To is of callbacks`},
		"a webhook twice":                       {apidoc.API{Webhooks: []apidoc.Call{{Name: "x"}, {Name: "x"}}}, `webhook "x": it stands there twice`},
		"a webhook whose example does not fit":  {apidoc.API{Webhooks: []apidoc.Call{{Name: "x", Body: apidoc.Type[album](), Examples: []apidoc.Example{{Name: "e", Value: album{}}}}}}, `call x: example "e": title`},
		"a webhook with examples of nothing":    {apidoc.API{Webhooks: []apidoc.Call{{Name: "x", Examples: []apidoc.Example{{Name: "e", Value: 1}}}}}, "examples and no Body"},
		"a webhook of what JSON cannot hold":    {apidoc.API{Webhooks: []apidoc.Call{{Name: "x", Body: apidoc.Type[func()]()}}}, "type func(): JSON cannot hold it"},
		"docs with a description and no adress": {apidoc.API{ExternalDocs: apidoc.ExternalDocs{Description: "x"}}, "a description and no address"},
		"two operations of one id":              {apidoc.API{OperationID: func(apidoc.Endpoint) string { return "x" }}, `operation id "x" is also that of GET /a`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", API: test.api})
			holdfast.Get(app, "/a", holdfast.Public(), nothing)
			holdfast.Get(app, "/b", holdfast.Public(), nothing)
			if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Err() = %v, want %s", err, test.want)
			}
		})
	}
}

// What a group says holds for its routes, and for groups in it, until a route
// says otherwise; the group itself stays as it is.
func TestOptionsOfAGroupAreInherited(t *testing.T) {
	t.Parallel()
	app := quiet()
	plain := app.Group("/g")
	g := plain.With(holdfast.Tags("g"), holdfast.MaxBody(4), holdfast.Document(apidoc.Operation{Deprecated: true}))
	inner := g.Group("/inner").With(holdfast.Tags("inner"), holdfast.Hidden())
	read := func(context.Context, holdfast.Anyone, struct{ Body string }) (string, error) { return "", nil }
	holdfast.Post(plain, "/plain", holdfast.Public(), read)
	holdfast.Post(g, "/small", holdfast.Public(), read)
	holdfast.Post(g, "/large", holdfast.Public(), read, holdfast.MaxBody(100), holdfast.Tags("own"))
	holdfast.Post(inner, "/x", holdfast.Public(), read)
	d := parsed(t, app)
	if d.Has("paths", "/g/inner/x") || d.Has("paths", "/g/plain", "post", "tags") || d.Has("paths", "/g/plain", "post", "deprecated") {
		t.Errorf("paths = %s", compact(t, d, "paths"))
	}
	if got := compact(t, d, "paths", "/g/large", "post", "tags"); got != `["g","own"]` {
		t.Errorf("tags = %s, want the group's and the route's", got)
	}
	for path, want := range map[string]int{"/g/plain": 200, "/g/small": 413, "/g/large": 200, "/g/inner/x": 413} {
		r := httptest.NewRequest("POST", path, strings.NewReader(`"12345"`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if app.ServeHTTP(w, r); w.Code != want {
			t.Errorf("POST %s = %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

// An error of which only the status and the words are said looks as the route's
// other errors do.
func TestAnErrorThatIsNamedLooksLikeTheOthers(t *testing.T) {
	t.Parallel()
	app := quiet()
	gone := holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 404, Text: "No such album"}}})
	holdfast.Get(app, "/usual", holdfast.Public(), gives[album], gone)
	holdfast.Get(app, "/own", holdfast.Public(), gives[album], gone, holdfast.AnswerErrors(holdfast.Errors{Format: answer.Problem()}))
	d := parsed(t, app)
	if got := compact(t, d, "paths", "/usual", "get", "responses", "404"); got != `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/HTTPError"}}},"description":"No such album"}` {
		t.Errorf("404 = %s", got)
	}
	if got := compact(t, d, "paths", "/own", "get", "responses", "404"); got != `{"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/ProblemDetails"}}},"description":"No such album"}` {
		t.Errorf("404 = %s", got)
	}
}

// Of a handler that writes for itself, answers that are named take the place of
// "what the handler writes".
func TestAnswersOfAHandlerThatWrites(t *testing.T) {
	t.Parallel()
	app := quiet()
	write := func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error { return nil }
	app.Handle("GET /named", holdfast.Raw(holdfast.Public(), write), holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 200, Type: apidoc.Type[goneBody]()}}}))
	app.Handle("GET /more", holdfast.Raw(holdfast.Public(), write), holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 404}}}))
	d := parsed(t, app)
	if got := compact(t, d, "paths", "/named", "get", "responses"); got != `{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/GoneBody"}}},"description":"OK"}}` {
		t.Errorf("responses = %s", got)
	}
	if got := compact(t, d, "paths", "/more", "get", "responses"); got != `{"404":{"description":"Not Found"},"default":{"description":"What the handler writes"}}` {
		t.Errorf("responses = %s", got)
	}
}

type shelf struct{}

func (shelf) ListAll(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
	return "", nil
}

type lister interface {
	ListAll(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error)
}

type boxOf[T any] struct{}

func (*boxOf[T]) readOne(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
	return "", nil
}

type embedding struct{ shelf }

// A method has a name as a function has, however it is given.
func TestOperationsAreNamedAfterMethods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handler     func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error)
		summary, id string
	}{
		"of a value":           {shelf{}.ListAll, "List All", "ListAll_x_get"},
		"of an interface":      {lister(shelf{}).ListAll, "List All", "ListAll_x_get"},
		"of an embedded type":  {embedding{}.ListAll, "List All", "ListAll_x_get"},
		"of a generic type":    {(&boxOf[map[string]int]{}).readOne, "Read One", "readOne_x_get"},
		"a generic function":   {nothing[holdfast.Anyone], "Nothing", "nothing_x_get"},
		"a function literal":   {func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil }, "GET /x", "get_x"},
		"a variable with one":  {literal, "GET /x", "get_x"},
		"what returns a value": {made(), "GET /x", "get_x"},
	} {
		app := quiet()
		holdfast.Get(app, "/x", holdfast.Public(), test.handler)
		d := parsed(t, app)
		if summary, id := d.At("paths", "/x", "get", "summary"), d.At("paths", "/x", "get", "operationId"); summary != test.summary || id != test.id {
			t.Errorf("%s: %v %v, want %s %s", name, summary, id, test.summary, test.id)
		}
	}
}

var literal = func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil }

func made() func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) {
	return func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil }
}
