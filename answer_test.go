package holdfast_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/work"
)

func TestANilErrorIsAnError(t *testing.T) {
	t.Parallel()
	var none *holdfast.Error
	if got := none.Error(); got != "a nil *holdfast.Error" || errors.Unwrap(none) != nil {
		t.Errorf("a nil *Error is %q and wraps %v", got, errors.Unwrap(none))
	}
	cause := errors.New("the disk is full")
	if err := error(&holdfast.Error{Cause: cause}); !errors.Is(err, cause) {
		t.Errorf("%v is not its cause", err)
	}
	var log bytes.Buffer
	app := loud(&log)
	holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", none })
	if w := send(app, "/", ""); w.Code != http.StatusInternalServerError || !strings.Contains(log.String(), `error="a nil *holdfast.Error"`) || strings.Contains(log.String(), "stack") {
		t.Errorf("GET / = %d, logged %s; want 500 and what it was", w.Code, &log)
	}
	if _, err := json.Marshal(holdfast.Violation{Input: make(chan int)}); err == nil {
		t.Error("a violation that is no JSON can be written")
	}
}

// TestTheAnswerToAnError says of errors which answer they have, whether they
// are logged, and what is said about when to come again.
func TestTheAnswerToAnError(t *testing.T) {
	t.Parallel()
	down := errors.New("the store is down")
	for name, test := range map[string]struct {
		err    error
		want   string // status, Content-Type, body
		logged bool
		again  string // Retry-After
	}{
		"a success is one":             {&holdfast.Error{Status: 200, Detail: "so be it"}, `200 application/json {"detail":"so be it"}`, false, ""},
		"a status just before those":   {&holdfast.Error{Status: 199}, "500 text/plain; charset=utf-8 Internal Server Error", true, ""},
		"the last status":              {&holdfast.Error{Status: 599, Detail: "last"}, `599 application/json {"detail":"last"}`, true, ""},
		"a status behind it":           {&holdfast.Error{Status: 600}, "500 text/plain; charset=utf-8 Internal Server Error", true, ""},
		"no status is the server's":    {&holdfast.Error{Cause: down}, `500 application/json {"detail":"Internal Server Error"}`, true, ""},
		"204 has no body":              {&holdfast.Error{Status: 204, Detail: "nothing"}, "204  ", false, ""},
		"304 has none either":          {&holdfast.Error{Status: 304, Detail: "nothing"}, "304  ", false, ""},
		"205 may have one":             {&holdfast.Error{Status: 205, Detail: "reset"}, `205 application/json {"detail":"reset"}`, false, ""},
		"a 503 of one's own is logged": {&holdfast.Error{Status: 503, Cause: down}, `503 application/json {"detail":"Service Unavailable"}`, true, ""},
		"one that is busy is not":      {&holdfast.Error{Status: 503, Cause: work.ErrBusy}, `503 application/json {"detail":"Service Unavailable"}`, false, ""},
		"a 500 because of it is":       {&holdfast.Error{Status: 500, Cause: work.ErrBusy}, `500 application/json {"detail":"Internal Server Error"}`, true, ""},
		"busy":                         {work.ErrBusy, `503 application/json {"detail":"Service Unavailable"}`, false, "1"},
		"come again at once":           {&holdfast.Error{Status: 429, RetryAfter: 1}, `429 application/json {"detail":"Too Many Requests"}`, false, "1"},
		"come again, with a header":    {&holdfast.Error{Status: 429, RetryAfter: 1500 * time.Millisecond, Header: http.Header{"X-Limit": {"9"}}}, `429 application/json {"detail":"Too Many Requests"}`, false, "2"},
		"never come again":             {&holdfast.Error{Status: 429, RetryAfter: -1}, `429 application/json {"detail":"Too Many Requests"}`, false, ""},
	} {
		var log bytes.Buffer
		app := loud(&log)
		holdfast.Get(app, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "", test.err })
		w := send(app, "/", "")
		if got := fmt.Sprint(w.Code, " ", w.Header().Get("Content-Type"), " ", w.Body); got != test.want || (log.Len() > 0) != test.logged || w.Header().Get("Retry-After") != test.again {
			t.Errorf("%s: %s, Retry-After %q, logged %q; want %s, %q, logged %v", name, got, w.Header().Get("Retry-After"), &log, test.want, test.again, test.logged)
		}
		if own, ok := errors.AsType[*holdfast.Error](test.err); ok && w.Header().Get("X-Limit") != own.Header.Get("X-Limit") {
			t.Errorf("%s: the header X-Limit is lost", name)
		}
	}
}

// keyed is a way in with an API key in a header. The key says what comes of it:
// "good", "bad", a status, or what an error can be otherwise.
func keyed(header string, options ...holdfast.SchemeOption) holdfast.Policy[string] {
	return holdfast.Security(holdfast.Check(holdfast.APIKeyHeader(header, append(options, holdfast.Named(header))...), func(_ context.Context, key string) (string, error) {
		status, err := strconv.Atoi(key)
		switch {
		case err == nil:
			return "", holdfast.Errorf(status, "%s", header)
		case key == "late":
			return "", context.DeadlineExceeded
		case key == "left":
			return "", context.Canceled
		case key == "busy":
			return "", work.ErrBusy
		case key == "bad":
			return "", errors.New("unknown key")
		}
		return header, nil
	}))
}

// TestWhichWaySpeaks has two ways in, each of which fails in some way: the
// answer is that of the one which got furthest.
func TestWhichWaySpeaks(t *testing.T) {
	t.Parallel()
	app := quiet()
	holdfast.Get(app, "/", holdfast.AnyOf(keyed("A"), keyed("B")), func(_ context.Context, who string, _ holdfast.NoInput) (string, error) { return who, nil })
	const notAccepted, failed = "401 Could not validate credentials", "500 Internal Server Error"
	for keys, want := range map[string]string{
		"good good": "200 A",
		"bad good":  "200 B",
		"400 good":  "200 B",
		"499 good":  "200 B",
		"500 good":  "500 A", // what broke could have been anything
		"304 good":  "304",
		"399 good":  "399 A",
		"late good": "503 Service Unavailable",
		"busy good": "503 Service Unavailable",
		"left good": failed,
		"- -":       "401 Not authenticated",
		"- bad":     notAccepted,
		"bad -":     notAccepted,
		"bad 409":   "409 B",
		"409 bad":   "409 A",
		"401 409":   "409 B",
		"409 401":   "409 A",
		"401 bad":   "401 A", // of those that got as far, the first
		"bad 401":   notAccepted,
		"409 410":   "409 A",
		"409 403":   "403 B",
		"403 409":   "403 A",
		"bad 403":   "403 B",
		"- 401":     "401 B",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for i, key := range strings.Fields(keys) {
			if key != "-" {
				r.Header.Set([]string{"A", "B"}[i], key)
			}
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		got := fmt.Sprint(w.Code)
		var answer struct{ Detail string }
		switch {
		case json.Unmarshal(w.Body.Bytes(), &answer) == nil:
			got += " " + answer.Detail
		case w.Body.Len() > 0:
			got += " " + strings.Trim(w.Body.String(), `"`)
		}
		if got != want {
			t.Errorf("with the keys %s: %s, want %s", keys, got, want)
		}
	}
}

// TestA401NamesEveryWayInOnce: and it is still that of a caller without a
// credential, also for Config.Observe.
func TestA401NamesEveryWayInOnce(t *testing.T) {
	t.Parallel()
	own := &holdfast.Error{Status: 401, Detail: "sign in", Header: http.Header{"Www-Authenticate": {"Own"}}}
	for name, test := range map[string]struct {
		policy holdfast.Policy[string]
		want   string
	}{
		"one way":                   {keyed("A"), "APIKey"},
		"three of the same":         {holdfast.AnyOf(keyed("A"), keyed("B"), keyed("C")), "APIKey"},
		"two of another kind":       {holdfast.AnyOf(keyed("A"), basic("B"), basic("C")), `APIKey, Basic realm="shop"`},
		"an answer of its own":      {holdfast.AnyOf(keyed("A", holdfast.NotAuthenticated(own)), basic("B")), "Own"},
		"an answer of another's":    {holdfast.AnyOf(basic("B"), keyed("A", holdfast.NotAuthenticated(own))), `Basic realm="shop", APIKey`},
		"an answer of its own only": {keyed("A", holdfast.NotAuthenticated(own)), "Own"},
	} {
		app := newWatchedApp()
		holdfast.Get(app, "/", test.policy, func(context.Context, string, holdfast.NoInput) (string, error) { return "", nil })
		w := send(app, "/", "")
		_, seen := app.last()
		if got := strings.Join(w.Header()["Www-Authenticate"], ", "); w.Code != 401 || got != test.want || seen != "401 no credential" {
			t.Errorf("%s: %d, WWW-Authenticate: %s, observed as %q; want 401, %s, no credential", name, w.Code, got, seen, test.want)
		}
	}
	if got := own.Header["Www-Authenticate"]; len(got) != 1 {
		t.Errorf("the error of the application was changed: %q", got)
	}
}

// basic is a way in with a name and a password.
func basic(name string) holdfast.Policy[string] {
	return holdfast.Security(holdfast.Check(holdfast.HTTPBasic("shop", holdfast.Named(name)), func(_ context.Context, c holdfast.BasicCredentials) (string, error) {
		return c.Username, nil
	}))
}
