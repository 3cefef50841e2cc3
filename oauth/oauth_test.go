package oauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/work"
)

const secret = "correct horse battery"

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// broken is a store that cannot be asked while down is set.
type broken struct {
	*memory.Store
	down error
}

func (b *broken) View(ctx context.Context, fn func(account.Reader) error) error {
	if b.down != nil {
		return b.down
	}
	return b.Store.View(ctx, fn)
}

func (b *broken) Update(ctx context.Context, fn func(account.Writer) error) error {
	if b.down != nil {
		return b.down
	}
	return b.Store.Update(ctx, fn)
}

type server struct {
	t       *testing.T
	app     *holdfast.App
	checked http.Handler // the same, with its answers compared with its document
	store   *broken
	now     time.Time
	*account.Service

	signer   *jwt.Signer
	keysDown error
	laneFull bool
}

func newServer(t *testing.T, changes ...func(*oauth.Config)) *server {
	t.Helper()
	s := &server{t: t, store: &broken{Store: memory.New()}, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	clock := func() time.Time { return s.now }
	passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
	check(t, err)
	s.Service, err = account.NewService(t.Context(), account.Config{Store: s.store, Passwords: passwords, Lane: lane{s}, Now: clock})
	check(t, err)
	_, err = s.CreateUser(t.Context(), account.NewUser{Name: "anna", Password: secret, Roles: []string{"user"}})
	check(t, err)
	key, err := jwt.GenerateKey(jwt.EdDSA)
	check(t, err)
	s.signer, err = jwt.NewSigner(jwt.SignerConfig{
		SigningKey: func(context.Context) (jwt.Key, error) { return key, s.keysDown }, Issuer: "https://a.example", Audience: []string{"a"}, TTL: time.Minute, Now: clock,
	})
	check(t, err)
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: func(context.Context) ([]jwt.Key, error) { return []jwt.Key{key}, s.keysDown }, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "https://a.example", Audience: "a", Now: clock,
	})
	check(t, err)
	anyAudience, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: func(context.Context) ([]jwt.Key, error) { return []jwt.Key{key}, s.keysDown }, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: "https://a.example", InsecureNoAudience: true, Now: clock,
	})
	check(t, err)
	config := oauth.Config{
		Accounts: s, Clients: s, Issuer: "https://a.example", Scheme: holdfast.OAuth2PasswordBearer("token"), Signer: s.signer, Verifier: verifier, TTL: time.Minute,
		Audience: []string{"a"}, Resource: "https://a.example/api", AnyAudience: anyAudience,
		KeySet: func(context.Context) ([]byte, error) {
			data, err := jwt.MarshalPublicSet(key)
			return data, errors.Join(err, s.keysDown)
		},
	}
	for _, change := range changes {
		change(&config)
	}
	tokens := oauth.New(config)
	s.app = holdfast.New("Test", "1")
	tokens.Register(s.app)
	tokens.RegisterIntrospection(s.app, known)
	tokens.RegisterRevocation(s.app)
	tokens.RegisterMetadata(s.app, "https://a.example")
	holdfast.Get(s.app, "/who", holdfast.Security(tokens.Caller()), func(_ context.Context, c account.Caller, _ holdfast.NoInput) (string, error) {
		if c.Machine() {
			return "machine " + c.ClientID, nil
		}
		return c.User.Name, nil
	})
	s.checked = openapitest.Handler(t, s.app)
	return s
}

func (s *server) call(method, path, token, form string) *httptest.ResponseRecorder {
	if token != "" {
		token = "Bearer " + token
	}
	return s.send(method, path, token, form)
}

// send is call with an Authorization header of any kind, or several that are
// separated by newlines.
func (s *server) send(method, path, authorization, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if authorization != "" {
		r.Header["Authorization"] = strings.Split(authorization, "\n")
	}
	w := httptest.NewRecorder()
	s.checked.ServeHTTP(w, r)
	return w
}

func (s *server) token(form string) oauth.TokenResponse {
	s.t.Helper()
	w := s.call("POST", "/token", "", form)
	var out oauth.TokenResponse
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("POST /token %s = %d %s", form, w.Code, w.Body)
	}
	return out
}

const login = "username=anna&password=correct+horse+battery"

func TestTokenResponse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, form := range map[string]string{
		"FastAPI's form": login + "&scope=me+users:write",
		"RFC 6749":       "grant_type=password&scope=me&" + login,
	} {
		t.Run(name, func(t *testing.T) {
			w := s.call("POST", "/token", "", form)
			var got oauth.TokenResponse
			check(t, json.Unmarshal(w.Body.Bytes(), &got))
			if got.TokenType != "bearer" || got.ExpiresIn != 60 || got.Scope != "me" || got.AccessToken == "" || got.RefreshToken == "" {
				t.Errorf("POST /token = %s", w.Body)
			}
			if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
				t.Errorf("Cache-Control = %q, want no-store", cache)
			}
			if w := s.call("GET", "/who", got.AccessToken, ""); w.Body.String() != "\"anna\"\n" && w.Body.String() != `"anna"` {
				t.Errorf("GET /who = %d %s", w.Code, w.Body)
			}
		})
	}
	if got := s.token(login).Scope; got != "" {
		t.Errorf("scope = %q without one asked for, want none", got)
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const wrong = `{"error":"invalid_grant","error_description":"Incorrect username or password","detail":"Incorrect username or password"}`
	for name, test := range map[string]struct{ form, want string }{
		"a wrong password":  {"username=anna&password=x", wrong},
		"an unknown name":   {"username=eve&password=correct+horse+battery", wrong},
		"nothing":           {"", `{"error":"invalid_request"`},
		"no password":       {"username=anna", `{"error":"invalid_request"`},
		"another grant":     {"grant_type=implicit&" + login, `{"error":"unsupported_grant_type"`},
		"no refresh token":  {"grant_type=refresh_token", `{"error":"invalid_request"`},
		"a garbage refresh": {"grant_type=refresh_token&refresh_token=x", `{"error":"invalid_grant","error_description":"The refresh token is not valid"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := s.call("POST", "/token", "", test.form)
			if w.Code != http.StatusBadRequest || !strings.HasPrefix(w.Body.String(), test.want) {
				t.Errorf("POST /token = %d %s, want 400 %s", w.Code, w.Body, test.want)
			}
			if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
				t.Errorf("Cache-Control = %q, want no-store", cache)
			}
		})
	}
}

func TestRefreshAndLogout(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first := s.token(login + "&scope=me")
	second := s.token("grant_type=refresh_token&refresh_token=" + first.RefreshToken)
	if second.Scope != "me" || second.RefreshToken == first.RefreshToken {
		t.Fatalf("refresh = %+v", second)
	}
	if w := s.call("POST", "/logout", second.AccessToken, ""); w.Code != http.StatusNoContent {
		t.Fatalf("POST /logout = %d %s", w.Code, w.Body)
	}
	for _, token := range []string{first.AccessToken, second.AccessToken} {
		if w := s.call("GET", "/who", token, ""); w.Code != http.StatusUnauthorized {
			t.Errorf("GET /who after logout = %d %s, want 401", w.Code, w.Body)
		}
	}
	if w := s.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+second.RefreshToken); w.Code != http.StatusBadRequest {
		t.Errorf("refresh after logout = %d %s, want 400", w.Code, w.Body)
	}
}

func TestTokensExpire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(login)
	s.now = s.now.Add(time.Minute)
	w := s.call("GET", "/who", got.AccessToken, "")
	if challenge := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || challenge != `Bearer error="invalid_token"` {
		t.Errorf("GET /who = %d, WWW-Authenticate %s, want 401", w.Code, challenge)
	}
}

// When the store cannot be asked, no caller passes, and none is told to sign in
// again either.
func TestABrokenStoreLetsNobodyIn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(login)
	s.store.down = errors.New("disk on fire")
	for _, w := range []*httptest.ResponseRecorder{
		s.call("GET", "/who", got.AccessToken, ""),
		s.call("POST", "/token", "", login),
		s.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+got.RefreshToken),
	} {
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("with a broken store = %d %s, want 503 that tells nothing", w.Code, w.Body)
		}
	}
	s.store.down = nil
	if w := s.call("GET", "/who", got.AccessToken, ""); w.Code != http.StatusOK {
		t.Errorf("after the repair = %d %s, want 200", w.Code, w.Body)
	}
}

// Whatever is wrong with a token, the caller learns RFC 6750's word for it and
// no more: all answers are alike.
func TestTheCallerDoesNotLearnWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	good := s.token(login + "&scope=me").AccessToken
	head, rest, _ := strings.Cut(good, ".")
	body, sig, _ := strings.Cut(rest, ".")
	s.now = s.now.Add(2 * time.Minute)
	fresh := s.token(login + "&scope=me").AccessToken
	encode := base64.RawURLEncoding.EncodeToString
	seen := map[string][]string{}
	for name, token := range map[string]string{
		"expired":                 good,
		"expired, badly signed":   head + "." + body + "." + encode(make([]byte, 64)),
		"badly signed":            fresh[:len(fresh)-4] + "AAAA",
		"malformed":               "x.y.z",
		"unsecured":               encode([]byte(`{"alg":"none"}`)) + "." + body + ".",
		"of an unknown key":       encode([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"x"}`)) + "." + body + "." + sig,
		"critical":                encode([]byte(`{"alg":"EdDSA","crit":["x"],"x":1}`)) + "." + body + "." + sig,
		"too long":                fresh + strings.Repeat("A", 20000),
		"a refresh token":         "hfr_a.b",
		"one with two members":    encode([]byte(`{"alg":"EdDSA","alg":"EdDSA"}`)) + "." + body + "." + sig,
		"one of another's making": encode([]byte(`{"alg":"EdDSA","jku":"https://evil.example"}`)) + "." + body + "." + sig,
	} {
		w := s.call("GET", "/who", token, "")
		answer := fmt.Sprint(w.Code, w.Header()["Www-Authenticate"], w.Body)
		seen[answer] = append(seen[answer], name)
	}
	if len(seen) != 1 || !strings.Contains(fmt.Sprint(seen), `401 [Bearer error="invalid_token"]`) {
		t.Errorf("the answers differ: %q", seen)
	}
}

// Keys that cannot be had are no answer about the token.
func TestKeysThatCannotBeHad(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(login)
	s.keysDown = errors.New("disk on fire")
	for _, w := range []*httptest.ResponseRecorder{
		s.call("GET", "/who", got.AccessToken, ""), s.call("POST", "/token", "", login), s.call("GET", "/.well-known/jwks.json", "", ""),
	} {
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("without keys = %d %s, want 503 that tells nothing", w.Code, w.Body)
		}
	}
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.call("GET", "/.well-known/jwks.json", "", "")
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	check(t, json.Unmarshal(w.Body.Bytes(), &set))
	if len(set.Keys) != 1 || set.Keys[0]["kty"] != "OKP" || set.Keys[0]["alg"] != "EdDSA" || set.Keys[0]["d"] != "" {
		t.Errorf("GET /.well-known/jwks.json = %s", w.Body)
	}
}

// TestMetadata is found by RFC 8414's rule for the issuer, and says where the
// endpoints below it are.
func TestMetadata(t *testing.T) {
	t.Parallel()
	for issuer, path := range map[string]string{
		"https://a.example":          "/.well-known/oauth-authorization-server",
		"https://a.example/shop":     "/.well-known/oauth-authorization-server/shop",
		"https://a.example/a%20shop": "/.well-known/oauth-authorization-server/a%20shop",
	} {
		app := holdfast.New("Test", "1")
		oauth.New(oauth.Config{Scheme: holdfast.OAuth2PasswordBearer("token")}).RegisterMetadata(app, issuer)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		want := `{"issuer":"` + issuer + `","token_endpoint":"` + issuer + `/token","jwks_uri":"` + issuer + `/.well-known/jwks.json","response_types_supported":[],"grant_types_supported":["password","refresh_token"],"token_endpoint_auth_methods_supported":["none"]}`
		if w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("GET %s = %d %s, want 200 %s", path, w.Code, w.Body, want)
		}
	}
}

// Whether or not there is such a user, the refusals are the same to the byte, and so is the
// one that comes after too many.
func TestRefusedSignInsAreTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	off, err := s.CreateUser(t.Context(), account.NewUser{Name: "off", Password: secret})
	check(t, err)
	yes := true
	_, err = s.UpdateUser(t.Context(), off.ID, account.UserChange{Disabled: &yes})
	check(t, err)
	_, err = s.CreateUser(t.Context(), account.NewUser{Name: "without", WithoutPassword: true})
	check(t, err)
	answers := map[string]string{}
	for _, name := range []string{"anna", "off", "without", "nobody"} {
		for i := range 12 {
			secret := "wrong"
			if name != "anna" && i > 5 {
				secret = "correct+horse+battery"
			}
			w := s.call("POST", "/token", "", "username="+name+"&password="+secret)
			answers[name] += fmt.Sprintln(w.Code, w.Header(), w.Body)
		}
		if answers[name] != answers["anna"] {
			t.Errorf("%s is answered\n%sand anna\n%s", name, answers[name], answers["anna"])
		}
	}
	w := s.call("POST", "/token", "", login)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "90" || !strings.Contains(w.Body.String(), `"error":"slow_down"`) {
		t.Errorf("POST /token after too many = %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
	s.now = s.now.Add(90 * time.Second)
	if w := s.call("POST", "/token", "", login); w.Code != http.StatusOK {
		t.Errorf("POST /token after Retry-After = %d %s, want 200", w.Code, w.Body)
	}
}

// lane runs what it is given, unless the test says that it is full.
type lane struct{ s *server }

func (l lane) Do(_ context.Context, fn func() error) error {
	if l.s.laneFull {
		return work.ErrBusy
	}
	return fn()
}

// A sign-in that finds the lane full is told to come again: that is no wrong
// password.
func TestASignInThatFindsTheLaneFull(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.laneFull = true
	w := s.call("POST", "/token", "", login)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
		t.Errorf("POST /token = %d %v %s, want 503 with Retry-After", w.Code, w.Header(), w.Body)
	}
}
