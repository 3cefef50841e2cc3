package holdfast_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

// showing is a route that shows the credential which a scheme finds, and one
// that also answers callers without any.
func showing[K any](scheme *holdfast.Scheme[K], text func(K) string) *holdfast.App {
	app := quiet()
	holdfast.Get(app, "/", holdfast.Security(scheme.Credential()), func(_ context.Context, k K, _ holdfast.NoInput) (string, error) {
		return text(k), nil
	})
	holdfast.Get(app, "/maybe", holdfast.Optional(holdfast.Security(scheme.Credential())), func(_ context.Context, m holdfast.Maybe[K], _ holdfast.NoInput) (string, error) {
		if k, ok := m.Get(); ok {
			return text(k), nil
		}
		return "nobody", nil
	})
	return app
}

func same(s string) string { return s }

func httpText(c holdfast.HTTPCredentials) string   { return c.Scheme + "|" + c.Credentials }
func basicText(c holdfast.BasicCredentials) string { return c.Username + "|" + c.Password }

// every has each scheme with its name, description, challenge and OpenAPI
// object, and requests that present a credential or none.
var every = map[string]struct {
	app       func(...holdfast.SchemeOption) *holdfast.App
	challenge string
	document  string // without the description
	found     map[string]string
	none      []string
	bad       []string // presented, but unreadable: never taken for none
}{
	"APIKeyHeader": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.APIKeyHeader("X-Key", o...), same)
		},
		"APIKey", `{"in":"header","name":"X-Key","type":"apiKey"}`,
		map[string]string{"X-Key: k": "k", "x-key: a b": "a b"},
		[]string{"", "X-Key:", "Other: k"},
		[]string{"X-Key: a\nX-Key: b"},
	},
	"APIKeyQuery": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.APIKeyQuery("key", o...), same)
		},
		"APIKey", `{"in":"query","name":"key","type":"apiKey"}`,
		map[string]string{"?key=k": "k", "?key=a%20b&other=1": "a b"},
		[]string{"", "?key=", "?Key=k"},
		[]string{"?key=a&key=b", "?key=&key=b", "?key=bad;x=1", "?key=ba%zzd"},
	},
	"APIKeyCookie": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.APIKeyCookie("key", o...), same)
		},
		"APIKey", `{"in":"cookie","name":"key","type":"apiKey"}`,
		map[string]string{"Cookie: key=k": "k", "Cookie: a=1; key=k": "k"},
		[]string{"", "Cookie: key=", "Cookie: other=k"},
		[]string{"Cookie: key=a; key=b", `Cookie: key=b"ad`},
	},
	"HTTPBasic": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.HTTPBasic(`the "shop"`, o...), basicText)
		},
		`Basic realm="the \"shop\""`, `{"scheme":"basic","type":"http"}`,
		map[string]string{
			"Authorization: Basic am9objpzZWNyZXQ=":   "john|secret",
			"Authorization: basic am9objpzZTpjcmV0":   "john|se:cret",
			"Authorization: Basic w7xzZXI6cMOkc3M=":   "üser|päss",
			"Authorization: Basic Og==":               "|",
			"Authorization: BASIC   am9objpzZWNyZXQ=": "john|secret",
		},
		[]string{"", "Authorization: Bearer am9objpzZWNyZXQ="},
		[]string{
			"Authorization: Basic", "Authorization: Basic notabase64token", "Authorization: Basic am9obnNlY3JldA==",
			"Authorization: Basic /zo=", "Authorization: Basic am9objpzZWNyZXQ",
		},
	},
	"HTTPBearer": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.HTTPBearer(append(o, holdfast.BearerFormat("JWT"))...), same)
		},
		`Bearer realm="HTTPBearer"`, `{"bearerFormat":"JWT","scheme":"bearer","type":"http"}`,
		map[string]string{"Authorization: Bearer t": "t", "Authorization: bEARER  a b ": "a b"},
		[]string{"", "Authorization: Basic t"},
		[]string{"Authorization: Bearer\tt", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: Bearer a\nAuthorization: Bearer b"},
	},
	"HTTPDigest": {
		func(o ...holdfast.SchemeOption) *holdfast.App { return showing(holdfast.HTTPDigest(o...), httpText) },
		"Digest", `{"scheme":"digest","type":"http"}`,
		map[string]string{`Authorization: Digest username="a"`: `Digest|username="a"`, "Authorization: digest x": "digest|x"},
		[]string{"", "Authorization: Other x"},
		[]string{"Authorization: Digest"},
	},
	"HTTPx-Custom": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.HTTPScheme("x-Custom", o...), httpText)
		},
		"x-Custom", `{"scheme":"x-Custom","type":"http"}`,
		map[string]string{"Authorization: x-Custom c": "x-Custom|c", "Authorization: X-CUSTOM c": "X-CUSTOM|c"},
		[]string{"", "Authorization: Other c"},
		[]string{"Authorization: x-Custom"},
	},
	"OAuth2PasswordBearer": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.OAuth2PasswordBearer("token", o...), same)
		},
		`Bearer realm="OAuth2PasswordBearer"`, `{"flows":{"password":{"scopes":{},"tokenUrl":"token"}},"type":"oauth2"}`,
		map[string]string{"Authorization: Bearer t": "t"},
		[]string{"", "Authorization: Other t"},
		[]string{"Authorization: Bearer"},
	},
	"OAuth2AuthorizationCodeBearer": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.OAuth2AuthorizationCodeBearer("authorize", "token", o...), same)
		},
		`Bearer realm="OAuth2AuthorizationCodeBearer"`, `{"flows":{"authorizationCode":{"authorizationUrl":"authorize","scopes":{},"tokenUrl":"token"}},"type":"oauth2"}`,
		map[string]string{"Authorization: Bearer t": "t"},
		[]string{"", "Authorization: Non-existent t"},
		nil,
	},
	"OAuth2ClientCredentials": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.OAuth2ClientCredentials("token", o...), same)
		},
		`Bearer realm="OAuth2ClientCredentials"`, `{"flows":{"clientCredentials":{"scopes":{},"tokenUrl":"token"}},"type":"oauth2"}`,
		map[string]string{"Authorization: Bearer t": "t"},
		[]string{"", "Authorization: Basic t"},
		nil,
	},
	"OAuth2": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.OAuth2(holdfast.OAuth2Flows{
				Password: &holdfast.OAuth2Flow{TokenURL: "token", RefreshURL: "refresh"},
				Implicit: &holdfast.OAuth2Flow{AuthorizationURL: "authorize"},
			}, o...), same)
		},
		`Bearer realm="OAuth2"`, `{"flows":{"implicit":{"authorizationUrl":"authorize","scopes":{}},"password":{"refreshUrl":"refresh","scopes":{},"tokenUrl":"token"}},"type":"oauth2"}`,
		map[string]string{"Authorization: Bearer t": "t"},
		[]string{"", "Authorization: Other t"}, // FastAPI takes any word here
		nil,
	},
	"OpenIdConnect": {
		func(o ...holdfast.SchemeOption) *holdfast.App {
			return showing(holdfast.OpenIDConnect("/openid", o...), same)
		},
		`Bearer realm="OpenIdConnect"`, `{"openIdConnectUrl":"/openid","type":"openIdConnect"}`,
		map[string]string{"Authorization: Bearer t": "t"},
		[]string{"", "Authorization: Other t"},
		nil,
	},
}

// send makes a request of lines: "?query" or "Header: value".
func send(h http.Handler, path, lines string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for line := range strings.SplitSeq(lines, "\n") {
		if query, ok := strings.CutPrefix(line, "?"); ok {
			r.URL.RawQuery = query
		} else if name, value, ok := strings.Cut(line, ":"); ok {
			r.Header[http.CanonicalHeaderKey(name)] = append(r.Header.Values(name), strings.TrimPrefix(value, " "))
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEverySchemeFindsItsCredential(t *testing.T) {
	t.Parallel()
	for name, test := range every {
		t.Run(name, func(t *testing.T) {
			app := test.app()
			for lines, want := range test.found {
				want, _ := json.Marshal(want)
				for _, path := range []string{"/", "/maybe"} {
					if w := send(app, path, lines); w.Code != http.StatusOK || w.Body.String() != string(want) {
						t.Errorf("GET %s with %q = %d %s, want 200 %s", path, lines, w.Code, w.Body, want)
					}
				}
			}
			for _, lines := range slices.Concat(test.none, test.bad) {
				w := send(app, "/", lines)
				if w.Code != http.StatusUnauthorized || w.Body.String() != `{"detail":"Not authenticated"}` || w.Header().Get("WWW-Authenticate") != test.challenge {
					t.Errorf("GET / with %q = %d %s, challenge %q, want 401 and %q", lines, w.Code, w.Body, w.Header().Get("WWW-Authenticate"), test.challenge)
				}
			}
			for _, lines := range test.none {
				if w := send(app, "/maybe", lines); w.Body.String() != `"nobody"` {
					t.Errorf("GET /maybe with %q = %d %s, want nobody", lines, w.Code, w.Body)
				}
			}
			for _, lines := range test.bad {
				if w := send(app, "/maybe", lines); w.Code != http.StatusUnauthorized {
					t.Errorf("GET /maybe with %q = %d %s, want 401: somebody is not nobody", lines, w.Code, w.Body)
				}
			}
		})
	}
}

// document is what the tests read of an OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		Security []map[string][]string `json:"security"`
	} `json:"paths"`
	Components struct {
		SecuritySchemes map[string]json.RawMessage `json:"securitySchemes"`
	} `json:"components"`
	Servers []struct{ URL string } `json:"servers"`
}

func documentOf(t *testing.T, h http.Handler) document {
	t.Helper()
	var doc document
	w := send(h, "/openapi.json", "")
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatalf("GET /openapi.json = %d %s", w.Code, w.Body)
	}
	return doc
}

func TestEverySchemeHasItsPlaceInTheDocument(t *testing.T) {
	t.Parallel()
	for name, test := range every {
		t.Run(name, func(t *testing.T) {
			doc := documentOf(t, test.app())
			if got := string(doc.Components.SecuritySchemes[name]); got != test.document {
				t.Errorf("scheme %s = %s, want %s", name, got, test.document)
			}
			if got, want := fmt.Sprint(doc.Paths["/"]["get"].Security), fmt.Sprintf("[map[%s:[]]]", name); got != want {
				t.Errorf("security of / = %s, want %s", got, want)
			}
			if got, want := fmt.Sprint(doc.Paths["/maybe"]["get"].Security), fmt.Sprintf("[map[%s:[]] map[]]", name); got != want {
				t.Errorf("security of /maybe = %s, want %s: optional is an alternative", got, want)
			}
			named := documentOf(t, test.app(holdfast.Named("Mine"), holdfast.Described("What it is for.")))
			want := strings.Replace(test.document, "{", `{"description":"What it is for.",`, 1)
			if got := string(named.Components.SecuritySchemes["Mine"]); !sameJSON(got, want) {
				t.Errorf("scheme Mine = %s, want %s", got, want)
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}

func TestASchemeMayHaveItsOwnAnswerToNobody(t *testing.T) {
	t.Parallel()
	scheme := holdfast.HTTPBearer(holdfast.NotAuthenticated(holdfast.Errorf(http.StatusForbidden, "Not authenticated")))
	w := send(showing(scheme, same), "/", "")
	if w.Code != http.StatusForbidden || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("GET / = %d with challenge %q, want 403 with none", w.Code, w.Header().Get("WWW-Authenticate"))
	}
}

func TestASchemesOwnAnswerStaysAsItIs(t *testing.T) {
	t.Parallel()
	own := holdfast.HTTPBearer(holdfast.NotAuthenticated(holdfast.Errorf(http.StatusForbidden, "Sign in first")))
	key := holdfast.APIKeyHeader("X-Key")
	app := quiet()
	holdfast.Get(app, "/", holdfast.AnyOf(holdfast.Security(own.Credential()), holdfast.Security(key.Credential())), shown[string])
	for range 2 {
		if w := send(app, "/", ""); w.Code != http.StatusForbidden || w.Body.String() != `{"detail":"Sign in first"}` {
			t.Errorf("GET / = %d %s, want the scheme's own answer", w.Code, w.Body)
		}
	}
	if w := send(app, "/", "X-Key: k"); w.Code != http.StatusOK {
		t.Errorf("GET / with the key = %d, want 200", w.Code)
	}
}

// Two keys of two names are both needed, where FastAPI keeps the last of one
// name; and AND is one requirement, where FastAPI writes OR.
func TestSeveralSchemesOnOneRouteAreOneRequirement(t *testing.T) {
	t.Parallel()
	a := holdfast.APIKeyHeader("X-A", holdfast.Named("A"))
	b := holdfast.APIKeyHeader("X-B", holdfast.Named("B"))
	bearer := holdfast.HTTPBearer()
	app := quiet()
	both := holdfast.All(holdfast.Security(a.Credential()), holdfast.Security(b.Credential()), holdfast.Security(bearer.Credential()))
	holdfast.Get(app, "/", both, func(_ context.Context, first string, _ holdfast.NoInput) (string, error) { return first, nil })
	tests := map[string]struct {
		lines, challenge string
		status           int
	}{
		"all of them":      {"X-A: a\nX-B: b\nAuthorization: Bearer t", "", 200},
		"one is missing":   {"X-A: a\nAuthorization: Bearer t", "APIKey", 401},
		"the last is":      {"X-A: a\nX-B: b", `Bearer realm="HTTPBearer"`, 401},
		"one is not three": {"X-A: a", "APIKey", 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := send(app, "/", test.lines)
			if w.Code != test.status || w.Header().Get("WWW-Authenticate") != test.challenge {
				t.Errorf("GET / = %d, challenge %q, want %d, %q", w.Code, w.Header().Get("WWW-Authenticate"), test.status, test.challenge)
			}
		})
	}
	if got := fmt.Sprint(documentOf(t, app).Paths["/"]["get"].Security); got != "[map[A:[] B:[] HTTPBearer:[]]]" {
		t.Errorf("security = %s, want one object of three", got)
	}
}

func TestMistakesOfSchemesAreNamedAtStart(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		scheme *holdfast.Scheme[string]
		want   string
	}{
		"a key without a name":       {holdfast.APIKeyHeader(""), "the key has no name"},
		"a flow without a token URL": {holdfast.OAuth2PasswordBearer(""), "flow password: it needs a TokenURL and takes no AuthorizationURL"},
		"a flow with one too many":   {holdfast.OAuth2(holdfast.OAuth2Flows{Implicit: &holdfast.OAuth2Flow{AuthorizationURL: "a", TokenURL: "t"}}), "flow implicit: it needs an AuthorizationURL and takes no TokenURL"},
		"a flow with one too few":    {holdfast.OAuth2(holdfast.OAuth2Flows{AuthorizationCode: &holdfast.OAuth2Flow{AuthorizationURL: "a"}}), "flow authorizationCode: it needs an AuthorizationURL and a TokenURL"},
		"a format of no bearer":      {holdfast.APIKeyHeader("X-Key", holdfast.BearerFormat("JWT")), "BearerFormat is for schemes of HTTP"},
		"a refresh without flows":    {holdfast.APIKeyHeader("X-Key", holdfast.RefreshURL("refresh")), "RefreshURL is for schemes with flows"},
		"flows that are no objects":  {holdfast.NewScheme("own", "Own", map[string]any{"type": "oauth2", "flows": map[string]any{"password": "token"}}, func(*http.Request) (string, bool) { return "", false }), "flow password is no object"},
		"a provider without URL":     {holdfast.OpenIDConnect(""), "URL is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := showing(test.scheme, same).Err(); err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "schemes_test.go:") {
				t.Errorf("Err() = %v, want %q and the place", err, test.want)
			}
		})
	}
	for name, err := range map[string]error{
		"realm": showing(holdfast.HTTPBasic("a\nb"), basicText).Err(),
		"word":  showing(holdfast.HTTPScheme("two words"), httpText).Err(),
	} {
		if err == nil {
			t.Errorf("a bad %s is no error", name)
		}
	}
}

// Two schemes of one kind have the names in a decision that they were given.
func TestADecisionNamesSchemesAsTheyAreCalled(t *testing.T) {
	t.Parallel()
	var names []string
	app := holdfast.NewApp(holdfast.Config{Title: "Test", Version: "1", OnDecision: func(d holdfast.Decision) string {
		for _, s := range d.Steps() {
			names = append(names, s.Kind+" "+s.Name)
		}
		return ""
	}})
	holdfast.Get(app, "/", holdfast.All(keyed("A"), holdfast.Optional(keyed("B"))), func(context.Context, string, holdfast.NoInput) (string, error) { return "", nil })
	send(app, "/", "")
	if got := strings.Join(names, ", "); got != "credential A, verify A, credential B, verify B, absent B, credential A, verify A" {
		t.Errorf("the steps are %s", got)
	}
}

func TestCredentialsDoNotPrintThemselves(t *testing.T) {
	t.Parallel()
	basic := holdfast.BasicCredentials{Username: "amy", Password: "hunter2"}
	other := holdfast.HTTPCredentials{Scheme: "Digest", Credentials: "hunter2"}
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(form+form, basic, other); strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
			t.Errorf("Sprintf(%q) = %s", form, text)
		}
	}
}

func input[In any](a *holdfast.App) {
	holdfast.Post(a, "/", holdfast.Public(), func(context.Context, holdfast.Anyone, In) (string, error) { return "", nil })
}

func TestASchemeIsFrozenOnceItIsServed(t *testing.T) {
	t.Parallel()
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
