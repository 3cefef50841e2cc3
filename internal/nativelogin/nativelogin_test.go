package nativelogin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/nativelogin"
)

// server is an authorization server whose parts can lie.
type server struct {
	*httptest.Server

	metadata func(map[string]any)             // changes what it says of itself
	answer   func(query url.Values)           // changes what the browser brings back
	token    func(w http.ResponseWriter) bool // answers in place of /token, if it returns true

	asked url.Values // at /authorize
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{metadata: func(map[string]any) {}, answer: func(url.Values) {}, token: func(http.ResponseWriter) bool { return false }}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server/tenant", func(w http.ResponseWriter, _ *http.Request) {
		out := map[string]any{
			"issuer": s.issuer(), "authorization_endpoint": s.issuer() + "/authorize", "token_endpoint": s.issuer() + "/token",
			"code_challenge_methods_supported": []string{"S256"}, "authorization_response_iss_parameter_supported": true,
		}
		s.metadata(out)
		writeJSON(w, http.StatusOK, out)
	})
	mux.HandleFunc("GET /tenant/authorize", func(w http.ResponseWriter, r *http.Request) {
		s.asked = r.URL.Query()
		back := url.Values{"code": {"a code"}, "state": s.asked["state"], "iss": {s.issuer()}}
		s.answer(back)
		http.Redirect(w, r, s.asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /tenant/token", func(w http.ResponseWriter, r *http.Request) {
		if s.token(w) {
			return
		}
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if r.PostFormValue("code") != "a code" || base64.RawURLEncoding.EncodeToString(sum[:]) != s.asked.Get("code_challenge") ||
			r.PostFormValue("redirect_uri") != s.asked.Get("redirect_uri") || r.PostFormValue("client_id") != "shell" || r.PostFormValue("grant_type") != "authorization_code" {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "the code is not good"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"access_token": "at", "token_type": "bearer", "expires_in": 60, "scope": s.asked.Get("scope")})
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) issuer() string { return s.URL + "/tenant" }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// browse is the person's browser, which goes where it is sent.
func browse(t *testing.T, address string) (status int, page string) {
	t.Helper()
	response, err := http.Get(address) //nolint:gosec // an address of the test
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(body)
}

func (s *server) config(t *testing.T) nativelogin.Config {
	t.Helper()
	return nativelogin.Config{Issuer: s.issuer(), ClientID: "shell", Scopes: []string{"me", "items"}, Open: func(address string) error {
		browse(t, address)
		return nil
	}}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	config := s.config(t)
	config.Issuer += "/"
	config.Resource = []string{"https://a.example"}
	got, err := nativelogin.Login(t.Context(), config)
	want := nativelogin.Tokens{AccessToken: "at", TokenType: "bearer", ExpiresIn: 60, Scope: "me items"}
	if err != nil || got != want {
		t.Fatalf("Login = %+v, %v, want %+v", got, err, want)
	}
	back, err := url.Parse(s.asked.Get("redirect_uri"))
	if err != nil || back.Scheme != "http" || back.Hostname() != "127.0.0.1" || back.Port() == "" || back.Path != "/callback" {
		t.Errorf("redirect_uri = %v, %v, want one of this machine with a port", back, err)
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": "shell", "code_challenge_method": "S256", "resource": "https://a.example"} {
		if s.asked.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, s.asked.Get(name), want)
		}
	}
	if len(s.asked.Get("state")) < 20 || len(s.asked.Get("code_challenge")) != 43 {
		t.Errorf("state %q, challenge %q: too short to be secrets", s.asked.Get("state"), s.asked.Get("code_challenge"))
	}
}

// A server that lies, or an answer that was changed on its way, gives no token.
func TestWhatIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lie  func(*server)
		want string
	}{
		"another issuer":                      {func(s *server) { s.metadata = set("issuer", "https://other.example") }, "says that it is"},
		"no authorization endpoint":           {func(s *server) { s.metadata = set("authorization_endpoint", "") }, "has no authorization_endpoint"},
		"no PKCE":                             {func(s *server) { s.metadata = set("code_challenge_methods_supported", []string{"plain"}) }, "PKCE"},
		"a token endpoint that all can read":  {func(s *server) { s.metadata = set("token_endpoint", "http://other.example/token") }, "is not https"},
		"a token endpoint that is none":       {func(s *server) { s.metadata = set("token_endpoint", "javascript:alert(1)") }, "is no address of a server"},
		"metadata that is no JSON":            {func(s *server) { s.metadata = set("issuer", 7) }, "something else than the JSON"},
		"metadata without end":                {func(s *server) { s.metadata = set("more", strings.Repeat("x", 70<<10)) }, "more than 65536 bytes"},
		"an answer of another server":         {func(s *server) { s.answer = put("iss", "https://other.example") }, "the answer is from https://other.example"},
		"an answer that does not say of whom": {func(s *server) { s.answer = put("iss", "") }, "does not say which server it is from"},
		"two codes":                           {func(s *server) { s.answer = func(q url.Values) { q.Add("code", "b") } }, "more than one code"},
		"neither a code nor an error":         {func(s *server) { s.answer = put("code", "") }, "neither a code nor an error"},
		"another code":                        {func(s *server) { s.answer = put("code", "stolen") }, "the server refuses: invalid_grant: the code is not good"},
		"a person who says no": {func(s *server) {
			s.answer = func(q url.Values) { q.Set("error", "access_denied"); q.Set("error_description", "\x1b[2Jno") }
		}, "the server refuses: access_denied: ?[2Jno"},
		"a token endpoint that sends on":  {func(s *server) { s.token = sends(http.StatusTemporaryRedirect, "") }, "answers with 307"},
		"a token of another kind":         {func(s *server) { s.token = sends(http.StatusOK, `{"access_token":"x","token_type":"DPoP"}`) }, "no bearer token"},
		"no token":                        {func(s *server) { s.token = sends(http.StatusOK, `{"token_type":"bearer"}`) }, "no bearer token"},
		"a token endpoint that is broken": {func(s *server) { s.token = sends(http.StatusBadGateway, "<html>") }, "answers with 502"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			test.lie(s)
			if got, err := nativelogin.Login(t.Context(), s.config(t)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Login = %+v, %v, want an error with %q", got, err, test.want)
			}
		})
	}
}

func set(name string, value any) func(map[string]any) {
	return func(metadata map[string]any) { metadata[name] = value }
}

func put(name, value string) func(url.Values) {
	return func(query url.Values) { query.Set(name, value) }
}

func sends(status int, body string) func(http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		w.Header().Set("Location", "https://other.example/token")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// Other pages can reach the port. They neither end the sign-in nor get anything
// into it.
func TestOthersWhoKnockAtTheRedirect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	config := s.config(t)
	config.Open = func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		redirect := u.Query().Get("redirect_uri")
		state := url.QueryEscape(u.Query().Get("state"))
		for knock, want := range map[string]int{
			redirect + "?code=evil&state=guessed":                              http.StatusBadRequest,
			redirect + "?code=evil":                                            http.StatusBadRequest,
			redirect + "?code=evil&state=x&state=" + state:                     http.StatusBadRequest,
			redirect + "?%":                                                    http.StatusBadRequest,
			redirect + "/more?code=evil&state=" + state:                        http.StatusNotFound,
			strings.Replace(redirect, "127.0.0.1", "localhost", 1) + "?code=a": http.StatusNotFound,
		} {
			if status, page := browse(t, knock); status != want || strings.Contains(page, "evil") {
				t.Errorf("GET %s = %d %s, want %d", knock, status, page, want)
			}
		}
		response, err := http.Post(redirect+"?code=evil&state="+state, "text/plain", nil)
		if err != nil || response.StatusCode != http.StatusMethodNotAllowed || response.Body.Close() != nil {
			t.Errorf("POST = %v, %v, want 405", response, err)
		}
		if status, page := browse(t, address); status != http.StatusOK || !strings.Contains(page, "You are signed in") {
			t.Errorf("the page after the sign-in: %d %s", status, page)
		}
		return nil
	}
	if got, err := nativelogin.Login(t.Context(), config); err != nil || got.AccessToken != "at" {
		t.Errorf("Login = %+v, %v", got, err)
	}
}

func TestASignInThatDoesNotHappen(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	config := s.config(t)
	ctx, cancel := context.WithCancel(t.Context())
	config.Open = func(string) error { cancel(); return nil }
	if _, err := nativelogin.Login(ctx, config); !errors.Is(err, context.Canceled) {
		t.Errorf("Login = %v, want that it was cancelled", err)
	}
	closed := errors.New("no browser")
	config.Open = func(string) error { return closed }
	if _, err := nativelogin.Login(t.Context(), config); !errors.Is(err, closed) {
		t.Errorf("Login = %v, want the error of Open", err)
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"http://auth.example.org", "auth.example.org", "https://a@auth.example.org", "ftp://localhost", "https://a.example#b", "", "http://[::1"} {
		if _, err := nativelogin.Login(t.Context(), nativelogin.Config{Issuer: issuer}); err == nil {
			t.Errorf("Login at %q has no error", issuer)
		}
	}
	s := newServer(t)
	_, err := nativelogin.Login(t.Context(), nativelogin.Config{Issuer: s.URL})
	if err == nil || !strings.Contains(err.Error(), "answers with 404: it is no authorization server") {
		t.Errorf("Login at a server of another kind = %v", err)
	}
}
