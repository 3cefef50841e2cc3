package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
)

// clients are a service that has clients: job with a secret, robot with a key, web
// that is confidential and calls for people, and app that is public.
type clients struct {
	*server
	secrets map[string]string
	key     jwt.Key
	made    int
}

func newClients(t *testing.T) *clients {
	t.Helper()
	s := &clients{server: newServer(t), secrets: map[string]string{}}
	var err error
	s.key, err = jwt.GenerateKey(jwt.ES256)
	check(t, err)
	keys, err := jwt.MarshalPublicSet(s.key)
	check(t, err)
	code := []string{"https://shop.example/cb"}
	for _, c := range []account.Client{
		{ID: "job", Name: "Job", Scopes: []string{"me", "users:read"}},
		{ID: "other", Name: "Other", Scopes: []string{"me"}},
		{ID: "robot", Name: "Robot", Scopes: []string{"me"}, Keys: string(keys)},
		{ID: "web", Name: "Web", Scopes: []string{"me"}, Redirects: code},
		{ID: "app", Name: "App", Scopes: []string{"me"}, Redirects: code, Public: true},
		{ID: "off", Name: "Off", Scopes: []string{"me"}, Redirects: code, Public: true, Disabled: true},
	} {
		_, secret, err := s.CreateClient(t.Context(), c)
		check(t, err)
		s.secrets[c.ID] = string(secret)
	}
	return s
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// assert is a form with an assertion of the client robot, which is another one
// each time.
func (s *clients) assert(change func(claims map[string]any)) url.Values {
	s.t.Helper()
	s.made++
	claims := map[string]any{"iss": "robot", "sub": "robot", "aud": "https://a.example", "jti": fmt.Sprint(s.made), "exp": s.now.Add(time.Minute).Unix()}
	if change != nil {
		change(claims)
	}
	payload, err := json.Marshal(claims)
	check(s.t, err)
	text, err := jwt.SignJWS(s.key, "JWT", payload)
	check(s.t, err)
	return url.Values{"client_assertion": {text}, "client_assertion_type": {oauth.AssertionType}}
}

func TestHowClientsAuthenticateThemselves(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	const (
		machine = "grant_type=client_credentials"
		refresh = "grant_type=refresh_token&refresh_token=hfr_x.y" // a refusal by the grant says that the client is known
		known   = "400 invalid_grant"
	)
	signed := func(change func(map[string]any)) string { return s.assert(change).Encode() }
	job, wrong := s.secrets["job"], s.secrets["other"]
	for name, test := range map[string]struct{ authorization, form, want string }{
		"basic":                            {basic("job", job), machine, "200"},
		"basic in another case":            {"bAsIc" + strings.TrimPrefix(basic("job", job), "Basic"), machine, "200"},
		"basic, with the same client_id":   {basic("job", job), machine + "&client_id=job", "200"},
		"basic, encoded more than it must": {"Basic " + base64.StdEncoding.EncodeToString([]byte("%6Aob:"+url.QueryEscape(job))), machine, "200"},
		"post":                             {"", machine + "&client_id=job&client_secret=" + job, "200"},
		"a key":                            {"", machine + "&" + signed(nil), "200"},
		"a key, for the token endpoint":    {"", machine + "&" + signed(func(c map[string]any) { c["aud"] = "https://a.example/token" }), "200"},
		"a key, with the same client_id":   {"", machine + "&client_id=robot&" + signed(nil), "200"},
		"a public one":                     {"", refresh + "&client_id=app", known},
		"a public one, by basic":           {basic("app", ""), refresh, known},
		"none":                             {"", refresh, known},
		"empty ones, as Swagger UI sends":  {basic("", ""), refresh + "&client_id=&client_secret=", known},
		"the built-in one by name":         {"", refresh + "&client_id=holdfast", known},
		"a bearer token, which is none":    {"Bearer x", refresh, known},

		"a wrong secret by basic":                {basic("job", wrong), machine, "401 invalid_client Basic"},
		"a wrong secret by post":                 {"", machine + "&client_id=job&client_secret=" + wrong, "401 invalid_client"},
		"no secret by basic":                     {basic("job", ""), machine, "401 invalid_client Basic"},
		"no secret by post":                      {"", machine + "&client_id=job", "401 invalid_client"},
		"no secret, for people":                  {"", refresh + "&client_id=web", "401 invalid_client"},
		"an unknown client":                      {"", machine + "&client_id=ghost", "401 invalid_client"},
		"an unknown client with a secret":        {basic("ghost", job), machine, "401 invalid_client Basic"},
		"an unknown client with a password":      {"", login + "&client_id=ghost", "401 invalid_client"},
		"a secret without a client":              {"", login + "&client_secret=" + job, "401 invalid_client"},
		"a secret of a public client":            {"", refresh + "&client_id=app&client_secret=" + job, "401 invalid_client"},
		"a secret of the built-in one":           {basic("holdfast", job), login, "401 invalid_client Basic"},
		"a secret of a client with a key":        {basic("robot", job), machine, "401 invalid_client Basic"},
		"a disabled client":                      {"", refresh + "&client_id=off", "401 invalid_client"},
		"basic that is not base64":               {"Basic !", machine, "401 invalid_client Basic"},
		"basic without a colon":                  {"Basic am9i", machine, "401 invalid_client Basic"},
		"basic that is badly encoded":            {"Basic " + base64.StdEncoding.EncodeToString([]byte("job:%zz")), machine, "401 invalid_client Basic"},
		"a key for another server":               {"", machine + "&" + signed(func(c map[string]any) { c["aud"] = "https://evil.example" }), "401 invalid_client"},
		"a key for too long":                     {"", machine + "&" + signed(func(c map[string]any) { c["exp"] = s.now.Add(time.Hour).Unix() }), "401 invalid_client"},
		"a key of another client":                {"", machine + "&" + signed(func(c map[string]any) { c["iss"], c["sub"] = "job", "job" }), "401 invalid_client"},
		"a key beside another client_id":         {"", machine + "&client_id=job&" + signed(nil), "401 invalid_client"},
		"a key that is no token":                 {"", machine + "&client_assertion=x&client_assertion_type=" + url.QueryEscape(oauth.AssertionType), "401 invalid_client"},
		"basic and post":                         {basic("job", job), machine + "&client_secret=" + job, "400 invalid_request"},
		"basic and a key":                        {basic("robot", ""), machine + "&" + signed(nil), "400 invalid_request"},
		"post and a key":                         {"", machine + "&client_id=robot&client_secret=x&" + signed(nil), "400 invalid_request"},
		"basic and another client_id":            {basic("job", job), machine + "&client_id=other", "400 invalid_request"},
		"two headers":                            {basic("job", job) + "\n" + basic("other", wrong), machine, "400 invalid_request"},
		"a key of a kind that there is not":      {"", machine + "&client_assertion=x&client_assertion_type=saml", "400 invalid_request"},
		"a key of no kind":                       {"", machine + "&client_assertion=x", "400 invalid_request"},
		"a kind of key and none":                 {"", machine + "&client_assertion_type=" + url.QueryEscape(oauth.AssertionType), "400 invalid_request"},
		"a grant that is not in the list":        {"", login + "&client_id=app", "400 unauthorized_client"},
		"the password of a confidential one":     {basic("web", s.secrets["web"]), login, "400 unauthorized_client"},
		"a client for people that calls itself":  {basic("web", s.secrets["web"]), machine, "400 unauthorized_client"},
		"the built-in client that calls itself":  {"", machine, "400 unauthorized_client"},
		"a public client that calls itself":      {"", machine + "&client_id=app", "400 unauthorized_client"},
		"a machine that refreshes":               {basic("job", job), refresh, "400 unauthorized_client"},
		"a scope of the list":                    {basic("job", job), machine + "&scope=users:read", "200"},
		"a scope outside of the list":            {basic("job", job), machine + "&scope=users:read+users:write", "400 invalid_scope"},
		"a scope outside of the list, refreshed": {"", refresh + "&client_id=app&scope=users:read", "400 invalid_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.send("POST", "/token", test.authorization, test.form)
			if got := outcome(w); got != test.want {
				t.Errorf("POST /token = %s %s, want %s", got, w.Body, test.want)
			}
			if w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "hfcs_") {
				t.Errorf("Cache-Control = %q, %s", w.Header().Get("Cache-Control"), w.Body)
			}
		})
	}
}

// outcome is the status, the error's word, and the scheme of the challenge.
func outcome(w *httptest.ResponseRecorder) string {
	var body struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(w.Body.Bytes(), &body) // then there is no word
	scheme, _, _ := strings.Cut(w.Header().Get("WWW-Authenticate"), " ")
	return strings.Join(strings.Fields(fmt.Sprint(w.Code, " ", body.Error, " ", scheme)), " ")
}

// An assertion is good for one request, whatever becomes of it.
func TestAnAssertionThatIsReplayed(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	form := "grant_type=client_credentials&" + s.assert(nil).Encode()
	if w := s.call("POST", "/token", "", form); w.Code != http.StatusOK {
		t.Fatalf("POST /token = %d %s", w.Code, w.Body)
	}
	if got := outcome(s.call("POST", "/token", "", form)); got != "401 invalid_client" {
		t.Errorf("the same again = %s, want 401 invalid_client", got)
	}
}

func (s *clients) machine(form string) oauth.TokenResponse {
	s.t.Helper()
	w := s.send("POST", "/token", basic("job", s.secrets["job"]), "grant_type=client_credentials"+form)
	var out oauth.TokenResponse
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("POST /token = %d %s", w.Code, w.Body)
	}
	return out
}

func TestATokenOfAMachine(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	got := s.machine("")
	if got.Scope != "me users:read" || got.RefreshToken != "" || got.TokenType != "bearer" {
		t.Errorf("POST /token = %+v, want all scopes and no refresh token", got)
	}
	if got := s.machine("&scope=me"); got.Scope != "me" {
		t.Errorf("scope = %q, want me", got.Scope)
	}
	claims := jwt.Inspect(t.Context(), got.AccessToken, jwt.VerifierConfig{}).Claims
	if claims.Subject != "job" || claims.ClientID != "job" || claims.SessionID == "" || strings.Contains(s.secrets["job"], claims.SessionID) {
		t.Errorf("claims = %+v", claims)
	}
	if w := s.call("GET", "/who", got.AccessToken, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "machine job") {
		t.Errorf("GET /who = %d %s", w.Code, w.Body)
	}
	if w := s.call("POST", "/logout", got.AccessToken, ""); w.Code != http.StatusForbidden {
		t.Errorf("POST /logout = %d %s, want 403", w.Code, w.Body)
	}
	if told := s.told(got.AccessToken); !told.Active || told.Subject != "job" || told.Username != "" || told.Scope != "me users:read" {
		t.Errorf("told %+v", told)
	}
	user := jwt.Inspect(t.Context(), s.server.token(login).AccessToken, jwt.VerifierConfig{}).Claims
	if user.ClientID != account.BuiltInClient || user.Subject == user.ClientID {
		t.Errorf("claims of a user's token = %+v, want the built-in client", user)
	}
	_, err := s.RotateClientSecret(t.Context(), "job", 0)
	check(t, err)
	if w := s.call("GET", "/who", got.AccessToken, ""); w.Code != http.StatusUnauthorized {
		t.Errorf("GET /who after the secret was rotated away = %d %s, want 401", w.Code, w.Body)
	}
}

// A machine's token stands for its client, and for no user or client beside it.
func TestWhoCannotBeAMachine(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	good := jwt.Inspect(t.Context(), s.machine("").AccessToken, jwt.VerifierConfig{}).Claims
	for name, change := range map[string]func(*jwt.Claims){
		"another client's credential": func(c *jwt.Claims) { c.Subject, c.ClientID = "other", "other" },
		"a client without one":        func(c *jwt.Claims) { c.Subject, c.ClientID = "app", "app" },
		"the built-in client":         func(c *jwt.Claims) { c.Subject, c.ClientID = "holdfast", "holdfast" },
		"no credential":               func(c *jwt.Claims) { c.SessionID = "" },
		"no client":                   func(c *jwt.Claims) { c.ClientID = "" },
		"another subject":             func(c *jwt.Claims) { c.Subject = "other" },
	} {
		claims := good
		change(&claims)
		text, err := s.signer.Sign(claims)
		check(t, err)
		if w := s.call("GET", "/who", text, ""); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: GET /who = %d %s, want 401", name, w.Code, w.Body)
		}
	}
	text, err := s.signer.Sign(good)
	check(t, err)
	if w := s.call("GET", "/who", text, ""); w.Code != http.StatusOK {
		t.Errorf("a good one: GET /who = %d %s, want 200", w.Code, w.Body)
	}
}

func TestMetadataSaysHowClientsAuthenticateThemselves(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	w := s.call("GET", "/.well-known/oauth-authorization-server", "", "")
	if want := `"token_endpoint_auth_methods_supported":["none","client_secret_basic","client_secret_post","private_key_jwt"]`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("GET the metadata = %s, want %s", w.Body, want)
	}
}

// Without Config.Clients there is the built-in client, and no other.
func TestAServerWithoutClients(t *testing.T) {
	t.Parallel()
	s := newClients(t)
	app := holdfast.New("Test", "1")
	oauth.New(oauth.Config{Accounts: s.Service, Scheme: holdfast.OAuth2PasswordBearer("token"), Signer: s.signer, TTL: time.Minute}).Register(app)
	for name, test := range map[string]struct{ authorization, form, want string }{
		"none":                 {"", login, "200"},
		"the built-in one":     {"", login + "&client_id=holdfast", "200"},
		"another":              {"", login + "&client_id=app", "401 invalid_client"},
		"a secret":             {basic("job", s.secrets["job"]), "grant_type=client_credentials", "401 invalid_client Basic"},
		"a key":                {"", "grant_type=client_credentials&" + s.assert(nil).Encode(), "401 invalid_client"},
		"a machine of no name": {"", "grant_type=client_credentials", "400 unauthorized_client"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader(test.form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if got := outcome(w); got != test.want {
			t.Errorf("%s: POST /token = %s %s, want %s", name, got, w.Body, test.want)
		}
	}
}
