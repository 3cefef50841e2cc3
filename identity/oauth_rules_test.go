package identity

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/oauth"
)

// The rules of docs/oauth.md that need all of the server: a person who signs in, the
// client's redemption, and what the tokens are good for afterwards.

// confidential makes two clients with secrets that do the same.
func (l *shop) confidential() (shopper, other *confidential) {
	l.t.Helper()
	made := func(id string) *confidential {
		redirect := "https://" + id + ".example/cb"
		c, secret, err := l.Accounts().CreateClient(l.t.Context(), account.Client{
			ID: id, Name: id, Redirects: []string{redirect}, Scopes: []string{"me", "books:read"}, FirstParty: true,
			Grants: []string{account.GrantCode, account.GrantRefresh},
		})
		if err != nil {
			l.t.Fatal(err)
		}
		return &confidential{l, c.ID, redirect, secret}
	}
	return made("shopper"), made("other")
}

// confidential is a client with a secret.
type confidential struct {
	l            *shop
	id, redirect string
	secret       account.Secret
}

// request is a good request for a code, with what is said instead.
func (c *confidential) request(said ...string) url.Values {
	return request(append([]string{"client_id=" + c.id, "redirect_uri=" + c.redirect, "scope=me books:read"}, said...)...)
}

// redemption is the form that redeems a code, without the client.
func (c *confidential) redemption(code string) url.Values {
	return url.Values{"grant_type": {account.GrantCode}, "code": {code}, "redirect_uri": {c.redirect}, "code_verifier": {verifier}}
}

// post sends a form as the client.
func (c *confidential) post(path string, form url.Values) answer {
	form.Set("client_id", c.id)
	form.Set("client_secret", string(c.secret))
	return c.l.browser().do("POST", path, form.Encode())
}

// tokens are those of an answer, none of a refusal.
func (a answer) tokens(t *testing.T) (out oauth.TokenResponse) {
	t.Helper()
	if a.status == http.StatusOK {
		if err := json.Unmarshal([]byte(a.body), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// signedIn are tokens of a person's for the client.
func (c *confidential) signedIn(b *browser) oauth.TokenResponse {
	c.l.t.Helper()
	a := c.post("/token", c.redemption(b.code(c.request())))
	out := a.tokens(c.l.t)
	if out.RefreshToken == "" {
		c.l.t.Fatalf("POST /token = %d %s", a.status, a.body)
	}
	return out
}

func (c *confidential) refresh(token, scope string) answer {
	return c.post("/token", url.Values{"grant_type": {account.GrantRefresh}, "refresh_token": {token}, "scope": {scope}})
}

// refused fails the test unless the answer is an error of RFC 6749 section 5.2.
func (a answer) refused(t *testing.T, what string, status int, code string) {
	t.Helper()
	var said struct{ Error string }
	if err := json.Unmarshal([]byte(a.body), &said); err != nil || a.status != status || said.Error != code {
		t.Errorf("%s: %d %s, want %d %s", what, a.status, a.body, status, code)
	}
}

// dead fails the test if anything of what was given is still good.
func (c *confidential) dead(what string, got oauth.TokenResponse) {
	c.l.t.Helper()
	c.l.browser().wants(what+": the access token", "GET", "/users/me", http.StatusUnauthorized, "Authorization: Bearer "+got.AccessToken)
	c.refresh(got.RefreshToken, "").refused(c.l.t, what+": the refresh token", 400, "invalid_grant")
	for _, token := range []string{got.AccessToken, got.RefreshToken} {
		if a := c.post("/introspect", url.Values{"token": {token}}); a.status != http.StatusOK || a.body != `{"active":false}` {
			c.l.t.Errorf("%s: introspection = %d %s", what, a.status, a.body)
		}
	}
}

// ASVS V10.4.2, RFC 6749 section 4.1.2: of many who redeem a code at once one wins,
// and as there was a second use, nothing that it gave is good.
func TestACodeAtOnce(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	c, _ := l.confidential()
	code := l.signedIn("ann")
	for range 5 {
		form := c.redemption(code.code(c.request()))
		answers := make([]answer, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = c.post("/token", maps.Clone(form)) })
		}
		all.Wait()
		var won []oauth.TokenResponse
		for _, a := range answers {
			if got := a.tokens(t); got.AccessToken != "" {
				won = append(won, got)
				continue
			}
			a.refused(t, "who comes later", 400, "invalid_grant")
		}
		if len(won) != 1 {
			t.Fatalf("%d of %d redeemed the code", len(won), len(answers))
		}
		c.dead("after a second use", won[0])
	}
}

// RFC 6749 section 4.1.3: what was given to one client is nothing for another, and
// stays as it is.
func TestTokensAreForTheirClientAlone(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	c, other := l.confidential()
	b := l.signedIn("ann")
	form := c.redemption(b.code(c.request()))
	other.post("/token", form).refused(t, "a code of another client", 400, "invalid_grant")

	got := c.signedIn(b)
	other.refresh(got.RefreshToken, "").refused(t, "a refresh token of another client", 400, "invalid_grant")
	for _, token := range []string{got.AccessToken, got.RefreshToken} {
		if a := other.post("/revoke", url.Values{"token": {token}}); a.status != http.StatusOK {
			t.Errorf("the revocation of another client's token = %d %s", a.status, a.body)
		}
		if a := other.post("/introspect", url.Values{"token": {token}}); a.body != `{"active":false}` {
			t.Errorf("another client is told %s", a.body)
		}
	}
	l.browser().wants("after another client has tried", "GET", "/users/me", http.StatusOK, "Authorization: Bearer "+got.AccessToken)
	got = c.refresh(got.RefreshToken, "").tokens(t)
	if a := c.post("/revoke", url.Values{"token": {got.AccessToken}}); a.status != http.StatusOK {
		t.Errorf("POST /revoke = %d %s", a.status, a.body)
	}
	c.dead("after its revocation", got)
}

// RFC 6749 section 6: a narrower scope is for one access token, a wider one is
// refused and costs nothing.
func TestAScopeThatIsRefreshed(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	c, _ := l.confidential()
	got := c.signedIn(l.signedIn("ann"))
	c.refresh(got.RefreshToken, "me books:write").refused(t, "a wider scope", 400, "invalid_scope")
	c.refresh(got.RefreshToken, "books:write").refused(t, "another scope", 400, "invalid_scope")
	for _, step := range []struct{ asked, want string }{{"me", "me"}, {"", "books:read me"}, {"books:read", "books:read"}, {"me books:read", "books:read me"}} {
		next := c.refresh(got.RefreshToken, step.asked).tokens(t)
		if next.Scope != step.want || next.RefreshToken == "" {
			t.Fatalf("a refresh with scope %q = %+v, want %q", step.asked, next, step.want)
		}
		got = next
	}
}

// ASVS V10.4.8: a session has an end however often it is refreshed. V10.4.5: who
// uses a refresh token whose successor was used has stolen it, or was stolen from.
func TestHowASessionEnds(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	began := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	l := openClients(t, Config{Now: func() time.Time { return began.Add(time.Duration(later.Load())) }})
	c, _ := l.confidential()
	b := l.signedIn("ann")
	got, stolen := c.signedIn(b), c.signedIn(b)
	for day := range 29 {
		later.Add(int64(24 * time.Hour))
		next := c.refresh(got.RefreshToken, "").tokens(t)
		if next.RefreshToken == "" {
			t.Fatalf("on day %d there is no refresh", day+1)
		}
		got = next
		first := stolen
		for range 2 { // the thief, and the owner's next
			stolen = c.refresh(stolen.RefreshToken, "").tokens(t)
		}
		if day == 10 {
			c.refresh(first.RefreshToken, "").refused(t, "a token whose successor was used", 400, "invalid_grant")
			c.dead("after a theft", stolen)
			stolen = c.signedIn(b)
		}
	}
	later.Add(int64(24*time.Hour + time.Second))
	c.dead("after 30 days", got)
}

// ASVS V10.4.4: a grant that is not in the client's list, and the password grant,
// which no client of others has.
func TestGrantsThatAreNotTheClients(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{AllowPasswordGrant: true})
	c, _ := l.confidential()
	for name, form := range map[string]url.Values{
		"client credentials": {"grant_type": {account.GrantClientCredentials}},
		"a password":         {"grant_type": {account.GrantPassword}, "username": {"ann"}, "password": {secret}},
	} {
		c.post("/token", form).refused(t, name, 400, "unauthorized_client")
	}
	c.post("/token", url.Values{"grant_type": {"implicit"}}).refused(t, "no grant at all", 400, "unsupported_grant_type")
	for _, kind := range []string{"token", "id_token", "code token", "none"} {
		if _, said := l.signedIn("ann").authorize(c.request("response_type=" + kind)).location(t); said.Get("error") != "unsupported_response_type" || said.Get("access_token") != "" {
			t.Errorf("response_type %s: %v", kind, said)
		}
	}
}

// RFC 8414 section 3.3, RFC 9207: the issuer is what was configured, byte for byte,
// whatever the request says of its host.
func TestTheIssuerIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	for _, lines := range [][]string{nil, {"Host: evil.example"}, {"X-Forwarded-Host: evil.example"}, {"Forwarded: host=evil.example;proto=http"}} {
		a := l.browser().do("GET", "/.well-known/oauth-authorization-server", "", lines...)
		var said oauth.Metadata
		if err := json.Unmarshal([]byte(a.body), &said); err != nil || said.Issuer != shopURL || strings.Contains(a.body, "evil") {
			t.Errorf("with %v the metadata are %d %s", lines, a.status, a.body)
		}
		if said.TokenEndpoint != shopURL+"/token" || said.Authorization != shopURL+"/authorize" || !said.NamesIssuer || len(said.Challenges) != 1 || said.Challenges[0] != "S256" {
			t.Errorf("the metadata are %+v", said)
		}
		if _, to := l.browser().do("GET", "/authorize?"+request("prompt=none").Encode(), "", lines...).location(t); to.Get("iss") != shopURL {
			t.Errorf("with %v the answer says %v", lines, to)
		}
	}
}

// RFC 6750 section 3: without a token there is no error to name, a bad one is
// invalid_token, and too few scopes are named. Section 2: the header is the only
// place for a token.
func TestBearerTokensAndTheirChallenges(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	c, _ := l.confidential()
	got := c.signedIn(l.signedIn("ann"))
	narrow := c.refresh(got.RefreshToken, "books:read").tokens(t)
	for name, test := range map[string]struct {
		line, form, path string
		status           int
		has, lacks       string
	}{
		"no token":               {"", "", "/users/me", 401, `Bearer scope="me"`, "error"},
		"a bad token":            {"Authorization: Bearer x.y.z", "", "/users/me", 401, `error="invalid_token"`, "insufficient"},
		"a refresh token":        {"Authorization: Bearer " + narrow.RefreshToken, "", "/users/me", 401, `error="invalid_token"`, "insufficient"},
		"too few scopes":         {"Authorization: Bearer " + narrow.AccessToken, "", "/users/me", 403, `error="insufficient_scope"`, "invalid"},
		"a token in the address": {"", "", "/users/me?access_token=" + got.AccessToken, 401, "Bearer ", "error"},
		"a token in a form":      {"", "access_token=" + got.AccessToken, "/users/me", 401, "Bearer ", "error"},
		"another scheme":         {"Authorization: Basic " + got.AccessToken, "", "/users/me", 401, "Bearer ", "error"},
	} {
		a := l.browser().do("GET", test.path, test.form, test.line)
		challenge := strings.Join(a.header.Values("WWW-Authenticate"), ", ")
		if a.status != test.status || !strings.Contains(challenge, test.has) || strings.Contains(challenge, test.lacks) {
			t.Errorf("%s: %d, challenge %q, want %d with %s and without %s", name, a.status, challenge, test.status, test.has, test.lacks)
		}
		if test.status == 403 && !strings.Contains(challenge, `scope="me"`) {
			t.Errorf("%s: the challenge %q does not name the scope", name, challenge)
		}
	}
	l.browser().wants("a good token", "GET", "/users/me", http.StatusOK, "Authorization: Bearer "+got.AccessToken)
}

// RFC 8707 section 2.2: a code is for the resources that were asked for at the
// authorization endpoint, of which each token may be for some.
func TestTheResourcesOfACode(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	const one, two, other = "https://api.example/one", "https://api.example/two", "https://api.example/other"
	err := l.config.Store.Update(t.Context(), func(w account.Writer) error {
		return w.PutClient(account.Client{
			ID: "two", Name: "Two", Public: true, Redirects: []string{photosURL}, Scopes: []string{"me"}, Audiences: []string{one, two, other},
			Grants: []string{account.GrantCode, account.GrantRefresh}, Created: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	b := l.signedIn("ann")
	ask := request("client_id=two")
	ask["resource"] = []string{one, two}
	for name, test := range map[string]struct{ redeem, refresh, aud, next, err string }{
		"all of them":                 {"", "", `"aud":["` + one + `","` + two + `"]`, `"aud":["` + one + `","` + two + `"]`, ""},
		"one, and by a refresh all":   {one, "", `"aud":"` + one + `"`, `"aud":["` + one + `","` + two + `"]`, ""},
		"one, and by a refresh other": {one, two, `"aud":"` + one + `"`, `"aud":"` + two + `"`, ""},
		"one that was not asked for":  {other, "", "", "", "invalid_target"},
	} {
		_, a := l.tokens(redemption(b.code(ask), "client_id=two", "resource="+test.redeem))
		if test.err != "" {
			a.refused(t, name, 400, test.err)
			continue
		}
		got := a.tokens(t)
		if claims := payload(t, got.AccessToken); !strings.Contains(claims, test.aud) {
			t.Errorf("%s: the first token says %s, want %s", name, claims, test.aud)
		}
		next := l.browser().do("POST", "/token", url.Values{"grant_type": {account.GrantRefresh}, "client_id": {"two"}, "refresh_token": {got.RefreshToken}, "resource": {test.refresh}}.Encode()).tokens(t)
		if claims := payload(t, next.AccessToken); !strings.Contains(claims, test.next) {
			t.Errorf("%s: the next token says %s, want %s", name, claims, test.next)
		}
	}
}

// RFC 9700 section 4.16: no page is shown within a page of another site.
func TestNoPageIsFramed(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	somebody, b := l.browser(), l.signedIn("ann")
	for name, a := range map[string]answer{
		"the sign-in":            somebody.do("GET", "/signin", ""),
		"a wrong password":       somebody.do("POST", "/signin", credentials("ann", "wrong")),
		"the first start":        somebody.do("GET", "/setup?secret=x", ""),
		"its form":               somebody.do("POST", "/setup", "secret=x&name=eve&password=x"),
		"a new password":         somebody.do("GET", "/reset?secret=x", ""),
		"its form, too":          somebody.do("POST", "/reset", "secret=x&password=x&again=x"),
		"the docs":               somebody.do("GET", "/docs", ""),
		"a request of no client": somebody.authorize(request("client_id=")),
		"the question":           b.authorize(request()),
		"the account":            b.do("GET", "/account", ""),
	} {
		if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(a.body, "<!DOCTYPE html>") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s = %d with the policy %q\n%s", name, a.status, policy, a.body)
		}
	}
}
