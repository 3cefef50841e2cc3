package identity

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Who goes to a page without a session is sent to sign in, and comes back.
func TestSignInFirst(t *testing.T) {
	t.Parallel()
	const page = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	navigation := []string{page, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none"}
	l := openShop(t, Config{Scheme: NewSchemeUnder("/auth"), URL: shopURL + "/app"})
	bare := openShop(t, Config{Pages: &Pages{SignIn: "/welcome", Home: "/home"}})
	for name, test := range map[string]struct {
		l            *shop
		method, path string
		lines        []string
		status       int
		location     string
	}{
		"a page":                           {l, "GET", "/shelf?a=b&c=/d", navigation, 303, "/app/auth/signin?next=%2Fapp%2Fshelf%3Fa%3Db%26c%3D%2Fd"},
		"an old browser's page":            {l, "GET", "/shelf", []string{page, "Sec-Fetch-Site: "}, 303, "/app/auth/signin?next=%2Fapp%2Fshelf"},
		"its head":                         {l, "HEAD", "/shelf", navigation, 303, "/app/auth/signin?next=%2Fapp%2Fshelf"},
		"a page with a cookie of the past": {l, "GET", "/shelf", append(navigation, "Cookie: "+sessionCookie+"=x"), 303, "/app/auth/signin?next=%2Fapp%2Fshelf"},
		"a page for tokens, too":           {l, "GET", "/either", navigation, 303, "/app/auth/signin?next=%2Fapp%2Feither"},
		"a page that is nobody's":          {l, "GET", "/shelf//x", navigation, 404, ""},
		"a page for everybody":             {l, "GET", "/maybe", navigation, 200, ""},
		"a route for tokens alone":         {l, "GET", "/auth/users/me", navigation, 401, ""},
		"a form":                           {l, "POST", "/shelf", navigation, 401, ""},
		"a script":                         {l, "GET", "/shelf", []string{page, "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, 401, ""},
		"a script that says no more":       {l, "GET", "/shelf", []string{page, "Sec-Fetch-Mode: cors"}, 401, ""},
		"a frame":                          {l, "GET", "/shelf", []string{page, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 401, ""},
		"another program":                  {l, "GET", "/shelf", []string{"Accept: */*"}, 401, ""},
		"one that says nothing":            {l, "GET", "/shelf", nil, 401, ""},
		"the program's own sign-in page":   {bare, "GET", "/shelf", navigation, 303, "/welcome?next=%2Fshelf"},
	} {
		a := test.l.browser().do(test.method, test.path, "", test.lines...)
		if a.status != test.status || a.header.Get("Location") != test.location {
			t.Errorf("%s: %s %s = %d to %q, want %d to %q", name, test.method, test.path, a.status, a.header.Get("Location"), test.status, test.location)
		}
		if a.status == 303 && (a.body != "" || a.header.Get("WWW-Authenticate") != "" || a.header.Get("Content-Type") != "" || a.header.Get("Cache-Control") != "no-store") {
			t.Errorf("%s: the redirect has %q and %v", name, a.body, a.header)
		}
	}
	b := l.browser()
	if a := b.do("POST", "/auth/signin", credentials("ann", secret)+"&next=/app/shelf"); a.header.Get("Location") != "/app/shelf" {
		t.Errorf("the sign-in leads to %q", a.header.Get("Location"))
	}
	b.wants("back again", "GET", "/shelf", http.StatusOK, navigation...)
	b.wants("what the roles do not grant", "GET", "/desk", http.StatusForbidden, navigation...)
	if a := b.do("POST", "/auth/signout", ""); a.header.Get("Location") != "/app/auth/signin" {
		t.Errorf("the sign-out leads to %q", a.header.Get("Location"))
	}
}

// A sign-in page that asks for a session does not send browsers to itself.
func TestASignInPageBehindItself(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{Pages: &Pages{SignIn: "/desk"}})
	l.browser().wants("the page", "GET", "/desk", http.StatusUnauthorized, "Accept: text/html")
}

// An answer that has begun is not redirected.
func TestAnAnswerThatHasBegun(t *testing.T) {
	t.Parallel()
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Www-Authenticate", sessionChallenge)
		w.WriteHeader(http.StatusOK)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("all"))
	})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	guided(&signInPage{path: "/signin"}, app).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Body.String() != "all" || w.Header().Get("Location") != "" {
		t.Errorf("the answer = %d to %q %s", w.Code, w.Header().Get("Location"), w.Body)
	}
}
