package holdfast_test

import (
	"bytes"
	"context"
	"encoding"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// Each test here is something that once went wrong, or would have.

// Two schemes may have scopes of one name; each is asked of its own credential.
func TestScopesOfOneNameAreNotOne(t *testing.T) {
	a := holdfast.HTTPBearer(holdfast.Named("A"))
	b := holdfast.NewScheme("B", "B", map[string]any{"type": "apiKey", "in": "header", "name": "X-B"}, func(r *http.Request) (string, bool) {
		return r.Header.Get("X-B"), r.Header.Get("X-B") != ""
	})
	aItems, bItems := a.Scope("items", ""), b.Scope("items", "")
	both := holdfast.Depends2(holdfast.Verify(a, verify), holdfast.Verify(b, verify), func(_ context.Context, x, y holder) (user, error) { return x.user, nil })
	app := quiet()
	group := app.Group("/g", holdfast.Security(both, aItems))
	holdfast.Get(group, "/", holdfast.Security(both, bItems), nothing)
	for lines, want := range map[string]int{
		"Authorization: Bearer amy:items:\nX-B: amy:items:": 200,
		"Authorization: Bearer amy:items:\nX-B: amy::":      403,
		"Authorization: Bearer amy::\nX-B: amy:items:":      403,
	} {
		if w := send(app, "/g/", lines); w.Code != want {
			t.Errorf("GET /g/ with %q = %d, want %d", lines, w.Code, want)
		}
	}
	if got := fmt.Sprint(documentOf(t, app).Paths["/g/"]["get"].Security); got != "[map[A:[items] B:[items]]]" {
		t.Errorf("security = %s, want both scopes", got)
	}
}

// The slice of a variadic call is the caller's to change.
func TestScopesAreCopied(t *testing.T) {
	s := newShop()
	need := []holdfast.Scope{s.items}
	app := quiet()
	holdfast.Get(app, "/items", holdfast.Security(s.user, need...), nothing)
	need[0] = s.me
	if w := ask(t, app, "GET", "/items", "amy:me:"); w.Code != http.StatusForbidden {
		t.Errorf("GET /items with scope me = %d, want 403", w.Code)
	}
}

type positive struct {
	ID int `path:"id" minimum:"1"`
}

// A parameter that was invalid for one alternative is invalid for the handler,
// also when the caller passes by another alternative.
func TestAnotherWayInDoesNotExcuseAParameter(t *testing.T) {
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	params := holdfast.Params[positive]()
	loaded := holdfast.Depends1(params, func(_ context.Context, in positive) (*int, error) { return &in.ID, nil })
	own := holdfast.Depends2(s.user, params, func(_ context.Context, u user, _ positive) (string, error) { return u.Name, nil })
	app := quiet()
	app.Handle("GET /x/{id}", holdfast.To2(
		holdfast.AnyOf(holdfast.Security(own), holdfast.Security(key.Credential())), params, loaded,
		func(_ context.Context, who string, in positive, item *int, _ holdfast.NoInput) (string, error) {
			return fmt.Sprint(who, in.ID, *item), nil
		}))
	for lines, want := range map[string]int{
		"Authorization: Bearer amy::\nX-Key: k": 422, "X-Key: k": 422, "Authorization: Bearer amy::": 422, "Authorization: Bearer bad": 401,
	} {
		if w := send(app, "/x/-5", lines); w.Code != want {
			t.Errorf("GET /x/-5 with %q = %d %s, want %d", lines, w.Code, w.Body, want)
		}
	}
	if w := send(app, "/x/5", "X-Key: k"); w.Body.String() != `"k5 5"` {
		t.Errorf("GET /x/5 = %d %s, want k 5 5", w.Code, w.Body)
	}
}

// brittle panics when it reads some texts.
type brittle string

func (b *brittle) UnmarshalText(text []byte) error {
	if string(text) == "boom" {
		panic("boom")
	}
	*b = brittle(text)
	return nil
}

var _ encoding.TextUnmarshaler = new(brittle)

// What a request left behind when it panicked is not the next one's.
func TestNothingOfOneRequestIsSeenByTheNext(t *testing.T) {
	type in struct {
		Name string  `query:"name"`
		X    brittle `query:"x"`
	}
	app := quiet()
	holdfast.Get(app, "/dep", holdfast.Security(holdfast.Params[in]()), shown[in])
	holdfast.Get(app, "/own", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, i in) (in, error) { return i, nil })
	for _, path := range []string{"/dep", "/own"} {
		for range 20 {
			if w := send(app, path, "?name=secret&x=boom"); w.Code != http.StatusInternalServerError {
				t.Fatalf("GET %s = %d, want 500", path, w.Code)
			}
			if w := send(app, path, ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "secret") {
				t.Fatalf("GET %s = %d %s: the request before is seen", path, w.Code, w.Body)
			}
		}
	}
}

func refuse[K any](context.Context, K) (string, error) { return "", errors.New("no") }

// Nobody is who presents nothing at all, of any scheme of the policy.
func TestARefusedCredentialIsNeverNobody(t *testing.T) {
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.As(holdfast.Security(holdfast.Check(key, refuse)), func(string) holdfast.Maybe[user] { return holdfast.Maybe[user]{} })
	app := quiet()
	holdfast.Get(app, "/or", holdfast.AnyOf(machine, holdfast.Optional(holdfast.Security(s.user))), nothing)
	group := app.Group("/in", holdfast.Optional(holdfast.Security(s.user)))
	holdfast.Get(group, "/", holdfast.Public(), nothing)
	for _, test := range []struct {
		path, lines string
		want        int
	}{
		{"/or", "", 200},
		{"/or", "X-Key: bad", 401},
		{"/or", "Authorization: Bearer bad", 401},
		{"/or", "Authorization: Bearer amy::", 200},
		{"/in/", "", 200},
		{"/in/", "Authorization: Bearer bad", 401},
	} {
		if w := send(app, test.path, test.lines); w.Code != test.want {
			t.Errorf("GET %s with %q = %d, want %d", test.path, test.lines, w.Code, test.want)
		}
	}
}

// One who is signed in is told what is wrong with the request, not to sign in.
func TestWhoIsKnownIsNotAskedToSignIn(t *testing.T) {
	s := newShop()
	key := holdfast.APIKeyHeader("X-Key")
	own := holdfast.Depends2(s.user, holdfast.Params[positive](), func(_ context.Context, u user, _ positive) (string, error) { return u.Name, nil })
	app := quiet()
	holdfast.Get(app, "/any/{id}", holdfast.AnyOf(holdfast.Security(own), holdfast.Security(key.Credential())), nothing)
	holdfast.Get(app, "/opt/{id}", holdfast.Optional(holdfast.Security(own)), nothing)
	for _, path := range []string{"/any/x", "/opt/x"} {
		if w := ask(t, app, "GET", path, "amy::"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("GET %s = %d %s, want 422", path, w.Code, w.Body)
		}
	}
}

// A scheme's own answer to nobody says no, whatever its status.
func TestARedirectToTheLoginIsARefusal(t *testing.T) {
	cookie := holdfast.APIKeyCookie("session", holdfast.NotAuthenticated(&holdfast.Error{Status: 303, Header: http.Header{"Location": {"/login"}}}))
	bearer := holdfast.HTTPBearer()
	app := quiet()
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(cookie.Credential())), nothing)
	holdfast.Get(app, "/either", holdfast.AnyOf(holdfast.Security(cookie.Credential()), holdfast.Security(bearer.Credential())), nothing)
	if w := send(app, "/maybe", ""); w.Code != http.StatusOK {
		t.Errorf("GET /maybe = %d, want 200", w.Code)
	}
	if w := send(app, "/either", "Authorization: Bearer t"); w.Code != http.StatusOK {
		t.Errorf("GET /either = %d, want 200", w.Code)
	}
	if w := send(app, "/either", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login" {
		t.Errorf("GET /either = %d, want 303 to /login", w.Code)
	}
}

// A failure is not a refusal: when the store of one alternative cannot be asked,
// no other is tried.
func TestABrokenWayInStopsTheSearch(t *testing.T) {
	broken := holdfast.Check(holdfast.HTTPBearer(), func(context.Context, string) (string, error) {
		return "", holdfast.Errorf(http.StatusServiceUnavailable, "the store cannot be asked")
	})
	key := holdfast.APIKeyHeader("X-Key")
	app := quiet()
	holdfast.Get(app, "/", holdfast.AnyOf(holdfast.Security(broken), holdfast.Security(key.Credential())), nothing)
	if w := send(app, "/", "Authorization: Bearer t\nX-Key: k"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET / = %d, want 503", w.Code)
	}
}

func TestDependenciesDoNotSeeTheBody(t *testing.T) {
	read := holdfast.FromRequest(func(r *http.Request) (string, error) {
		data, err := io.ReadAll(r.Body)
		return string(data), err
	})
	app := quiet()
	type in struct{ Body struct{} }
	holdfast.Post(app, "/", holdfast.Security(read), func(_ context.Context, seen string, _ in) (string, error) { return seen, nil })
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != `""` {
		t.Errorf("POST / = %d %s, want a dependency that sees nothing", w.Code, w.Body)
	}
}

type silent struct{}

func (silent) Error() string { panic("no text") }

type unwritable struct{}

func (unwritable) MarshalJSON() ([]byte, error) { panic("not JSON") }

// Whatever a handler answers, the caller gets an answer.
func TestEveryMistakeOfAHandlerIsAnAnswer(t *testing.T) {
	var none *holdfast.Error
	tests := map[string]struct {
		err  error
		want int
	}{
		"a nil *Error":                        {none, 500},
		"an error whose text panics":          {silent{}, 500},
		"a status that is none":               {holdfast.Errorf(42, "what"), 500},
		"an informational status":             {holdfast.Errorf(150, "what"), 500},
		"a detail that is no JSON":            {&holdfast.Error{Status: 400, Detail: unwritable{}}, 500},
		"a detail that cannot be encoded":     {&holdfast.Error{Status: 400, Detail: make(chan int)}, 500},
		"an answer within others":             {fmt.Errorf("at: %w", errors.Join(errors.New("x"), holdfast.Errorf(409, "conflict"))), 409},
		"an answer chosen about a deeper one": {&holdfast.Error{Status: 503, Cause: holdfast.Errorf(404, "deeper")}, 503},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			after := false
			holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
				holdfast.AfterResponse(ctx, func(error) { after = true })
				return "", test.err
			})
			if w := send(app, "/", ""); w.Code != test.want || w.Body.Len() == 0 || !after {
				t.Errorf("GET / = %d %q, after %v, want %d with a body", w.Code, w.Body, after, test.want)
			}
		})
	}
}

// What cleanup makes of a panic is the response.
func TestCleanupMayAnswerForAPanic(t *testing.T) {
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		holdfast.Defer(ctx, func(err error) error { return &holdfast.Error{Status: 503, Detail: "try later", Cause: err} })
		panic("boom")
	})
	if w := send(app, "/", ""); w.Code != http.StatusServiceUnavailable || w.Body.String() != `{"detail":"try later"}` {
		t.Errorf("GET / = %d %s, want 503", w.Code, w.Body)
	}
}

// A value that cannot be encoded is known before the commit.
func TestCleanupSeesThatTheAnswerCannotBeEncoded(t *testing.T) {
	var seen error
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (any, error) {
		holdfast.Defer(ctx, func(err error) error { seen = err; return nil })
		return make(chan int), nil
	})
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError || seen == nil {
		t.Errorf("GET / = %d, cleanup saw %v, want 500 and an error", w.Code, seen)
	}
}

func TestARawHandlerThatPanicsIsAnswered(t *testing.T) {
	var log bytes.Buffer
	app := loud(&log)
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(http.ResponseWriter, *http.Request, holdfast.Anyone) error { panic("early") }))
	server := httptest.NewServer(app)
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	server.Close() // and so nothing is logged any more
	if response.StatusCode != http.StatusInternalServerError || !strings.Contains(log.String(), "early") {
		t.Errorf("GET / = %d, log %s, want 500 and the panic", response.StatusCode, &log)
	}
}

// An Error is shared by requests; a middleware that adds headers does not
// change it, nor lose its own.
func TestErrorsAreNotChangedByWhoAddsHeaders(t *testing.T) {
	shared := &holdfast.Error{Status: 400, Header: http.Header{"Vary": append(make([]string, 0, 4), "Cookie")}}
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", shared })
	for range 2 {
		w := httptest.NewRecorder()
		w.Header().Set("Vary", "Origin")
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		w.Header().Add("Vary", "Accept")
		if got := w.Header()["Vary"]; fmt.Sprint(got) != "[Origin Cookie Accept]" || len(shared.Header["Vary"]) != 1 || shared.Header["Vary"][:2][1] != "" {
			t.Errorf("Vary = %v, shared %v", got, shared.Header["Vary"][:2])
		}
	}
}

type readings struct {
	F  float64   `query:"f" minimum:"0" maximum:"10"`
	At time.Time `query:"at" format:"date-time"`
	IP net.IP    `query:"ip" format:"ipv4"`
}

func TestOddTexts(t *testing.T) {
	app := quiet()
	holdfast.Get(app, "/", holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in readings) (string, error) {
		return fmt.Sprint(in.F, in.IP), nil
	})
	for query, want := range map[string]int{
		"f=1.5": 200, "f=1e0": 200, "f=NaN": 422, "f=Inf": 422, "f=-infinity": 422, "f=0x1p3": 422, "f=1_0": 422, "f=11": 422,
		"at=2030-01-02T03:04:05Z": 200, "at=yesterday": 422, "ip=127.0.0.1": 200, "ip=::1": 422, "ip=x": 422,
	} {
		if w := send(app, "/", "?"+query); w.Code != want || w.Body.Len() == 0 {
			t.Errorf("GET /?%s = %d %q, want %d", query, w.Code, w.Body, want)
		}
	}
}

// Who waits for something that does not come leaves in time.
func TestWhoWaitsForALifetimeLeavesInTime(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	dep := holdfast.Lifetime(func(context.Context) (int, error) {
		close(entered)
		<-release
		return 1, nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(dep), shown[int])
	first := make(chan int)
	go func() { first <- send(app, "/", "").Code }()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	w := httptest.NewRecorder()
	app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("GET / = %d, want 503", w.Code)
	}
	close(release)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first GET / = %d, want 200", code)
	}
}

func TestRedirectsBelowAPrefix(t *testing.T) {
	app := newShop().app(t)
	h := http.StripPrefix("/api", app)
	for target, want := range map[string]string{
		"/api/items?skip=1": "/api/items/?skip=1",
		"/api/health/":      "/api/health",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != http.StatusTemporaryRedirect || w.Header().Get("Location") != want {
			t.Errorf("GET %s = %d to %q, want %q", target, w.Code, w.Header().Get("Location"), want)
		}
	}
	for _, target := range []string{"//evil.example/items", "/\\evil.example/items", "/%2fevil.example/items"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/items", nil)
		r.RequestURI = target
		app.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != "/items/" {
			t.Errorf("GET %s to %q, want /items/", target, got)
		}
	}
}

// The id that a policy checks is the one that another router found.
func TestAProtectedHandlerInAnotherRouter(t *testing.T) {
	app := quiet()
	owner := holdfast.Depends1(holdfast.Params[struct {
		ID string `path:"id"`
	}](), func(_ context.Context, in struct {
		ID string `path:"id"`
	},
	) (string, error) {
		if in.ID != "mine" {
			return "", holdfast.Errorf(http.StatusForbidden, "not yours")
		}
		return in.ID, nil
	})
	h := app.Protect("GET /items/{id}", holdfast.Security(owner), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("id"))
	}))
	mux := http.NewServeMux()
	mux.Handle("GET /{id}/details", h)
	for path, want := range map[string]int{"/mine/details": 200, "/bobs/details": 403, "/bobs/mine": 404} {
		if w := send(mux, path, ""); w.Code != want || want == 200 && w.Body.String() != "mine" {
			t.Errorf("GET %s = %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

func TestRawHandlersHaveTheBodysLimit(t *testing.T) {
	app := holdfast.NewApp(holdfast.Config{Title: "x", Version: "1", MaxBody: 10})
	read := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		data, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(data), " ", err != nil)
		return nil
	}
	app.Handle("POST /small", holdfast.Raw(holdfast.Public(), read))
	app.Handle("POST /large", holdfast.Raw(holdfast.Public(), read), holdfast.MaxBody(100))
	for path, want := range map[string]string{"/small": "10 true", "/large": "50 false"} {
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", 50))))
		if w.Body.String() != want {
			t.Errorf("POST %s = %s, want %s", path, w.Body, want)
		}
	}
}

// An event stream outlives the server's time for a response.
func TestAStreamHasTimeForEachWrite(t *testing.T) {
	app := quiet()
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		for range 3 {
			fmt.Fprintln(w, "tick")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(80 * time.Millisecond):
			case <-r.Context().Done():
				return nil
			}
		}
		return nil
	}))
	server := httptest.NewUnstartedServer(app)
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if data, err := io.ReadAll(response.Body); err != nil || string(data) != "tick\ntick\ntick\n" {
		t.Errorf("the stream is %q, %v, want three ticks", data, err)
	}
}

func TestMoreMistakesAreNamedAtStart(t *testing.T) {
	s := newShop()
	type embedded struct{ *paging }
	type host struct {
		H string `header:"Host"`
	}
	type twice struct {
		A int `query:"a"`
		B int `query:"a"`
	}
	type badDefault struct {
		N int `query:"n" default:"0" minimum:"1"`
	}
	type overflow struct {
		N uint8 `query:"n" default:"300"`
	}
	type body struct {
		Body struct {
			N int `json:"n" default:"7"`
		}
	}
	tests := map[string]struct {
		declare func(*holdfast.App)
		want    string
	}{
		"a field behind a pointer":  {input[embedded], "embedded pointer"},
		"the header Host":           {input[host], "FromRequest"},
		"two fields of one name":    {input[twice], "another field is the query a"},
		"a default that is refused": {input[badDefault], "the default does not fit"},
		"a default that is none":    {input[overflow], `the default "300" is no uint8`},
		"a default in a body":       {input[body], "has no effect in a body"},
		"optional without a scheme": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Optional(holdfast.Security(counter())), nothing)
		}, "there is no credential whose absence could be seen"},
		"a nil conversion": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.As[user, string](holdfast.Security(s.user), nil), nothing)
		}, "As with a nil function"},
		"a nil handler function": {func(a *holdfast.App) {
			a.Protect("GET /", holdfast.Public(), http.HandlerFunc(nil))
		}, "the handler is nil"},
		"a nil option": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Public(), nothing, nil)
		}, "a nil option"},
		"a status that is none": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Public(), nothing, holdfast.Status(99))
		}, "status 99"},
		"a method that is none": {func(a *holdfast.App) {
			a.Handle("GRAB /", holdfast.To(holdfast.Public(), nothing[holdfast.Anyone]))
		}, `method "GRAB"`},
		"a path without slash": {func(a *holdfast.App) {
			holdfast.Get(a, "b", holdfast.Public(), nothing)
		}, "begins with a slash"},
		"a scope that Check cannot know": {func(a *holdfast.App) {
			key := holdfast.APIKeyHeader("X-Key")
			holdfast.Get(a, "/", holdfast.Security(holdfast.Check(key, refuse), key.Scope("x", "")), nothing)
		}, "nothing would check it"},
		"a scope of a handler's dependency": {func(a *holdfast.App) {
			a.Handle("GET /", holdfast.To1(holdfast.Public(), s.oauth.Credential().Require(s.me), func(context.Context, holdfast.Anyone, string, holdfast.NoInput) (string, error) {
				return "", nil
			}))
		}, "nothing would check it"},
		"a zero scheme": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.Verify(&holdfast.Scheme[string]{}, verify)), nothing)
		}, "a zero Dep"},
		"a name that OpenAPI cannot hold": {func(a *holdfast.App) {
			holdfast.Get(a, "/", holdfast.Security(holdfast.HTTPBearer(holdfast.Named("my scheme")).Credential()), nothing)
		}, "OpenAPI allows"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			app := quiet()
			test.declare(app)
			if err := app.Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
		})
	}
}

func input[In any](a *holdfast.App) {
	holdfast.Post(a, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, In) (string, error) { return "", nil })
}

func TestASchemeIsFrozenOnceItIsServed(t *testing.T) {
	scheme := holdfast.HTTPBearer()
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(scheme.Credential()), nothing)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a scope declared after the start does not panic")
		}
	}()
	scheme.Scope("late", "")
}

// Check is Verify for credentials that know no scopes.
func TestCheck(t *testing.T) {
	key := holdfast.APIKeyHeader("X-Key")
	machine := holdfast.Check(key, func(_ context.Context, k string) (string, error) {
		if k != "good" {
			return "", errors.New("unknown key")
		}
		return "machine", nil
	})
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(machine), shown[string])
	for lines, want := range map[string]string{
		"X-Key: good": `"machine"`, "X-Key: bad": `{"detail":"Could not validate credentials"}`, "": `{"detail":"Not authenticated"}`,
	} {
		w := send(app, "/", lines)
		if w.Body.String() != want || w.Code != 200 && (w.Code != 401 || w.Header().Get("WWW-Authenticate") != "APIKey") {
			t.Errorf("GET / with %q = %d %s, challenge %q", lines, w.Code, w.Body, w.Header().Get("WWW-Authenticate"))
		}
	}
}

// impatient is no lane of ours: it returns when the caller leaves, while what it
// runs goes on.
type impatient struct{}

func (impatient) Do(ctx context.Context, fn func() error) error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

type idle struct{}

func (idle) Do(context.Context, func() error) error { return nil }

// Whatever stands in the place of a lane, the handler is over when the request
// is: its memory belongs to the next one.
func TestAHandlerIsOverWhenItsRequestIs(t *testing.T) {
	over := false
	app := quiet()
	holdfast.Get(app, "/impatient", holdfast.Public(), func(ctx context.Context, _ holdfast.Anyone, _ holdfast.NoInput) (string, error) {
		<-ctx.Done()
		for range 100 {
			runtime.Gosched()
		}
		over = true
		return "late", nil
	}, holdfast.InLane(impatient{}), holdfast.Timeout(5*time.Millisecond))
	holdfast.Get(app, "/idle", holdfast.Public(), nothing, holdfast.InLane(idle{}))
	if w := send(app, "/impatient", ""); w.Code != http.StatusServiceUnavailable || !over {
		t.Errorf("GET /impatient = %d, the handler is over: %v", w.Code, over)
	}
	if w := send(app, "/idle", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("GET /idle = %d %s, want 500: nothing ran", w.Code, w.Body)
	}
}

// badge is a credential that knows roles by itself.
type badge struct{ role string }

func (b badge) HasRole(role string) bool { return b.role == role }

// The table says "anyone" of no route that somebody guards.
func TestTheTableSaysWhoGuards(t *testing.T) {
	guard := holdfast.FromRequest(func(r *http.Request) (string, error) { return "", holdfast.Errorf(http.StatusForbidden, "no") })
	badges := holdfast.NewScheme("Badge", "Badge", map[string]any{"type": "apiKey", "in": "header", "name": "X-Badge"}, func(r *http.Request) (badge, bool) {
		return badge{r.Header.Get("X-Badge")}, r.Header.Get("X-Badge") != ""
	})
	key := holdfast.APIKeyHeader("X-Key")
	app := quiet()
	holdfast.Get(app, "/guarded", holdfast.Security(guard), nothing)
	holdfast.Get(app, "/open", holdfast.As(holdfast.Public(), func(holdfast.Anyone) string { return "" }), nothing)
	holdfast.Get(app, "/badge", holdfast.AnyRole(badges.Credential(), holdfast.NewRole("guest", "")), nothing)
	holdfast.Get(app, "/key", holdfast.Security(key.Credential()), nothing)
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"callers that the dependencies accept", "anyone", "role guest", "any credential APIKeyHeader, unverified"} {
		if !strings.HasPrefix(rows[i].Policy, want) || len(rows[i].Ways[0].Absent) != 0 {
			t.Errorf("%s: %s, absent %v, want %s", rows[i].Path, rows[i].Policy, rows[i].Ways[0].Absent, want)
		}
	}
	if w := send(app, "/badge", "X-Badge: guest"); w.Code != http.StatusOK {
		t.Errorf("GET /badge = %d, want 200", w.Code)
	}
}
