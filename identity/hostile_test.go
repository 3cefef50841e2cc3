package identity

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// openOthers is a shop with routes that ask for a role, with a scope and without.
func openOthers(t *testing.T) *shop {
	t.Helper()
	l := openClients(t, Config{})
	l.app = l.NewApp(holdfast.Config{Title: "Library"})
	librarian := l.config.Roles[1]
	name := func(_ context.Context, c Caller, _ holdfast.NoInput) (string, error) { return c.User.Name, nil }
	holdfast.Delete(l.app, "/books/{id}", holdfast.AnyRole(l.Caller(), librarian), name)
	holdfast.Get(l.app, "/loans", holdfast.AnyRole(l.Caller().Require(l.read), librarian), name)
	holdfast.Get(l.app, "/fines", holdfast.AnyOf(holdfast.AnyRole(l.Caller(), librarian), holdfast.AnyRole(l.APIKey(), librarian)), name)
	if err := l.app.Err(); err != nil {
		t.Fatal(err)
	}
	l.server = httptest.NewTLSServer(l.Handler(l.app))
	t.Cleanup(l.server.Close)
	return l
}

// of is an access token of a client, by a code, with what a person has allowed.
func (b *browser) of(client, redirect, scope string) string {
	b.l.t.Helper()
	q := request("client_id="+client, "redirect_uri="+redirect, "scope="+scope)
	got, a := b.l.tokens(redemption(b.code(q), "client_id="+client, "redirect_uri="+redirect))
	if got.AccessToken == "" {
		b.l.t.Fatalf("POST /token = %d %s", a.status, a.body)
	}
	return got.AccessToken
}

// An application of others has the scopes that a person allows it, and not all that
// the person's roles open.
func TestAnApplicationOfOthersHasNoRolesByThemselves(t *testing.T) {
	t.Parallel()
	l := openOthers(t)
	b := l.signedIn("lib")
	none, some := b.of("photos", photosURL, ""), b.of("photos", photosURL, "books:read me")
	ours := b.of("ours", "https://ours.example/cb", "me")
	for name, test := range map[string]struct {
		token, method, path string
		status              int
	}{
		"a role, and nothing was allowed":      {none, "DELETE", "/books/7", 403},
		"a role, and a scope was allowed":      {some, "DELETE", "/books/7", 403},
		"a role and a scope":                   {some, "GET", "/loans", 200},
		"a role and a scope, and none allowed": {none, "GET", "/loans", 403},
		"a role in two ways in":                {some, "GET", "/fines", 403},
		"our own application":                  {ours, "DELETE", "/books/7", 200},
		"our own in two ways in":               {ours, "GET", "/fines", 200},
		"our own without the scope":            {ours, "GET", "/loans", 403},
	} {
		a := l.browser().do(test.method, test.path, "", "Authorization: Bearer "+test.token)
		if a.status != test.status {
			t.Errorf("%s: %s %s = %d %s, want %d", name, test.method, test.path, a.status, a.body, test.status)
		}
	}
	routes := func(token string) string {
		return l.browser().do("GET", "/me/routes", "", "Authorization: Bearer "+token).body
	}
	if text := routes(some); strings.Contains(text, "/books/{id}") || !strings.Contains(text, "/loans") {
		t.Errorf("the routes of an application of others are %s", text)
	}
	if text := routes(ours); !strings.Contains(text, "/books/{id}") || strings.Contains(text, "/loans") {
		t.Errorf("the routes of our own application are %s", text)
	}
	a := l.browser().do("DELETE", "/books/7", "", "Authorization: Bearer "+some)
	refusal, err := FindRefusal(t.Context(), l.refusals.store, a.header.Get("X-Request-Id"))
	if want := "the role librarian, which the user has, but not an application of others where the rule asks for no scope beside it"; err != nil || refusal.Change != want {
		t.Errorf("FindRefusal = %q, %v, want %q", refusal.Change, err, want)
	}
	b.authorize(request("client_id=one", "redirect_uri=https://one.example/", "scope=")).wants(t, "the consent to nothing", 200,
		"It gets no permission of yours: it can do what everybody may who has signed in, and nothing else.")

	// What is ours is no more ours when an administrator says so.
	client, err := l.Accounts().Client(t.Context(), "ours")
	if err != nil {
		t.Fatal(err)
	}
	client.FirstParty, client.Scopes = false, []string{"me"}
	if _, err := l.Accounts().ReplaceClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if a := l.browser().do("DELETE", "/books/7", "", "Authorization: Bearer "+ours); a.status != http.StatusForbidden {
		t.Errorf("an application that is not ours any more: DELETE /books/7 = %d %s", a.status, a.body)
	}
}

// Who may read an account does not look after it: ends no sessions, sees no
// addresses, takes nothing from other applications and guesses no password.
func TestAnApplicationOfOthersLooksAfterNothing(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	b.of("one", "https://one.example/", "me")
	theirs, ours := b.of("photos", photosURL, "me"), b.of("ours", "https://ours.example/cb", "me")
	change := `{"current_password":"` + secret + `","new_password":"another horse battery"}`
	tests := []struct{ method, path, body string }{
		{"GET", "/users/me/sessions", ""},
		{"DELETE", "/users/me/sessions?others=true", ""},
		{"DELETE", "/users/me/sessions/none", ""},
		{"GET", "/users/me/consents", ""},
		{"DELETE", "/users/me/consents/one", ""},
		{"PUT", "/users/me/password", change},
	}
	for _, test := range tests {
		a := b.do(test.method, test.path, test.body, "Authorization: Bearer "+theirs, "Content-Type: application/json")
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "This is for people themselves") {
			t.Errorf("%s %s by an application of others = %d %s", test.method, test.path, a.status, a.body)
		}
	}
	for _, test := range tests {
		a := b.do(test.method, test.path, test.body, "Authorization: Bearer "+ours, "Content-Type: application/json")
		if a.status/100 != 2 && a.status != http.StatusNotFound {
			t.Errorf("%s %s by our own = %d %s", test.method, test.path, a.status, a.body)
		}
	}
	if a := b.do("GET", "/users/me", "", "Authorization: Bearer "+l.signedIn("lib").of("photos", photosURL, "me")); a.status != http.StatusOK {
		t.Errorf("GET /users/me by an application of others = %d %s", a.status, a.body)
	}
	var c account.Caller
	if c.Foreign() || c.HasRoleAlone("admin") {
		t.Error("nobody is an application of others, or an administrator")
	}
}

// A consent for one service is none for another, and the page says what is new.
func TestAConsentIsForTheServicesThatWereShown(t *testing.T) {
	t.Parallel()
	const api = "resource=https://api.example"
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	a := b.authorize(request("scope=me"))
	if a.wants(t, "the program itself", 200, "Allow"); strings.Contains(a.body, "<dt>At</dt>") {
		t.Errorf("the page names a service where there is none beside the program:\n%s", a.body)
	}
	b.code(request("scope=me"))
	a = b.authorize(request("scope=", api))
	a.wants(t, "another service", 200, "<dt>At</dt><dd><bdi>https://api.example</bdi> <span class=\"badge\">new</span></dd>", "<dd><bdi>"+shopURL+"</bdi></dd>", "Read own account")
	if _, said := b.authorize(request("scope=me", api, "prompt=none")).location(t); said.Get("error") != "consent_required" {
		t.Errorf("another service with prompt=none = %v", said)
	}
	// A form that was shown for less is not taken for more.
	less := b.authorize(request("scope=me", "prompt=consent")).form("<form", "do=allow")
	b.do("POST", "/authorize", less+"&"+api).wants(t, "a service more than was shown", http.StatusConflict, "Something has changed")
	b.code(request("scope=", api))
	b.code(request("scope=me", api, "prompt=none")) // both were shown together
	b.authorize(request("scope=books:read")).wants(t, "a scope more", 200, "<bdi>https://api.example</bdi></dd>", "Read <span class=\"badge\">new</span>")
	b.do("GET", "/account", "").wants(t, "the account", 200, "<bdi>https://api.example</bdi>")

	// Only the service was allowed: not the program's own API.
	other := l.signedIn("lib")
	other.code(request("scope=me", api))
	if _, said := other.authorize(request("scope=me", "prompt=none")).location(t); said.Get("error") != "consent_required" {
		t.Errorf("the program itself, after another service = %v", said)
	}
	mine, _ := l.tokens(credentials("lib", secret) + "&scope=me")
	l.browser().do("GET", "/users/me/consents", "", "Authorization: Bearer "+mine.AccessToken).wants(t, "the list", 200, `"audience":["https://api.example"]`)
}

// What a client may ask for is asked again when a code is redeemed, and at refreshes.
func TestAServiceThatIsTakenFromAClient(t *testing.T) {
	t.Parallel()
	const api = "resource=https://api.example"
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	got, _ := l.tokens(redemption(b.code(request(api))))
	code := b.code(request(api))
	client, err := l.Accounts().Client(t.Context(), "photos")
	if err != nil {
		t.Fatal(err)
	}
	client.Audiences = nil
	if _, err := l.Accounts().ReplaceClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if _, a := l.tokens(redemption(code)); a.status != 400 || !strings.Contains(a.body, `"error":"invalid_target"`) {
		t.Errorf("a code from before = %d %s", a.status, a.body)
	}
	if _, a := l.tokens("grant_type=refresh_token&client_id=photos&refresh_token=" + got.RefreshToken); a.status != 400 || !strings.Contains(a.body, `"error":"invalid_target"`) {
		t.Errorf("a refresh = %d %s", a.status, a.body)
	}
	if list, err := l.Accounts().Sessions(t.Context(), l.userID("ann")); err != nil || len(list) != 2 {
		t.Errorf("there are %d sessions, %v; want the browser's and the first", len(list), err)
	}
}

// Neither an API key nor an application of others makes an administrator, or a client
// of our own, that may do what it may not itself.
func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{SendLink: func(context.Context, account.User, string) error { return nil }})
	root := l.user("root", "admin")
	const all = "me users:read users:write roles:write clients:write keys:write"
	client := account.Client{
		ID: "console", Name: "Console of others", Public: true, Redirects: []string{"https://console.example/cb"},
		Grants: []string{account.GrantCode, account.GrantRefresh}, Scopes: strings.Fields(all),
	}
	if _, _, err := l.Accounts().CreateClient(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	key := func(scopes ...string) string {
		t.Helper()
		grant, err := l.Accounts().NewAPIKey(t.Context(), account.APIKeyOwner{UserID: root.ID}, account.APIKeyAsk{Name: "k", Scopes: scopes})
		if err != nil {
			t.Fatal(err)
		}
		return string(grant.Secret)
	}
	own, _ := l.tokens(credentials("root", secret) + "&scope=" + strings.ReplaceAll(all, " ", "+"))
	bearers := map[string]string{
		"others": l.signedIn("root").of("console", "https://console.example/cb", all),
		"key":    key("me", "keys:write", "users:write", "roles:write"),
		"narrow": key("users:write", "roles:write"), "own": own.AccessToken,
	}
	user := func(name, roles string) string {
		return `{"name":"` + name + `","password":"` + secret + `","roles":[` + roles + `]}`
	}
	const email = `{"email":"evil@evil.example"}`
	for _, test := range []struct {
		by, method, path, body string
		status                 int
	}{
		{"others", "POST", "/users", user("a1", `"admin"`), 403},
		{"others", "POST", "/users", user("a2", `"user"`), 403},
		{"others", "POST", "/users", user("a3", ``), 201},
		{"others", "PUT", "/users/" + root.ID + "/roles", `{"roles":["admin","user"]}`, 403},
		{"others", "PATCH", "/users/" + root.ID, email, 403},
		{"others", "PATCH", "/users/" + root.ID, `{"disabled":false}`, 200},
		{"others", "PUT", "/roles/user", `{"scopes":["me","books:write"]}`, 403},
		{"others", "POST", "/clients", `{"client_name":"x","first_party":true,"redirect_uris":["https://x.example/"]}`, 403},
		{"others", "GET", "/clients", "", 403},
		{"others", "PUT", "/clients/console", `{"client_name":"x","first_party":true,"redirect_uris":["https://x.example/"],"grant_types":["authorization_code"]}`, 403},
		{"others", "POST", "/clients/machine/secret", `{}`, 403},
		{"others", "POST", "/clients/machine/keys", `{"name":"x","scopes":["me"]}`, 403},
		{"key", "POST", "/users", user("b1", `"admin"`), 403},
		{"key", "POST", "/users", user("b2", `"user"`), 201},
		{"narrow", "POST", "/users", user("b3", `"user"`), 403},
		{"narrow", "POST", "/users", user("b4", `"ghost"`), 422},
		{"narrow", "POST", "/users", user("b5", ``), 201},
		{"key", "PUT", "/users/" + root.ID + "/roles", `{"roles":["admin","user"]}`, 403},
		{"key", "PATCH", "/users/" + root.ID, email, 403},
		{"key", "PATCH", "/users/" + l.userID("ann"), email, 403}, // who reads books, which the key does not
		{"key", "PATCH", "/users/none", email, 404},
		{"key", "PUT", "/roles/user", `{"scopes":["me","keys:write","users:read"]}`, 403},
		{"key", "PUT", "/roles/user", `{"scopes":["me","keys:write"]}`, 200},
		{"own", "POST", "/users", user("c1", `"admin"`), 201},
		{"own", "PUT", "/users/" + root.ID + "/roles", `{"roles":["admin","user"]}`, 200},
		{"own", "PATCH", "/users/" + root.ID, email, 200},
		{"own", "PUT", "/roles/auditor", `{"scopes":["books:write"]}`, 200},
		{"own", "GET", "/clients", "", 200},
	} {
		a := l.browser().do(test.method, test.path, test.body, "Authorization: Bearer "+bearers[test.by], "Content-Type: application/json")
		if a.status != test.status {
			t.Errorf("%s: %s %s %s = %d %s, want %d", test.by, test.method, test.path, test.body, a.status, a.body, test.status)
		}
	}
}
