package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/golden"
)

// exchange is a request to the server, made in the order of the list. Words in
// braces stand for links and for what earlier answers had.
type exchange struct {
	route string // whose example it is; "" if it shows an error
	about string // not shown if this is empty too
	path  string // with a method if that is no GET; the route's if empty
	as    string // whose token is presented
	body  string
	keep  string // the name of what is kept of the answer
	from  string // the pattern of it
	until int    // the status until which it is repeated
}

const (
	rightOne = "correct+horse+battery"
	anID     = `"id":"([^"]+)"`
	aToken   = `"access_token":"([^"]+)"`
	aRequest = `"request":"([^"]+)"`

	codeRequest = "client_id=holdfast&redirect_uri=http%3A%2F%2F127.0.0.1%3A8125%2Fcallback&response_type=code&scope=me&state=af0ifjsldkj&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)

var exchanges = []exchange{
	{route: "GET /setup", about: "The page behind the link that the first start prints: the first administrator chooses a name and a password. The link works once, for 30 minutes; one that is wrong, used or too old says so at once, with 403 and no form.", path: "/setup?secret={setup}"},
	{route: "GET /pages.css", about: "The stylesheet of the pages."},
	{route: "POST /setup", about: "What the page sends.", body: "secret={setup}&name=alice&password=" + rightOne},
	{route: "POST /token", about: "Signing in. Scopes are given if they are asked for and a role of the user grants them. With `grant_type=refresh_token&refresh_token=…` the session goes on: the answer is the same, and the refresh token a new one; `scope` may ask for less than at the sign-in, and for more is `invalid_scope`. `grant_type=authorization_code` trades a code, with `code`, `redirect_uri` and `code_verifier`; `grant_type=client_credentials` is for clients that call for themselves, and gives no refresh token. `resource` names the services that the token is for (RFC 8707), of those that the client may. A name and a password are taken while the public URL is one of this machine, or with `--allow-password-grant`. Errors have the form of RFC 6749.", body: "username=alice&password=" + rightOne + "&scope=me+users:read+users:write+roles:write+clients:write+audit:read", keep: "alice", from: aToken},
	{route: "GET /users/me", about: "The caller.", as: "alice"},
	{route: "PUT /users/me/password", about: "Changes the caller's password and ends all other sessions.", as: "alice", body: `{"current_password":"correct horse battery","new_password":"staple battery correct"}`},
	{route: "POST /users", about: "Makes a user. The password is good for one sign-in, which sets another; without one there is none until a link of `holdfast user reset` sets it.", as: "alice", body: `{"name":"bob","email":"bob@example.org","password":"battery staple correct","roles":["user"]}`, keep: "bob", from: anID},
	{route: "POST /first-password", about: "Sets an own password in place of one that somebody else has chosen, without a browser; with one, the form to sign in does it. `POST /token` answers `invalid_grant` before.", body: `{"name":"bob","given_password":"battery staple correct","new_password":"correct horse battery"}`},
	{path: "POST /token", body: "username=alice&password=staple+battery+correct&scope=me", keep: "second", from: aToken},
	{route: "GET /users/me/sessions", about: "Where the caller is signed in, the oldest session first, 100 at a time unless `limit` says how many; `after` is `next` of the page before.", as: "alice", keep: "mine", from: `"id":"([^"]+)","current":false`},
	{route: "DELETE /users/me/sessions/{session}", about: "Signs out of one session.", path: "/users/me/sessions/{mine}", as: "alice"},
	{route: "DELETE /users/me/sessions", about: "Signs out everywhere; with `others=true` everywhere else.", path: "/users/me/sessions?others=true", as: "alice"},
	{path: "POST /token", body: "username=bob&password=" + rightOne + "&scope=me", keep: "second", from: aToken},
	{route: "GET /users/{id}/sessions", about: "Where a user is signed in, for administrators.", path: "/users/{bob}/sessions", as: "alice", keep: "session", from: anID},
	{route: "DELETE /users/{id}/sessions/{session}", about: "Ends one session of a user.", path: "/users/{bob}/sessions/{session}", as: "alice"},
	{route: "DELETE /users/{id}/sessions", about: "Ends all sessions of a user, in a moment however many there are.", path: "/users/{bob}/sessions", as: "alice"},
	{route: "GET /users", about: "Users in the order of their ids, 100 at a time unless `limit` says how many; `after` is the last id of the page before.", as: "alice", path: "/users?limit=2"},
	{route: "GET /users/{id}", about: "One user.", as: "alice", path: "/users/{bob}"},
	{route: "PATCH /users/{id}", about: "Changes what is named. Disabling a user ends their sessions.", as: "alice", path: "/users/{bob}", body: `{"disabled":true}`},
	{route: "PUT /users/{id}/roles", about: "Replaces all roles of a user. It holds from the next request.", as: "alice", path: "/users/{bob}/roles", body: `{"roles":["manager"]}`},
	{route: "DELETE /users/{id}", about: "Removes a user.", as: "alice", path: "/users/{bob}"},
	{route: "PUT /roles/{name}", about: "Makes a role, or changes what it grants. It holds from the next request.", as: "alice", path: "/roles/auditor", body: `{"description":"Reads users","scopes":["me","users:read"]}`},
	{route: "GET /roles", about: "The roles and what they grant.", as: "alice"},
	{route: "DELETE /roles/{name}", about: "Removes a role that nobody has.", as: "alice", path: "/roles/auditor"},
	{route: "POST /clients", about: "Makes a client, in the words of RFC 7591. The secret is shown this once.", as: "alice", body: `{"client_id":"nightly","client_name":"Nightly job","scope":"users:read"}`, keep: "nightly", from: `"client_secret":"([^"]+)"`},
	{route: "GET /clients", about: "Clients in the order of their ids, in pages as users are. Those that a program declares are not among them.", as: "alice"},
	{route: "GET /clients/{id}", about: "One client.", as: "alice", path: "/clients/nightly"},
	{route: "PUT /clients/{id}", about: "Puts a client in place of the one before; its secrets stay. It holds from the next request, also of those who call through it.", as: "alice", path: "/clients/nightly", body: `{"client_name":"Nightly job","grant_types":["client_credentials"],"scope":"users:read me"}`},
	{path: "POST /token", body: "grant_type=client_credentials&client_id=nightly&client_secret={nightly}", keep: "machine", from: aToken},
	{route: "POST /clients/{id}/secret", about: "Makes another secret. The one before stays good for `overlap` seconds, a day if it is left out.", as: "alice", path: "/clients/nightly/secret", body: `{"overlap":3600}`},
	{path: "POST /token", body: "username=alice&password=staple+battery+correct&scope=me+keys:write", keep: "maker", from: aToken},
	{route: "POST /users/me/keys", about: "Makes an API key, which can do no more than this call. It is shown this once, and lives for 90 days unless `expires_in` says otherwise; 366 days at most, or what `--max-api-key-ttl` says.", as: "maker", body: `{"name":"nightly backup","scopes":["me"]}`, keep: "key", from: anID},
	{route: "GET /users/me/keys", about: "Own API keys, the oldest first. The last use is to the minute.", as: "maker"},
	{route: "POST /users/me/keys/{key}/rotate", about: "Makes a key in place of another one, which lives on for `overlap` seconds, a day if it is left out; 0 ends it at once.", as: "maker", path: "/users/me/keys/{key}/rotate", body: `{"overlap":3600}`},
	{route: "DELETE /users/me/keys/{key}", about: "Revokes a key at once.", as: "maker", path: "/users/me/keys/{key}"},
	{path: "/users/me", as: "maker", keep: "alice-id", from: anID},
	{path: "POST /users/me/keys", body: `{"name":"nightly backup","scopes":["me"]}`, as: "maker", keep: "key", from: anID},
	{route: "GET /users/{id}/keys", about: "A user's API keys.", as: "alice", path: "/users/{alice-id}/keys"},
	{route: "DELETE /users/{id}/keys/{key}", about: "Revokes a user's key.", as: "alice", path: "/users/{alice-id}/keys/{key}"},
	{route: "POST /clients/{id}/keys", about: "Makes an API key for a client that calls for itself.", as: "alice", path: "/clients/nightly/keys", body: `{"name":"till 3","scopes":["users:read"]}`, keep: "key", from: anID},
	{route: "GET /clients/{id}/keys", about: "A client's API keys.", as: "alice", path: "/clients/nightly/keys"},
	{route: "POST /clients/{id}/keys/{key}/rotate", about: "As for a user's own.", as: "alice", path: "/clients/nightly/keys/{key}/rotate", body: `{"overlap":0}`, keep: "key", from: anID},
	{route: "DELETE /clients/{id}/keys/{key}", about: "Revokes a client's key.", as: "alice", path: "/clients/nightly/keys/{key}"},
	{about: "403: what is a person's own is refused to a client that calls for itself.", as: "machine", path: "PUT /users/me/password", body: `{"current_password":"x","new_password":"staple battery correct"}`},
	{about: "401 of `POST /token`: the client is not known, or its credentials are wrong or missing.", path: "POST /token", body: "grant_type=client_credentials&client_id=nightly&client_secret=wrong"},
	{route: "DELETE /clients/{id}", about: "Removes a client. Its tokens, and those of people that it was given, are good for nothing from the next request on.", as: "alice", path: "/clients/nightly"},
	{route: "GET /me/routes", about: "What the caller may call, for a page that hides the rest. With `all=true` also what they may not, and what is missing; the docs page says so at each operation.", as: "alice"},
	{route: "GET /me/routes/as", about: "What another may call, with all that their roles grant, and what they lack for the rest: for administrators, who see the docs page's operations so.", as: "alice", path: "/me/routes/as?user=alice"},
	{route: "GET /me/scopes", about: "With the cookie of a session: which scopes whoever has signed in can be granted at all, which the docs page's dialog says."},
	{route: "GET /.well-known/jwks.json", about: "The public keys, for services that verify tokens themselves."},
	{route: "GET /.well-known/oauth-authorization-server", about: "Where the endpoints and the keys are, for services that begin with the issuer's URL (RFC 8414)."},
	{route: "GET /.well-known/oauth-protected-resource", about: "Where tokens for this API come from, for clients that begin with its URL (RFC 9728). Challenges of 401 and 403 name it."},
	{route: "GET /", about: "Leads to the console, to the account page without one, or to the docs page where nobody can sign in on a page."},
	{route: "GET /healthz", about: "The process lives."},
	{route: "GET /readyz", about: "The database answers; 503 if not. `changes` says so if what other processes change is not heard, and the database is asked at every request."},
	{route: "GET /openapi.json", about: "The document."},
	{route: "GET /docs", about: "The docs page."},
	{route: "GET /docs/{asset}", about: "What the docs page is made of.", path: "/docs/swagger-ui.css"},
	{route: "GET /reset", about: "The page behind the link of `holdfast user reset`: a user chooses a new password. The link works once, for an hour; one that is wrong, used or too old says so at once, with 403 and no form.", path: "/reset?secret={reset}"},
	{route: "POST /reset", about: "What the page sends. It ends all sessions of the user.", body: "secret={reset}&password=horse+battery+staple&again=horse+battery+staple"},
	{route: "GET /signin", about: "The form to sign in at a page; `next` is where it leads, on this server.", path: "/signin?next=/account"},
	{route: "POST /signin", about: "What the form sends. The answer sets the cookie of a session.", body: "username=alice&password=staple+battery+correct&next=/account"},
	{route: "POST /signout", about: "Ends the session of the cookie."},
	{route: "GET /authorize", about: "Where a client sends a person for a code (RFC 6749 section 4.1, with RFC 7636): the form to sign in, or what the client asks for, or at once back to the client. Errors go to the client, with `iss` and `state`; where it is not sure which client asks, or where its answer belongs, they are a page. [Sign in with a code](../howto/sign-in-with-code.md) has a client's side.", path: "/authorize?" + codeRequest},
	{route: "POST /authorize", about: "What the pages send, `do` being signin, choose, allow or deny. A request that is posted by a client is sent to `GET /authorize`.", body: codeRequest + "&do=deny"},
	{route: "GET /account", about: "What a person has: for those who have signed in, and others are sent to do so.", path: "/account"},
	{route: "POST /account", about: "What its forms send: withdraw what a client may do, change the password.", body: "do=withdraw&client=photos"},
	{route: "GET /users/me/consents", about: "What the caller has allowed clients.", as: "alice"},
	{route: "DELETE /users/me/consents/{client_id}", about: "Takes back what the caller has allowed a client, and ends its sessions.", as: "alice", path: "/users/me/consents/photos"},

	{path: "POST /token", body: "username=carol&password=horse+battery+staple&scope=me", keep: "carol", from: aToken},
	{about: "401: there is no credential. With one that is no good the header says `error=\"invalid_token\"`, too.", path: "/users/me"},
	{about: "403: what is missing is named: `scopes` are all needed, of `any_role_of` one is. `request` is the name under which `holdfast why` and `GET /refusals/{id}` explain the refusal; it is also in `X-Request-Id` and in the log.", as: "carol", path: "DELETE /users/7", keep: "refusal", from: aRequest},
	{about: "422: every mistake of parameters and body, as FastAPI lists them. A 401 or 403 comes before it.", as: "alice", path: "/users?limit=many"},
	{about: "400 of `POST /token`, `/revoke` and `/introspect`, in the form of RFC 6749. So are all other errors of these three, also of a body that is no form (400) or larger than 16 KiB (413).", path: "POST /token", body: "username=alice&password=wrong"},
	{about: " ", path: "POST /token", body: "grant_type=password&grant_type=password"},
	{about: "429: too many wrong passwords for a name, or from an address.", path: "POST /token", body: "username=dave&password=wrong", until: http.StatusTooManyRequests},
	{about: "404 and 405.", path: "/nothing"},
	{about: " ", path: "PUT /users"},
	{about: "All of them but those of `POST /token`, `/revoke` and `/introspect` as RFC 9457 has it, if `Accept` asks for it.", path: "/users/me\nAccept: application/problem+json"},
	{route: "GET /refusals/{id}", about: "Why a request was refused, step by step.", path: "/refusals/{refusal}", as: "alice", until: http.StatusOK},
	{route: "POST /introspect", about: "Whether a token still stands, and what it carries now, for other services: those of `--service` and confidential clients, with HTTP Basic (RFC 7662). Of a token that does not stand, or that is none of the asker's business, the answer is `{\"active\":false}`. Who is neither gets a 401.", body: "token=eyJ"},
	{route: "POST /revoke", about: "Ends the session of an access token or a refresh token, and with it all its tokens (RFC 7009). The client authenticates itself as at /token. A token of another client, an old one and garbage have no effect, and the answer is the same.", body: "client_id=holdfast&token=hfr_AAAA.BBBB"},
	{route: "GET /audit", about: "What has happened: every change, with who made it, and what was refused, in numbers; [audit.md](../audit.md) says what there is. `order=oldest` and `after` go on from what was read before.", as: "alice", path: "/audit?event=setup.done"},
	{route: "POST /logout", about: "Ends the session, and with it all its tokens.", as: "alice"},
}

const endpointsHead = `# HTTP endpoints

What ` + "`holdfast serve`" + ` answers, and every program with package identity that has all endpoints. The page is written by ` + "`TestTheReferenceOfEndpoints`" + ` from a real server: these are its answers, with … for what differs each time and for the end of what is long. Who may call is what the access table says. The document at /openapi.json has the schemas. [The console's pages](../console.md) are not listed.

Tokens are sent as ` + "`Authorization: Bearer …`" + `. Bodies are JSON, but forms for /token, /revoke, /introspect and the pages. A member of a body that is not known is a 422.

`

// The page has an example of every route, with what a real server answers.
func TestTheReferenceOfEndpoints(t *testing.T) {
	t.Parallel()
	id, app := inProcess(t)
	c := newConversation(t, id, id.Handler(app))
	examples, errors := map[string]string{}, ""
	for _, one := range exchanges {
		if one.route == "GET /audit" { // which has what is sealed, a moment later
			if _, err := id.AuditTrail().Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		switch text := c.make(one); {
		case one.route != "":
			examples[one.route] = text
		case one.about != "":
			errors += text
		}
	}
	routes, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	page.WriteString(endpointsHead)
	for _, route := range routes {
		name := route.Method + " " + route.Path
		if strings.HasPrefix(route.Path, "/console") { // pages for people, which docs/console.md shows
			continue
		}
		if examples[name] == "" {
			t.Errorf("%s has no example", name)
		}
		fmt.Fprintf(&page, "## %s\n\nWho may call: %s.\n\n%s", name, route.Policy, examples[name])
		delete(examples, name)
	}
	for name := range examples {
		t.Errorf("%s has an example and is no route", name)
	}
	page.WriteString("## Errors\n\nBesides these, 503 with `Retry-After` says that the server has too much to do, or that its database does not answer, and 413 and 415 that a body is too large or of another type.\n\n" + errors)
	golden.Check(t, "../../../docs/reference/http.md", []byte(strings.TrimRight(page.String(), "\n")+"\n"))
}

// conversation is a client of a server that remembers what it was answered.
type conversation struct {
	t      *testing.T
	server *httptest.Server
	kept   map[string]string
}

func newConversation(t *testing.T, id *identity.Identity, h http.Handler) *conversation {
	t.Helper()
	setup, err := id.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	carol, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "carol", Password: "correct horse battery", Roles: []string{"user"}})
	if err != nil {
		t.Fatal(err)
	}
	reset, err := id.ResetLink(t.Context(), carol.ID)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	_, setup, _ = strings.Cut(setup, "secret=")
	_, reset, _ = strings.Cut(reset, "secret=")
	return &conversation{t, server, map[string]string{"setup": setup, "reset": reset}}
}

// make makes an exchange and returns it as the page shows it.
func (c *conversation) make(one exchange) string {
	c.t.Helper()
	for range 1000 {
		request := c.filled(one)
		status, head, body := c.send(request)
		if one.until != 0 && status != one.until {
			continue
		}
		if one.keep != "" {
			found := regexp.MustCompile(one.from).FindStringSubmatch(body)
			if found == nil {
				c.t.Fatalf("%s: %s has no %s", request, body, one.keep)
			}
			c.kept[one.keep] = found[1]
		}
		return strings.TrimLeft(fmt.Sprintf("%s\n\n```http\n%s\n```\n\n```http\n%s\n```\n\n", one.about, masked(request), masked(head)+shortened(masked(body))), " \n")
	}
	c.t.Fatalf("%s %s is never answered with %d", one.route, one.path, one.until)
	return ""
}

// filled is the request as text, without its version.
func (c *conversation) filled(one exchange) string {
	method, path, _ := strings.Cut(cmp.Or(one.route, "GET /"), " ")
	if one.path != "" {
		path = one.path
	}
	if before, after, found := strings.Cut(path, " /"); found && !strings.Contains(before, "/") {
		method, path = before, "/"+after
	}
	text := method + " " + path
	if one.as != "" {
		text += "\nAuthorization: Bearer {" + one.as + "}"
	}
	switch {
	case strings.HasPrefix(one.body, "{"):
		text += "\nContent-Type: application/json\n\n" + one.body
	case one.body != "":
		text += "\nContent-Type: application/x-www-form-urlencoded\n\n" + one.body
	}
	for name, value := range c.kept {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// send sends a request that is text, and returns the answer with the headers
// that matter.
func (c *conversation) send(request string) (status int, head, body string) {
	c.t.Helper()
	lines, content, _ := strings.Cut(request, "\n\n")
	first, headers, _ := strings.Cut(lines, "\n")
	method, path, _ := strings.Cut(first, " ")
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL+path, strings.NewReader(content))
	if err != nil {
		c.t.Fatal(err)
	}
	for header := range strings.Lines(headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(header), ": ")
		r.Header.Set(name, value)
	}
	resp, err := c.server.Client().Transport.RoundTrip(r) // which follows nothing
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	head = "HTTP/1.1 " + resp.Status
	for _, name := range []string{"Allow", "Content-Type", "Location", "Retry-After", "Www-Authenticate"} {
		if value := resp.Header.Get(name); value != "" {
			head += "\n" + name + ": " + value
		}
	}
	return resp.StatusCode, head, strings.TrimSpace(string(text))
}

// shortened is the beginning of a body.
func shortened(body string) string {
	const most = 600
	begin, _, cut := strings.Cut(body, "\n")
	if len(begin) > most {
		begin, cut = begin[:most], true
	}
	if cut {
		begin += "…"
	}
	return strings.TrimRight("\n\n"+begin, "\n")
}

// masked has … for what differs each time.
func masked(text string) string {
	for _, one := range []struct{ pattern, with string }{
		{`eyJ[\w.-]+`, "eyJ…"},
		{`hfr_[\w.-]+`, "hfr_…"},
		{`hfcs_[\w-]+`, "hfcs_…"},
		{`"client_id_issued_at":\d+`, `"client_id_issued_at":…`},
		{`"(kid|x|mac)":"[^"]+"`, `"$1":"…"`},
		{`secret=[\w%.-]+`, "secret=…"},
		{`"(time|created|last_used|expires)":"[^"]+"`, `"$1":"…"`},
		{`\bhf([pk])_\w{49}\b`, "hf${1}_…"},
		{`\b06[0-9A-V]{24}\b`, "06H1…"},
		{`\b[A-Z2-7]{26}\b`, "5O6P…"},
		{`\.go:\d+`, ".go:…"},
		{`Retry-After: \d+`, "Retry-After: …"},
	} {
		text = regexp.MustCompile(one.pattern).ReplaceAllString(text, one.with)
	}
	return text
}
