package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/oauth"
	"github.com/holdfast-go/holdfast/store/memory"
)

const (
	photosURL = "https://photos.example/cb"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636 appendix B
)

// openClients is a shop with clients of others.
func openClients(t *testing.T, config Config, more ...func(*shop)) *shop {
	t.Helper()
	config.InsecureNoThrottle = true
	l := openShop(t, config, more...)
	code := []string{account.GrantCode, account.GrantRefresh}
	for _, c := range []account.Client{
		{ID: "photos", Name: "Photos <b>", Public: true, Redirects: []string{photosURL, photosURL + "?a=b"}, Grants: code, Scopes: []string{"me", "books:read"}, Audiences: []string{"https://api.example"}},
		{ID: "one", Name: "One", Public: true, Redirects: []string{"https://one.example/"}, Grants: code, Scopes: []string{"me"}},
		{ID: "phone", Name: "Phone", Public: true, Redirects: []string{"com.example.app:/cb", "http://127.0.0.1/cb"}, Grants: code, Scopes: []string{"me"}},
		{ID: "ours", Name: "Ours", Public: true, FirstParty: true, Redirects: []string{"https://ours.example/cb", "http://127.0.0.1/cb"}, Grants: code},
		{ID: "machine", Name: "Machine", Redirects: []string{"https://machine.example/cb"}, Grants: []string{account.GrantClientCredentials}, Scopes: []string{"me"}},
		{ID: "off", Name: "Off", Public: true, Disabled: true, Redirects: []string{"https://off.example/cb"}, Grants: code},
	} {
		c.Created = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		if err := l.config.Store.Update(t.Context(), func(w account.Writer) error { return w.PutClient(c) }); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// request is a good request for a code, with what is said instead: "" leaves a
// parameter out.
func request(said ...string) url.Values {
	q := url.Values{
		"client_id": {"photos"}, "redirect_uri": {photosURL}, "response_type": {"code"}, "state": {"s t&a=te"}, "scope": {"me"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}
	for _, one := range said {
		name, value, _ := strings.Cut(one, "=")
		if q.Del(name); value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (b *browser) authorize(q url.Values) answer {
	b.l.t.Helper()
	return b.do("GET", "/authorize?"+q.Encode(), "")
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)

// form is the hidden fields of the first form after a text, with more.
func (a answer) form(after string, more ...string) string {
	_, rest, _ := strings.Cut(a.body, after)
	rest, _, _ = strings.Cut(rest, "</form>")
	q := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(rest, -1) {
		q.Add(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	for _, one := range more {
		name, value, _ := strings.Cut(one, "=")
		q.Set(name, value)
	}
	return q.Encode()
}

// location is where a browser is sent, and what is said there.
func (a answer) location(t *testing.T) (where string, said url.Values) {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther {
		t.Fatalf("the answer is %d to %q\n%s", a.status, a.header.Get("Location"), a.body)
	}
	said = u.Query()
	u.RawQuery = ""
	return u.String(), said
}

// code allows what is asked for and returns the code.
func (b *browser) code(q url.Values) string {
	b.l.t.Helper()
	a := b.authorize(q)
	if a.status == http.StatusOK {
		a = b.do("POST", "/authorize", a.form("<form", "do=allow"))
	}
	where, said := a.location(b.l.t)
	if where != q.Get("redirect_uri") || said.Get("code") == "" || said.Get("state") != q.Get("state") || said.Get("iss") != shopURL || len(said) != 3 {
		b.l.t.Fatalf("the answer leads to %s with %v", where, said)
	}
	return said.Get("code")
}

func redemption(code string, said ...string) string {
	q := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"photos"}, "redirect_uri": {photosURL}, "code": {code}, "code_verifier": {verifier},
	}
	for _, one := range said {
		name, value, _ := strings.Cut(one, "=")
		if q.Del(name); value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode()
}

// tokens posts a form to /token.
func (l *shop) tokens(form string) (oauth.TokenResponse, answer) {
	l.t.Helper()
	a := l.browser().do("POST", "/token", form)
	var out oauth.TokenResponse
	if a.status == http.StatusOK {
		if err := json.Unmarshal([]byte(a.body), &out); err != nil {
			l.t.Fatal(err)
		}
	}
	return out, a
}

func (a answer) wants(t *testing.T, what string, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: %d, want %d\n%s", what, a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s: the page has no %q:\n%s", what, text, a.body)
		}
	}
}

// From a client's link to the client's token, by everything that is asked.
func TestSigningInWithACode(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.browser()
	q := request("scope=me books:read", "login_hint=ann", "resource=https://api.example")
	a := b.authorize(q)
	a.wants(t, "the form to sign in", 200, "Photos &lt;b&gt;", `value="ann"`, `name="do" value="signin"`)

	wrong := b.do("POST", "/authorize", a.form("<form", "username=ann", "password=wrong"))
	wrong.wants(t, "a wrong password", 400, "Incorrect username or password", `value="ann"`, "Photos &lt;b&gt;")
	a = b.do("POST", "/authorize", wrong.form("<form", "username=ann", "password="+secret))
	where, said := a.location(t)
	if where != "/authorize" || said.Get("password") != "" || said.Get("state") != q.Get("state") {
		t.Fatalf("a sign-in leads to %s with %v", where, said)
	}
	a = b.do("GET", a.header.Get("Location"), "")
	a.wants(t, "the consent", 200, "Photos &lt;b&gt;", "<bdi>ann</bdi>", "Read own account", "<code>books:read</code>", "photos.example", "30 days")
	a = b.do("POST", "/authorize", a.form("<form", "do=allow"))
	where, said = a.location(t)
	if where != photosURL || said.Get("state") != q.Get("state") || said.Get("iss") != shopURL || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Fatalf("the answer leads to %s with %v and %v", where, said, a.header)
	}

	got, w := l.tokens(redemption(said.Get("code")))
	if got.AccessToken == "" || got.Scope != "books:read me" || got.RefreshToken == "" || w.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("POST /token = %d %s", w.status, w.body)
	}
	if next, w := l.tokens("grant_type=refresh_token&client_id=photos&refresh_token=" + got.RefreshToken); next.Scope != got.Scope {
		t.Errorf("a refresh = %d %s", w.status, w.body)
	}

	b.code(request("scope=books:read")) // is not asked again
	a = b.authorize(request("scope=me books:read", "prompt=consent"))
	a.wants(t, "when asked to", 200, "Allow")
	if strings.Contains(a.body, "badge") {
		t.Errorf("nothing is new:\n%s", a.body)
	}
}

func TestMoreIsAskedForAgain(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	b.code(request("scope=me"))
	b.code(request("scope=me"))
	a := b.authorize(request("scope=me books:read"))
	a.wants(t, "more", 200, `Read <span class="badge">new</span>`)
	if strings.Count(a.body, "badge") != 1 {
		t.Errorf("what was allowed is new:\n%s", a.body)
	}
	_, said := b.authorize(request("scope=me books:read", "prompt=none")).location(t)
	if said.Get("error") != "consent_required" {
		t.Errorf("more with prompt=none = %v", said)
	}
	// What the person has not is not asked, and not given.
	l.user("bob", "user")
	bob := l.signedIn("bob")
	a = bob.authorize(request("scope=me books:read"))
	if a.wants(t, "bob", 200, "<code>me</code>"); strings.Contains(a.body, "books:read</code>") {
		t.Errorf("bob is asked for what bob has not:\n%s", a.body)
	}
	got, w := l.tokens(redemption(bob.code(request("scope=me books:read"))))
	if got.Scope != "me" {
		t.Errorf("bob's token = %d %s", w.status, w.body)
	}
}

func TestDenial(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	a := b.do("POST", "/authorize", b.authorize(request()).form("<form", "do=deny"))
	where, said := a.location(t)
	if where != photosURL || said.Get("error") != "access_denied" || said.Get("iss") != shopURL || said.Get("state") != "s t&a=te" || said.Has("code") {
		t.Errorf("a denial leads to %s with %v", where, said)
	}
	b.authorize(request()).wants(t, "afterwards", 200, "Allow")
}

// Where a request does not surely come from a client, its answer goes to no
// client: RFC 6749 section 4.1.2.1, RFC 9700 section 4.1.3.
func TestRequestsThatAreNotAnsweredElsewhere(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	signedIn := l.signedIn("ann")
	tests := map[string]url.Values{
		"no client":              request("client_id="),
		"a client that is none":  request("client_id=nobody"),
		"a disabled client":      request("client_id=off", "redirect_uri=https://off.example/cb"),
		"another client's":       request("client_id=one"),
		"none of several":        request("redirect_uri="),
		"a long request":         request("state=" + strings.Repeat("a", 9<<10)),
		"script for a client":    request("client_id=<script>alert(1)</script>"),
		"script for an address":  request("redirect_uri=javascript:alert(1)"),
		"data for an address":    request("redirect_uri=data:text/html,<script>alert(1)</script>"),
		"two clients":            withTwo("client_id", "photos", "photos"),
		"two addresses":          withTwo("redirect_uri", photosURL, photosURL),
		"a client and a number":  request("client_id=photos\x00"),
		"a client in capitals":   request("client_id=PHOTOS"),
		"a port of no loopback":  request("client_id=phone", "redirect_uri=http://127.0.0.1.evil.example:8/cb"),
		"another path":           request("client_id=phone", "redirect_uri=http://127.0.0.1:8/cb/x"),
		"another loopback":       request("client_id=phone", "redirect_uri=http://127.0.0.2:8/cb"),
		"https for a loopback":   request("client_id=phone", "redirect_uri=https://127.0.0.1:8/cb"),
		"userinfo of a loopback": request("client_id=phone", "redirect_uri=http://127.0.0.1:8@evil.example/cb"),
		"a path of a scheme":     request("client_id=phone", "redirect_uri=com.example.app:/cb2"),
		"a host of a scheme":     request("client_id=phone", "redirect_uri=com.example.app://evil.example/cb"),
	}
	for name, uri := range map[string]string{ //nolint:gosec // addresses that are wrong, in which no one's password is
		"suffix": photosURL + "x", "a slash": photosURL + "/", "a segment": photosURL + "/x", "traversal": "https://photos.example/cb/../cb",
		"encoded traversal": "https://photos.example/cb/%2e%2e/cb", "a matrix": photosURL + ";/..;/", "a query": photosURL + "?x=y", "half a query": photosURL + "?",
		"a query of its own and more": photosURL + "?a=b&c=d", "a fragment": photosURL + "#", "a fragment with a text": photosURL + "#x", "userinfo": "https://photos.example@evil.example/cb",
		"userinfo first": "https://evil.example@photos.example/cb", "a password": "https://photos.example:x@evil.example/cb", "two at": "https://photos.example@@evil.example/cb",
		"capitals": "https://PHOTOS.example/cb", "a scheme in capitals": "HTTPS://photos.example/cb", "a path in capitals": "https://photos.example/CB",
		"a port": "https://photos.example:443/cb", "another port": "https://photos.example:8443/cb", "http": "http://photos.example/cb", "a subdomain": "https://a.photos.example/cb",
		"a suffixed domain": "https://photos.example.evil.example/cb", "a prefixed domain": "https://evilphotos.example/cb", "a dot": "https://photos.example./cb",
		"encoded letters": "https://photos.example/%63b", "an encoded host": "https://photos%2eexample/cb", "IDN": "https://photоs.example/cb", "punycode": "https://xn--phots-hye.example/cb",
		"a full stop of another script": "https://photos。example/cb", "a backslash": `https://photos.example\@evil.example/cb`, "a tab": "https://photos.example/cb\t", "a space": " " + photosURL,
		"a line": photosURL + "\r\nSet-Cookie: a=b", "NUL": photosURL + "\x00", "no scheme": "//photos.example/cb", "a path": "/cb", "ours": shopURL + "/",
	} {
		tests["redirect with "+name] = request("redirect_uri=" + uri)
	}
	for name, q := range tests {
		for who, b := range map[string]*browser{"nobody": l.browser(), "ann": signedIn} {
			a := b.authorize(q)
			if a.status != http.StatusBadRequest || a.header.Get("Location") != "" || !strings.Contains(a.body, "What is wrong: ") || strings.Contains(a.body, "<script") {
				t.Errorf("%s by %s = %d to %q, want a page\n%s", name, who, a.status, a.header.Get("Location"), a.body)
			}
		}
	}
	for name, raw := range map[string]string{"bad escapes": "client_id=%zz", "a semicolon": "client_id=photos;a=b"} {
		if a := signedIn.do("GET", "/authorize?"+raw, ""); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s = %d to %q", name, a.status, a.header.Get("Location"))
		}
	}
}

func withTwo(name, first, second string) url.Values {
	q := request()
	q[name] = []string{first, second}
	return q
}

// What is wrong with the rest is said to the client, with iss and state.
func TestErrorsThatClientsAreTold(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	signedIn := l.signedIn("ann")
	for name, test := range map[string]struct {
		q     url.Values
		error string
	}{
		"no response type":           {request("response_type="), "invalid_request"},
		"the implicit grant":         {request("response_type=token"), "unsupported_response_type"},
		"a hybrid":                   {request("response_type=code token"), "unsupported_response_type"},
		"an answer in the fragment":  {request("response_mode=fragment"), "invalid_request"},
		"an answer by a form":        {request("response_mode=form_post"), "invalid_request"},
		"no challenge":               {request("code_challenge=", "code_challenge_method="), "invalid_request"},
		"an empty challenge":         {withTwo("code_challenge", "", ""), "invalid_request"},
		"a method alone":             {request("code_challenge="), "invalid_request"},
		"the plain method":           {request("code_challenge_method=plain"), "invalid_request"},
		"no method, which is plain":  {request("code_challenge_method="), "invalid_request"},
		"a method in lower case":     {request("code_challenge_method=s256"), "invalid_request"},
		"a short challenge":          {request("code_challenge=abc"), "invalid_request"},
		"a long challenge":           {request("code_challenge=" + strings.Repeat("a", 44)), "invalid_request"},
		"two challenges":             {withTwo("code_challenge", challengeOf(verifier), challengeOf("x")), "invalid_request"},
		"two scopes":                 {withTwo("scope", "me", "me"), "invalid_request"},
		"a scope of no client":       {request("scope=me books:write"), "invalid_scope"},
		"a scope of nobody":          {request("scope=nonsense"), "invalid_scope"},
		"a scope that is none":       {request(`scope="me"`), "invalid_scope"},
		"a scope with a line":        {request("scope=me\nme"), "invalid_scope"},
		"many scopes":                {request("scope=" + strings.Repeat("me ", 1000)), "invalid_scope"},
		"another's resource":         {request("resource=https://other.example"), "invalid_target"},
		"a resource with a fragment": {request("resource=https://api.example#x"), "invalid_target"},
		"one good resource":          {withTwo("resource", "https://api.example", "https://other.example"), "invalid_target"},
		"a prompt that is none":      {request("prompt=create"), "invalid_request"},
		"none and login":             {request("prompt=none login"), "invalid_request"},
		"an age that is no number":   {request("max_age=-1"), "invalid_request"},
		"an age without end":         {request("max_age=99999999999"), "invalid_request"},
		"a long hint":                {request("login_hint=" + strings.Repeat("a", 257)), "invalid_request"},
		"a client without codes":     {request("client_id=machine", "redirect_uri=https://machine.example/cb"), "unauthorized_client"},
	} {
		for who, b := range map[string]*browser{"nobody": l.browser(), "ann": signedIn} {
			where, said := b.authorize(test.q).location(t)
			if where != test.q.Get("redirect_uri") || said.Get("error") != test.error || said.Get("iss") != shopURL || said.Get("state") != "s t&a=te" || said.Has("code") {
				t.Errorf("%s by %s leads to %s with %v, want %s", name, who, where, said, test.error)
			}
		}
	}
	for name, q := range map[string]url.Values{
		"a long state": request("state=" + strings.Repeat("a", 2049)), "a state with a line": request("state=a\r\nb"), "a state in another script": request("state=ä"),
	} {
		if _, said := signedIn.authorize(q).location(t); said.Get("error") != "invalid_request" || said.Has("state") {
			t.Errorf("%s = %v", name, said)
		}
	}
	// Others have their errors, too.
	q := request("redirect_uri="+photosURL+"?a=b", "response_type=x")
	if a := signedIn.authorize(q); !strings.HasPrefix(a.header.Get("Location"), photosURL+"?a=b&error=") {
		t.Errorf("an address with a query leads to %s", a.header.Get("Location"))
	}
}

func TestWhatIsUnknownIsIgnored(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	q := request("nonce=n", "ui_locales=de", "<script>=<script>", "username=lib", "password=x", "do=allow", "response_mode=query")
	q["x"] = []string{"1", "2"}
	q["scope"] = []string{"", "me"} // what is empty is as if it were not there
	b.code(q)
}

// The only address of a client goes without saying, at both endpoints alike.
func TestTheOnlyAddress(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	a := b.authorize(request("client_id=one", "redirect_uri="))
	where, said := b.do("POST", "/authorize", a.form("<form", "do=allow")).location(t)
	if where != "https://one.example/" {
		t.Fatalf("the answer leads to %s", where)
	}
	if got, w := l.tokens(redemption(said.Get("code"), "client_id=one", "redirect_uri=")); got.AccessToken == "" {
		t.Errorf("POST /token = %d %s", w.status, w.body)
	}
}

func TestPrompts(t *testing.T) {
	t.Parallel()
	began, later := time.Now(), atomic.Int64{} // keys are looked after in the background
	l := openClients(t, Config{Now: func() time.Time { return began.Add(time.Duration(later.Load())) }})
	nobody, b := l.browser(), l.signedIn("ann")
	if _, said := nobody.authorize(request("prompt=none")).location(t); said.Get("error") != "login_required" {
		t.Errorf("none by nobody = %v", said)
	}
	b.code(request())
	b.code(request("prompt=none"))
	b.code(request("max_age=60"))
	for name, q := range map[string]url.Values{"login": request("prompt=login"), "login and more": request("prompt=login consent"), "at no age": request("max_age=0", "prompt=login")} {
		a := b.authorize(q)
		a.wants(t, name, 200, `value="signin"`)
		where, said := b.do("POST", "/authorize", a.form("<form", "username=ann", "password="+secret)).location(t)
		if where != "/authorize" || strings.Contains(said.Get("prompt"), "login") || said.Has("max_age") {
			t.Errorf("%s goes on at %s with %v, which asks again", name, where, said)
		}
	}
	later.Store(int64(61 * time.Second))
	b.authorize(request("max_age=60")).wants(t, "a minute later", 200, `value="signin"`)
	if _, said := b.authorize(request("max_age=60", "prompt=none")).location(t); said.Get("error") != "login_required" {
		t.Errorf("a minute later with none = %v", said)
	}
	b.authorize(request("prompt=select_account")).wants(t, "select_account", 200, "someone else?", "Allow")
	a := b.authorize(request("prompt=consent"))
	other := regexp.MustCompile(`href="(authorize\?[^"]*)"`).FindStringSubmatch(a.body)
	if other == nil {
		t.Fatalf("the page leads to no other account:\n%s", a.body)
	}
	a = b.do("GET", "/"+html.UnescapeString(other[1]), "")
	a = b.do("POST", "/authorize", a.form("<form", "username=lib", "password="+secret))
	b.do("GET", a.header.Get("Location"), "").wants(t, "another account", 200, "<bdi>lib</bdi>")
}

// A request that is posted is one like any other, and does nothing by itself.
func TestRequestsThatArePosted(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	a := b.do("POST", "/authorize", request().Encode(), "Sec-Fetch-Site: cross-site", "Origin: https://photos.example")
	where, said := a.location(t)
	if where != "/authorize" || said.Get("state") != "s t&a=te" {
		t.Fatalf("a posted request leads to %s with %v", where, said)
	}
	b.do("GET", a.header.Get("Location"), "").wants(t, "the request", 200, "Allow")
	b.do("POST", "/authorize", strings.Repeat("a", 1<<20)).wants(t, "a form of a megabyte", 400, "could not be read")
	b.do("POST", "/authorize", request("do=something").Encode()).wants(t, "a form of nothing", 400, "could not be read")
	if a := b.do("POST", "/authorize", request("username=ann", "password=secret").Encode()); a.status != 303 || strings.Contains(a.header.Get("Location"), "secret") {
		t.Errorf("a password without a word on what to do is sent on: %d %s", a.status, a.header.Get("Location"))
	}
}

// A page of another site makes no one sign in, allow or deny anything; and what a
// page has shown is what is allowed.
func TestNoOneElseAllowsAnything(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	page := b.authorize(request())
	good := page.form("<form", "do=allow")
	for name, lines := range map[string][]string{
		"another site":         {"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
		"another host":         {"Sec-Fetch-Site: same-site", "Origin: https://evil.example.com"},
		"an old browser":       {"Sec-Fetch-Site: ", "Origin: https://evil.example"},
		"an origin of nothing": {"Sec-Fetch-Site: ", "Origin: null"},
	} {
		for _, do := range []string{"allow", "deny", "signin"} {
			a := l.signedIn("ann").do("POST", "/authorize", page.form("<form", "do="+do, "username=ann", "password="+secret), lines...)
			if a.status != http.StatusForbidden || a.header.Get("Location") != "" || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s by %s = %d to %q", do, name, a.status, a.header.Get("Location"))
			}
		}
	}
	forged := map[string]url.Values{}
	for name, change := range map[string][2]string{
		"another client":    {"client_id", "one"},
		"more scopes":       {"scope", "me books:read"},
		"another state":     {"state", "other"},
		"another challenge": {"code_challenge", challengeOf("other")},
		"no bond":           {"bound", ""},
		"a made up bond":    {"bound", strings.Repeat("A", 43)},
	} {
		q, _ := url.ParseQuery(good)
		q.Set(change[0], change[1])
		if change[1] == "one" {
			q.Set("redirect_uri", "https://one.example/")
		}
		forged[name] = q
	}
	other := l.signedIn("ann").authorize(request()).form("<form", "do=allow")
	forged["another session's"], _ = url.ParseQuery(other)
	for name, q := range forged {
		b.do("POST", "/authorize", q.Encode()).wants(t, name, http.StatusConflict, "Something has changed", "Allow")
	}
	if list, err := l.Accounts().Consents(t.Context(), l.userID("ann")); err != nil || len(list) != 0 {
		t.Errorf("there are consents: %v, %v", list, err)
	}
	l.browser().do("POST", "/authorize", good).wants(t, "without a session", 200, `value="signin"`)
	b.do("POST", "/authorize", good).location(t)
}

func (l *shop) userID(name string) string {
	l.t.Helper()
	u, err := l.Accounts().UserByName(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	return u.ID
}

// Nothing that is sent comes back as markup, and every page has what keeps it from
// being framed, kept or told of.
func TestPagesOfCodesAreSafe(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	const bite = `"'><script>alert(1)</script></title>`
	var pages []answer
	for name := range maps.Keys(request()) {
		for _, who := range []*browser{b, l.browser()} {
			pages = append(pages, who.authorize(request(name+"="+bite)))
		}
	}
	for _, name := range []string{"login_hint", "prompt", "max_age", "resource", "response_mode", "nonce", bite} {
		pages = append(pages, l.browser().authorize(request(name+"="+bite)), b.authorize(request(name+"="+bite)))
	}
	pages = append(pages, b.do("GET", "/account?done="+url.QueryEscape(bite), ""), b.authorize(request()), l.browser().authorize(request()),
		b.do("POST", "/authorize", request("do="+bite).Encode()), b.do("POST", "/account", "do="+url.QueryEscape(bite)),
		l.browser().do("POST", "/authorize", request("do=signin", "username="+bite, "password=x").Encode()))
	for i, a := range pages {
		if strings.Contains(a.body, "<script") {
			t.Errorf("page %d has what was sent:\n%s", i, a.body)
		}
		if a.status == http.StatusSeeOther {
			continue
		}
		for header, want := range map[string]string{
			"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		} {
			if got := a.header.Get(header); !strings.Contains(got, want) {
				t.Errorf("page %d: %s = %q, want %s", i, header, got, want)
			}
		}
		if policy := a.header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("page %d: the policy is %s", i, policy)
		}
	}
}

// Whatever is wrong with a redemption is an error of RFC 6749 section 5.2.
func TestRedemptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	for name, test := range map[string]struct{ change, error string }{
		"another client's code":    {"client_id=one", "invalid_grant"},
		"another address":          {"redirect_uri=" + photosURL + "?a=b", "invalid_grant"},
		"no address":               {"redirect_uri=", "invalid_grant"},
		"another verifier":         {"code_verifier=" + strings.Repeat("a", 43), "invalid_grant"},
		"no verifier":              {"code_verifier=", "invalid_request"},
		"a verifier of 42":         {"code_verifier=" + verifier[1:], "invalid_request"},
		"a verifier of 129":        {"code_verifier=" + strings.Repeat("a", 129), "invalid_request"},
		"a verifier of other text": {"code_verifier=" + verifier[1:] + "+", "invalid_request"},
		"no code":                  {"code=", "invalid_request"},
		"a code that is none":      {"code=hfa_x", "invalid_grant"},
		"a client without codes":   {"client_id=machine", "invalid_client"},
	} {
		if _, a := l.tokens(redemption(b.code(request()), test.change)); a.status/100 != 4 || !strings.Contains(a.body, `"error":"`+test.error+`"`) {
			t.Errorf("%s: POST /token = %d %s, want %s", name, a.status, a.body, test.error)
		}
	}
	code := b.code(request())
	got, _ := l.tokens(redemption(code))
	if _, a := l.tokens(redemption(code)); !strings.Contains(a.body, "invalid_grant") {
		t.Errorf("a second use = %d %s", a.status, a.body)
	}
	if a := l.browser().do("GET", "/users/me", "", "Authorization: Bearer "+got.AccessToken); a.status != http.StatusUnauthorized {
		t.Errorf("the first use's token after the second use = %d %s", a.status, a.body)
	}
	if _, a := l.tokens("grant_type=refresh_token&client_id=photos&refresh_token=" + got.RefreshToken); !strings.Contains(a.body, "invalid_grant") {
		t.Errorf("the first use's refresh token after the second use = %d %s", a.status, a.body)
	}
}

// Where any program of the device may be the one that asks, somebody has to mean
// it each time; where a name of the web vouches for the client, once or never.
func TestWhoIsAskedEachTime(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{})
	b := l.signedIn("ann")
	for _, test := range []struct {
		client, redirect, place string
		asks                    bool
	}{
		{"photos", photosURL, "", false},
		{"ours", "https://ours.example/cb", "", false},
		{"ours", "http://127.0.0.1:4711/cb", "a program on this computer (127.0.0.1:4711)", true},
		{"phone", "http://127.0.0.1:4711/cb", "a program on this computer (127.0.0.1:4711)", true},
		{"phone", "com.example.app:/cb", "an app on this device (com.example.app)", true},
		{"holdfast", shopURL + "/docs/oauth2-redirect", "", false},
		{"holdfast", "http://127.0.0.1:5/callback", "a program on this computer (127.0.0.1:5)", true},
	} {
		q := request("client_id="+test.client, "redirect_uri="+test.redirect)
		b.code(q)
		a := b.authorize(q)
		if asks := a.status == http.StatusOK; asks != test.asks || asks && (!strings.Contains(a.body, test.place) || !strings.Contains(a.body, "can claim to be")) {
			t.Errorf("%s at %s: asked again is %v (%d), want %v\n%s", test.client, test.redirect, asks, a.status, test.asks, a.body)
		}
		_, said := b.authorize(request("client_id="+test.client, "redirect_uri="+test.redirect, "prompt=none")).location(t)
		if said.Has("code") == test.asks {
			t.Errorf("%s at %s with prompt=none = %v", test.client, test.redirect, said)
		}
	}
}

// A program's own form to sign in is sent there and back.
func TestCodesWithAnOwnFormToSignIn(t *testing.T) {
	t.Parallel()
	l := openClients(t, Config{Pages: &Pages{SignIn: "/welcome"}})
	where, said := l.browser().authorize(request("prompt=login", "max_age=1")).location(t)
	next, ok := LocalPath(said.Get("next"))
	if where != "/welcome" || !ok || !strings.HasPrefix(next, "/authorize?") || strings.Contains(next, "prompt") || strings.Contains(next, "max_age") {
		t.Errorf("somebody who has to sign in is sent to %s with %v", where, said)
	}
}

func TestCodesWithoutAStore(t *testing.T) {
	t.Parallel()
	store := &leaving{Store: memory.New()}
	l := openClients(t, Config{Store: store})
	b := l.signedIn("ann")
	page := b.authorize(request())
	store.away.Store(true)
	for name, a := range map[string]answer{
		"a request": b.authorize(request()), "an answer": b.do("POST", "/authorize", page.form("<form", "do=allow")), "the account": b.do("GET", "/account", ""),
	} {
		a.wants(t, name, http.StatusServiceUnavailable, "Try again in a moment")
		if a.header.Get("Location") != "" || a.header.Get("Retry-After") == "" || strings.Contains(a.body, errAway.Error()) {
			t.Errorf("%s = %v\n%s", name, a.header, a.body)
		}
	}
}
