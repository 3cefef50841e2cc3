package identity

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// readers is a server with people and machines who may and may not read the trail.
type readers struct {
	*story
	all map[string]string // tokens and keys, by whose they are
}

func openReaders(t *testing.T) *readers {
	t.Helper()
	r := &readers{story: openStory(t, Config{}, tails), all: map[string]string{}}
	if _, err := r.Accounts().PutRole(t.Context(), account.Role{Name: "watcher", Scopes: []string{"audit:read", "keys:write", "me"}}); err != nil {
		t.Fatal(err)
	}
	r.user("root", "admin")
	r.user("eve", "auditor", "user")
	r.user("wat", "watcher") // has the scope and not the role
	r.user("joe", "user")
	for _, name := range []string{"root", "eve", "wat", "joe"} {
		r.all["a token of "+name], _ = r.signIn(name, secret)
		got := r.form(http.StatusOK, "/token", credentials(name, secret)+"&scope=me")
		r.all["a token of "+name+" without the scope"] = fmt.Sprint(got["access_token"])
	}
	for _, name := range []string{"root", "eve", "wat"} {
		r.all["an API key of "+name] = r.key(account.APIKeyOwner{UserID: r.person(name)}, "audit:read")
		r.all["an API key of "+name+" without the scope"] = r.key(account.APIKeyOwner{UserID: r.person(name)}, "me")
	}
	r.applications()
	return r
}

// tails adds a stream and a socket of the trail, as a program may have them.
func tails(r *shop) {
	r.t.Helper()
	auditor := holdfast.NewRole("auditor", "Reads")
	scope := r.config.Scheme.ReadAudit
	either := holdfast.AnyOf(holdfast.AnyRole(r.Caller().Require(scope), auditor), holdfast.AnyRole(r.APIKey().Require(scope), auditor))
	r.app.Handle("GET /tail", holdfast.Raw(either, events))
	r.app.Handle("GET /socket", holdfast.Raw(either, socket))
}

func (r *readers) key(owner account.APIKeyOwner, scope string) string {
	r.t.Helper()
	got, err := r.Accounts().NewAPIKey(r.t.Context(), owner, account.APIKeyAsk{Name: "x", Scopes: []string{scope}})
	if err != nil {
		r.t.Fatal(err)
	}
	return string(got.Secret)
}

// applications are other people's, to which users give a part of what they may do.
func (r *readers) applications() {
	r.t.Helper()
	code := []string{account.GrantCode, account.GrantRefresh}
	for _, c := range []account.Client{
		{ID: "siem", Name: "SIEM", Public: true, Redirects: []string{photosURL}, Grants: code, Scopes: []string{"me", "audit:read"}},
		{ID: "collector", Name: "Collector", Grants: []string{account.GrantClientCredentials}, Scopes: []string{"audit:read"}},
	} {
		_, once, err := r.Accounts().CreateClient(r.t.Context(), c)
		if err != nil {
			r.t.Fatal(err)
		}
		if c.ID == "collector" {
			got := r.form(http.StatusOK, "/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {string(once)}, "scope": {"audit:read"}}.Encode())
			r.all["a machine's token with the scope"] = fmt.Sprint(got["access_token"])
			r.all["a machine's API key with the scope"] = r.key(account.APIKeyOwner{ClientID: c.ID}, "audit:read")
		}
	}
	for _, name := range []string{"root", "eve", "wat", "joe"} {
		for app, scopes := range map[string]string{"siem": "me audit:read", "photos": "me"} {
			b := r.signedIn(name)
			if a := b.authorize(request("client_id=photos", "scope=me audit:read")); !strings.Contains(a.header.Get("Location"), "error=invalid_scope") {
				r.t.Errorf("photos asks for what it may not have: %d %s", a.status, a.header.Get("Location"))
			}
			got := r.form(http.StatusOK, "/token", redemption(b.code(request("client_id="+app, "scope="+scopes)), "client_id="+app))
			r.all[app+" for "+name] = fmt.Sprint(got["access_token"])
		}
	}
}

// The trail is read by who has the scope and one of the roles, both now, and through
// an application only if that may read it too.
func TestWhoReadsTheTrail(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	may := map[string]bool{
		"a token of root": true, "a token of eve": true, "an API key of root": true, "an API key of eve": true,
		"siem for root": true, "siem for eve": true,
	}
	if len(r.all) != 24 {
		t.Fatalf("there are %d callers: %v", len(r.all), r.all)
	}
	read := func(why string, want func(who string) int) {
		t.Helper()
		for who, token := range r.all {
			if got := r.browser().do("GET", "/audit", "", "Authorization: Bearer "+token); got.status != want(who) {
				t.Errorf("%s: GET /audit with %s = %d, want %d", why, who, got.status, want(who))
			} else if got.status != http.StatusOK && strings.Contains(got.body, `"records"`) {
				t.Errorf("%s: the refusal of %s has records", why, who)
			}
		}
	}
	refused := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}
	read("as it was made", func(who string) int { return refused[may[who]] })
	for name, b := range map[string]*browser{"a browser of root's": r.signedIn("root"), "a browser of eve's": r.signedIn("eve"), "nobody": r.browser()} {
		if got := b.do("GET", "/audit", ""); got.status != http.StatusUnauthorized {
			t.Errorf("GET /audit with %s = %d, want 401: a page's cookie is no token", name, got.status)
		}
	}
	if _, err := r.Accounts().SetRoles(t.Context(), r.person("eve"), []string{"user"}); err != nil {
		t.Fatal(err)
	}
	read("after eve's role was taken", func(who string) int { return refused[may[who] && !strings.HasSuffix(who, "eve")] })
	if err := r.Accounts().WithdrawConsent(t.Context(), r.person("root"), "siem"); err != nil {
		t.Fatal(err)
	}
	for who := range r.all {
		if who == "siem for root" {
			if got := r.browser().do("GET", "/audit", "", "Authorization: Bearer "+r.all[who]); got.status != http.StatusUnauthorized {
				t.Errorf("GET /audit with %s after the consent was withdrawn = %d, want 401", who, got.status)
			}
		}
	}
}

// A program's stream of the trail, and its socket, end when the role of who reads is
// taken: whatever they are called with.
func TestStreamsOfTheTrailEndWithTheRole(t *testing.T) {
	t.Parallel()
	r := openReaders(t)
	server := httptest.NewServer(r.Handler(r.app))
	t.Cleanup(server.Close)
	callers := []string{"a token of eve", "an API key of eve", "siem for eve"}
	streams, sockets := map[string]*bufio.Scanner{}, map[string]*websocket.Conn{}
	for _, who := range callers {
		header := http.Header{"Authorization": {"Bearer " + r.all[who]}}
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/tail", nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Header = header
		response, err := server.Client().Do(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		streams[who] = bufio.NewScanner(response.Body)
		if !streams[who].Scan() || streams[who].Text() != "data: eve" {
			t.Fatalf("GET /tail with %s = %d %q", who, response.StatusCode, streams[who].Text())
		}
		c, _, err := websocket.Dial(t.Context(), server.URL+"/socket", &websocket.DialOptions{HTTPHeader: header})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.CloseNow() })
		if _, hello, err := c.Read(t.Context()); err != nil || string(hello) != "hello eve" {
			t.Fatalf("the socket of %s says %q, %v", who, hello, err)
		}
		sockets[who] = c
	}
	if _, err := r.Accounts().SetRoles(t.Context(), r.person("eve"), []string{"user"}); err != nil {
		t.Fatal(err)
	}
	for _, who := range callers {
		for streams[who].Scan() { // without end, if the stream has none
		}
		if _, _, err := sockets[who].Read(t.Context()); websocket.CloseStatus(err) != 4403 {
			t.Errorf("the socket of %s ends with %v, want code 4403", who, err)
		}
	}
}
