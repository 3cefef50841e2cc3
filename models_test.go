package holdfast_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/date"
	"github.com/holdfast-go/holdfast/patch"
	"github.com/holdfast-go/holdfast/union"
	"github.com/holdfast-go/holdfast/work"
)

// booking checks several of its fields together.
type booking struct {
	From   date.Date   `json:"from"`
	To     date.Date   `json:"to"`
	Guests []guest     `json:"guests,omitempty" maxItems:"3"`
	Room   roomNumber  `json:"room,omitempty"`
	Near   *netip.Addr `json:"near,omitempty"`
}

func (b booking) Validate(context.Context) error {
	if b.To.Before(b.From) {
		return errors.New("it ends before it begins")
	}
	return nil
}

// guest is mended by its check, and says by itself where the mistake is.
type guest struct {
	Name string `json:"name" minLength:"1"`
	Age  int    `json:"age,omitempty"`
}

func (g *guest) Validate(context.Context) error {
	g.Name = strings.ToUpper(g.Name)
	if g.Age < 0 {
		return &holdfast.ValidationError{Violations: []holdfast.Violation{{Type: "too_young", Loc: []any{"age"}, Msg: "Not yet born", Input: g.Age}}}
	}
	return nil
}

// roomNumber has a check of its own without being a model.
type roomNumber int

func (n roomNumber) Validate(context.Context) error {
	if n == 13 {
		return errors.New("there is no such room")
	}
	return nil
}

func TestModelsCheckThemselves(t *testing.T) {
	t.Parallel()
	app := echoing[booking]()
	const days = `{"from":"2026-11-26","to":"2026-11-27"`
	value := func(loc, words string) string {
		return fmt.Sprintf(`{"type":"value_error","loc":[%s],"msg":"Value error, %s","ctx":{"error":{}}}`, loc, words)
	}
	checkBodies(t, app, map[string]bodyCase{
		"what fits":                        {days + `}`, days + `}`},
		"several fields together":          {`{"from":"2026-11-26","to":"2026-11-25"}`, `[` + value(`"body"`, "it ends before it begins") + `]`},
		"only when each fits":              {`{"from":"2026-11-26","to":"x"}`, `[{"type":"date_from_datetime_parsing","loc":["body","to"],"msg":"Input should be a valid date or datetime, input is too short","input":"x","ctx":{"error":"input is too short"}}]`},
		"a check that mends":               {days + `,"guests":[{"name":"amy"}]}`, days + `,"guests":[{"name":"AMY"}]}`},
		"violations are below the model's": {days + `,"guests":[{"name":"a"},{"name":"b","age":-1}]}`, `[{"type":"too_young","loc":["body","guests",1,"age"],"msg":"Not yet born","input":-1}]`},
		"those of siblings are collected": {
			days + `,"guests":[{"name":"a","age":-1},{}],"room":13}`,
			`[{"type":"too_young","loc":["body","guests",0,"age"],"msg":"Not yet born","input":-1},{"type":"missing","loc":["body","guests",1,"name"],"msg":"Field required","input":null},` +
				`{"type":"value_error","loc":["body","room"],"msg":"Value error, there is no such room","input":13,"ctx":{"error":{}}}]`,
		},
		"the words of UnmarshalText": {
			days + `,"near":"x"}`,
			`[{"type":"value_error","loc":["body","near"],"msg":"Value error, ParseAddr(\"x\"): unable to parse IP","input":"x","ctx":{"error":{}}}]`,
		},
	})
}

type taken struct {
	Name taken2 `json:"name"`
}

type taken2 string

func (taken2) Validate(context.Context) error {
	return fmt.Errorf("find the name: %w", &holdfast.Error{Status: http.StatusConflict, Detail: "taken"})
}

func (taken) Validate(context.Context) error { return errors.New("asked all the same") }

func TestACheckMayEndTheRequest(t *testing.T) {
	t.Parallel()
	if code, body := sendJSON(echoing[[]taken](), "POST", "/", `[{"name":"a"},{"name":"b"}]`); code != http.StatusConflict || body != `{"detail":"taken"}` {
		t.Errorf("POST = %d %s, want 409", code, body)
	}
}

// An answer does not get larger than what was sent.
func TestViolationsOfChecksAreBounded(t *testing.T) {
	t.Parallel()
	body := `[` + strings.TrimSuffix(strings.Repeat("13,", 500), ",") + `]`
	code, answer := sendJSON(echoing[[]roomNumber](), "POST", "/", body)
	if n := strings.Count(answer, "no such room"); code != http.StatusUnprocessableEntity || n != 100 {
		t.Errorf("POST = %d with %d violations, want 422 with 100", code, n)
	}
	type in struct {
		Rooms []roomNumber `query:"room"`
	}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
	w := send(app, "/?"+strings.TrimSuffix(strings.Repeat("room=13&", 500), "&"), "")
	if n := strings.Count(w.Body.String(), "no such room"); w.Code != http.StatusUnprocessableEntity || n != 100 {
		t.Errorf("GET = %d with %d violations, want 422 with 100", w.Code, n)
	}
}

// Models are found wherever they stand.
func TestModelsInsideOfOthersCheckThemselves(t *testing.T) {
	t.Parallel()
	type Nest struct {
		Pointer *roomNumber             `json:"pointer,omitempty"`
		Map     map[string]guest        `json:"map,omitempty"`
		Lists   [][]*guest              `json:"lists,omitempty"`
		Array   [1]guest                `json:"array,omitempty"`
		Patch   patch.Field[roomNumber] `json:"patch,omitzero"`
	}
	app := echoing[Nest]()
	bad := func(loc string) string {
		return `[{"type":"too_young","loc":["body",` + loc + `,"age"],"msg":"Not yet born","input":-1}]`
	}
	room := func(loc string) string {
		return `[{"type":"value_error","loc":["body","` + loc + `"],"msg":"Value error, there is no such room","input":13,"ctx":{"error":{}}}]`
	}
	const young = `{"name":"a","age":-1}`
	checkBodies(t, app, map[string]bodyCase{
		"behind a pointer":      {`{"pointer":13}`, room("pointer")},
		"in a map":              {`{"map":{"x":` + young + `}}`, bad(`"map","x"`)},
		"in lists of pointers":  {`{"lists":[[],[` + young + `]]}`, bad(`"lists",1,0`)},
		"in an array":           {`{"array":[` + young + `]}`, bad(`"array",0`)},
		"in a field of a patch": {`{"patch":13}`, room("patch")},
		"and none is no error":  {`{"map":{"x":{"name":"a"}},"patch":null}`, `{"map":{"x":{"name":"A"}},"array":[{"name":""}],"patch":null}`},
	})
}

// period checks an input as a whole.
type period struct {
	From int          `query:"from"`
	To   int          `query:"to"`
	Room roomNumber   `query:"room"`
	List []roomNumber `query:"list"`
}

func (p period) Validate(ctx context.Context) error {
	switch {
	case p.From == 99:
		return &holdfast.Error{Status: http.StatusConflict, Detail: "taken"}
	case p.From == 98:
		return work.ErrBusy
	case p.From == 97:
		panic("a bug")
	case p.From == 96:
		return &holdfast.ValidationError{Violations: []holdfast.Violation{{Type: "odd", Loc: []any{"query", "from"}, Msg: "Odd"}}}
	case p.From == 95:
		return (*holdfast.ValidationError)(nil)
	case p.From > p.To:
		holdfast.ResponseHeader(ctx).Set("X-Seen", "yes") // the context is the request's
		return errors.New("it ends before it begins")
	}
	return nil
}

func TestInputsCheckThemselves(t *testing.T) {
	t.Parallel()
	app := quiet()
	handler := func(_ context.Context, _ holdfast.Anyone, in period) (int, error) { return in.To - in.From, nil }
	holdfast.Get(app, "/handler", holdfast.Public(), handler)
	dep := holdfast.Depends1(holdfast.Params[period](), func(_ context.Context, p period) (int, error) { return p.To - p.From, nil })
	holdfast.Get(app, "/dependency", holdfast.Security(dep), func(_ context.Context, n int, _ holdfast.NoInput) (int, error) { return n, nil })
	room := func(loc string) string {
		return `{"type":"value_error","loc":["query",` + loc + `],"msg":"Value error, there is no such room","input":"13","ctx":{"error":{}}}`
	}
	for query, want := range map[string]string{
		"from=1&to=3":         "200 2",
		"from=2&to=1":         `422 {"detail":[{"type":"value_error","loc":["query"],"msg":"Value error, it ends before it begins","ctx":{"error":{}}}]}`,
		"from=2&to=x":         `422 {"detail":[{"type":"int_parsing","loc":["query","to"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}]}`,
		"room=13":             `422 {"detail":[` + room(`"room"`) + `]}`,
		"list=1&list=13&to=x": `422 {"detail":[{"type":"int_parsing","loc":["query","to"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"},` + room(`"list",1`) + `]}`,
		"from=99":             `409 {"detail":"taken"}`,
		"from=98":             `503 {"detail":"Service Unavailable"}`,
		"from=97":             "500 Internal Server Error",
		"from=96":             `422 {"detail":[{"type":"odd","loc":["query","from"],"msg":"Odd"}]}`,
		"from=95":             `422 {"detail":[{"type":"value_error","loc":["query"],"msg":"Value error, 0 invalid inputs","ctx":{"error":{}}}]}`,
	} {
		for _, path := range []string{"/handler", "/dependency"} {
			w := send(app, path+"?"+query, "")
			if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want {
				t.Errorf("GET %s?%s = %s, want %s", path, query, got, want)
			}
		}
	}
	if w := send(app, "/handler?from=2&to=1", ""); w.Header().Get("X-Seen") != "yes" {
		t.Error("a check is not given the context of the request")
	}
}

// The check of a handler's input as a whole is for callers who have passed: it
// may ask the database.
func TestAnInputIsNotCheckedForStrangers(t *testing.T) {
	t.Parallel()
	app := quiet()
	type who struct {
		Name int `query:"name"`
	}
	passed := holdfast.Depends1(holdfast.Params[who](), func(context.Context, who) (int, error) { return 0, holdfast.Errorf(http.StatusForbidden, "no") })
	holdfast.Get(app, "/", holdfast.Security(passed), func(context.Context, int, period) (int, error) { return 0, nil })
	const undecided = `422 {"detail":[{"type":"int_parsing","loc":["query","name"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}]}`
	for query, want := range map[string]string{"name=x&from=99": undecided, "from=99": `403 {"detail":"no"}`} {
		w := send(app, "/?"+query, "")
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want {
			t.Errorf("GET /?%s = %s, want %s", query, got, want)
		}
	}
}

// An input of several parts is the request.
type mixed struct {
	ID   int `path:"id"`
	Body struct {
		Size int `json:"size"`
	}
}

func (m *mixed) Validate(context.Context) error {
	if m.ID != m.Body.Size {
		return errors.New("size and id differ")
	}
	return nil
}

type shout struct {
	Word string `form:"word"`
}

func (s *shout) Validate(context.Context) error {
	if s.Word == "no" {
		return errors.New("say yes")
	}
	s.Word = strings.ToUpper(s.Word)
	return nil
}

func TestInputsWithABodyCheckThemselves(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Post(app, "/{id}", holdfast.Public(), func(context.Context, holdfast.Anyone, mixed) (string, error) { return "", nil })
	for body, want := range map[string]string{
		`{"size":7}`: `200 ""`,
		`{"size":8}`: `422 {"detail":[{"type":"value_error","loc":[],"msg":"Value error, size and id differ","ctx":{"error":{}}}]}`,
	} {
		code, answer := sendJSON(app, "POST", "/7", body)
		if got := fmt.Sprintf("%d %s", code, answer); got != want {
			t.Errorf("POST %s = %s, want %s", body, got, want)
		}
	}
	app = quiet()
	holdfast.Post(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in shout) (string, error) { return in.Word, nil })
	for form, want := range map[string]string{
		"word=yes": `200 "YES"`,
		"word=no":  `422 {"detail":[{"type":"value_error","loc":["body"],"msg":"Value error, say yes","ctx":{"error":{}}}]}`,
	} {
		w := formSent(app, form)
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want {
			t.Errorf("POST %s = %s, want %s", form, got, want)
		}
	}
}

// secretWord quotes what it refuses, as many types do.
type secretWord string

func (s *secretWord) UnmarshalText(text []byte) error { return fmt.Errorf("%q is no word", text) }

func TestWordsOfACheckDoNotShowASecret(t *testing.T) {
	t.Parallel()
	type login struct {
		Word secretWord `json:"word" format:"password"`
	}
	app := echoing[login]()
	checkBodies(t, app, map[string]bodyCase{
		"in a body": {`{"word":"hunter2"}`, `[{"type":"value_error","loc":["body","word"],"msg":"Value error, input does not fit the type"}]`},
	})
	type in struct {
		Word secretWord `query:"word" format:"password"`
	}
	app = quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
	if w := send(app, "/?word=hunter2", ""); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("GET = %d %s, want 422 without the secret", w.Code, w.Body)
	}
}

type unasked struct {
	Name string `json:"name"`
}

func (unasked) Validate() error { return nil }

type unaskedInput struct {
	Name string `query:"name"`
}

func (unaskedInput) Validate(context.Context) bool { return true }

// Named is embedded by others, which have its check.
type Named struct {
	Name string `json:"name,omitempty"`
}

func (n *Named) Validate(context.Context) error {
	if n.Name == "" {
		return errors.New("it needs a name")
	}
	return nil
}

// What lends its check is asked also where the body has nothing of it.
func TestACheckOfAnEmbeddedPointer(t *testing.T) {
	t.Parallel()
	type inner struct{ *Named }
	type outer struct {
		inner
		Age int `json:"age"`
	}
	type list struct {
		Inner []struct {
			*Named
			Age int `json:"age"`
		} `json:"inner"`
	}
	direct, deep, listed := echoing[struct {
		*Named
		Age int `json:"age"`
	}](), echoing[outer](), echoing[list]()
	for _, test := range []struct {
		app    *holdfast.App
		body   string
		status int
	}{
		{direct, `{"age":1}`, 422},
		{direct, `{"age":1,"name":"amy"}`, 200},
		{deep, `{"age":1}`, 422},
		{deep, `{"age":1,"name":"amy"}`, 200},
		{listed, `{"inner":[{"age":1}]}`, 422},
		{listed, `{"inner":[{"age":1,"name":"amy"}]}`, 200},
	} {
		if status, answer := sendJSON(test.app, "POST", "/", test.body); status != test.status || status == 422 && !strings.Contains(answer, "it needs a name") {
			t.Errorf("%s = %d %s, want %d", test.body, status, answer, test.status)
		}
	}
}

// lending cannot be filled where it is embedded as a pointer.
type lending struct{ Named }

func TestACheckOfAPointerThatNothingFills(t *testing.T) {
	t.Parallel()
	app := echoing[struct {
		*lending
		Age int `json:"age"`
	}]()
	if err := app.Err(); err == nil || !strings.Contains(err.Error(), "embed the struct itself") {
		t.Errorf("Err() = %v, want a word about the pointer", err)
	}
}

func TestAValidateThatNothingCallsIsFoundAtStart(t *testing.T) {
	t.Parallel()
	type in struct{ Body []map[string]*unasked }
	app := holdfast.New("Shop", "1")
	holdfast.Post(app, "/body", holdfast.Public(), func(context.Context, holdfast.Anyone, in) (string, error) { return "", nil })
	holdfast.Get(app, "/input", holdfast.Public(), func(context.Context, holdfast.Anyone, unaskedInput) (string, error) { return "", nil })
	err := app.Err()
	for _, want := range []string{"models_test.go:", "type holdfast_test.unasked has a method Validate that is not func(context.Context) error", "type holdfast_test.unaskedInput has a method Validate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err() = %v, want %q in it", err, want)
		}
	}
}

// An example of an answer is what the answer would be.
func TestExamplesWithDurations(t *testing.T) {
	t.Parallel()
	type Plan struct {
		Wait time.Duration          `json:"wait" example:"1h30m"`
		Pet  union.Of2[Cat, Dog]    `json:"pet"`
		Text string                 `json:"text" format:"duration"`
		By   patch.Field[date.Date] `json:"by,omitzero"`
	}
	day, err := date.Parse("2026-11-26")
	if err != nil {
		t.Fatal(err)
	}
	app := holdfast.New("Shop", "1")
	example := Plan{Wait: time.Hour, Pet: union.Of2[Cat, Dog]{B: &Dog{Nap: time.Minute}}, Text: "1h", By: patch.Value(day)}
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (Plan, error) { return example, nil },
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: http.StatusAccepted, Type: apidoc.Type[Plan](), Examples: []apidoc.Example{{Name: "one", Value: example}}}}}))
	document, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	want := send(app, "/", "").Body.String()
	if shown := strings.Join(strings.Fields(string(document)), ""); !strings.Contains(shown, `"value":`+want) || !strings.Contains(want, `"wait":"PT1H"`) {
		t.Errorf("the document is %s, want %s in it", shown, want)
	}
}

func TestDurationsAndDatesAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	type Plan struct {
		Wait  time.Duration            `json:"wait"`
		Waits []time.Duration          `json:"waits,omitempty"`
		By    map[string]time.Duration `json:"by,omitempty"`
		Maybe *time.Duration           `json:"maybe,omitempty"`
		Day   date.Date                `json:"day,omitzero"`
		At    time.Time                `json:"at,omitzero"`
	}
	app := echoing[Plan]()
	type in struct {
		Wait time.Duration `query:"wait" default:"90m"`
		Day  *date.Date    `query:"day"`
		At   time.Time     `query:"at"`
		Text string        `query:"text" format:"duration"`
	}
	holdfast.Get(app, "/query", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in in) (Plan, error) {
		out := Plan{Wait: in.Wait, At: in.At}
		if in.Day != nil {
			out.Day = *in.Day
		}
		return out, nil
	})
	checkBodies(t, app, map[string]bodyCase{
		"as Go writes it":  {`{"wait":"1h30m"}`, `{"wait":"PT1H30M"}`},
		"as ISO 8601 does": {`{"wait":"P1DT2H","day":"2026-11-26"}`, `{"wait":"PT26H","day":"2026-11-26"}`},
		"wherever it stands": {
			`{"wait":"-0.5s","waits":["PT0S","1ns"],"by":{"a\"b":"PT1M"},"maybe":"PT1S"}`,
			`{"wait":"-PT0.5S","waits":["PT0S","PT0.000000001S"],"by":{"a\"b":"PT1M"},"maybe":"PT1S"}`,
		},
		"a number has no unit": {`{"wait":5}`, `[{"type":"time_delta_type","loc":["body","wait"],"msg":"Input should be a valid timedelta","input":5}]`},
		"not a time":           {`{"wait":"1s","at":"x","day":7}`, `[{"type":"date_type","loc":["body","day"],"msg":"Input should be a valid date","input":7},{"type":"datetime_parsing","loc":["body","at"],"msg":"Input should be a valid datetime, as RFC 3339 writes it","input":"x"}]`},
	})
	const wrong = `[{"type":"time_delta_parsing","loc":["query","wait"],"msg":"Input should be a valid timedelta, a numeric value in the duration is too large","input":"P999999D","ctx":{"error":"a numeric value in the duration is too large"}}]`
	for query, want := range map[string]string{
		"":                         `200 {"wait":"PT1H30M"}`,
		"wait=PT2H&day=2026-02-28": `200 {"wait":"PT2H","day":"2026-02-28"}`,
		"wait=P999999D":            `422 {"detail":` + wrong + `}`,
		"text=P1D":                 `200 {"wait":"PT1H30M"}`,
		"text=P1Y":                 `422 {"detail":[{"type":"time_delta_parsing","loc":["query","text"],"msg":"Input should be a valid timedelta, a quantity wants one of the units W, D, and after T one of H, M, S, in this order","input":"P1Y","ctx":{"error":"a quantity wants one of the units W, D, and after T one of H, M, S, in this order"}}]}`,
		"wait=1h&at=2026-11-26T10:00:00.5%2B01:00": `200 {"wait":"PT1H","at":"2026-11-26T10:00:00.5+01:00"}`,
	} {
		w := send(app, "/query?"+query, "")
		if got := fmt.Sprintf("%d %s", w.Code, w.Body); got != want {
			t.Errorf("GET /query?%s = %s, want %s", query, got, want)
		}
	}
	for _, want := range []string{`"wait":{"description":"Such as 1h30m, or PT1H30M as ISO 8601 writes it","format":"duration","type":"string"}`, `"day":{"format":"date","type":"string"}`} {
		if got := schemaOf(t, app, "Plan") + schemaOf(t, app, "Plan-Output"); !strings.Contains(got, want) {
			t.Errorf("Plan = %s, want %s in it", got, want)
		}
	}
}

// formSent posts a form.
func formSent(h http.Handler, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
