package main

import (
	"net/http"
	"strings"
)

// authorizeRequests are those to the authorization endpoint, by a browser in which
// the person is signed in where it does not say otherwise.
func authorizeRequests() []request {
	of := func(id, method string) request {
		for _, one := range clients() {
			if one.id != id {
				continue
			}
			r := request{name: "authorize " + id, method: method, path: authorizePath, signedIn: true, good: true}
			if r.query = ask(one); method == http.MethodPost {
				r.name, r.query, r.form = "authorize by POST "+id, nil, r.query
			}
			return r
		}
		panic(id)
	}
	get, post := of(web, http.MethodGet), of(web, http.MethodPost)
	optional := []string{"state", "scope"}
	out := append([]request{get}, spoilParams(get, optional...)...)
	out = append(out, post)
	out = append(out, spoilParams(post, optional...)...)
	out = append(out, spoil(get, askFaults())...)
	for _, one := range redirects {
		bad := of(one.client, http.MethodGet).named("redirect_uri " + one.name)
		bad.query, bad.good = bad.query.with("redirect_uri", strings.ReplaceAll(escape(one.uri), "%25ff", "%ff")), one.good
		out = append(out, bad)
	}
	return append(out, strangers(get)...)
}

// redirects are the addresses of security.md that are not registered, and a few
// that are.
var redirects = []struct {
	client, name, uri string
	good              bool
}{
	{web, "with a suffix", webCallback + "x", false},
	{web, "with a slash", webCallback + "/", false},
	{web, "with two slashes", "https://web.example//callback", false},
	{web, "with a path below", webCallback + "/below", false},
	{web, "with a path above", webCallback + "/..", false},
	{web, "with dots", "https://web.example/a/../callback", false},
	{web, "with dots and a semicolon", "https://web.example/callback/..;/", false},
	{web, "with escaped dots", "https://web.example/%2e%2e/callback", false},
	{web, "with an escaped letter", "https://web.example/%63allback", false},
	{web, "with an escaped slash", "https://web.example%2fcallback", false},
	{web, "with a backslash", `https://web.example\callback`, false},
	{web, "without its path", "https://web.example", false},
	{web, "with another path", "https://web.example/other", false},
	{web, "with another letter case in its path", "https://web.example/Callback", false},
	{web, "with another letter case in its host", "https://WEB.example/callback", false},
	{web, "with another letter case in its scheme", "HTTPS://web.example/callback", false},
	{web, "with a query", webCallback + "?a=b", false},
	{web, "with an empty query", webCallback + "?", false},
	{web, "with a fragment", webCallback + "#a", false},
	{web, "with an empty fragment", webCallback + "#", false},
	{web, "with the default port", "https://web.example:443/callback", false},
	{web, "with another port", "https://web.example:8443/callback", false},
	{web, "with an empty port", "https://web.example:/callback", false},
	{web, "with a user", "https://user@web.example/callback", false},
	{web, "with an empty user", "https://@web.example/callback", false},
	{web, "with the host as the user", "https://web.example@evil.example/callback", false},
	{web, "with two at signs", "https://web.example@@evil.example/callback", false},
	{web, "with a host below", "https://a.web.example/callback", false},
	{web, "with a host that begins alike", "https://web.example.evil.example/callback", false},
	{web, "with a host that ends alike", "https://evilweb.example/callback", false},
	{web, "with a host with a dot at its end", "https://web.example./callback", false},
	{web, "with a host of other letters", "https://w\u0435b.example/callback", false},
	{web, "with a host in Punycode", "https://xn--wb-mlc.example/callback", false},
	{web, "with another scheme", "http://web.example/callback", false},
	{web, "without a scheme", "//web.example/callback", false},
	{web, "that is relative", "/callback", false},
	{web, "of JavaScript", "javascript:alert(1)", false},
	{web, "of data", "data:text/html,hello", false},
	{web, "of another client", otherCallback, false},
	{web, "of a loopback", loopback, false},
	{web, "with a blank before", " " + webCallback, false},
	{web, "with a blank after", webCallback + " ", false},
	{web, "with a line", webCallback + "\r\nSet-Cookie: a=b", false},
	{web, "with a tab", "https://web.example/call\tback", false},
	{web, "with a NUL itself", webCallback + "\x00", false},
	{web, "of nonsense", "nonsense", false},
	{web, "that is very long", webCallback + strings.Repeat("a", 3000), false},
	{spa, "without its query", "https://spa.example/callback", false},
	{spa, "with one more in its query", spaCallback + "&a=b", false},
	{spa, "with another query", "https://spa.example/callback?from=elsewhere", false},
	{native, "with a port of its own", "http://127.0.0.1:49152/callback", true},
	{native, "of a private scheme", privateUse, true},
	{native, "of localhost", "http://localhost:49152/callback", false},
	{native, "of another loopback", "http://127.0.0.2/callback", false},
	{native, "of the loopback in IPv6", "http://[::1]/callback", false},
	{native, "of the loopback as a number", "http://2130706433/callback", false},
	{native, "of the loopback by TLS", "https://127.0.0.1/callback", false},
	{native, "of the loopback with another path", "http://127.0.0.1:49152/other", false},
	{native, "of the loopback with a user", "http://127.0.0.1:49152@evil.example/callback", false},
	{native, "of the loopback with a query", "http://127.0.0.1:49152/callback?a=b", false},
	{native, "of the loopback with a port that is too large", "http://127.0.0.1:99999/callback", false},
	{native, "of the loopback with a port of words", "http://127.0.0.1:http/callback", false},
	{native, "of a private scheme with another path", "com.example.native:/other", false},
	{native, "of a private scheme with a host", "com.example.native://callback", false},
	{native, "of another private scheme", "com.example.evil:/callback", false},
}

// say changes a parameter of a query, for a fault.
func say(name string, pairs ...string) fault {
	return fault{name, func(r *request) bool {
		for _, one := range of(pairs...) {
			r.query = r.query.with(one.name, one.wire)
		}
		return true
	}}
}

func askFaults() []fault {
	out := []fault{
		say("an unknown client", "client_id", "unknown"),
		say("a client in capitals", "client_id", strings.ToUpper(web)),
		say("a client that may not use codes", "client_id", machine),
		say("a client that may not use codes, without an address", "client_id", machine, "redirect_uri", ""),
		say("an unknown client and another address", "client_id", "unknown", "redirect_uri", "https://evil.example/"),
		say("code_challenge_method plain", "code_challenge_method", "plain", "code_challenge", verifier),
		say("code_challenge_method in small letters", "code_challenge_method", "s256"),
		say("code_challenge_method S512", "code_challenge_method", "S512"),
		say("a challenge of 42 characters", "code_challenge", challenge[:42]),
		say("a challenge of 44 characters", "code_challenge", challenge+"a"),
		say("a challenge of 129 characters", "code_challenge", strings.Repeat("a", 129)),
		say("a challenge with a plus", "code_challenge", challenge[:42]+"+"),
		say("a challenge with padding", "code_challenge", challenge[:42]+"="),
		say("a scope outside of the client's", "scope", scopeForeign),
		say("a scope of its own and one outside", "scope", scopeMe+" "+scopeForeign),
		say("an unknown scope", "scope", "telepathy"),
		say("a scope with a quote", "scope", `me "`),
		say("a scope with a backslash", "scope", `me \`),
		say("a scope with a line", "scope", "me\nusers:read"),
		say("a scope that is not ASCII", "scope", "mé"),
		say("max_age of words", "max_age", "soon"),
		say("max_age below zero", "max_age", "-1"),
		say("max_age with a fraction", "max_age", "1.5"),
		say("max_age that is very large", "max_age", "99999999999999999999"),
		say("max_age of an escape", "max_age", "0x10"),
		say("response_mode fragment", "response_mode", "fragment"),
		say("response_mode form_post", "response_mode", "form_post"),
		say("response_mode unknown", "response_mode", "telepathy"),
		say("response_mode of an object", "response_mode", "__proto__"),
		say("a resource of no one", "resource", "https://elsewhere.example/"),
		say("a resource that is relative", "resource", "/api"),
		say("a resource of nonsense", "resource", "nonsense"),
		say("a resource with a fragment", "resource", api+"#a"),
		say("a request object", "request", "nonsense"),
		say("a request_uri", "request_uri", "https://evil.example/request"),
		say("a request_uri of no pushed request", "request_uri", "urn:ietf:params:oauth:request_uri:none"),
		say("a registration", "registration", "{ }"),
		say("a state that is very long", "state", strings.Repeat("a", 5000)),
		say("a state with a line", "state", "a\r\nSet-Cookie: a=b"),
	}
	for _, kind := range []string{"token", "id_token", "none", "code token", "code id_token", "id_token token", "code code", "code ", "CODE", "telepathy", "__proto__"} {
		out = append(out, say("response_type "+strings.ReplaceAll(kind, " ", "+"), "response_type", kind))
	}
	for _, prompt := range []string{"none login", "none consent", "none none", "create", "telepathy", "none telepathy", "NONE"} {
		out = append(out, say("prompt "+strings.ReplaceAll(prompt, " ", "+"), "prompt", prompt))
	}
	return out
}

// strangers are requests by a browser without a session: what is wrong
// is said before a person is asked for a password.
func strangers(good request) []request {
	good.name, good.signedIn = "authorize, not signed in", false
	out := []request{good}
	return append(out, spoil(good, []fault{
		say("prompt none", "prompt", "none"),
		say("prompt none, with max_age", "prompt", "none", "max_age", "0"),
		say("prompt login", "prompt", "login"),
		say("an unknown client", "client_id", "unknown"),
		say("another address", "redirect_uri", "https://evil.example/"),
		say("response_type token", "response_type", "token"),
		say("no challenge", "code_challenge", "", "code_challenge_method", ""),
		say("a scope outside of the client's", "scope", scopeForeign),
		say("a prompt of nonsense", "prompt", "telepathy"),
		say("a resource of no one", "resource", "https://elsewhere.example/"),
	})...)
}
