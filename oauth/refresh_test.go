package oauth_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/oauth"
)

func (s *server) refresh(token string, more ...string) (status int, got oauth.TokenResponse, body string) {
	s.t.Helper()
	w := s.call("POST", "/token", "", strings.Join(append([]string{"grant_type=refresh_token&refresh_token=" + token}, more...), "&"))
	if w.Code == http.StatusOK {
		check(s.t, json.Unmarshal(w.Body.Bytes(), &got))
	}
	return w.Code, got, w.Body.String()
}

// refreshed makes sure that a refresh is answered, and how.
func (s *server) refreshed(what, token, scope string, more ...string) oauth.TokenResponse {
	s.t.Helper()
	status, got, body := s.refresh(token, more...)
	if status != http.StatusOK || got.Scope != scope {
		s.t.Fatalf("%s = %d %s, want the scope %q", what, status, body, scope)
	}
	return got
}

// stolen makes sure that a refresh token is refused, and that nothing of its
// session is good any more.
func (s *server) stolen(what, token string, session oauth.TokenResponse) {
	s.t.Helper()
	for _, one := range []string{token, session.RefreshToken} {
		if status, _, body := s.refresh(one); status != http.StatusBadRequest || !strings.Contains(body, `"error":"invalid_grant"`) {
			s.t.Errorf("%s: a refresh = %d %s, want 400 invalid_grant", what, status, body)
		}
	}
	if w := s.call("GET", "/who", session.AccessToken, ""); w.Code != http.StatusUnauthorized {
		s.t.Errorf("%s: the access token of the session = %d, want 401", what, w.Code)
	}
}

const annaForm = "username=anna&password=correct+horse+battery&scope=me"

// ASVS V10.4.5, RFC 9700 section 4.14: a token that was rotated is replayed.
func TestAReplayedRefreshTokenEndsItsSession(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wait time.Duration
		next bool // the successor was used
	}{
		"within one second, after its successor": {0, true},
		"after the overlap":                      {30 * time.Second, false},
		"after both":                             {time.Minute, true},
	} {
		s := newServer(t)
		first := s.token(annaForm)
		last := s.refreshed(name, first.RefreshToken, "me")
		if test.next {
			last = s.refreshed(name, last.RefreshToken, "me")
		}
		s.now = s.now.Add(test.wait)
		s.stolen(name, first.RefreshToken, last)
	}
}

// The issue of two tabs: ten of ten sessions were dead after two refreshes at once.
func TestTwoTabsRefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for range 10 {
		first := s.token(annaForm)
		one, two := s.refreshed("one tab", first.RefreshToken, "me"), s.refreshed("another", first.RefreshToken, "me")
		if one.RefreshToken != two.RefreshToken || one.RefreshToken == first.RefreshToken {
			t.Fatal("two tabs are given two refresh tokens, or the old one")
		}
		for _, tab := range []oauth.TokenResponse{one, two} {
			if w := s.call("GET", "/who", tab.AccessToken, ""); w.Code != http.StatusOK {
				t.Errorf("the access token of a tab = %d %s", w.Code, w.Body)
			}
		}
		s.refreshed("the next refresh", two.RefreshToken, "me")
	}
}

// RFC 6749 section 6: wider is refused, narrower does not shrink the grant.
func TestTheScopesOfARefresh(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.token(annaForm).RefreshToken
	if status, _, body := s.refresh(token, "scope=me+users:read"); status != http.StatusBadRequest || !strings.Contains(body, `"error":"invalid_scope"`) {
		t.Errorf("a wider refresh = %d %s, want 400 invalid_scope", status, body)
	}
	token = s.refreshed("the same scope, after a wider one", token, "me", "scope=me").RefreshToken
	token = s.refreshed("none", token, "me").RefreshToken
	if status, _, body := s.refresh(token, "client_id=other"); status == http.StatusOK {
		t.Errorf("a refresh by another client = %d %s", status, body)
	}
	s.refreshed("after another client tried", token, "me")
}

// ASVS V10.4.8: a session that is refreshed ends all the same.
func TestRefreshesDoNotProlongASession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.token(annaForm)
	for range 29 {
		s.now = s.now.Add(24 * time.Hour)
		got = s.refreshed("a refresh in time", got.RefreshToken, "me")
	}
	s.now = s.now.Add(24 * time.Hour)
	if status, _, body := s.refresh(got.RefreshToken); status != http.StatusBadRequest || !strings.Contains(body, `"error":"invalid_grant"`) {
		t.Errorf("a refresh after 30 days = %d %s, want 400 invalid_grant", status, body)
	}
}
