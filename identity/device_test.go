package identity

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// from posts a form as a proxy does for somebody at an address, with a cookie.
func (l *shop) from(address, path, form, cookie string) *httptest.ResponseRecorder {
	l.t.Helper()
	r := httptest.NewRequest(http.MethodPost, shopURL+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", address)
	r.RemoteAddr = "10.0.0.1:1"
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	w := httptest.NewRecorder()
	l.Handler(l.app).ServeHTTP(w, r)
	return w
}

// device is what a sign-in has left, as a browser sends it.
func device(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == deviceCookie {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("the sign-in has left %q, want a cookie of the device", w.Header()["Set-Cookie"])
	return ""
}

// Somebody guesses from everywhere. Who has signed in with a browser before gets in
// with it from anywhere, on both ways; the cookie opens nothing else.
func TestWhoIsOnTheMoveGetsIn(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/signin", "/token"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			l := openShop(t, Config{TrustedProxies: []string{"10.0.0.1"}, AllowPasswordGrant: true})
			left := device(t, l.from("192.0.2.1", path, credentials("ann", secret), ""))
			other := device(t, l.from("192.0.2.2", path, credentials("lib", secret), ""))
			for n := range 20 {
				if w := l.from(fmt.Sprintf("198.51.%d.1", n), "/token", credentials("ann", "wrong"), ""); w.Code != http.StatusBadRequest {
					t.Fatalf("a guess = %d %s", w.Code, w.Body)
				}
			}
			in := map[string]int{"/signin": http.StatusSeeOther, "/token": http.StatusOK}[path]
			addresses := 0
			for name, test := range map[string]struct {
				cookie string
				want   int
			}{
				"without the cookie":     {"", http.StatusTooManyRequests},
				"with somebody else's":   {other, http.StatusTooManyRequests},
				"with two":               {left + "; " + left, http.StatusTooManyRequests},
				"with the cookie":        {left, in},
				"with it among others":   {"a=b; " + left + "; c=d", in},
				"with one that is empty": {deviceCookie + "=", http.StatusTooManyRequests},
			} {
				addresses++ // one from which somebody has signed in is known
				if w := l.from(fmt.Sprintf("203.0.%d.1", addresses), path, credentials("ann", secret), test.cookie); w.Code != test.want {
					t.Errorf("%s: POST %s = %d, want %d", name, path, w.Code, test.want)
				}
			}
			if w := l.from("203.0.113.1", "/shelf", "", left); w.Code != http.StatusUnauthorized {
				t.Errorf("POST /shelf with the cookie alone = %d, want 401", w.Code)
			}
			if w := l.from("203.0.113.1", path, credentials("ann", "wrong"), left); w.Code != http.StatusBadRequest || w.Header()["Set-Cookie"] != nil {
				t.Errorf("a wrong password with the cookie = %d, %q, want 400 and no cookie", w.Code, w.Header()["Set-Cookie"])
			}
		})
	}
}

// The cookie stays when the session ends: the next sign-in is what it is for.
func TestTheDeviceOutlivesTheSession(t *testing.T) {
	t.Parallel()
	l := openShop(t, Config{})
	b := l.signedIn("ann")
	if a := b.do("POST", "/signout", ""); a.status != http.StatusSeeOther || strings.Contains(strings.Join(a.header.Values("Set-Cookie"), " "), deviceCookie) {
		t.Errorf("POST /signout = %d, %q, want that the device's cookie stays", a.status, a.header.Values("Set-Cookie"))
	}
}
