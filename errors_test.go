package holdfast_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/work"
)

// house is how a program's own errors look.
type house struct {
	Code    string               `json:"code"`
	Message string               `json:"message"`
	Fields  []holdfast.Violation `json:"fields,omitempty"`
	Missing []string             `json:"missing"`
	Ticket  string               `json:"ticket,omitempty"`
}

func toHouse(_ *http.Request, f answer.Failure) house {
	return house{Code: f.Reason, Message: f.Text(), Fields: f.Violations, Missing: append(f.MissingScopes, f.MissingRoles...), Ticket: f.Request}
}

// soldOut is an error of a program's own, as its domain has it.
type soldOut struct{ item string }

func (e *soldOut) Error() string { return e.item + " is sold out" }

var errClosed = errors.New("the shop is closed")

// ownErrors answers errors of the domain, each in another way.
func ownErrors(err error) *holdfast.Error {
	if gone, ok := errors.AsType[*soldOut](err); ok {
		return holdfast.Errorf(http.StatusConflict, "No %s left", gone.item)
	}
	switch {
	case errors.Is(err, errClosed):
		return &holdfast.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Minute}
	case errors.Is(err, io.ErrShortWrite):
		return &holdfast.Error{Status: http.StatusOK, Detail: "never mind"} // a mistake
	case errors.Is(err, io.ErrNoProgress):
		panic("not known either")
	}
	return nil
}

// failing has a route for each way to fail.
func failing(log io.Writer, rules holdfast.Errors, explain func(holdfast.Decision) string) *holdfast.App {
	s := newShop()
	app := holdfast.NewApp(holdfast.Config{
		Title: "Shop", Version: "1", MaxBody: 32, Logger: slog.New(slog.NewTextHandler(log, nil)), Errors: rules, OnDecision: explain,
	})
	holdfast.Get(app, "/items/{id}", holdfast.Security(s.user, s.items), func(context.Context, user, itemID) (string, error) { return "", nil })
	holdfast.Post(app, "/items", holdfast.AnyRole(s.user, s.admin, s.manager), func(context.Context, user, newItem) (string, error) { return "", nil })
	holdfast.Post(app, "/drafts", holdfast.Public(), func(context.Context, holdfast.Anyone, newItem) (string, error) { return "", nil })
	for name, err := range map[string]error{
		"own":      fmt.Errorf("order: %w", &soldOut{"sword"}),
		"closed":   errClosed,
		"success":  io.ErrShortWrite,
		"worse":    io.ErrNoProgress,
		"other":    io.ErrUnexpectedEOF,
		"chosen":   holdfast.Errorf(http.StatusTeapot, "Tea"),
		"coded":    &holdfast.Error{Status: http.StatusGone, Detail: map[string]int{"since": 1999}},
		"words":    &holdfast.Error{Status: http.StatusBadRequest, Body: map[string]string{"error": "invalid_grant"}},
		"fault":    holdfast.Errorf(http.StatusBadRequest, "Bad"),
		"unsaid":   &holdfast.Error{Status: http.StatusBadRequest, Body: make(chan int)},
		"nothing":  &holdfast.Error{Status: http.StatusNotModified},
		"sent":     &holdfast.Error{Status: http.StatusOK, Detail: "so be it"},
		"limit":    &holdfast.Error{Status: http.StatusTooManyRequests, RetryAfter: 1500 * time.Millisecond},
		"busy":     work.ErrBusy,
		"late":     fmt.Errorf("asking: %w", context.DeadlineExceeded),
		"refused":  &holdfast.Error{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Own"}}},
		"unwanted": &holdfast.ValidationError{Violations: []holdfast.Violation{{Type: "taken", Loc: []any{"body", "name"}, Msg: "It is taken"}}},
	} {
		holdfast.Get(app, "/"+name, holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", err })
	}
	holdfast.Get(app, "/panic", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { panic("oh") })
	app.Handle("GET /raw", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		w.Header().Set("Etag", `"1"`)
		return &soldOut{"raw"}
	}))
	return app
}

// try is one request: "METHOD /path", a bearer token and a body of JSON.
func try(h http.Handler, target, token, body string) *httptest.ResponseRecorder {
	method, path, _ := strings.Cut(target, " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// what is an answer in a line: its status, media type, the headers that no error
// may lose, and its body.
func what(w *httptest.ResponseRecorder) string {
	out := fmt.Sprint(w.Code, " ", w.Header().Get("Content-Type"))
	for _, name := range []string{"Www-Authenticate", "Allow", "Retry-After", "Etag"} {
		if value := w.Header().Get(name); value != "" {
			out += " " + name + ": " + value
		}
	}
	return out + " " + w.Body.String()
}

// Each error looks as the house wants it, and says with its status and its
// headers what it has always said.
func TestEveryErrorHasTheShapeOfTheHouse(t *testing.T) {
	t.Parallel()
	app := failing(io.Discard, holdfast.Errors{Own: ownErrors, Format: answer.Shape("application/vnd.house+json", toHouse)}, nil)
	const kind = " application/vnd.house+json "
	for name, test := range map[string]struct{ target, token, body, want string }{
		"no credential":                 {"GET /items/7", "", "", `401` + kind + `Www-Authenticate: Bearer realm="OAuth2PasswordBearer" {"code":"no credential","message":"Not authenticated","missing":[]}`},
		"a bad one":                     {"GET /items/7", "bad", "", `401` + kind + `Www-Authenticate: Bearer error="invalid_token" {"code":"credential","message":"Could not validate credentials","missing":[]}`},
		"a scope is missing":            {"GET /items/7", "amy::", "", `403` + kind + `Www-Authenticate: Bearer error="insufficient_scope", scope="items" {"code":"scope","message":"Not enough permissions","missing":[]}`},
		"a role is missing":             {"POST /items", "amy::", "", `403` + kind + `{"code":"role","message":"Operation not permitted","missing":[]}`},
		"no such path":                  {"GET /nowhere", "", "", `404` + kind + `{"code":"no route","message":"Not Found","missing":[]}`},
		"no such method":                {"DELETE /drafts", "", "", `405` + kind + `Allow: POST {"code":"no route","message":"Method Not Allowed","missing":[]}`},
		"HEAD of what fails":            {"HEAD /own", "", "", `409` + kind},
		"a body that is too large":      {"POST /drafts", "", `{"name":"` + strings.Repeat("x", 30) + `"}`, `413` + kind + `{"code":"size","message":"The body is larger than 32 bytes","missing":[]}`},
		"a body that is no JSON":        {"POST /drafts", "", `x`, `415` + kind + `{"code":"input","message":"Content-Type must be application/json","missing":[]}`},
		"a body that is broken":         {"POST /drafts", "", `{"name":"x`, `422` + kind + `{"code":"input","message":"The input does not fit","fields":[{"type":"json_invalid","loc":["body",10],"msg":"JSON decode error","ctx":{"error":"unexpected end at byte 10"}}],"missing":[]}`},
		"input that does not fit":       {"POST /drafts", "", `{"name":"x"}`, `422` + kind + `{"code":"input","message":"The input does not fit","fields":[{"type":"string_too_short","loc":["body","name"],"msg":"String should have at least 2 characters","input":"x","ctx":{"min_length":2}}],"missing":[]}`},
		"a violation of one's own":      {"GET /unwanted", "", "", `422` + kind + `{"code":"input","message":"The input does not fit","fields":[{"type":"taken","loc":["body","name"],"msg":"It is taken"}],"missing":[]}`},
		"too often":                     {"GET /limit", "", "", `429` + kind + `Retry-After: 2 {"code":"handler","message":"Too Many Requests","missing":[]}`},
		"busy":                          {"GET /busy", "", "", `503` + kind + `Retry-After: 1 {"code":"busy","message":"Service Unavailable","missing":[]}`},
		"too late":                      {"GET /late", "", "", `503` + kind + `{"code":"timeout","message":"Service Unavailable","missing":[]}`},
		"an error that nobody knows":    {"GET /other", "", "", `500` + kind + `{"code":"failed","message":"Internal Server Error","missing":[]}`},
		"a panic":                       {"GET /panic", "", "", `500` + kind + `{"code":"panic","message":"Internal Server Error","missing":[]}`},
		"an error of one's own":         {"GET /own", "", "", `409` + kind + `{"code":"handler","message":"No sword left","missing":[]}`},
		"one that says when to return":  {"GET /closed", "", "", `503` + kind + `Retry-After: 60 {"code":"failed","message":"Service Unavailable","missing":[]}`},
		"one that would be a success":   {"GET /success", "", "", `500` + kind + `{"code":"failed","message":"Internal Server Error","missing":[]}`},
		"one about which Own panics":    {"GET /worse", "", "", `500` + kind + `{"code":"panic","message":"Internal Server Error","missing":[]}`},
		"one of a raw handler":          {"GET /raw", "", "", `409` + kind + `{"code":"handler","message":"No raw left","missing":[]}`},
		"a chosen answer":               {"GET /chosen", "", "", `418` + kind + `{"code":"handler","message":"Tea","missing":[]}`},
		"a detail that is no text":      {"GET /coded", "", "", `410` + kind + `{"code":"handler","message":"Gone","missing":[]}`},
		"a challenge of one's own":      {"GET /refused", "", "", `401` + kind + `Www-Authenticate: Own {"code":"handler","message":"Unauthorized","missing":[]}`},
		"a protocol with its own words": {"GET /words", "", "", `400 application/json {"error":"invalid_grant"}`},
		"such words that are no JSON":   {"GET /unsaid", "", "", `500 text/plain; charset=utf-8 Internal Server Error`},
		"the least status of an error":  {"GET /fault", "", "", `400` + kind + `{"code":"handler","message":"Bad","missing":[]}`},
		"what has no body has none":     {"GET /nothing", "", "", `304  `},
		"a success is no error":         {"GET /sent", "", "", `200 application/json {"detail":"so be it"}`},
	} {
		if got := what(try(app, test.target, test.token, test.body)); got != test.want {
			t.Errorf("%s: %s =\n%s, want\n%s", name, test.target, got, test.want)
		}
	}
}

// What OnDecision returned, and what would have let the caller in, are there for
// every shape.
func TestEveryShapeCanSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	explain := func(d holdfast.Decision) string { return fmt.Sprint("T", d.Status()) }
	for name, test := range map[string]struct {
		format answer.Format
		want   string
	}{
		"a house":        {answer.Shape("application/json", toHouse), `403 application/json {"code":"role","message":"Operation not permitted","missing":["admin","manager"],"ticket":"T403"}`},
		"FastAPI's":      {answer.Format{}, `403 application/json {"detail":"Operation not permitted","missing":{"any_role_of":["admin","manager"]},"request":"T403"}`},
		"FastAPI's, too": {answer.Detail(), `403 application/json {"detail":"Operation not permitted","missing":{"any_role_of":["admin","manager"]},"request":"T403"}`},
		"RFC 9457": {answer.Problem(), `403 application/problem+json {"detail":"Operation not permitted","missing":{"any_role_of":["admin","manager"]},` +
			`"request":"T403","status":403,"title":"Forbidden","type":"about:blank"}`},
	} {
		app := failing(io.Discard, holdfast.Errors{Format: test.format}, explain)
		if got := what(try(app, "POST /items", "amy::", "")); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// The problem of a 422 has its list beside the detail, which RFC 9457 section
// 3.1.4 wants to be a text: where Accept asks for it, and where Format says so.
func TestProblemsOfInputHaveATextAndAList(t *testing.T) {
	t.Parallel()
	const want = `422 application/problem+json {"detail":"The input does not fit","errors":[{"type":"taken","loc":["body","name"],"msg":"It is taken"}],"status":422,"title":"Unprocessable Entity","type":"about:blank"}`
	for name, test := range map[string]struct {
		format answer.Format
		accept string
	}{
		"who asks for problem+json": {answer.Format{}, "Accept: application/problem+json"},
		"who asks for nothing":      {answer.Problem(), ""},
		"who asks for JSON":         {answer.Problem(), "Accept: application/json"},
	} {
		app := failing(io.Discard, holdfast.Errors{Format: test.format}, nil)
		if got := what(send(app, "/unwanted", test.accept)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// A shape that fails is logged, and the error is said in the framework's: with
// its status, and with the headers that make it a refusal.
func TestAShapeThatFailsLosesNothing(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]answer.Format{
		"it panics":             answer.Shape("application/json", func(*http.Request, answer.Failure) house { panic("no shape") }),
		"it cannot be encoded":  answer.Shape("application/json", func(*http.Request, answer.Failure) any { return make(chan int) }),
		"its MarshalJSON fails": answer.Shape("application/json", func(*http.Request, answer.Failure) unwritable { return unwritable{} }),
		"it reaches for the headers": answer.Shape("application/json", func(r *http.Request, _ answer.Failure) house {
			clear(holdfast.ResponseHeader(r.Context()))
			return house{}
		}),
		"it aborts": answer.Shape("application/json", func(*http.Request, answer.Failure) house {
			panic(http.ErrAbortHandler)
		}),
	} {
		var log bytes.Buffer
		app := failing(&log, holdfast.Errors{Own: ownErrors, Format: format}, nil)
		for target, want := range map[string]string{
			"GET /items/7":   `401 application/json Www-Authenticate: Bearer realm="OAuth2PasswordBearer" {"detail":"Not authenticated"}`,
			"DELETE /drafts": `405 application/json Allow: POST {"detail":"Method Not Allowed"}`,
			"GET /closed":    `503 application/json Retry-After: 60 {"detail":"Service Unavailable"}`,
			"GET /own":       `409 application/json {"detail":"No sword left"}`,
			"GET /panic":     `500 text/plain; charset=utf-8 Internal Server Error`,
		} {
			log.Reset()
			if got := what(try(app, target, "", "")); got != want || !strings.Contains(log.String(), "Errors.Format: ") {
				t.Errorf("%s: %s = %s, logged %s; want %s and the reason in the log", name, target, got, &log, want)
			}
		}
	}
}

// A refusal whose own detail cannot be encoded is still one.
func TestARefusalThatCannotBeSaidIsARefusal(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		401: "401 text/plain; charset=utf-8 Www-Authenticate: Own Unauthorized",
		403: "403 text/plain; charset=utf-8 Www-Authenticate: Own Forbidden",
		409: "500 text/plain; charset=utf-8 Internal Server Error",
	} {
		missing := &holdfast.Error{Status: status, Detail: make(chan int), Header: http.Header{"Www-Authenticate": {"Own"}}}
		var log bytes.Buffer
		app := loud(&log)
		holdfast.Get(app, "/", keyed("A", holdfast.NotAuthenticated(missing)), func(context.Context, string, holdfast.NoInput) (string, error) { return "", nil })
		if got := what(send(app, "/", "")); got != want || !strings.Contains(log.String(), "unsupported type: chan int") {
			t.Errorf("%d: %s, logged %s; want %s and the reason in the log", status, got, &log, want)
		}
	}
}

// What Own answers is logged if it is the server's fault, with what was behind
// it, and watched as what it is; a function of Defer sees the error as it was.
func TestAnErrorOfOnesOwnStaysWhatItWas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		seen   string
		logged string
	}{
		"a caller's fault":       {&soldOut{"sword"}, "409 handler", ""},
		"the server's fault":     {errClosed, "503 failed", "the shop is closed"},
		"a success is a mistake": {io.ErrShortWrite, "500 failed", "the answer of Errors.Own has status 200, which is none of an error: short write"},
		"a panic is a mistake":   {io.ErrNoProgress, "500 panic", "not known either"},
		"unknown":                {io.ErrUnexpectedEOF, "500 failed", "unexpected EOF"},
	} {
		var log bytes.Buffer
		seen := ""
		app := holdfast.NewApp(holdfast.Config{
			Title: "Shop", Version: "1", Logger: slog.New(slog.NewTextHandler(&log, nil)), Errors: holdfast.Errors{Own: ownErrors},
			Observe: func(string) func(holdfast.Observation) {
				return func(o holdfast.Observation) { seen = fmt.Sprint(o.Status, " ", o.Refusal) }
			},
		})
		var deferred error
		holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
			holdfast.Defer(ctx, func(_ context.Context, err error) error { deferred = err; return nil })
			return "", test.err
		})
		send(app, "/", "")
		same := deferred == test.err //nolint:errorlint // the very same, not one around it
		if seen != test.seen || !same || (log.Len() > 0) != (test.logged != "") || !strings.Contains(log.String(), test.logged) {
			t.Errorf("%s: seen %s, deferred %v, logged %s; want %s and %q", name, seen, deferred, &log, test.seen, test.logged)
		}
	}
}

// Own is not asked about what the framework has said, nor about an Error, so no
// refusal can become anything else.
func TestOwnIsNotAskedAboutRefusals(t *testing.T) {
	t.Parallel()
	ok := holdfast.Errors{Own: func(error) *holdfast.Error { return holdfast.Errorf(http.StatusTeapot, "Mine") }}
	app := failing(io.Discard, ok, nil)
	for target, want := range map[string]int{
		"GET /items/7": 401, "GET /nowhere": 404, "DELETE /drafts": 405, "POST /drafts": 422, "GET /unwanted": 422, "GET /limit": 429,
		"GET /busy": 503, "GET /late": 503, "GET /panic": 500, "GET /chosen": 418, "GET /own": 418, "GET /other": 418,
	} {
		w := try(app, target, "", "")
		if own := strings.Contains(w.Body.String(), "Mine"); w.Code != want || own != (target == "GET /own" || target == "GET /other") {
			t.Errorf("%s = %d %s, want %d", target, w.Code, w.Body, want)
		}
	}
}

// In a policy, an error of one's own is no refusal: no other way in is tried, as
// with every error that says that something broke. Its answer is the caller's,
// and what OnDecision is told.
func TestAnErrorOfOnesOwnInAPolicyEndsIt(t *testing.T) {
	t.Parallel()
	decided := 0
	app := holdfast.NewApp(holdfast.Config{
		Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler), Errors: holdfast.Errors{Own: ownErrors},
		OnDecision: func(d holdfast.Decision) string { decided = d.Status(); return "T1" },
	})
	key := holdfast.Depends1(holdfast.Check(holdfast.APIKeyHeader("A"), func(_ context.Context, key string) (string, error) { return key, nil }),
		func(_ context.Context, key string) (string, error) {
			return key, fmt.Errorf("for %s: %w", key, &soldOut{"sword"})
		})
	holdfast.Get(app, "/", holdfast.AnyOf(holdfast.Security(key), keyed("B")), func(context.Context, string, holdfast.NoInput) (string, error) { return "", nil })
	w := send(app, "/", "A: a\nB: good")
	if got, want := what(w), `409 application/json {"detail":"No sword left","request":"T1"}`; got != want || decided != 409 {
		t.Errorf("%s, decided %d; want %s", got, decided, want)
	}
}

// A route may have rules of its own, which are asked before those outside.
func TestARouteMayHaveErrorsOfItsOwn(t *testing.T) {
	t.Parallel()
	app := holdfast.NewApp(holdfast.Config{
		Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler),
		Errors: holdfast.Errors{Own: ownErrors, Format: answer.Shape("application/json", toHouse)},
	})
	fail := func(path string, err error, options ...holdfast.RouteOption) {
		holdfast.Get(app, path, holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", err }, options...)
	}
	gone := func(err error) *holdfast.Error {
		if _, ok := errors.AsType[*soldOut](err); ok {
			return holdfast.Errorf(http.StatusGone, "Gone for ever")
		}
		return nil
	}
	page := answer.Shape("text/html; charset=utf-8", func(r *http.Request, f answer.Failure) string {
		body, err := io.ReadAll(r.Body)
		return fmt.Sprintf("<h1>%d at %s, %q %v</h1>", f.Status, r.URL.Path, body, err)
	})
	fail("/outside", &soldOut{"sword"})
	fail("/own", &soldOut{"sword"}, holdfast.AnswerErrors(holdfast.Errors{Own: gone}))
	fail("/others", errClosed, holdfast.AnswerErrors(holdfast.Errors{Own: gone}))
	fail("/detail", &soldOut{"sword"}, holdfast.AnswerErrors(holdfast.Errors{Format: answer.Detail()}))
	fail("/page", &soldOut{"sword"}, holdfast.AnswerErrors(holdfast.Errors{Format: page}))
	fail("/twice", &soldOut{"sword"}, holdfast.AnswerErrors(holdfast.Errors{Own: gone, Format: page}), holdfast.AnswerErrors(holdfast.Errors{Format: answer.Problem()}))
	for target, want := range map[string]string{
		"GET /outside": `409 application/json {"code":"handler","message":"No sword left","missing":[]}`,
		"GET /own":     `410 application/json {"code":"handler","message":"Gone for ever","missing":[]}`,
		"GET /others":  `503 application/json Retry-After: 60 {"code":"failed","message":"Service Unavailable","missing":[]}`,
		"GET /detail":  `409 application/json {"detail":"No sword left"}`,
		"GET /page":    `409 text/html; charset=utf-8 <h1>409 at /page, "" <nil></h1>`,
		"GET /twice":   `410 application/problem+json {"detail":"Gone for ever","status":410,"title":"Gone","type":"about:blank"}`,
		"PUT /page":    `405 application/json Allow: GET, HEAD {"code":"no route","message":"Method Not Allowed","missing":[]}`,
	} {
		if got := what(try(app, target, "", "a secret")); got != want {
			t.Errorf("%s = %s, want %s", target, got, want)
		}
	}
}

// The document says of each route how its errors look, in one component.
func TestTheDocumentSaysHowErrorsLook(t *testing.T) {
	t.Parallel()
	app := failing(io.Discard, holdfast.Errors{Own: ownErrors, Format: answer.Shape("application/json", toHouse)}, nil)
	doc := parsed(t, app)
	for _, place := range [][]string{
		{"/items/{id}", "get", "401"}, {"/items/{id}", "get", "403"}, {"/items/{id}", "get", "422"}, {"/items/{id}", "get", "default"}, {"/own", "get", "default"},
	} {
		const want = `{"application/json":{"schema":{"$ref":"#/components/schemas/House"}}}`
		if got := compact(t, doc, "paths", place[0], place[1], "responses", place[2], "content"); got != want {
			t.Errorf("%v: %s, want %s", place, got, want)
		}
	}
	if got, want := compact(t, doc, "components", "schemas", "House", "properties", "fields"), `{"items":{"$ref":"#/components/schemas/ValidationError"},"type":"array"}`; got != want {
		t.Errorf("a violation in a shape is %s, want %s", got, want)
	}
	if doc.Has("components", "schemas", "HTTPError") || doc.Has("components", "schemas", "HTTPValidationError") || !doc.Has("paths", "/items/{id}", "get", "responses", "401", "headers", "WWW-Authenticate") {
		t.Error("the document has shapes that no error has, or lost the challenge")
	}
	if doc.Has("paths", "/raw", "get", "responses", "200") || compact(t, doc, "paths", "/raw", "get", "responses", "default") != `{"description":"What the handler writes"}` {
		t.Error("of a raw handler, the document says more than it can know")
	}
	checked := openapitest.Handler(t, failing(io.Discard, holdfast.Errors{Own: ownErrors, Format: answer.Problem()}, nil))
	for _, target := range []string{"GET /items/7", "GET /own", "GET /other", "GET /panic", "GET /unwanted", "GET /limit", "POST /drafts"} {
		try(checked, target, "", "")
	}
}

// The answer that Own gives may be shared, and may have a reason of its own: it
// is not changed, and the log has both.
func TestWhatOwnAnswersIsNotChanged(t *testing.T) {
	t.Parallel()
	why := errors.New("the pump is broken")
	shared := &holdfast.Error{Status: http.StatusBadGateway, Cause: why}
	around := &holdfast.Error{Status: http.StatusBadGateway}
	for name, own := range map[string]func(error) *holdfast.Error{
		"a reason of its own": func(error) *holdfast.Error { return shared },
		"the error around it": func(err error) *holdfast.Error {
			return &holdfast.Error{Status: http.StatusBadGateway, Cause: fmt.Errorf("%w: %w", why, err)}
		},
		"no reason": func(error) *holdfast.Error { around.Detail = why.Error(); return around },
	} {
		var log bytes.Buffer
		w := try(failing(&log, holdfast.Errors{Own: own}, nil), "GET /closed", "", "")
		if w.Code != 502 || !strings.Contains(log.String(), why.Error()) || strings.Count(log.String(), errClosed.Error()) != 1 {
			t.Errorf("%s: %d, logged %s; want both reasons, once", name, w.Code, &log)
		}
	}
	if errors.Is(shared, errClosed) || around.Cause != nil {
		t.Errorf("what Own returned was changed: %v, %v", shared, around)
	}
}

// A group's routes take the rules of a route each, and what no route serves below
// its prefix is the application's.
func TestErrorsInAGroupAreThoseOfItsRoutes(t *testing.T) {
	t.Parallel()
	app := failing(io.Discard, holdfast.Errors{Own: ownErrors, Format: answer.Shape("application/json", toHouse)}, nil)
	api := app.Group("/api", keyed("B")).With(holdfast.AnswerErrors(holdfast.Errors{Format: answer.Problem()}))
	holdfast.Get(api, "/items", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil },
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{
			{Status: 404, Text: "No such item"}, {Status: 409, MediaType: "text/csv"}, {Status: 200, Text: "Fine"},
		}}))
	own := holdfast.AnswerErrors(holdfast.Errors{Own: func(error) *holdfast.Error { return holdfast.Errorf(http.StatusConflict, "Mine") }, Format: answer.Detail()})
	holdfast.Get(api.Group("/deep"), "", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", errClosed }, own)
	for target, want := range map[string]string{
		"GET /api/items": `401 application/problem+json Www-Authenticate: APIKey {"detail":"Not authenticated","status":401,"title":"Unauthorized","type":"about:blank"}`,
		"GET /api/deep":  `401 application/json Www-Authenticate: APIKey {"detail":"Not authenticated"}`,
		"GET /api/other": `404 application/json {"code":"no route","message":"Not Found","missing":[]}`,
		"PUT /api/items": `405 application/json Allow: GET, HEAD {"code":"no route","message":"Method Not Allowed","missing":[]}`,
	} {
		if got := what(try(app, target, "", "")); got != want {
			t.Errorf("%s = %s, want %s", target, got, want)
		}
	}
	if got, want := what(send(app, "/api/deep", "B: good")), `409 application/json {"detail":"Mine"}`; got != want {
		t.Errorf("a route's own rules: %s, want %s", got, want)
	}
	doc := parsed(t, app)
	const shape = `"content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/ProblemDetails"}}}`
	for status, want := range map[string]string{
		"401": shape, "404": shape + `,"description":"No such item"`, "409": `"content":{"text/csv":{}}`, "200": `"description":"Fine"`, "default": shape,
	} {
		if got := compact(t, doc, "paths", "/api/items", "get", "responses", status); !strings.Contains(got, want) {
			t.Errorf("the document has of %s %s, want %s", status, got, want)
		}
	}
	if doc.Has("paths", "/api/deep", "get", "responses", "default") {
		t.Error("the document has a shape for a route that has FastAPI's")
	}
}

// The word that an error has for itself comes to the shape of the house, from
// handlers and from Own, and does not change FastAPI's.
func TestAnErrorHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	type coded struct {
		Code string `json:"code"`
	}
	own := holdfast.Errors{
		Own: func(err error) *holdfast.Error {
			if errors.Is(err, errClosed) {
				return &holdfast.Error{Status: http.StatusConflict, Code: "closed"}
			}
			return nil
		},
	}
	house := own
	house.Format = answer.Shape("application/json", func(_ *http.Request, f answer.Failure) coded { return coded{f.Code + "/" + f.Reason} })
	for name, test := range map[string]struct {
		rules holdfast.Errors
		err   error
		want  string
	}{
		"of a handler":       {house, fmt.Errorf("order: %w", &holdfast.Error{Status: http.StatusGone, Code: "sold_out"}), `410 {"code":"sold_out/handler"}`},
		"of Own":             {house, errClosed, `409 {"code":"closed/handler"}`},
		"of none":            {house, holdfast.Errorf(http.StatusGone, "Gone"), `410 {"code":"/handler"}`},
		"in FastAPI's shape": {own, errClosed, `409 {"detail":"Conflict"}`},
	} {
		app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler), Errors: test.rules})
		holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", test.err })
		if w := try(app, "GET /", "", ""); fmt.Sprint(w.Code, " ", w.Body) != test.want {
			t.Errorf("%s: %d %s, want %s", name, w.Code, w.Body, test.want)
		}
	}
}

// An error that is a page has the headers of pages, whoever refuses.
func TestHeadersOfAShape(t *testing.T) {
	t.Parallel()
	page := answer.Shape("text/html; charset=utf-8", func(_ *http.Request, f answer.Failure) string { return "<p>" + http.StatusText(f.Status) })
	framed := page.WithHeader("X-Frame-Options", "DENY")
	app := holdfast.New("Pages", "1")
	fails := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.ResponseHeader(ctx).Set("X-Frame-Options", "SAMEORIGIN")
		return "", holdfast.Errorf(http.StatusConflict, "no")
	}
	for path, format := range map[string]answer.Format{
		"/framed": framed.WithHeader("Cache-Control", "no-store").WithHeader("content-type", "text/plain"), "/page": page, "/detail": answer.Detail().WithHeader("X-Frame-Options", "DENY"),
	} {
		holdfast.Get(app, path, holdfast.Public(), fails, holdfast.AnswerErrors(holdfast.Errors{Format: format}))
	}
	for path, want := range map[string]string{
		"/framed": "DENY no-store text/html; charset=utf-8",
		"/page":   "SAMEORIGIN  text/html; charset=utf-8", // what one adds is not the other's
		"/detail": "SAMEORIGIN  application/json",
	} {
		h := send(app, path, "").Header()
		if got := h.Get("X-Frame-Options") + " " + h.Get("Cache-Control") + " " + h.Get("Content-Type"); got != want {
			t.Errorf("GET %s has the headers %q, want %q", path, got, want)
		}
	}
}
