package holdfast_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/internal/openapitest"
)

// piece is what handlers of this file answer with. Its list is never null.
type piece struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// answering is an application with one route, "POST /parts", and Get for HEAD,
// whose handler returns an answer. ended is the error that Defer saw.
func answering[T any](log *bytes.Buffer, a answer.Answer[T], options ...holdfast.RouteOption) (app *holdfast.App, ended *error) {
	var err error
	app = holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Logger: slog.New(slog.NewTextHandler(log, nil))})
	handler := func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (answer.Answer[T], error) {
		holdfast.ResponseHeader(ctx).Set("Vary", "Accept")
		holdfast.Defer(ctx, func(_ context.Context, failed error) error { err = failed; return nil })
		return a, nil
	}
	holdfast.Post(app, "/parts", holdfast.Public(), handler, options...)
	holdfast.Get(app, "/parts", holdfast.Public(), handler, append(options, holdfast.OperationID("get"))...)
	return app, &err
}

// answered is a success in a line.
func answered(w *httptest.ResponseRecorder) string {
	out := fmt.Sprint(w.Code)
	for _, name := range []string{"Location", "Etag", "Set-Cookie", "Vary", "Content-Type"} {
		for _, value := range w.Header()[name] {
			out += " " + name + ": " + value
		}
	}
	return out + " " + w.Body.String()
}

// The status that a handler chooses is sent, and Defer and AfterResponse see a
// success.
func TestAHandlerChoosesTheStatusOfASuccess(t *testing.T) {
	t.Parallel()
	bolt := piece{Name: "bolt"}
	one := []holdfast.RouteOption{holdfast.Status(200)}
	all := holdfast.Status(200, 201, 202, 203, 204, 205, 206, 301, 303, 304, 307)
	const vary, kind, body = " Vary: Accept", " Content-Type: application/json", ` {"name":"bolt","tags":[]}`
	for name, test := range map[string]struct {
		answer  answer.Answer[piece]
		options []holdfast.RouteOption
		want    string
	}{
		"200 alone":                          {answer.OK(bolt), one, "200" + vary + kind + body},
		"the zero answer":                    {answer.Answer[piece]{}, one, "200" + vary + kind + ` {"name":"","tags":[]}`},
		"what the route names first":         {answer.Of(0, bolt), []holdfast.RouteOption{holdfast.Status(201, 200)}, "201" + vary + kind + body},
		"the other one":                      {answer.OK(bolt), []holdfast.RouteOption{holdfast.Status(201, 200)}, "200" + vary + kind + body},
		"201 with a place":                   {answer.Created(bolt, "/parts/7"), []holdfast.RouteOption{all}, "201 Location: /parts/7" + vary + kind + body},
		"201 without one":                    {answer.Created(bolt, ""), []holdfast.RouteOption{all}, "201" + vary + kind + body},
		"a place in another alphabet":        {answer.Created(bolt, "/é ?q=%20\r\nX: y\x7f"), []holdfast.RouteOption{all}, "201 Location: /%C3%A9%20?q=%20%0D%0AX:%20y%7F" + vary + kind + body},
		"202":                                {answer.Accepted(bolt, "/jobs/7"), []holdfast.RouteOption{all}, "202 Location: /jobs/7" + vary + kind + body},
		"203":                                {answer.Of(203, bolt), []holdfast.RouteOption{all}, "203" + vary + kind + body},
		"204":                                {answer.NoContent[piece](), []holdfast.RouteOption{all}, "204" + vary + " "},
		"205 has no body":                    {answer.Of(205, bolt), []holdfast.RouteOption{all}, "205" + vary + " "},
		"303":                                {answer.SeeOther[piece]("/parts/7"), []holdfast.RouteOption{all}, "303 Location: /parts/7" + vary + " "},
		"307":                                {answer.Redirect[piece](307, "https://example.org/"), []holdfast.RouteOption{all}, "307 Location: https://example.org/" + vary + " "},
		"304 with its tag":                   {answer.NotModified[piece]().WithHeader("etag", `"1"`), []holdfast.RouteOption{all}, `304 Etag: "1"` + vary + " "},
		"two headers beside that of another": {answer.OK(bolt).WithHeader("Set-Cookie", "a=1").WithHeader("Set-Cookie", "b=2").WithHeader("Vary", "Cookie"), one, "200 Set-Cookie: a=1 Set-Cookie: b=2" + vary + " Vary: Cookie" + kind + body},
		"no word about the bytes":            {answer.OK(bolt).WithHeader("Content-Type", "text/html").WithHeader("Content-Length", "1"), one, "200" + vary + kind + body},
		"the last place counts":              {answer.Created(bolt, "/a").WithHeader("Location", "/b"), []holdfast.RouteOption{all}, "201 Location: /b" + vary + kind + body},
	} {
		var log bytes.Buffer
		app, ended := answering(&log, test.answer, test.options...)
		if err := app.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w := try(app, "POST /parts", "", "")
		if got := answered(w); got != test.want || *ended != nil || log.Len() > 0 {
			t.Errorf("%s: %s, Defer saw %v, logged %s; want %s", name, got, *ended, &log, test.want)
		}
		head := try(app, "HEAD /parts", "", "")
		if got := answered(head); head.Code != w.Code || head.Body.Len() > 0 || !strings.HasPrefix(test.want, got) || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD is %s", name, got)
		}
		try(openapitest.Handler(t, app), "POST /parts", "", "")
	}
}

// A status that the route does not declare is a mistake of the program, and so
// is a redirect to nowhere: the request fails, also for Defer.
func TestWhatWasNotDeclaredIsAMistake(t *testing.T) {
	t.Parallel()
	one := []holdfast.RouteOption{holdfast.Status(200)}
	for name, test := range map[string]struct {
		answer  answer.Answer[piece]
		options []holdfast.RouteOption
		logged  string
	}{
		"201 where it was not declared": {answer.Created(piece{}, "/parts/7"), one, "the answer has status 201, which POST /parts does not declare: give it the option holdfast.Status(200, 201)"},
		"a third one":                   {answer.Accepted(piece{}, ""), []holdfast.RouteOption{holdfast.Status(201, 200)}, "the answer has status 202, which POST /parts does not declare: give it the option holdfast.Status(201, 200, 202)"},
		"an error":                      {answer.Of(404, piece{}), one, "the answer has status 404"},
		"no status at all":              {answer.Of(-1, piece{}), one, "the answer has status -1"},
		"a redirect to nowhere":         {answer.SeeOther[piece](""), []holdfast.RouteOption{holdfast.Status(303)}, "the answer has status 303 and says not where to go: it needs a Location"},
	} {
		var log bytes.Buffer
		app, ended := answering(&log, test.answer, test.options...)
		w := try(app, "POST /parts", "", "")
		if got := answered(w); got != "500 Vary: Accept Content-Type: text/plain; charset=utf-8 Internal Server Error" || *ended == nil || !strings.Contains(log.String(), test.logged) {
			t.Errorf("%s: %s, Defer saw %v, logged %s; want a 500 and %s", name, got, *ended, &log, test.logged)
		}
	}
}

// When what was deferred fails, nothing of the success is told.
func TestAnAnswerThatFailsAtTheEndSaysNothing(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (answer.Answer[string], error) {
		holdfast.Defer(ctx, func(context.Context, error) error { return holdfast.Errorf(http.StatusConflict, "Too late") })
		return answer.Created("new", "/new").WithHeader("Etag", `"1"`), nil
	}, holdfast.Status(201))
	if got, want := answered(send(app, "/", "")), `409 Content-Type: application/json {"detail":"Too late"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// An Answer is no JSON: one that stands in another value would have lost its
// status.
func TestAnAnswerStandsInNoOtherValue(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	app := loud(&log)
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (any, error) {
		return answer.Created(1, "/1"), nil
	})
	if w := send(app, "/", ""); w.Code != 500 || !strings.Contains(log.String(), "an answer.Answer is no part of a value") {
		t.Errorf("%d %s, logged %s", w.Code, w.Body, &log)
	}
}

// The answer to which a type has no value has a status and headers alone, also
// from a handler with dependencies of its own.
func TestAnAnswerWithoutAValueHasNoBody(t *testing.T) {
	t.Parallel()
	app := quiet()
	one := holdfast.Depends0(func(context.Context) (int, error) { return 7, nil })
	app.Handle("GET /", holdfast.To1(holdfast.Public(), one, func(_ context.Context, _ holdfast.Anyone, n int, _ holdfast.NoInput) (answer.Answer[holdfast.NoContent], error) {
		return answer.Created(holdfast.NoContent{}, fmt.Sprint("/", n)), nil
	}), holdfast.Status(201, 204))
	if got, want := answered(send(app, "/", "")), "201 Location: /7 "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := compact(t, parsed(t, app), "paths", "/", "get", "responses"),
		`{"201":{"description":"Successful Response","headers":{"Location":{"description":"Where the new one is","schema":{"type":"string"}}}},"204":{"description":"No Content"}}`; got != want {
		t.Errorf("the document has %s, want %s", got, want)
	}
}

// The document has every status that the handler may choose.
func TestTheDocumentHasEveryStatusOfAnAnswer(t *testing.T) {
	t.Parallel()
	app, _ := answering(new(bytes.Buffer), answer.OK(piece{}), holdfast.Status(200, 201, 202, 303, 304))
	const content = `"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Piece"}}},"description":`
	location := func(text string) string {
		return `,"headers":{"Location":{"description":"` + text + `","schema":{"type":"string"}}}}`
	}
	want := `{"200":{` + content + `"Successful Response"},` +
		`"201":{` + content + `"Created"` + location("Where the new one is") + `,` +
		`"202":{` + content + `"Accepted"` + location("Where to ask how it goes") + `,` +
		`"303":{"description":"See Other"` + location("Where to go") + `,` +
		`"304":{"description":"Not Modified"}}`
	if got := compact(t, parsed(t, app), "paths", "/parts", "post", "responses"); got != want {
		t.Errorf("the document has\n%s, want\n%s", got, want)
	}
	raw := quiet()
	raw.Handle("GET /file", holdfast.Raw(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone) error { return nil }), holdfast.Status(200, 304, 404), holdfast.Answers("text/plain"))
	if d := parsed(t, raw); !d.Has("paths", "/file", "get", "responses", "304") || !d.Has("paths", "/file", "get", "responses", "404") {
		t.Error("the document lacks a status that a raw handler was said to have")
	}
}

// What can be seen at the start is not left to the first request.
func TestMistakesAboutAnswersAreNamedAtStart(t *testing.T) {
	t.Parallel()
	text := func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", nil }
	chosen := func(context.Context, holdfast.Anyone, holdfast.NoInput) (answer.Answer[string], error) {
		return answer.OK(""), nil
	}
	plain := func(option holdfast.RouteOption) func(*holdfast.App) {
		return func(app *holdfast.App) { holdfast.Get(app, "/", holdfast.Public(), text, option) }
	}
	choosing := func(option holdfast.RouteOption) func(*holdfast.App) {
		return func(app *holdfast.App) { holdfast.Get(app, "/", holdfast.Public(), chosen, option) }
	}
	errorsOf := func(f answer.Format) func(*holdfast.App) {
		return plain(holdfast.AnswerErrors(holdfast.Errors{Format: f}))
	}
	for name, test := range map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"several statuses of a value":  {plain(holdfast.Status(200, 201)), "Status with several: the handler chooses none of them; one that does returns an answer.Answer"},
		"an answer without a status":   {choosing(holdfast.Hidden()), "a handler that returns an Answer says its statuses, the usual one first: holdfast.Status(200, 201)"},
		"a status twice":               {choosing(holdfast.Status(200, 201, 200)), "Status names 200 twice"},
		"an error as an answer":        {choosing(holdfast.Status(200, 404)), "status 404 is none of an Answer, which is a success; for others the handler returns an *Error"},
		"a WebSocket as an answer":     {choosing(holdfast.Status(101)), "status 101 is none of an Answer, which is a success; for others the handler returns an *Error"},
		"nothing among others":         {choosing(holdfast.Status(200, 0)), "status 0 is none of an Answer, which is a success; for others the handler returns an *Error"},
		"a value with none":            {plain(holdfast.Status(42)), "status 42 is no status of a response"},
		"a value where none is sent":   {plain(holdfast.Status(204)), "an answer of status 204 has no body, and the handler returns a value: let it return holdfast.NoContent"},
		"AnswerErrors without a word":  {plain(holdfast.AnswerErrors(holdfast.Errors{})), "AnswerErrors of the zero Errors says nothing; FastAPI's shape is answer.Detail()"},
		"a shape without a function":   {errorsOf(answer.Shape[house]("application/json", nil)), "AnswerErrors: Errors.Format: the function of the Shape is nil"},
		"a shape without a media type": {errorsOf(answer.Shape("json", toHouse)), `AnswerErrors: Errors.Format: the media type "json" of the Shape is none`},
		"a shape that is not encoded":  {errorsOf(answer.Shape("text/html", toHouse)), "AnswerErrors: Errors.Format: a Shape of text/html must make a string, not holdfast_test.house: only JSON is encoded"},
		"a shape that JSON cannot hold": {
			errorsOf(answer.Shape("application/json", func(*http.Request, answer.Failure) chan int { return nil })),
			"Errors.Format: the shape: type chan int: JSON cannot hold it",
		},
		"an answer of what writes itself": {func(app *holdfast.App) {
			holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (answer.Answer[http.Handler], error) {
				return answer.OK(http.NotFoundHandler()), nil
			})
		}, "the handler returns an Answer of an http.Handler, which writes the response by itself: return that"},
		"a pointer to an answer": {func(app *holdfast.App) {
			holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (*answer.Answer[string], error) {
				return nil, nil
			})
		}, "the handler returns a pointer to an Answer: return the Answer"},
	} {
		app := quiet()
		test.declare(app)
		if err := app.Err(); err == nil || !strings.HasSuffix(err.Error(), test.want) || !strings.Contains(err.Error(), "chosen_test.go:") && !strings.Contains(test.want, "the shape") {
			t.Errorf("%s: %v, want ... %s", name, err, test.want)
		}
	}
	app := holdfast.NewApp(holdfast.Config{Title: "Shop", Version: "1", Logger: slog.New(slog.DiscardHandler), Errors: holdfast.Errors{Format: answer.Shape[house]("application/json", nil)}})
	if err := app.Err(); err == nil || err.Error() != "holdfast: Config.Errors.Format: the function of the Shape is nil" {
		t.Errorf("a configuration with such a shape: %v", err)
	}
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("such an application answers %d", w.Code)
	}
}
