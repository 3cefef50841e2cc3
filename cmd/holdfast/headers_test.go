package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/internal/golden"
)

// The headers that say what browsers and caches may do with an answer.
var securityHeaders = []string{
	"X-Content-Type-Options", "Cache-Control", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options", "Content-Security-Policy", "Strict-Transport-Security",
}

// Every route of the server, asked by a caller without a credential and with a bad
// one, has the headers that its kind of answer is to have; testdata/headers.txt has
// the table. A route that is new is in it without being listed.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	id, app := inProcess(t)
	handler := id.Handler(app)
	var table bytes.Buffer
	fmt.Fprintf(&table, "# ROUTE | CREDENTIAL | STATUS | TYPE, and %s\n", strings.Join(securityHeaders, ", "))
	seen := 0
	var routes []string
	rows, err := app.Access()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		routes = append(routes, row.Method+" "+row.Path)
	}
	for _, one := range append(routes, "GET /nothing", "BREW /users", "GET /docs/nothing") {
		method, pattern, _ := strings.Cut(one, " ")
		for name, credential := range map[string]string{"none": "", "bad": "Bearer nonsense"} {
			r := httptest.NewRequest(method, regexp.MustCompile(`{[^}]*}`).ReplaceAllString(pattern, "x"), http.NoBody)
			if pattern == "/docs/{asset}" {
				r = httptest.NewRequest(method, "/docs/oauth2-redirect", nil)
			}
			if credential != "" {
				r.Header.Set("Authorization", credential)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			for _, wrong := range wrongHeaders(w, credential != "") {
				t.Errorf("%s with %s credential = %d %s: %s", one, name, w.Code, w.Header().Get("Content-Type"), wrong)
			}
			if name == "none" {
				seen++
				fmt.Fprintf(&table, "%s | %s | %d | %s\n", one, name, w.Code, shown(w.Header()))
			}
		}
	}
	admin := holdfasttest.As(t, app, everyCaller(t, id), holdfasttest.Role(holdfast.NewRole("admin", "")), holdfasttest.Scopes(auth.Me, auth.ReadUsers, auth.WriteUsers, auth.WriteRoles, auth.WriteClients, auth.WriteKeys), holdfasttest.Served(id.Handler))
	for _, path := range []string{"/users/me", "/users", "/roles", "/clients", "/me/routes", "/users/me/sessions", "/users/me/keys", "/users/me/consents"} {
		if got := admin.Get(path); got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s with a token = %d, Cache-Control %q; want 200 and no-store", path, got.Status, got.Header.Get("Cache-Control"))
		}
	}
	if seen < 60 {
		t.Errorf("%d routes were asked; there are more", seen)
	}
	golden.Check(t, "headers.txt", table.Bytes())
}

func shown(h http.Header) string {
	out := []string{strings.TrimSuffix(h.Get("Content-Type"), "; charset=utf-8")}
	for _, name := range securityHeaders {
		value := h.Get(name)
		if name == "Content-Security-Policy" { // of which parts are hashes
			value, _, _ = strings.Cut(value, ";")
		}
		if value != "" {
			out = append(out, value)
		}
	}
	return strings.Join(out, ", ")
}

// wrongHeaders says what an answer lacks.
func wrongHeaders(w *httptest.ResponseRecorder, credential bool) (out []string) {
	h := w.Header()
	want := func(name string, values ...string) {
		if !slices.Contains(values, h.Get(name)) {
			out = append(out, fmt.Sprintf("%s is %q, want one of %q", name, h.Get(name), values))
		}
	}
	if w.Body.Len() > 0 {
		want("X-Content-Type-Options", "nosniff")
	}
	want("Strict-Transport-Security", "") // TLS is not served here
	page := strings.HasPrefix(h.Get("Content-Type"), "text/html")
	switch {
	case page:
		want("Referrer-Policy", "no-referrer", "same-origin")
		want("X-Frame-Options", "DENY")
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") {
			out = append(out, "Content-Security-Policy is "+policy)
		}
	case h.Get("Cross-Origin-Opener-Policy") != "":
		out = append(out, "what is no page has a Cross-Origin-Opener-Policy")
	}
	public := strings.Contains(h.Get("Cache-Control"), "max-age=") || strings.Contains(h.Get("Cache-Control"), "no-cache") // what everybody may have
	if (page && !strings.Contains(h.Get("Content-Security-Policy"), "style-src 'self' 'unsafe-inline'") || credential) && !public && w.Code != http.StatusTemporaryRedirect {
		if h.Get("Cache-Control") != "no-store" {
			out = append(out, fmt.Sprintf("Cache-Control is %q, want no-store", h.Get("Cache-Control")))
		}
	}
	return out
}

// Which pages know of the window that has opened them.
func TestPagesThatClientsOpen(t *testing.T) {
	t.Parallel()
	id, app := inProcess(t)
	anyone := holdfasttest.As(t, app, holdfasttest.Served(id.Handler))
	for path, want := range map[string]string{
		"/authorize?" + codeRequest: "", // a client's page may have opened it, and waits for its end
		"/docs/oauth2-redirect":     "", // it answers the docs page, which has opened it
		"/docs":                     "same-origin-allow-popups",
		"/setup?secret=x":           "same-origin",
		"/reset?secret=x":           "same-origin",
		"/authorize":                "same-origin", // an error, from which nothing leads back
	} {
		if got := anyone.Get(path); got.Header.Get("Cross-Origin-Opener-Policy") != want {
			t.Errorf("GET %.30s = %d with Cross-Origin-Opener-Policy %q, want %q", path, got.Status, got.Header.Get("Cross-Origin-Opener-Policy"), want)
		}
	}
}
