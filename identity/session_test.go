package identity

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func TestFromSignInToSignOut(t *testing.T) {
	t.Parallel()
	sqliteStore, err := sqlite.Open(t.Context(), t.TempDir()+"/library.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sqliteStore.Close() })
	for name, config := range map[string]Config{"in memory": {}, "in a file": {Store: sqliteStore}} {
		t.Run(name, func(t *testing.T) {
			l := openShop(t, config)
			b := l.browser()
			b.wants("before", "GET", "/shelf", http.StatusUnauthorized)
			b.wants("a page for everybody", "GET", "/maybe", http.StatusOK)
			if a := b.do("GET", "/signin", ""); a.status != http.StatusOK || !strings.Contains(a.body, `<form method="post" action="signin">`) {
				t.Errorf("GET /signin = %d\n%s", a.status, a.body)
			}
			a := b.do("POST", "/signin", credentials(" Ann", secret))
			if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" || a.body != "" {
				t.Fatalf("POST /signin = %d to %q %s", a.status, a.header.Get("Location"), a.body)
			}
			first := b.cookie()
			a = b.do("GET", "/shelf", "")
			if a.status != http.StatusOK || a.body != `"ann"` || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("GET /shelf = %d %s, Cache-Control %q", a.status, a.body, a.header.Get("Cache-Control"))
			}
			b.wants("the scope of another role", "POST", "/shelf", http.StatusForbidden)
			b.wants("the role of another", "GET", "/desk", http.StatusForbidden)
			if a := b.do("GET", "/maybe", ""); a.body != `"hello ann"` {
				t.Errorf("GET /maybe = %d %s", a.status, a.body)
			}
			keeper := l.signedIn("lib")
			keeper.wants("a scope of the role", "POST", "/shelf", http.StatusOK)
			keeper.wants("the role", "GET", "/desk", http.StatusOK)

			// Another sign-in is another session, and the one before is over.
			b.do("POST", "/signin", credentials("ann", secret))
			if b.cookie() == first || b.cookie() == "" {
				t.Error("the second sign-in has the cookie of the first")
			}
			l.browser().wants("the session before", "GET", "/shelf", http.StatusUnauthorized, "Cookie: "+sessionCookie+"="+first)
			last := b.cookie()
			a = b.do("POST", "/signout", "")
			if a.status != http.StatusSeeOther || a.header.Get("Location") != "/signin" || b.cookie() != "" {
				t.Errorf("POST /signout = %d to %q, the cookie is %q", a.status, a.header.Get("Location"), b.cookie())
			}
			l.browser().wants("the session that was left", "GET", "/shelf", http.StatusUnauthorized, "Cookie: "+sessionCookie+"="+last)
			b.wants("once more", "POST", "/signout", http.StatusSeeOther)
			b.wants("after the sign-out", "GET", "/shelf", http.StatusUnauthorized)
			keeper.wants("another's session", "GET", "/desk", http.StatusOK)
		})
	}
}

// A handler that says for how long an answer may be kept is believed.
func TestHowLongPagesAreKept(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	cookie := l.signedIn("ann").cookie()
	for name, before := range map[string]string{"no-store": "", "private, max-age=9": "private, max-age=9"} {
		r := httptest.NewRequest(http.MethodGet, shopURL+"/shelf", nil)
		r.Header.Set("Cookie", sessionCookie+"="+cookie)
		w := httptest.NewRecorder()
		if before != "" {
			w.Header().Set("Cache-Control", before) // as something in front does
		}
		l.Handler(l.app).ServeHTTP(w, r)
		if got := w.Header().Values("Cache-Control"); w.Code != http.StatusOK || !slices.Equal(got, []string{name}) {
			t.Errorf("with %q before, GET /shelf = %d, Cache-Control %q, want %q", before, w.Code, got, name)
		}
	}
}

func TestTheCookie(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{RefreshTTL: time.Hour})
	a := l.browser().do("POST", "/signin", credentials("ann", secret))
	set := a.header.Values("Set-Cookie")
	if len(set) != 2 || !strings.HasPrefix(set[1], "__Host-device=") || !strings.HasSuffix(set[1], "; Path=/; Max-Age=7776000; HttpOnly; Secure; SameSite=Lax") {
		t.Fatalf("POST /signin sets %q", set)
	}
	name, rest, _ := strings.Cut(set[0], "=")
	value, attributes, _ := strings.Cut(rest, "; ")
	list := slices.Sorted(slices.Values(strings.Split(attributes, "; ")))
	if len(list) != 5 {
		t.Fatalf("the cookie has the attributes %q", list)
	}
	age, list := list[1], slices.Delete(slices.Clone(list), 1, 2)
	if name != "__Host-session" || len(value) != 74 || !slices.Equal(list, []string{"HttpOnly", "Path=/", "SameSite=Lax", "Secure"}) || age != "Max-Age=3600" && age != "Max-Age=3599" {
		t.Errorf("the cookie is %s of %d letters; %v, %s", name, len(value), list, age)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control = %q", a.header.Get("Cache-Control"))
	}
}

// What pages of other sites cause is refused, whatever they cause it with.
func TestPagesOfOtherSites(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{CORSOrigins: []string{"https://friend.example.org"}})
	b := l.signedIn("lib")
	refused, passed := http.StatusForbidden, http.StatusOK
	const old = "Sec-Fetch-Site: " // a browser that does not send it
	upgrade := []string{"Connection: Upgrade", "Upgrade: websocket"}
	for name, test := range map[string]struct {
		method, path string
		lines        []string
		want         int
	}{
		"a form of the same page":                    {"POST", "/shelf", nil, passed},
		"a form of another site":                     {"POST", "/shelf", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, refused},
		"a form of a neighbour":                      {"POST", "/shelf", []string{"Sec-Fetch-Site: same-site", "Origin: https://blog.example.com"}, refused},
		"a script of another site":                   {"PUT", "/shelf", []string{"Sec-Fetch-Site: cross-site"}, refused},
		"one that deletes":                           {"DELETE", "/shelf", []string{"Sec-Fetch-Site: cross-site"}, refused},
		"one whose answers it may read with a token": {"POST", "/shelf", []string{"Sec-Fetch-Site: cross-site", "Origin: https://friend.example.org"}, refused},
		"a word that no browser says":                {"POST", "/shelf", []string{"Sec-Fetch-Site: whatever"}, refused},
		"an old browser's form of another site":      {"POST", "/shelf", []string{old, "Origin: https://evil.example"}, refused},
		"an old browser's form of nowhere":           {"POST", "/shelf", []string{old, "Origin: null"}, refused},
		"an old browser's form of the same page":     {"POST", "/shelf", []string{old, "Origin: https://shop.example.com"}, passed},
		"no browser":                                 {"POST", "/shelf", []string{old}, passed},
		"a proxy that sends another Host":            {"POST", "/shelf", []string{old, "Host: backend.example.com", "Origin: https://shop.example.com"}, passed},
		"another site through that proxy":            {"POST", "/shelf", []string{old, "Host: backend.example.com", "Origin: https://evil.example"}, refused},
		"the public URL's page at another name":      {"POST", "/shelf", []string{"Sec-Fetch-Site: cross-site", "Origin: https://shop.example.com"}, passed},
		"a link of another site":                     {"GET", "/shelf", []string{"Sec-Fetch-Site: cross-site"}, passed},
		"a link of another site, asked for its head": {"HEAD", "/shelf", []string{"Sec-Fetch-Site: cross-site"}, passed},
		"a WebSocket of another site":                {"GET", "/live", append(upgrade, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"), refused},
		"an old browser's WebSocket of another site": {"GET", "/live", append(upgrade, old, "Origin: https://evil.example"), refused},
		"a WebSocket of a neighbour":                 {"GET", "/live", append(upgrade, "Sec-Fetch-Site: same-site"), refused},
		"a form beside tokens":                       {"POST", "/either", []string{"Sec-Fetch-Site: cross-site"}, refused},
		"a sign-in of another site":                  {"POST", "/signin", []string{"Sec-Fetch-Site: cross-site"}, refused},
		"an old browser's sign-in of another site":   {"POST", "/signin", []string{old, "Origin: https://evil.example"}, refused},
		"a sign-out of another site":                 {"POST", "/signout", []string{"Sec-Fetch-Site: cross-site"}, refused},
		"a sign-out that a link would be":            {"GET", "/signout", []string{"Sec-Fetch-Site: cross-site"}, http.StatusMethodNotAllowed},
	} {
		form := ""
		if test.path == "/signin" {
			form = credentials("ann", secret)
		}
		if a := b.do(test.method, test.path, form, test.lines...); a.status != test.want || test.want == refused && a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s %s = %d %s, want %d", name, test.method, test.path, a.status, a.body, test.want)
		}
	}
	b.wants("after all that", "GET", "/desk", http.StatusOK)
}

// Where a request says neither where it comes from nor where it goes to, the two
// are not taken for one.
func TestARequestOfNowhereToNowhere(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	cookie := l.signedIn("lib").cookie()
	for name, test := range map[string]struct {
		host, origin, site string
		want               int
	}{
		"nowhere":                           {"", "null", "", http.StatusForbidden},
		"to no host":                        {"", "", "", http.StatusForbidden},
		"of no origin":                      {"shop.example.com", "null", "", http.StatusForbidden},
		"no browser":                        {"shop.example.com", "", "", http.StatusOK},
		"a browser that says it is its own": {"shop.example.com", "null", "same-origin", http.StatusOK},
	} {
		r := httptest.NewRequest(http.MethodPost, "https://shop.example.com/shelf", nil)
		r.Host = test.host
		for name, value := range map[string]string{"Cookie": sessionCookie + "=" + cookie, "Origin": test.origin, "Sec-Fetch-Site": test.site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		if l.Handler(l.app).ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: POST /shelf = %d %s, want %d", name, w.Code, w.Body, test.want)
		}
	}
}

// A program that has a token needs to fear no page.
func TestTokensBesideSessions(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b, nobody := l.signedIn("ann"), l.browser()
	token := "Authorization: Bearer " + tokens(t, l.Identity, l.app, credentials("ann", secret)+"&scope=books:read").AccessToken
	bare := "Authorization: Bearer " + tokens(t, l.Identity, l.app, credentials("ann", secret)).AccessToken
	nobody.wants("a token", "POST", "/either", http.StatusOK, token, "Sec-Fetch-Site: cross-site")
	nobody.wants("a token without the scope", "POST", "/either", http.StatusForbidden, bare)
	nobody.wants("a token where a session is asked for", "GET", "/shelf", http.StatusUnauthorized, token)
	b.wants("a session", "POST", "/either", http.StatusOK)
	b.wants("a session where a token is asked for", "GET", "/users/me", http.StatusUnauthorized)
	b.wants("both, the session from another site", "POST", "/either", http.StatusOK, token, "Sec-Fetch-Site: cross-site")
	a := nobody.do("GET", "/either", "")
	if got := a.header.Values("WWW-Authenticate"); a.status != http.StatusUnauthorized || len(got) != 2 || !strings.HasPrefix(got[0], `Bearer scope="books:read", resource_metadata="https://`) || got[1] != "Cookie" {
		t.Errorf("GET /either by nobody = %d, WWW-Authenticate %q", a.status, got)
	}
}

// The own page opens a WebSocket, for who has signed in.
func TestAWebSocketOfTheOwnPage(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b := l.signedIn("ann")
	for name, test := range map[string]struct {
		client *http.Client
		header http.Header
		want   int
	}{
		"the own page":      {b.client, http.Header{"Origin": {shopURL}, "Sec-Fetch-Site": {"same-origin"}}, http.StatusSwitchingProtocols},
		"an old browser's":  {b.client, http.Header{"Origin": {shopURL}}, http.StatusSwitchingProtocols},
		"another site":      {b.client, http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		"without a session": {l.browser().client, http.Header{"Origin": {shopURL}}, http.StatusUnauthorized},
	} {
		conn, w, err := websocket.Dial(t.Context(), shopURL+"/live", &websocket.DialOptions{HTTPClient: test.client, HTTPHeader: test.header})
		if w == nil || w.StatusCode != test.want {
			t.Errorf("%s: the handshake = %v, %v, want %d", name, w, err, test.want)
		}
		if err != nil {
			continue
		}
		if _, data, err := conn.Read(t.Context()); err != nil || string(data) != "ann" {
			t.Errorf("%s: the first message = %q, %v", name, data, err)
		}
		_ = conn.CloseNow()
	}
}

// What ends a session holds from the next request.
func TestWhatEndsASession(t *testing.T) {
	t.Parallel()
	yes := true
	for name, end := range map[string]func(l *shop, ann account.User) error{
		"disabling": func(l *shop, ann account.User) error {
			_, err := l.Accounts().UpdateUser(t.Context(), ann.ID, account.UserChange{Disabled: &yes})
			return err
		},
		"removal": func(l *shop, ann account.User) error { return l.Accounts().RemoveUser(t.Context(), ann.ID) },
		"a reset": func(l *shop, ann account.User) error {
			link, err := l.Accounts().NewReset(t.Context(), ann.ID)
			if err != nil {
				return err
			}
			_, err = l.Accounts().ResetPassword(t.Context(), link, "another horse battery")
			return err
		},
		"another session's change of the password": func(l *shop, ann account.User) error {
			grant, err := l.Accounts().Login(t.Context(), "ann", secret, account.Ask{})
			if err != nil {
				return err
			}
			c, err := l.Accounts().Caller(t.Context(), ann.ID, grant.SessionID, nil)
			if err != nil {
				return err
			}
			return l.Accounts().ChangePassword(t.Context(), c, secret, "another horse battery")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := openShop(t, Config{})
			b, other := l.signedIn("ann"), l.signedIn("lib")
			ann, err := l.Accounts().UserByName(t.Context(), "ann")
			if err != nil {
				t.Fatal(err)
			}
			b.wants("before", "GET", "/shelf", http.StatusOK)
			if err := end(l, ann); err != nil {
				t.Fatal(err)
			}
			b.wants("after", "GET", "/shelf", http.StatusUnauthorized)
			b.wants("after", "GET", "/maybe", http.StatusUnauthorized)
			other.wants("another user", "GET", "/shelf", http.StatusOK)
		})
	}
}

// A change of roles, and of what a role grants, holds from the next request, for
// better or worse.
func TestRolesHoldFromTheNextRequest(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b := l.signedIn("ann")
	ann, err := l.Accounts().UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		roles             []string
		read, write, desk int
	}{
		{[]string{"reader"}, http.StatusOK, http.StatusForbidden, http.StatusForbidden},
		{[]string{"librarian"}, http.StatusOK, http.StatusOK, http.StatusOK},
		{[]string{"user"}, http.StatusForbidden, http.StatusForbidden, http.StatusForbidden},
	} {
		if _, err := l.Accounts().SetRoles(t.Context(), ann.ID, step.roles); err != nil {
			t.Fatal(err)
		}
		b.wants(step.roles[0], "GET", "/shelf", step.read)
		b.wants(step.roles[0], "POST", "/shelf", step.write)
		b.wants(step.roles[0], "GET", "/desk", step.desk)
	}
	if _, err := l.Accounts().PutRole(t.Context(), account.Role{Name: "user", Scopes: []string{"books:read"}}); err != nil {
		t.Fatal(err)
	}
	b.wants("the role grants more", "GET", "/shelf", http.StatusOK)
}

// Whatever is not the cookie that was set opens nothing, and takes nothing from
// who has it.
func TestCookiesThatAreNone(t *testing.T) {
	t.Parallel()
	l, elsewhere := openShop(t, Config{}), openShop(t, Config{})
	b := l.signedIn("ann")
	good, foreign := b.cookie(), elsewhere.signedIn("ann").cookie()
	granted := tokens(t, l.Identity, l.app, credentials("ann", secret)+"&scope=books:read")
	for name, cookies := range map[string][]string{
		"a word":                     {"x"},
		"quotes around":              {`"` + good + `"`},
		"a letter less":              {good[:len(good)-1]},
		"a letter more":              {good + "A"},
		"the handle alone":           {good[:30] + "." + strings.Repeat("A", 43)},
		"another program's":          {foreign},
		"an access token":            {granted.AccessToken},
		"a refresh token":            {granted.RefreshToken},
		"a refresh token, disguised": {"hfs_" + strings.TrimPrefix(granted.RefreshToken, "hfr_")},
		"half a megabyte":            {"hfs_" + strings.Repeat("A", 1<<19)},
		"the same twice":             {good, good},
		"a bad one first":            {"x", good},
		"a bad one last":             {good, "x"},
		"an empty one first":         {"", good},
		"a malformed one first":      {`b"ad`, good},
		"another program's first":    {foreign, good},
	} {
		for how, line := range map[string][]string{
			"in one header":   {"Cookie: " + sessionCookie + "=" + strings.Join(cookies, "; "+sessionCookie+"=")},
			"in two of them":  nil,
			"with one beside": {"Cookie: a=b; " + sessionCookie + "=" + strings.Join(cookies, "; "+sessionCookie+"=") + "; c=d"},
		} {
			for _, one := range cookies {
				if how == "in two of them" {
					line = append(line, "Cookie: "+sessionCookie+"="+one)
				}
			}
			l.browser().wants(name+", "+how, "GET", "/shelf", http.StatusUnauthorized, line...)
			l.browser().wants(name+", "+how, "GET", "/maybe", http.StatusUnauthorized, line...)
		}
	}
	// What Unicode calls space is a part of a name: browsers take a cookie of such
	// a name from other hosts of the domain.
	for _, other := range []string{"session", "__Secure-session", "__host-session", "X__Host-session", "\u2000__Host-session", "\u00a0__Host-session", "\u0085__Host-session", "__Host-session\u3000"} {
		l.browser().wants("the name "+other, "GET", "/shelf", http.StatusUnauthorized, "Cookie: "+other+"="+good)
		l.browser().wants("the name "+other, "GET", "/maybe", http.StatusOK, "Cookie: "+other+"="+good)
	}
	for _, path := range []string{"/signin", "/signout"} { // the way out of what cannot be used
		if a := l.browser().do("POST", path, credentials("ann", secret), "Cookie: "+sessionCookie+"=x; "+sessionCookie+"=y"); a.status != http.StatusSeeOther {
			t.Errorf("with two cookies POST %s = %d %s", path, a.status, a.body)
		}
	}
	b.wants("beside one that is not its own", "GET", "/shelf", http.StatusOK, "Cookie: \u2000"+sessionCookie+"=x")
	l.browser().wants("an empty one", "GET", "/maybe", http.StatusOK, "Cookie: "+sessionCookie+"=")
	b.wants("after all that", "GET", "/shelf", http.StatusOK)
	if a := b.do("POST", "/token", "grant_type=refresh_token&refresh_token=hfr_"+strings.TrimPrefix(good, "hfs_")); a.status != http.StatusBadRequest {
		t.Errorf("the cookie as a refresh token = %d %s", a.status, a.body)
	}
	b.wants("after it was tried as a token", "GET", "/shelf", http.StatusOK)
}

// One session in many tabs, while it is signed in and out elsewhere.
// Signing out ends each session that is presented, also where there are two
// cookies and none of them can be used.
func TestSigningOutWithTwoCookies(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	first, second := l.signedIn("ann").cookie(), l.signedIn("lib").cookie()
	lines := "Cookie: " + sessionCookie + "=x; " + sessionCookie + "=" + first + "; " + sessionCookie + "=" + second
	if a := l.browser().do("POST", "/signout", "", lines); a.status != http.StatusSeeOther {
		t.Errorf("POST /signout with three cookies = %d %s", a.status, a.body)
	}
	for _, cookie := range []string{first, second} {
		l.browser().wants("after signing out", "GET", "/shelf", http.StatusUnauthorized, "Cookie: "+sessionCookie+"="+cookie)
	}
}

func TestSessionsAtOnce(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b := l.signedIn("ann")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if a := b.do("PUT", "/shelf", ""); a.status != http.StatusOK || a.body != `"ann"` {
					t.Errorf("PUT /shelf = %d %s", a.status, a.body)
				}
			}
		})
		wg.Go(func() {
			other := l.browser()
			for range 3 {
				if a := other.do("POST", "/signin", credentials("lib", secret)); a.status != http.StatusSeeOther {
					t.Errorf("POST /signin = %d %s", a.status, a.body)
				}
				if a := other.do("GET", "/desk", ""); a.status != http.StatusOK || a.body != `"lib"` {
					t.Errorf("GET /desk = %d %s", a.status, a.body)
				}
				other.do("POST", "/signout", "")
				other.wants("after the sign-out", "GET", "/desk", http.StatusUnauthorized)
			}
		})
	}
	wg.Wait()
}
