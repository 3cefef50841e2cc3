package main

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// broken names what an answer of Holdfast must not be, whatever the other says, or
// is empty.
func broken(r request, got *reply, w *world) string {
	var out []string
	hold := func(holds bool, law string) {
		if !holds {
			out = append(out, law)
		}
	}
	hold(got.status < 500, "a failure of the server")
	hold(got.headers.Get("Content-Type") != "" || len(got.body) == 0, "a body without a Content-Type")
	switch r.path {
	case tokenPath, revokePath, introspectPath:
		if r.method == http.MethodPost && got.status >= 400 {
			holdError(got, hold)
		}
		if r.path != revokePath && r.method == http.MethodPost {
			hold(got.headers.Get("Cache-Control") == "no-store", "no Cache-Control: no-store (RFC 6749 section 5.1)")
		}
		if got.status == http.StatusUnauthorized && strings.HasPrefix(r.headers.Get("Authorization"), "Basic ") {
			hold(strings.HasPrefix(got.headers.Get("WWW-Authenticate"), "Basic "), "no Basic challenge to a client that used Basic (RFC 6749 section 5.2)")
		}
	case authorizePath:
		holdAnswer(r, got, w, hold)
	}
	return strings.Join(out, "; ")
}

// holdError holds an error to RFC 6749 section 5.2.
func holdError(got *reply, hold func(bool, string)) {
	kind, _, _ := mime.ParseMediaType(got.headers.Get("Content-Type"))
	var body map[string]any
	hold(kind == jsonKind && json.Unmarshal(got.body, &body) == nil, "an error that is not JSON (RFC 6749 section 5.2)")
	hold(text(body, "error") != "", "an error without error (RFC 6749 section 5.2)")
	for _, member := range []string{"error", "error_description"} {
		ascii := !strings.ContainsFunc(text(body, member), func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' })
		hold(ascii, member+" is not of the characters of RFC 6749 section 5.2")
	}
}

// holdAnswer holds an answer to a browser: it leads to a registered address alone,
// says who gives it and what was sent along, and is shown in no frame.
func holdAnswer(r request, got *reply, w *world, hold func(bool, string)) {
	location := got.headers.Get("Location")
	outcome := outcome(r, got, w)
	switch {
	case strings.HasPrefix(outcome, "sends "):
		to, err := url.Parse(location)
		hold(err == nil && registered(location), "leads to an address that is not registered")
		if err == nil {
			hold(to.Query().Get("iss") == w.base+w.below, "no iss (RFC 9207)")
			hold(to.Query().Has("state") || !slices.Contains(of("state", "a-state"), stateOf(r)), "no state (RFC 6749 section 4.1.2)")
		}
		hold(got.headers.Get("Cache-Control") == "no-store", "an answer that may be kept")
	case outcome == "a page":
		policy := got.headers.Get("Content-Security-Policy")
		hold(strings.Contains(policy, "frame-ancestors 'none'"), "a page that a frame may show (RFC 9700 section 4.16)")
		hold(strings.HasPrefix(got.headers.Get("Content-Type"), "text/html"), "a page that is not HTML")
		hold(location == "", "a page that leads elsewhere")
	}
}

// stateOf is the one state of a request, or nothing.
func stateOf(r request) param {
	var found []param
	for _, one := range append(slices.Clone(r.query), r.form...) {
		if one.name == "state" {
			found = append(found, one)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return param{}
}

// registered reports whether a location begins with an address of a client.
func registered(location string) bool {
	for _, one := range clients() {
		for _, uri := range one.redirects {
			joint := "?"
			if strings.Contains(uri, "?") {
				joint = "&"
			}
			if strings.HasPrefix(location, uri+joint) || uri == loopback && strings.HasPrefix(location, "http://127.0.0.1:49152/callback?") {
				return true
			}
		}
	}
	return false
}
