package e2e

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// evil is another server, which has nothing to do with ours.
const evil = "https://evil.example"

// lie is one thing that a server, or somebody between, says wrongly.
type lie struct {
	at       []string                                     // the steps at which a client may find out
	metadata func(map[string]any)                         // changes what the server says about itself
	redirect func(url.Values)                             // changes what the browser brings back
	token    func(form url.Values, answer map[string]any) // changes the answer to a request for a token
	answer   func(*http.Response)                         // changes the answer to a request for a token by a code, after that
	astray   bool                                         // sends who redeems a code to the thief
	access   func(*forger, string) string                 // makes another access token of one
	audience string                                       // what the resource server is called, if not as the server calls it
	resource func(*oauthex.ProtectedResourceMetadata)     // changes what the server of tools says about itself
}

// liar is a proxy before a server, which tells a lie.
type liar struct {
	target string
	thief  string

	mu       sync.Mutex
	tells    lie
	forger   *forger
	redeemed int // requests for a token by a code
}

// tell begins a lie.
func (l *liar) tell(what lie) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tells, l.redeemed = what, 0
}

// codes is how often a code was redeemed since the lie began.
func (l *liar) codes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.redeemed
}

// aboutResource changes what the server of tools says about itself.
func (l *liar) aboutResource(about *oauthex.ProtectedResourceMetadata) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tells.resource != nil {
		l.tells.resource(about)
	}
}

func (s *stage) audience() string {
	if s.lie == nil {
		return s.issuer
	}
	s.lie.mu.Lock()
	defer s.lie.mu.Unlock()
	return cmp.Or(s.lie.tells.audience, s.issuer)
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, err := url.Parse(l.target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var form url.Values
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ = url.ParseQuery(string(body))
	}
	proxy := httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
		ModifyResponse: func(answer *http.Response) error { return l.change(answer, form) },
	}
	proxy.ServeHTTP(w, r)
}

// change tells the lie in an answer.
func (l *liar) change(answer *http.Response, form url.Values) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch answer.Request.URL.Path {
	case "/.well-known/oauth-authorization-server":
		return inJSON(answer, l.tells.metadata)
	case "/.well-known/jwks.json":
		if l.tells.access != nil {
			return inJSON(answer, l.forger.publish)
		}
	case "/authorize":
		back, err := answer.Location()
		if err == nil && l.tells.redirect != nil && back.Query().Has("state") {
			query := back.Query()
			l.tells.redirect(query)
			back.RawQuery = query.Encode()
			answer.Header.Set("Location", back.String())
		}
	case "/token":
		return l.changeToken(answer, form)
	}
	return nil
}

func (l *liar) changeToken(answer *http.Response, form url.Values) error {
	if form.Get("grant_type") == withCode {
		l.redeemed++
	}
	if l.tells.token != nil {
		if err := inJSON(answer, func(fields map[string]any) { l.tells.token(form, fields) }); err != nil {
			return err
		}
	}
	if l.tells.access != nil {
		return inJSON(answer, func(fields map[string]any) {
			fields["access_token"] = l.tells.access(l.forger, fields["access_token"].(string))
		})
	}
	if l.tells.astray && form.Get("grant_type") == withCode {
		answer.StatusCode, answer.Status = http.StatusTemporaryRedirect, ""
		answer.Header.Set("Location", l.thief)
		setBody(answer, "")
	}
	if l.tells.answer != nil && form.Get("grant_type") == withCode {
		l.tells.answer(answer)
	}
	return nil
}

// inJSON changes the object that is the body of an answer.
func inJSON(answer *http.Response, change func(map[string]any)) error {
	if change == nil || answer.StatusCode != http.StatusOK {
		return nil
	}
	var fields map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&fields); err != nil {
		return err
	}
	change(fields)
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	setBody(answer, string(text))
	return nil
}

func setBody(answer *http.Response, text string) {
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(strings.NewReader(text))
	answer.ContentLength = int64(len(text))
	answer.Header.Set("Content-Length", strconv.Itoa(len(text)))
}

// put is a change that gives a field another value, or none if it is nil.
func put(name string, value any) func(map[string]any) {
	return func(fields map[string]any) {
		if value == nil {
			delete(fields, name)
			return
		}
		fields[name] = value
	}
}

// granted is a change of the answer to a request for a token by one grant.
func granted(by, name string, value any) func(url.Values, map[string]any) {
	return func(form url.Values, fields map[string]any) {
		if form.Get("grant_type") == by {
			put(name, value)(fields)
		}
	}
}

// By which grants tokens are asked for.
const (
	withCode    = "authorization_code"
	withRefresh = "refresh_token"
)

// lies are what the proxy says wrongly. Who refuses to go on then stands in
// docs/howto/tested-clients.md. Lies about the server of tools are told to clients of
// MCP, and tokens are forged for those that look at them.
var lies = map[string]lie{
	"the metadata names another issuer":           {at: []string{"discover", "code"}, metadata: put("issuer", evil)},
	"the metadata knows only the plain challenge": {at: []string{"discover", "code"}, metadata: put("code_challenge_methods_supported", []string{"plain"})},
	"the metadata knows no challenge":             {at: []string{"discover", "code"}, metadata: put("code_challenge_methods_supported", nil)},
	"the browser comes back from another issuer":  {at: []string{"code"}, redirect: func(q url.Values) { q.Set("iss", evil) }},
	"the browser comes back without an issuer":    {at: []string{"code"}, redirect: func(q url.Values) { q.Del("iss") }},
	"the browser comes back with another state":   {at: []string{"code"}, redirect: func(q url.Values) { q.Set("state", "another") }},
	"the browser comes back with a made-up code":  {at: []string{"code"}, redirect: func(q url.Values) { q.Set("code", "made-up") }},
	"the token is of another type":                {at: []string{"code"}, token: granted(withCode, "token_type", "mac")},
	"the token has no type":                       {at: []string{"code"}, token: granted(withCode, "token_type", nil)},
	"there is no access token":                    {at: []string{"code"}, token: granted(withCode, "access_token", nil)},
	"there is no access token after a refresh":    {at: []string{"refresh"}, token: granted(withRefresh, "access_token", nil)},
	"the token lives until soon":                  {at: []string{"code"}, token: granted(withCode, "expires_in", "soon")},
	"more is granted than was asked for":          {at: []string{"code"}, token: granted(withCode, "scope", scope+" users:write")},
	"an error comes as a success":                 {at: []string{"code"}, answer: func(a *http.Response) { setBody(a, `{"error":"invalid_grant"}`) }},
	"an error comes as a page":                    {at: []string{"code"}, answer: asPage(http.StatusBadGateway)},
	"a success comes as a page":                   {at: []string{"code"}, answer: asPage(http.StatusOK)},
	"a token comes as a page":                     {at: []string{"code"}, answer: func(a *http.Response) { a.Header.Set("Content-Type", "text/html") }},
	"a token comes without its end":               {at: []string{"code"}, answer: half},
	"the token endpoint sends to another server":  {at: []string{"code"}, astray: true},
	"the signature of the token is another's":     {at: []string{"validate"}, access: (*forger).stranger},
	"the token is over":                           {at: []string{"validate"}, access: claims("exp", 1)},
	"the token is of another issuer":              {at: []string{"validate"}, access: claims("iss", evil)},
	"the token is for nobody":                     {at: []string{"validate"}, access: claims("aud", nil)},
	"the token is for no client":                  {at: []string{"validate"}, access: claims("client_id", nil)},
	"the token says of nobody who":                {at: []string{"validate"}, access: claims("sub", nil)},
	"the token is a token of another kind":        {at: []string{"validate"}, access: (*forger).ofOtherType},
	"the token is for another service":            {at: []string{"validate"}, audience: "https://other.example"},
	"the server of tools says that it is another": {at: []string{"code"}, resource: func(about *oauthex.ProtectedResourceMetadata) { about.Resource = evil + "/mcp" }},
	"the server of tools takes tokens of another issuer": {at: []string{"code"}, resource: func(about *oauthex.ProtectedResourceMetadata) {
		about.AuthorizationServers = []string{"http://127.0.0.1:1"}
	}},
}

func asPage(status int) func(*http.Response) {
	return func(answer *http.Response) {
		answer.StatusCode, answer.Status = status, ""
		answer.Header.Set("Content-Type", "text/html")
		setBody(answer, "<!DOCTYPE html><title>Oh</title><h1>Oh</h1>")
	}
}

// half is the first half of an answer.
func half(answer *http.Response) {
	all, _ := io.ReadAll(answer.Body)
	setBody(answer, string(all[:len(all)/2]))
}

// thief takes codes and secrets, and gives tokens of its own for them.
func thief(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, `{"access_token":"the-thief's","token_type":"Bearer","expires_in":900,"refresh_token":"the-thief's"}`)
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	other := httptest.NewServer(http.HandlerFunc(thief))
	t.Cleanup(other.Close)
	return &liar{forger: newForger(t), thief: other.URL}
}

// refuses tells a lie, and reports whether the library refuses to go on.
func refuses(t *testing.T, what string, lie lie, to library, w *workshop, s *stage) bool {
	t.Helper()
	s.lie.tell(lie)
	told := to.run(t, w, s)
	if !slices.Contains(lie.at, told.at) {
		return false // or only the API does, later
	}
	if told.why == "" {
		t.Errorf("%s: refused at %q without a reason", what, told.at)
	}
	if lie.redirect != nil && what != madeUp && s.lie.codes() > 0 {
		t.Errorf("%s: the code was redeemed all the same", what)
	}
	return true
}

const madeUp = "the browser comes back with a made-up code"

// concerns reports whether a library is told the lie.
func (l lie) concerns(to library) bool {
	switch {
	case l.resource != nil:
		return to.client == "agent"
	case l.access != nil || l.audience != "":
		return slices.Contains(to.does, "validate")
	}
	return true
}
