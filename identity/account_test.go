package identity

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// A person sees what they have allowed, and takes it back.
func TestTheAccountPage(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	where, said := l.browser().do("GET", "/account", "").location(t)
	if where != "/signin" || said.Get("next") != "/account" {
		t.Errorf("nobody is sent to %s with %v", where, said)
	}
	b := l.signedIn("ann")
	got, _ := l.tokens(redemption(b.code(request())))
	me := func(token string) int {
		return l.browser().do("GET", "/users/me", "", "Authorization: Bearer "+token).status
	}
	if me(got.AccessToken) != http.StatusOK {
		t.Fatal("the token is not good")
	}
	a := b.do("GET", "/account", "")
	a.wants(t, "the page", 200, "Your account", "<bdi>ann</bdi>", "Photos &lt;b&gt;", "Read own account", "Sign out")

	form := a.form("<section", "do=withdraw")
	for name, lines := range map[string][]string{"another site": {"Sec-Fetch-Site: cross-site"}, "an old browser": {"Sec-Fetch-Site: ", "Origin: https://evil.example"}} {
		b.do("POST", "/account", form, lines...).wants(t, name, http.StatusForbidden, "A page of another site has sent this request")
	}
	b.do("POST", "/account", a.form("<section", "do=withdraw", "bound=x")).wants(t, "a form of another session", http.StatusForbidden, "not of this session")
	if me(got.AccessToken) != http.StatusOK {
		t.Fatal("what was refused has been done")
	}
	where, said = b.do("POST", "/account", form).location(t)
	if where != "/account" || said.Get("done") != "withdrawn" {
		t.Fatalf("a withdrawal leads to %s with %v", where, said)
	}
	a = b.do("GET", "/account?done=withdrawn", "")
	if a.wants(t, "afterwards", 200, "cannot act for you any more", "None."); strings.Contains(a.body, "Photos") {
		t.Errorf("the client is still there:\n%s", a.body)
	}
	if me(got.AccessToken) != http.StatusUnauthorized {
		t.Error("the token is good after the withdrawal")
	}
	if _, a := l.tokens("grant_type=refresh_token&client_id=photos&refresh_token=" + got.RefreshToken); !strings.Contains(a.body, "invalid_grant") {
		t.Errorf("a refresh after the withdrawal = %d %s", a.status, a.body)
	}
	b.do("POST", "/account", form).location(t) // again does nothing
	b.authorize(request()).wants(t, "the next request", 200, "Allow")
	where, _ = l.browser().do("POST", "/account", form).location(t)
	if where != "/signin" {
		t.Errorf("a form without a session leads to %s", where)
	}
}

func TestAPasswordIsChangedOnThePage(t *testing.T) {
	t.Parallel()
	const next = "another horse battery"
	l := openClients(t, Config{})
	b, elsewhere := l.signedIn("ann"), l.signedIn("ann")
	page := b.do("GET", "/account", "")
	for name, test := range map[string]struct {
		said []string
		says string
	}{
		"a wrong one":      {[]string{"current=wrong", "password=" + next, "again=" + next}, "The present password is wrong."},
		"a short one":      {[]string{"current=" + secret, "password=short", "again=short"}, "has fewer than 15 characters"},
		"two that differ":  {[]string{"current=" + secret, "password=" + next, "again=" + secret}, "The two passwords differ."},
		"a form of a fool": {[]string{"do=something"}, "could not be read"},
	} {
		a := b.do("POST", "/account", page.form("password-title", append([]string{"do=password"}, test.said...)...))
		if a.status/100 != 4 || !strings.Contains(a.body, `<p role="alert" id="problem">`) || !strings.Contains(a.body, test.says) || strings.Contains(a.body, next) {
			t.Errorf("%s = %d\n%s", name, a.status, a.body)
		}
	}
	before := b.cookie()
	where, said := b.do("POST", "/account", page.form("password-title", "do=password", "current="+secret, "password="+next, "again="+next)).location(t)
	if where != "/account" || said.Get("done") != "password" || b.cookie() == before {
		t.Fatalf("a change leads to %s with %v", where, said)
	}
	b.do("GET", "/account?done=password", "").wants(t, "afterwards", 200, "Your password is changed")
	if where, _ := elsewhere.do("GET", "/account", "").location(t); where != "/signin" {
		t.Errorf("another browser is sent to %s", where)
	}
	if a := l.browser().do("POST", "/signin", credentials("ann", next)); a.status != http.StatusSeeOther {
		t.Errorf("a sign-in with the new password = %d", a.status)
	}
}

func TestConsentsOverHTTP(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	b.code(request())
	mine, _ := l.tokens(credentials("ann", secret) + "&scope=me")
	theirs, _ := l.tokens(credentials("lib", secret) + "&scope=me")
	call := func(token, method, path string) answer {
		return l.browser().do(method, path, "", "Authorization: Bearer "+token)
	}
	list := call(mine.AccessToken, "GET", "/users/me/consents")
	list.wants(t, "the list", 200, `"client_id":"photos","client_name":"Photos <b>","scopes":["me"],"audience":[],"given":"`)
	if a := call(theirs.AccessToken, "GET", "/users/me/consents"); a.body != "[]" {
		t.Errorf("another user's list = %s", a.body)
	}
	call(theirs.AccessToken, "DELETE", "/users/me/consents/photos").wants(t, "another user's withdrawal", 404)
	call(mine.AccessToken, "DELETE", "/users/me/consents/photos").wants(t, "a withdrawal", 204)
	call(mine.AccessToken, "DELETE", "/users/me/consents/photos").wants(t, "a second one", 404, "Nothing was allowed")
	b.authorize(request()).wants(t, "the next request", 200, "Allow")
}

// A person sees where they are signed in, and ends it there.
func TestSessionsOnThePage(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b, second, third, other := l.signedIn("ann"), l.signedIn("ann"), l.signedIn("ann"), l.signedIn("lib")
	got, _ := l.tokens(redemption(b.code(request())))
	a := b.do("GET", "/account", "")
	a.wants(t, "the page", 200, "Where you are signed in", "this one", "for <bdi>Photos &lt;b&gt;</bdi>", "End all others")
	if n := strings.Count(a.body, `value="end"`); n != 3 {
		t.Fatalf("%d sessions can be ended, want the three others\n%s", n, a.body)
	}
	// By a form with another user's session nothing ends.
	theirs := other.do("GET", "/account", "")
	if strings.Contains(theirs.body, `value="end"`) {
		t.Errorf("lib sees another's sessions:\n%s", theirs.body)
	}
	c, err := l.Accounts().SessionCaller(t.Context(), account.Secret(other.cookie()))
	if err != nil {
		t.Fatal(err)
	}
	b.do("POST", "/account", a.form(`<h2 id="sessions">`, "do=end", "session="+c.SessionID)).location(t)
	other.do("GET", "/account", "").wants(t, "lib", 200)

	_, said := b.do("POST", "/account", a.form(`<h2 id="sessions">`, "do=end")).location(t)
	if said.Get("done") != "ended" {
		t.Errorf("the end of a session leads to %v", said)
	}
	if n := strings.Count(b.do("GET", "/account", "").body, `value="end"`); n != 2 {
		t.Errorf("%d sessions are left, want two", n)
	}
	_, said = b.do("POST", "/account", a.form(`<hr>`, "do=others")).location(t)
	if said.Get("done") != "others" {
		t.Errorf("the end of all others leads to %v", said)
	}
	b.do("GET", "/account?done=others", "").wants(t, "this browser", 200, "All other sessions have ended")
	for _, one := range []*browser{second, third} {
		if where, _ := one.do("GET", "/account", "").location(t); where != "/signin" {
			t.Errorf("another browser is at %s", where)
		}
	}
	if a := l.browser().do("GET", "/users/me", "", "Authorization: Bearer "+got.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("the application's token = %d", a.status)
	}
}

// A person sees the API keys that they have given to programs, and ends them there.
func TestAPIKeysOnThePage(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b, other := l.signedIn("ann"), l.signedIn("lib")
	newKey := func(name, user string, ttl time.Duration) account.APIKeyGrant {
		t.Helper()
		grant, err := l.Accounts().NewAPIKey(t.Context(), account.APIKeyOwner{UserID: l.userID(user)}, account.APIKeyAsk{Name: name, Scopes: []string{"me"}, TTL: ttl})
		if err != nil {
			t.Fatal(err)
		}
		return grant
	}
	b.do("GET", "/account", "").wants(t, "without keys", 200, "<h2 id=\"keys\">API keys</h2>\n<p class=\"muted\">None.</p>")
	first, second, theirs := newKey("backup <b>", "ann", 0), newKey("printer", "ann", 0), newKey("till", "lib", 0)
	newKey("over", "ann", time.Nanosecond)
	me := func(grant account.APIKeyGrant) int {
		return l.browser().do("GET", "/users/me", "", "Authorization: Bearer "+string(grant.Secret)).status
	}
	if me(first) != 200 || me(second) != 200 || me(theirs) != 200 {
		t.Fatal("a key is not good")
	}
	a := b.do("GET", "/account", "")
	a.wants(t, "the page", 200, "<bdi>backup &lt;b&gt;</bdi>", "<code>hfp_…</code>", "Read own account", "last used <time", "until <time", "<bdi>printer</bdi>")
	for _, not := range []string{"<bdi>over</bdi>", "<bdi>till</bdi>", string(first.Secret), "<script"} {
		if strings.Contains(a.body, not) {
			t.Errorf("the page has %q:\n%s", not, a.body)
		}
	}
	const keys = `<h2 id="keys">`
	revoke := a.form(keys, "do=revoke", "key="+first.Key.ID)
	b.do("POST", "/account", revoke, "Sec-Fetch-Site: cross-site").wants(t, "another site", http.StatusForbidden)
	b.do("POST", "/account", a.form(keys, "do=revoke", "key="+first.Key.ID, "bound=x")).wants(t, "a form of another session", http.StatusForbidden)
	b.do("POST", "/account", a.form(keys, "do=revoke", "key="+theirs.Key.ID)).location(t)
	if me(first) != 200 || me(theirs) != 200 {
		t.Error("a key has ended by what was refused, or by another person")
	}
	_, said := b.do("POST", "/account", revoke).location(t)
	if said.Get("done") != "revoked" || me(first) != http.StatusUnauthorized || me(second) != 200 {
		t.Errorf("after the form, which leads to %v, the keys are %d and %d", said, me(first), me(second))
	}
	b.do("POST", "/account", revoke).location(t) // again does nothing
	b.do("GET", "/account?done=revoked", "").wants(t, "afterwards", 200, "good for nothing any more", "<bdi>printer</bdi>")
	other.do("GET", "/account", "").wants(t, "another person", 200, "<bdi>till</bdi>")
}
