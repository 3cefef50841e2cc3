package oauth_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/oauth"
)

const clientSecret = "the secret of the client"

// client makes a confidential client of the store.
func (s *server) client(c account.Client) {
	s.t.Helper()
	if c.Grants == nil {
		c.Grants = []string{account.GrantPassword, account.GrantRefresh}
	}
	check(s.t, s.store.Update(s.t.Context(), func(w account.Writer) error {
		return errors.Join(w.PutClient(c), w.PutClientSecrets(c.ID, []account.ClientSecret{{Hash: sha256.Sum256([]byte(clientSecret))}}))
	}))
}

// as sends a form as a client.
func (s *server) as(client, path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", formType)
	r.SetBasicAuth(client, url.QueryEscape(clientSecret))
	w := httptest.NewRecorder()
	s.checked.ServeHTTP(w, r)
	return w
}

func (s *server) tokenAs(client, form string) oauth.TokenResponse {
	s.t.Helper()
	w := s.as(client, "/token", form)
	var out oauth.TokenResponse
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		s.t.Fatalf("POST /token %s = %d %s", form, w.Code, w.Body)
	}
	return out
}

// alive reports whether anything of a session is good for anything.
func (s *server) alive(got oauth.TokenResponse, as string) (access, refresh bool) {
	access = s.call("GET", "/who", got.AccessToken, "").Code == http.StatusOK
	form := "grant_type=refresh_token&refresh_token=" + got.RefreshToken
	if as == "" {
		return access, s.call("POST", "/token", "", form).Code == http.StatusOK
	}
	return access, s.as(as, "/token", form).Code == http.StatusOK
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		form string // of POST /revoke; ACCESS and REFRESH stand for the tokens
		as   string // the client that sends it
		ends bool
	}{
		"a refresh token":                          {"token=REFRESH", "shop", true},
		"an access token":                          {"token=ACCESS", "shop", true},
		"with a hint":                              {"token=REFRESH&token_type_hint=refresh_token", "shop", true},
		"with a wrong hint":                        {"token=REFRESH&token_type_hint=access_token", "shop", true},
		"with a hint that nobody knows":            {"token=ACCESS&token_type_hint=pet", "shop", true},
		"another client's refresh token":           {"token=REFRESH", "other", false},
		"another client's access token":            {"token=ACCESS", "other", false},
		"a confidential client's, by a public one": {"client_id=holdfast&token=REFRESH", "", false},
		"garbage":                       {"token=garbage", "shop", false},
		"a refresh token of no session": {"token=hfr_AAAA.BBBB", "shop", false},
	} {
		s := newServer(t)
		s.client(account.Client{ID: "shop", Scopes: []string{"me"}})
		s.client(account.Client{ID: "other", Scopes: []string{"me"}})
		got := s.tokenAs("shop", "grant_type=password&scope=me&"+login)
		form := strings.NewReplacer("ACCESS", got.AccessToken, "REFRESH", got.RefreshToken).Replace(test.form)
		w := s.call("POST", "/revoke", "", form)
		if test.as != "" {
			w = s.as(test.as, "/revoke", form)
		}
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: POST /revoke = %d %s, want 200", name, w.Code, w.Body)
		}
		if access, refresh := s.alive(got, "shop"); access == test.ends || refresh == test.ends {
			t.Errorf("%s: afterwards the access token is good: %v, the refresh token: %v; want both %v", name, access, refresh, !test.ends)
		}
	}
}

// A client that is not who it says revokes nothing, and so does a store that
// cannot be asked: neither is told that it is done.
func TestRevocationThatDoesNotHappen(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}})
	got := s.tokenAs("shop", "grant_type=password&scope=me&"+login)
	for name, test := range map[string]struct {
		form, id, secret string
		status           int
		want             string
	}{
		"a wrong secret":             {"token=" + got.RefreshToken, "shop", "wrong", 401, "invalid_client"},
		"a client without a secret":  {"token=" + got.RefreshToken + "&client_id=shop", "", "", 401, "invalid_client"},
		"nobody":                     {"token=" + got.RefreshToken, "", "", 401, "invalid_client"},
		"an unknown client":          {"token=" + got.RefreshToken + "&client_id=eve", "", "", 401, "invalid_client"},
		"two ways of authentication": {"token=" + got.RefreshToken + "&client_id=shop&client_secret=x", "shop", clientSecret, 400, "invalid_request"},
		"no token":                   {"client_id=holdfast", "", "", 400, "invalid_request"},
		"an API key":                 {"client_id=holdfast&token=hfk_AAAA", "", "", 400, "unsupported_token_type"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/revoke", strings.NewReader(test.form))
		r.Header.Set("Content-Type", formType)
		if test.id != "" {
			r.SetBasicAuth(test.id, url.QueryEscape(test.secret))
		}
		if status, out := s.sends(r); status != test.status || out.Error != test.want {
			t.Errorf("%s: POST /revoke = %d %+v, want %d %s", name, status, out, test.status, test.want)
		}
	}
	s.store.down = errors.New("disk on fire")
	for _, token := range []string{got.RefreshToken, got.AccessToken} {
		w := s.call("POST", "/revoke", "", "client_id=holdfast&token="+token)
		if strings.HasPrefix(token, "hfr_") && w.Code != http.StatusServiceUnavailable {
			t.Errorf("with a broken store: POST /revoke = %d %s, want 503", w.Code, w.Body)
		}
		if w := s.as("shop", "/revoke", "token="+token); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"temporarily_unavailable"`) || w.Header().Get("Retry-After") == "" {
			t.Errorf("with a broken store: POST /revoke = %d %s, want 503 temporarily_unavailable", w.Code, w.Body)
		}
	}
	s.store.down = nil
	if access, _ := s.alive(got, "shop"); !access {
		t.Error("the session has ended all the same")
	}
}

// A token for another service is revoked as well, although it is not good here.
func TestATokenForAnotherServiceIsRevoked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}, Audiences: []string{"https://api.example"}})
	got := s.tokenAs("shop", "grant_type=password&scope=me&resource=https://api.example&"+login)
	if access, _ := s.alive(oauth.TokenResponse{AccessToken: got.AccessToken}, "shop"); access {
		t.Error("a token for another service is good here")
	}
	if w := s.as("shop", "/revoke", "token="+got.AccessToken); w.Code != http.StatusOK {
		t.Errorf("POST /revoke = %d %s", w.Code, w.Body)
	}
	if _, refresh := s.alive(got, "shop"); refresh {
		t.Error("the session has not ended")
	}
}

// 1,000 rounds of a revocation against a refresh of the same session: whichever is first,
// nothing is alive after the 200 of the revocation and the answer of the refresh.
func TestRevocationAgainstRefresh(t *testing.T) {
	t.Parallel()
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	s := newServer(t)
	for round := range rounds {
		s.now = s.now.Add(2 * time.Minute) // the limit of attempts is not what is tried here
		first := s.token(login + "&scope=me")
		var refreshed, revoked *httptest.ResponseRecorder
		var both sync.WaitGroup
		both.Go(func() {
			refreshed = s.call("POST", "/token", "", "grant_type=refresh_token&refresh_token="+first.RefreshToken)
		})
		both.Go(func() { revoked = s.call("POST", "/revoke", "", "client_id=holdfast&token="+first.RefreshToken) })
		both.Wait()
		if revoked.Code != http.StatusOK {
			t.Fatalf("round %d: POST /revoke = %d %s", round, revoked.Code, revoked.Body)
		}
		living := []oauth.TokenResponse{first}
		var second oauth.TokenResponse
		if err := json.Unmarshal(refreshed.Body.Bytes(), &second); err == nil && refreshed.Code == http.StatusOK {
			living = append(living, second)
		}
		for i, got := range living {
			if access, refresh := s.alive(got, ""); access || refresh {
				t.Fatalf("round %d: of answer %d the access token is good: %v, the refresh token: %v", round, i, access, refresh)
			}
		}
	}
}

// What a client gets for itself has no session to end: it is said, and not taken for done.
func TestAMachinesTokenIsNotRevoked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	text, err := s.signer.Sign(jwt.Claims{Subject: "shop", ClientID: "shop", Scope: "me"})
	check(t, err)
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}})
	w := s.as("shop", "/revoke", "token="+text)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"unsupported_token_type"`) {
		t.Errorf("POST /revoke = %d %s, want 400 unsupported_token_type", w.Code, w.Body)
	}
}
