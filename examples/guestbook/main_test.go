package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/memory"
)

const secret = "correct horse battery"

func book(t *testing.T) (*identity.Identity, *holdfast.App) {
	t.Helper()
	id, err := open(t.Context(), memory.New(), "https://guests.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	})
	return id, routes(id, new(guestbook))
}

func TestGolden(t *testing.T) {
	t.Parallel()
	_, app := book(t)
	holdfasttest.Golden(t, app)
}

func TestProofs(t *testing.T) {
	t.Parallel()
	_, app := book(t)
	holdfasttest.Prove(t, app, "only signed in may call GET /, POST /notes", "role guest may call POST /notes")
}

// A guest signs in, writes, reads and leaves; what another site sends for them
// is not written.
func TestAGuest(t *testing.T) {
	t.Parallel()
	id, app := book(t)
	if _, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: secret, Roles: []string{"guest"}}); err != nil {
		t.Fatal(err)
	}
	cookie := ""
	ask := func(method, path, site string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://guests.example"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		if set := w.Header().Get("Set-Cookie"); set != "" {
			cookie, _, _ = strings.Cut(set, ";")
		}
		return w
	}
	const own, other = "same-origin", "cross-site"
	for _, step := range []struct {
		name, method, path, site string
		form                     url.Values
		want                     int
		says                     string // in the body, or where to
	}{
		{"nobody", "GET", "/", own, nil, http.StatusSeeOther, "/signin?next=%2F"},
		{"a wrong password", "POST", "/signin", own, url.Values{"username": {"ann"}, "password": {"wrong"}}, http.StatusBadRequest, "Incorrect username or password"},
		{"the sign-in", "POST", "/signin", own, url.Values{"username": {"ann"}, "password": {secret}}, http.StatusSeeOther, "/"},
		{"a note", "POST", "/notes", own, url.Values{"text": {"<b>hello"}}, http.StatusSeeOther, "/"},
		{"a note of another site", "POST", "/notes", other, url.Values{"text": {"spam"}}, http.StatusForbidden, "another site"},
		{"nothing", "POST", "/notes", own, nil, http.StatusUnprocessableEntity, "between 1 and 200"},
		{"the book", "GET", "/", other, nil, http.StatusOK, "<ul><li>ann: &lt;b&gt;hello</li></ul>"},
		{"the end", "POST", "/signout", own, nil, http.StatusSeeOther, "/signin"},
		{"afterwards", "GET", "/", own, nil, http.StatusSeeOther, "/signin?next=%2F"},
	} {
		w := ask(step.method, step.path, step.site, step.form)
		if got := w.Header().Get("Location") + w.Body.String(); w.Code != step.want || !strings.Contains(got, step.says) {
			t.Errorf("%s: %s %s = %d %s, want %d with %q", step.name, step.method, step.path, w.Code, got, step.want, step.says)
		}
	}
}
