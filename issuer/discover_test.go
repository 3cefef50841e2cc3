package issuer_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

// An issuer with a path publishes its document before or behind the path.
func TestWhereADocumentMayStand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issuer, place string
		asked         []string // until then
	}{
		"an issuer without a path": {
			"https://id.example", "/.well-known/openid-configuration", []string{"/.well-known/openid-configuration"},
		},
		"one that knows no OpenID": {
			"https://id.example", "/.well-known/oauth-authorization-server",
			[]string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"},
		},
		"with a slash at the end, as Auth0's": {
			"https://id.example/", "/.well-known/openid-configuration", []string{"/.well-known/openid-configuration"},
		},
		"with a path, as Keycloak's": {
			"https://id.example/realms/shop", "/realms/shop/.well-known/openid-configuration", []string{"/realms/shop/.well-known/openid-configuration"},
		},
		"with a path that RFC 8414 inserts": {
			"https://id.example/realms/shop", "/.well-known/oauth-authorization-server/realms/shop",
			[]string{"/realms/shop/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/realms/shop"},
		},
		"with a path and a slash, inserted": {
			"https://id.example/tenant/", "/.well-known/oauth-authorization-server/tenant",
			[]string{"/tenant/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/tenant"},
		},
		"with a path that OpenID inserts": {
			"https://id.example/tenant", "/.well-known/openid-configuration/tenant",
			[]string{"/tenant/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/tenant", "/.well-known/openid-configuration/tenant"},
		},
		"with a path that has escapes": {
			"https://id.example/a%2Fb", "/a%2Fb/.well-known/openid-configuration", []string{"/a%2Fb/.well-known/openid-configuration"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			s := newServer(first)
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/keys" {
					return false
				}
				asked = append(asked, r.URL.EscapedPath())
				if r.URL.EscapedPath() == test.place {
					_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"https://id.example/keys"}`, test.issuer)
				} else {
					_, _ = w.Write([]byte("<html>The page that is shown for every path</html>"))
				}
				return true
			}
			v, err := issuer.Discover(t.Context(), test.issuer, s.config())
			if err != nil {
				t.Fatalf("Discover = %v, want nil", err)
			}
			defer func() { _ = v.Close() }()
			if err := v.Ready(t.Context()); err != nil || !slices.Equal(asked, test.asked) {
				t.Errorf("Ready = %v after %q, want nil after %q", err, asked, test.asked)
			}
		})
	}
}

// A document names the issuer letter for letter, or it is refused with a
// sentence that says both names.
func TestADocumentOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ configured, named string }{
		"another host":              {"https://id.example", "https://evil.example"},
		"a slash at the end":        {"https://id.example", "https://id.example/"},
		"a slash too few":           {"https://id.example/", "https://id.example"},
		"another path":              {"https://id.example/a", "https://id.example/b"},
		"another case":              {"https://id.example/A", "https://id.example/a"},
		"http":                      {"https://id.example", "http://id.example"},
		"the port that goes unsaid": {"https://id.example", "https://id.example:443"},
		"any tenant, as Entra's":    {"https://id.example/common/v2.0", "https://id.example/{tenantid}/v2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(first)
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if strings.Contains(r.URL.Path, "openid") {
					_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"https://id.example/keys"}`, test.named)
				} else {
					http.NotFound(w, r)
				}
				return true
			}
			v, err := issuer.Discover(t.Context(), test.configured, s.config())
			if v != nil || !errors.Is(err, issuer.ErrOtherIssuer) || !contains(err, fmt.Sprintf("names %q, and wanted is exactly %q", test.named, test.configured)) {
				t.Errorf("Discover = %v, %v, want %v", v, err, issuer.ErrOtherIssuer)
			}
		})
	}
}

// An issuer that says to come again later is waited for, whatever stands at its
// other places.
func TestAnIssuerThatIsBusyIsNoOtherIssuer(t *testing.T) {
	t.Parallel()
	s := newServer(first)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/tenant/") {
			w.WriteHeader(http.StatusTooManyRequests)
		} else {
			_, _ = w.Write([]byte(`{"issuer":"https://another.example","jwks_uri":"https://another.example/keys"}`))
		}
		return true
	}
	v, err := issuer.Discover(t.Context(), home+"/tenant", s.config())
	if err != nil {
		t.Fatalf("Discover = %v, want nil", err)
	}
	defer func() { _ = v.Close() }()
	if err := v.Ready(t.Context()); !contains(err, "429") {
		t.Errorf("Ready = %v, want that it says 429", err)
	}
}

// With KeySetURL there is no discovery.
func TestKeySetURL(t *testing.T) {
	t.Parallel()
	s := newServer(first)
	config := s.config()
	config.KeySetURL = "https://keys.example/keys"
	v := discover(t, config)
	if _, err := verify(t, v, token(first)); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
	if got := s.readsOf("/.well-known/openid-configuration"); got != 0 {
		t.Errorf("the document was read %d times, want never", got)
	}
	config.KeySetURL = "http://keys.example/keys"
	if _, err := issuer.Discover(t.Context(), home, config); !errors.Is(err, issuer.ErrAddress) {
		t.Errorf("Discover with a KeySetURL of plain HTTP = %v, want %v", err, issuer.ErrAddress)
	}
}

func TestConfigurationsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issuer string
		change func(*issuer.Config)
		want   string
	}{
		"no audience":            {home, func(c *issuer.Config) { c.Audience = "" }, "InsecureNoAudience"},
		"an HMAC algorithm":      {home, func(c *issuer.Config) { c.Algorithms = []jwt.Algorithm{jwt.RS256, jwt.HS256} }, "HMAC"},
		"no algorithm":           {home, func(c *issuer.Config) { c.Algorithms = []jwt.Algorithm{"none"} }, `"none"`},
		"no kind":                {home, func(c *issuer.Config) { c.Accept = 4 }, "Accept"},
		"no kind, below":         {home, func(c *issuer.Config) { c.Accept = -1 }, "Accept"},
		"too much leeway":        {home, func(c *issuer.Config) { c.Leeway = 61 * time.Second }, "Leeway"},
		"no time between":        {home, func(c *issuer.Config) { c.LookAgain = time.Millisecond }, "LookAgain"},
		"too much time between":  {home, func(c *issuer.Config) { c.LookAgain = time.Hour }, "LookAgain"},
		"stale before it began":  {home, func(c *issuer.Config) { c.MaxStale = -1 }, "MaxStale"},
		"stale before a refresh": {home, func(c *issuer.Config) { c.MaxStale = time.Minute }, "MaxStale"},
		"too long a timeout":     {home, func(c *issuer.Config) { c.HTTP.Timeout = time.Hour }, "Timeout"},
		"a negative timeout":     {home, func(c *issuer.Config) { c.HTTP.Timeout = -1 }, "Timeout"},
		"no issuer":              {"", nil, "a scheme and a host"},
		"a host alone":           {"id.example", nil, "a scheme and a host"},
		"what is no URL":         {"https://[", nil, "missing ']'"},
		"a query":                {home + "?", nil, "query"},
		"a fragment":             {home + "#", nil, "fragment"},
		"a user":                 {"https://ann@id.example", nil, "user"},
		"plain HTTP":             {"http://id.example", nil, "InsecurePlainHTTP"},
		"a private address":      {"https://10.0.0.1", nil, "AllowPrivateAddresses"},
		"a scheme of no network": {"urn://id.example", nil, "not https"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(first)
			config := s.config()
			if test.change != nil {
				test.change(&config)
			}
			if v, err := issuer.Discover(t.Context(), test.issuer, config); v != nil || !contains(err, "issuer: ", test.want) {
				t.Errorf("Discover = %v, %v, want an error with %q", v, err, test.want)
			}
		})
	}
}

// A clock may be off by 30 seconds, unless the configuration says otherwise.
func TestClocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		leeway, ahead time.Duration
		want          []string // nil if it is good
	}{
		"the issuer's is 20 s ahead":               {0, 20 * time.Second, nil},
		"the issuer's is 30 s ahead":               {0, 30 * time.Second, nil},
		"the issuer's is 31 s ahead":               {0, 31 * time.Second, []string{"issued 31s ahead of this clock; clocks may differ by 30s"}},
		"the issuer's is 5 min ahead":              {0, 5 * time.Minute, []string{"issued 5m0s ahead of this clock; clocks may differ by 30s"}},
		"this one's is 20 s ahead of an exp":       {0, -15*time.Minute - 20*time.Second, nil},
		"this one's is 5 min ahead of an exp":      {0, -20 * time.Minute, []string{"expired 5m0s ago; clocks may differ by 30s"}},
		"one second ahead where none is allowed":   {-1, time.Second, []string{"clocks may differ by 0s"}},
		"a minute ahead where a minute is allowed": {time.Minute, time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := newServer(first).config()
				config.Leeway = test.leeway
				v := discover(t, config)
				_, err := verify(t, v, tokenAt(first, time.Now().Add(test.ahead)))
				if (err == nil) != (test.want == nil) || err != nil && (outcome(err) != "refused" || !contains(err, test.want...)) {
					t.Errorf("Verify = %v, want %q", err, test.want)
				}
			})
		})
	}
}

// Who cannot be judged is told to come again; who is bad is told so.
func TestAnswersOfARoute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(first)
		s.down = errDown
		v := discover(t, s.config())
		oauth := holdfast.OAuth2PasswordBearer("token")
		read, write := oauth.Scope("books:read", "Read books"), oauth.Scope("books:write", "Write books")
		admin := holdfast.NewRole("admin", "Everything")
		who := holdfast.Verify(oauth, v.Verify)
		app := holdfast.New("Shop", "1.0.0")
		hello := func(_ context.Context, c issuer.Claims, _ holdfast.NoInput) (string, error) { return c.Subject, nil }
		holdfast.Get(app, "/read", holdfast.Security(who, read), hello)
		holdfast.Get(app, "/write", holdfast.Security(who, write), hello)
		holdfast.Get(app, "/admin", holdfast.AnyRole(who, admin), hello)
		get := func(path, token string) string {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			app.ServeHTTP(w, r)
			return strings.Join([]string{strconv.Itoa(w.Code), w.Header().Get("Retry-After"), w.Header().Get("WWW-Authenticate")}, "|")
		}
		want := func(path, token, want string) {
			t.Helper()
			if got := get(path, token); got != want {
				t.Errorf("GET %s = %s, want %s", path, got, want)
			}
		}
		want("/read", token(first), "503|1|")
		s.set(func() { s.down = nil })
		sleep(time.Minute)
		want("/read", token(first), "200||")
		want("/write", token(first), `403||Bearer error="insufficient_scope", scope="books:write"`)
		want("/admin", token(first), "403||")
		want("/read", token(second), `401||Bearer error="invalid_token"`)
		want("/read", "opaque", `401||Bearer error="invalid_token"`)
	})
}
