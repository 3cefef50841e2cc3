package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/golden"
	"github.com/holdfast-go/holdfast/oauth"
)

// claims are what a token says, which is not verified here.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	return part(t, token, 1)
}

// part is the header (0) or the payload (1) of a token.
func part(t *testing.T, token string, at int) map[string]any {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[at])
	check(t, err)
	var out map[string]any
	check(t, json.Unmarshal(data, &out))
	return out
}

func TestResourceIndicators(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *oauth.Config) { c.Audience = []string{"https://a.example/", "https://b.example"} })
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}, Audiences: []string{"https://api.example/v1", "urn:example:cards"}})
	for name, test := range map[string]struct {
		resources []string
		want      any // the token's aud; nil where it is refused
	}{
		"none":                               {nil, "a"}, // the signer's
		"the default":                        {[]string{"https://a.example/"}, "https://a.example/"},
		"the default without its slash":      {[]string{"https://a.example"}, "https://a.example/"},
		"the default in capitals":            {[]string{"HTTPS://A.EXAMPLE"}, "https://a.example/"},
		"the second of the default":          {[]string{"https://b.example/"}, "https://b.example"},
		"another name of the default":        {[]string{"https://a.example/api"}, "https://a.example/"},
		"the client's own":                   {[]string{"https://api.example/v1"}, "https://api.example/v1"},
		"a URN of the client's":              {[]string{"urn:example:cards"}, "urn:example:cards"},
		"two":                                {[]string{"https://api.example/v1", "https://a.example"}, []any{"https://api.example/v1", "https://a.example/"}},
		"the same twice":                     {[]string{"https://a.example", "https://a.example/"}, "https://a.example/"},
		"another's":                          {[]string{"https://other.example"}, nil},
		"another's beside its own":           {[]string{"https://a.example", "https://other.example"}, nil},
		"more than the path":                 {[]string{"https://api.example/v1/"}, nil},
		"less than the path":                 {[]string{"https://api.example"}, nil},
		"the path in capitals":               {[]string{"https://api.example/V1"}, nil},
		"with a fragment":                    {[]string{"https://a.example/#x"}, nil},
		"with an empty fragment":             {[]string{"https://a.example/#"}, nil},
		"relative":                           {[]string{"/v1"}, nil},
		"without a scheme":                   {[]string{"a.example"}, nil},
		"with a user":                        {[]string{"https://me@a.example/"}, nil},
		"with a query":                       {[]string{"https://a.example/?x"}, nil},
		"no URI":                             {[]string{"https://a.example/ %"}, nil},
		"that begins like one that is known": {[]string{"https://a.example.evil.example/"}, nil},
	} {
		form := url.Values{"grant_type": {"password"}, "username": {"anna"}, "password": {secret}, "resource": test.resources}.Encode()
		w := s.as("shop", "/token", form)
		if test.want == nil {
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `{"error":"invalid_target"`) {
				t.Errorf("%s: POST /token = %d %s, want 400 invalid_target", name, w.Code, w.Body)
			}
			continue
		}
		var got oauth.TokenResponse
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: POST /token = %d %s", name, w.Code, w.Body)
			continue
		}
		if aud := claims(t, got.AccessToken)["aud"]; !reflect.DeepEqual(aud, test.want) {
			t.Errorf("%s: aud = %v, want %v", name, aud, test.want)
		}
	}
}

// A refresh asks for a part of what the sign-in asked for, or for all of it by
// asking for nothing, and what it asks for does not stay.
func TestRefreshNarrows(t *testing.T) {
	t.Parallel()
	const one, two, other = "https://api.example/one", "https://api.example/two", "https://api.example/other"
	for name, test := range map[string]struct {
		signIn, refresh url.Values
		err             string
		aud             any
		scope           string
	}{
		"everything":                  {url.Values{"resource": {one, two}}, nil, "", []any{one, two}, "me users:read"},
		"one of the resources":        {url.Values{"resource": {one, two}}, url.Values{"resource": {two}}, "", two, "me users:read"},
		"a resource beside them":      {url.Values{"resource": {one}}, url.Values{"resource": {two}}, "invalid_target", nil, ""},
		"one of them and more":        {url.Values{"resource": {one}}, url.Values{"resource": {one, two}}, "invalid_target", nil, ""},
		"one that it may never":       {url.Values{"resource": {one}}, url.Values{"resource": {other}}, "invalid_target", nil, ""},
		"the default, after none":     {nil, url.Values{"resource": {"https://a.example/api"}}, "", "a", "me users:read"},
		"one of its own, after none":  {nil, url.Values{"resource": {one}}, "invalid_target", nil, ""},
		"one of the scopes":           {nil, url.Values{"scope": {"me"}}, "", "a", "me"},
		"a scope beside them":         {nil, url.Values{"scope": {"items"}}, "invalid_scope", nil, ""},
		"one of them and another":     {nil, url.Values{"scope": {"me items"}}, "invalid_scope", nil, ""},
		"one that the client may not": {nil, url.Values{"scope": {"users:write"}}, "invalid_scope", nil, ""},
		"one that is none":            {nil, url.Values{"scope": {`m"e`}}, "invalid_scope", nil, ""},
		"two with a line between":     {nil, url.Values{"scope": {"me\nme"}}, "invalid_scope", nil, ""},
		"two with a tab between":      {nil, url.Values{"scope": {"me\tme"}}, "invalid_scope", nil, ""},
	} {
		s := newServer(t)
		_, err := s.UpdateRoles(t)
		check(t, err)
		s.client(account.Client{ID: "shop", Scopes: []string{"me", "users:read", "items"}, Audiences: []string{one, two}})
		signIn := url.Values{"grant_type": {"password"}, "username": {"anna"}, "password": {secret}, "scope": {"me users:read"}}
		for name, values := range test.signIn {
			signIn[name] = values
		}
		first := s.tokenAs("shop", signIn.Encode())
		refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.RefreshToken}}
		for name, values := range test.refresh {
			refresh[name] = values
		}
		w := s.as("shop", "/token", refresh.Encode())
		if test.err != "" {
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `{"error":"`+test.err+`"`) {
				t.Errorf("%s: POST /token = %d %s, want 400 %s", name, w.Code, w.Body, test.err)
			}
			s.tokenAs("shop", "grant_type=refresh_token&refresh_token="+first.RefreshToken) // which was not used up
			continue
		}
		var second oauth.TokenResponse
		if err := json.Unmarshal(w.Body.Bytes(), &second); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: POST /token = %d %s", name, w.Code, w.Body)
			continue
		}
		if aud := claims(t, second.AccessToken)["aud"]; !reflect.DeepEqual(aud, test.aud) || second.Scope != test.scope {
			t.Errorf("%s: aud = %v, scope = %q, want %v, %q", name, aud, second.Scope, test.aud, test.scope)
		}
		third := s.tokenAs("shop", "grant_type=refresh_token&refresh_token="+second.RefreshToken)
		if third.Scope != "me users:read" || !reflect.DeepEqual(claims(t, third.AccessToken)["aud"], claims(t, first.AccessToken)["aud"]) {
			t.Errorf("%s: afterwards scope = %q, aud = %v, want those of the sign-in", name, third.Scope, claims(t, third.AccessToken)["aud"])
		}
	}
}

// UpdateRoles makes anna a manager, who is granted more than one scope.
func (s *server) UpdateRoles(t *testing.T) (account.User, error) {
	t.Helper()
	anna, err := s.UserByName(t.Context(), "anna")
	check(t, err)
	return s.SetRoles(t.Context(), anna.ID, []string{"manager"})
}

// Every access token has what RFC 9068 section 2.2 demands, whatever it is for.
func TestTheClaimsOfAccessTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}, Audiences: []string{"https://api.example"}})
	first := s.tokenAs("shop", "grant_type=password&scope=me&"+login)
	for name, got := range map[string]oauth.TokenResponse{
		"the built-in client's":  s.token(login + "&scope=me"),
		"another client's":       first,
		"one for other services": s.tokenAs("shop", "grant_type=password&resource=https://api.example&"+login),
		"a refreshed one":        s.tokenAs("shop", "grant_type=refresh_token&refresh_token="+first.RefreshToken),
	} {
		have := claims(t, got.AccessToken)
		for _, claim := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time"} {
			if have[claim] == nil || have[claim] == "" {
				t.Errorf("%s has no %s: %v", name, claim, have)
			}
		}
		if head := part(t, got.AccessToken, 0); head["typ"] != "at+jwt" || head["alg"] != "EdDSA" {
			t.Errorf("%s: header %v, want typ at+jwt and alg EdDSA", name, head)
		}
		if scope, _ := have["scope"].(string); scope != got.Scope {
			t.Errorf("%s: scope = %v, want %q as the answer says", name, have["scope"], got.Scope)
		}
		for _, claim := range []string{"acr", "amr", "roles", "groups", "entitlements"} {
			if have[claim] != nil {
				t.Errorf("%s: %s = %v, which docs/oauth.md says is not there", name, claim, have[claim])
			}
		}
		if want := map[bool]string{true: "holdfast", false: "shop"}[name == "the built-in client's"]; have["client_id"] != want {
			t.Errorf("%s: client_id = %v, want %s", name, have["client_id"], want)
		}
	}
}

func TestWhoLearnsOfAToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}, Audiences: []string{"https://api.example"}})
	s.client(account.Client{ID: "api", Scopes: []string{"me"}, Audiences: []string{"https://api.example"}})
	s.client(account.Client{ID: "other", Scopes: []string{"me"}})
	own := s.tokenAs("shop", "grant_type=password&scope=me&"+login)
	api := s.tokenAs("shop", "grant_type=password&scope=me&resource=https://api.example&"+login)
	for name, test := range map[string]struct {
		who, token string
		active     bool
	}{
		"a client of its own":                     {"shop", own.AccessToken, true},
		"a client of its own, for another":        {"shop", api.AccessToken, true},
		"a client of its own refresh token":       {"shop", own.RefreshToken, true},
		"a client that the token is for":          {"api", api.AccessToken, true},
		"a client that it is not for":             {"api", own.AccessToken, false},
		"another client":                          {"other", own.AccessToken, false},
		"another client of a refresh token":       {"other", own.RefreshToken, false},
		"the audience of a refresh token":         {"api", api.RefreshToken, false},
		"a client of garbage":                     {"shop", "garbage", false},
		"a client of a refresh token of no one's": {"shop", "hfr_A.B", false},
	} {
		w := s.as(test.who, "/introspect", "token="+test.token)
		if got := w.Body.String(); w.Code != http.StatusOK || test.active != strings.HasPrefix(got, `{"active":true,`) || !test.active && got != `{"active":false}` {
			t.Errorf("%s: POST /introspect = %d %s, want active: %v", name, w.Code, got, test.active)
		}
	}
	if got := s.told(own.AccessToken); !got.Active || got.ClientID != "shop" {
		t.Errorf("a service of a token for the default audience: %+v", got)
	}
	if w := s.ask(shopName, shopSecret, api.AccessToken); w.Body.String() != `{"active":false}` {
		t.Errorf("a service of a token for another: %s", w.Body)
	}
	var refresh oauth.Introspection
	check(t, json.Unmarshal(s.as("shop", "/introspect", "token="+own.RefreshToken).Body.Bytes(), &refresh))
	if refresh.Username != "anna" || refresh.Scope != "me" || refresh.ClientID != "shop" || refresh.TokenType != "" || refresh.Expiry <= refresh.IssuedAt {
		t.Errorf("of a refresh token: %+v", refresh)
	}
	if s.as("shop", "/revoke", "token="+own.RefreshToken).Code != http.StatusOK || s.as("shop", "/introspect", "token="+own.RefreshToken).Body.String() != `{"active":false}` {
		t.Error("a revoked refresh token is active")
	}
	s.store.down = errors.New("disk on fire")
	for _, token := range []string{api.AccessToken, api.RefreshToken} {
		if w := s.as("shop", "/introspect", "token="+token); w.Code != http.StatusServiceUnavailable {
			t.Errorf("with a broken store: %d %s, want 503", w.Code, w.Body)
		}
	}
}

// The metadata say what there is, and follow neither the Host of the request nor
// the order in which endpoints are registered.
func TestAllMetadata(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(c *oauth.Config) {
		c.Scopes, c.Documentation = []string{"me", "items"}, "https://a.example/docs"
	})
	r := httptest.NewRequest(http.MethodGet, "/.well-known/oauth-authorization-server", nil)
	r.Host = "evil.example"
	w := httptest.NewRecorder()
	s.checked.ServeHTTP(w, r)
	var got map[string]any
	check(t, json.Unmarshal(w.Body.Bytes(), &got))
	text, err := json.MarshalIndent(got, "", "  ")
	check(t, err)
	golden.Check(t, "metadata.json", append(text, '\n'))
	var grants []string
	for _, one := range got["grant_types_supported"].([]any) {
		grants = append(grants, one.(string))
	}
	if !slices.IsSorted(grants) {
		t.Errorf("grant_types_supported = %v", grants)
	}
}

// elsewhere is accounts whose sign-ins are for one service only.
type elsewhere struct {
	*server
	last account.Grant
}

func (e *elsewhere) Login(ctx context.Context, name, password string, ask account.Ask) (grant account.Grant, err error) {
	ask.Audience = []string{"https://api.example/one"}
	e.last, err = e.server.Login(ctx, name, password, ask)
	return e.last, err
}

// What was granted for one service, as a code is, is not for another: then the
// session that the grant has begun has ended.
func TestAGrantForAnotherService(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}, Audiences: []string{"https://api.example/one", "https://api.example/two"}})
	accounts := &elsewhere{server: s}
	other := newServer(t, func(c *oauth.Config) { c.Accounts, c.Clients = accounts, s })
	for resource, want := range map[string]int{"": 200, "https://api.example/one": 200, "https://api.example/two": 400} {
		w := other.as("shop", "/token", login+"&resource="+resource)
		if w.Code != want || want == 400 && !strings.Contains(w.Body.String(), `{"error":"invalid_target"`) {
			t.Errorf("POST /token for %s = %d %s, want %d", resource, w.Code, w.Body, want)
		}
		_, err := s.Caller(t.Context(), accounts.last.User.ID, accounts.last.SessionID, nil)
		if errors.Is(err, account.ErrNoCaller) != (want == 400) {
			t.Errorf("after POST /token for %s: Caller = %v; want that the session has ended: %v", resource, err, want == 400)
		}
	}
}
