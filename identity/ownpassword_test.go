package identity

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

const chosen = "battery staple correct"

// given makes a user whose password somebody else has chosen.
func (l *shop) given(name string) {
	l.t.Helper()
	if _, err := l.Accounts().CreateUser(l.t.Context(), account.NewUser{Name: name, Password: secret, Roles: []string{"reader"}, Given: true}); err != nil {
		l.t.Fatal(err)
	}
}

// own is the form of a page that asks for a password of one's own, as a person fills
// it in.
func (a answer) own(t *testing.T, first, again string) string {
	t.Helper()
	if a.status != http.StatusOK || !strings.Contains(a.body, "Choose your own password") || a.header.Get("Set-Cookie") != "" || strings.Contains(a.body, secret) {
		t.Fatalf("a right password that was given = %d with cookie %q, want the page to choose one\n%s", a.status, a.header.Get("Set-Cookie"), a.body)
	}
	return a.form("<form", "password="+first, "again="+again)
}

// Who signs in with a password that was given chooses another, and goes on to where
// the sign-in would have led.
func TestASignInWithAGivenPassword(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	l.given("bob")
	b := l.browser()
	shown := b.do("POST", "/signin", credentials("bob", secret)+"&next=/shelf")
	for name, test := range map[string]struct{ first, again, says string }{
		"a short one":       {"short", "short", "has fewer than 15 characters"},
		"two that differ":   {chosen, secret, "The two passwords differ."},
		"the one of before": {secret, secret, "is the one that was given"},
	} {
		if a := b.do("POST", "/signin", shown.own(t, test.first, test.again)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, test.says) || !strings.Contains(a.body, "Choose your own") {
			t.Errorf("%s = %d, want the page again with %q\n%s", name, a.status, test.says, a.body)
		}
	}
	form := shown.own(t, chosen, chosen)
	if a := b.do("POST", "/signin", form, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"); a.status != http.StatusForbidden || a.header.Get("Set-Cookie") != "" {
		t.Errorf("the form of another site = %d", a.status)
	}
	a := b.do("POST", "/signin", form)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/shelf" {
		t.Fatalf("the page to choose one = %d to %q\n%s", a.status, a.header.Get("Location"), a.body)
	}
	b.wants("the session that it began", "GET", "/shelf", http.StatusOK)
	if a := l.browser().do("POST", "/signin", form); a.status != http.StatusForbidden || !strings.Contains(a.body, "Sign in again") {
		t.Errorf("the form a second time = %d\n%s", a.status, a.body)
	}
	if a := l.browser().do("POST", "/signin", credentials("bob", secret)); a.status != http.StatusBadRequest {
		t.Errorf("the given password afterwards = %d", a.status)
	}
}

// A client is told what to do, and with a browser the person goes on to the client.
func TestAGivenPasswordOnTheWayToAClient(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{AllowPasswordGrant: true})
	l.given("bob")
	l.browser().do("POST", "/token", credentials("bob", secret)).refused(t, "POST /token", http.StatusBadRequest, "invalid_grant")
	c, _ := l.confidential()
	b := l.browser()
	shown := b.do("POST", "/authorize", b.authorize(c.request()).form("<form", "username=bob", "password="+secret, "do=signin"))
	a := b.do("POST", "/authorize", shown.own(t, chosen, chosen))
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/authorize?") {
		t.Fatalf("the page to choose one = %d to %q\n%s", a.status, a.header.Get("Location"), a.body)
	}
	if got := c.signedIn(b); got.AccessToken == "" {
		t.Error("the client gets no token")
	}
}

// A program with a form of its own is told where to send the person.
func TestAGivenPasswordAtAPageOfTheProgram(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	l.given("bob")
	_, err := l.Accounts().LoginSession(t.Context(), "bob", secret)
	link, ok := l.GivenPasswordLink(signInAnswer(err))
	if !ok || !strings.HasPrefix(link, shopURL+"/reset?secret=") {
		t.Fatalf("GivenPasswordLink = %q, %v", link, ok)
	}
	if a := l.browser().do("GET", strings.TrimPrefix(link, shopURL), ""); a.status != http.StatusOK || !strings.Contains(a.body, "New password") {
		t.Errorf("GET %s = %d", link, a.status)
	}
	for name, err := range map[string]error{"another refusal": account.ErrBadLogin, "none": nil, "a sign-in for tokens": &account.GivenPasswordError{}} {
		if link, ok := l.GivenPasswordLink(err); ok || link != "" {
			t.Errorf("%s: GivenPasswordLink = %q, %v", name, link, ok)
		}
	}
	if a := signInAnswer(err); !errors.As(err, new(*account.GivenPasswordError)) || !strings.Contains(a.Error(), "choose your own") {
		t.Errorf("the answer is %v", a)
	}
}
