package oauth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/oauth"
)

const (
	shopName   = "a shop"
	shopSecret = "its secret: 100 % safe + sound" //nolint:gosec // of the test's service
)

func known(name, secret string) bool { return name == shopName && secret == shopSecret }

// ask asks about a token as a service.
func (s *server) ask(name, secret, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if name != "" {
		r.SetBasicAuth(url.QueryEscape(name), url.QueryEscape(secret)) // RFC 6749 section 2.3.1
	}
	w := httptest.NewRecorder()
	s.checked.ServeHTTP(w, r)
	return w
}

func (s *server) told(token string) oauth.Introspection {
	s.t.Helper()
	w := s.ask(shopName, shopSecret, token)
	var out oauth.Introspection
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		s.t.Fatalf("POST /introspect = %d %s, %v", w.Code, w.Body, err)
	}
	return out
}

func TestAServiceIsToldOfAToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(login + "&scope=me")
	told := s.told(got.AccessToken)
	want := oauth.Introspection{
		Active: true, Scope: got.Scope, ClientID: "holdfast", Username: "anna", TokenType: "Bearer", Expiry: s.now.Add(time.Minute).Unix(), IssuedAt: s.now.Unix(),
		Subject: told.Subject, Audience: []string{"a"}, Issuer: "https://a.example", ID: told.ID,
	}
	if !reflect.DeepEqual(told, want) || told.Subject == "" || told.ID == "" || told.Scope == "" {
		t.Errorf("told %+v, want %+v", told, want)
	}
	if _, err := s.SetRoles(t.Context(), told.Subject, nil); err != nil {
		t.Fatal(err)
	}
	if told := s.told(got.AccessToken); !told.Active || told.Scope != "" {
		t.Errorf("after the role was taken away: told %+v, want a token without scopes", told)
	}
}

// Of a token that does not stand a service is told nothing else.
func TestATokenThatDoesNotStand(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server, oauth.TokenResponse) string{
		"garbage":       func(*server, oauth.TokenResponse) string { return "garbage" },
		"a refresh one": func(_ *server, got oauth.TokenResponse) string { return got.RefreshToken },
		"expired":       func(s *server, got oauth.TokenResponse) string { s.now = s.now.Add(time.Hour); return got.AccessToken },
		"logged out": func(s *server, got oauth.TokenResponse) string {
			s.call("POST", "/logout", got.AccessToken, "")
			return got.AccessToken
		},
		"of a disabled user": func(s *server, got oauth.TokenResponse) string {
			disabled := true
			_, err := s.UpdateUser(t.Context(), s.told(got.AccessToken).Subject, account.UserChange{Disabled: &disabled})
			check(t, err)
			return got.AccessToken
		},
	} {
		s := newServer(t)
		got := s.token(login)
		token := end(s, got)
		if w := s.ask(shopName, shopSecret, token); w.Code != http.StatusOK || w.Body.String() != `{"active":false}` {
			t.Errorf("%s: told %d %s, want that it is not active", name, w.Code, w.Body)
		}
	}
}

// Who is no service is not answered, and neither is anybody while it cannot be
// found out.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(login)
	for name, who := range map[string][2]string{
		"nobody":         {},
		"another name":   {"shop", shopSecret},
		"another secret": {shopName, shopSecret + "x"},
		"no secret":      {shopName, ""},
	} {
		if w := s.ask(who[0], who[1], got.AccessToken); w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") || strings.Contains(w.Body.String(), "active") {
			t.Errorf("%s: %d %s, want 401", name, w.Code, w.Body)
		}
	}
	if w := s.call("POST", "/introspect", got.AccessToken, "token="+got.AccessToken); w.Code != http.StatusUnauthorized {
		t.Errorf("with a user's token: %d %s, want 401", w.Code, w.Body)
	}
	s.client(account.Client{ID: "shop", Scopes: []string{"me"}})
	if w := s.as("shop", "/introspect", "client_secret="+url.QueryEscape(clientSecret)+"&token="+got.AccessToken); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `{"error":"invalid_request"`) {
		t.Errorf("in two ways at once: %d %s, want 400 invalid_request", w.Code, w.Body)
	}
	s.store.down = errors.New("disk on fire")
	if w := s.ask(shopName, shopSecret, got.AccessToken); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "fire") {
		t.Errorf("with a broken store: %d %s, want 503 that tells nothing", w.Code, w.Body)
	}
}
