package main

import (
	"net/http"
	"slices"
	"strings"
)

// tokenRequests are those to the token endpoint.
func tokenRequests() []request {
	var out []request
	for _, good := range goodTokenRequests() {
		optional := []string{"scope"}
		if strings.Contains(good.name, "Basic") {
			optional = append(optional, "client_id")
		}
		out = append(out, good)
		out = append(out, spoilParams(good, optional...)...)
	}
	of := func(name string) request {
		all := goodTokenRequests()
		return all[slices.IndexFunc(all, func(r request) bool { return r.name == name })]
	}
	code, refresh, credentials := of("code, Basic"), of("refresh, Basic"), of("client credentials, Basic")
	for _, good := range []request{code, refresh, credentials, of("code, public")} {
		out = append(out, spoil(good, bodyFaults)...)
	}
	out = append(out, spoil(code, clientFaults(web))...)
	out = append(out, spoil(refresh, clientFaults(web))...)
	out = append(out, spoil(credentials, clientFaults(machine))...)
	out = append(out, spoil(code, grantFaults())...)
	out = append(out, spoil(code, codeFaults())...)
	out = append(out, spoil(of("code, public"), publicCodeFaults())...)
	out = append(out, spoil(refresh, refreshFaults())...)
	out = append(out, spoil(of("refresh, public"), publicRefreshFaults())...)
	out = append(out, spoil(credentials, credentialsFaults())...)
	return append(out, spoil(of("client credentials, a key"), keyFaults())...)
}

// goodTokenRequests are what is made bad.
func goodTokenRequests() []request {
	by := func(id string) http.Header { return http.Header{"Authorization": {basic(id, "secret")}} }
	out := []request{
		{name: "code, Basic", headers: by(web), form: of("grant_type", codeGrant, "code", "{code of web}", "redirect_uri", webCallback, "code_verifier", verifier)},
		{name: "code, the form", form: of("grant_type", codeGrant, "code", "{code of poster}", "redirect_uri", webCallback, "code_verifier", verifier,
			"client_id", poster, "client_secret", "{secret of poster}")},
		{name: "code, public", form: of("grant_type", codeGrant, "code", "{code of spa}", "redirect_uri", spaCallback, "code_verifier", verifier, "client_id", spa)},
		{name: "refresh, Basic", headers: by(web), form: of("grant_type", refreshGrant, "refresh_token", "{refresh of web}", "scope", scopeMe)},
		{name: "refresh, public", form: of("grant_type", refreshGrant, "refresh_token", "{refresh of spa}", "client_id", spa)},
		{name: "client credentials, Basic", headers: by(machine), form: of("grant_type", machineGrant, "scope", scopeMe)},
		{name: "client credentials, a key", form: of("grant_type", machineGrant, "client_assertion_type", assertionType, "client_assertion", "{assertion}")},
	}
	for i := range out {
		out[i].method, out[i].path, out[i].good = http.MethodPost, tokenPath, true
	}
	return out
}

// set changes a parameter, for a fault.
func set(name string, pairs ...string) fault {
	return fault{name, func(r *request) bool {
		for _, one := range of(pairs...) {
			r.form = r.form.with(one.name, one.wire)
		}
		return true
	}}
}

// by makes another client ask.
func by(name, id string, pairs ...string) fault {
	more := set(name, pairs...)
	return fault{name, func(r *request) bool {
		r.headers.Set("Authorization", basic(id, "secret"))
		return more.put(r)
	}}
}

// grantFaults are of grant types that there are not.
func grantFaults() []fault {
	return []fault{
		set("grant_type unknown", "grant_type", "telepathy"),
		set("grant_type implicit", "grant_type", "implicit"),
		set("grant_type of an object", "grant_type", "__proto__"),
		set("grant_type in capitals itself", "grant_type", "Authorization_Code"),
		set("grant_type with a blank", "grant_type", codeGrant+" "),
		set("grant_type of two", "grant_type", codeGrant+" "+refreshGrant),
		set("grant_type device code", "grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", "none"),
		set("grant_type token exchange", "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", "none"),
		set("grant_type assertion", "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "none"),
		set("grant_type password", "grant_type", "password", "username", "anna", "password", "wrong"),
		set("grant_type not the client's", "grant_type", machineGrant),
		by("by a client that may not use codes", machine),
	}
}

func codeFaults() []fault {
	return []fault{
		set("a code of nonsense", "code", "nonsense"),
		set("a code that is very long", "code", strings.Repeat("a", 5000)),
		set("a code with a letter more", "code", "{code of web}a"),
		set("a used code", "code", "{used code of web}"),
		set("a code of another client", "code", "{code of other}", "redirect_uri", otherCallback),
		by("by another client", other),
		set("a refresh token as the code", "code", "{refresh of web}"),
		set("an access token as the code", "code", "{access of web}"),
		set("another redirect_uri", "redirect_uri", "https://web.example/other"),
		set("the redirect_uri of another client", "redirect_uri", otherCallback),
		set("redirect_uri with a slash", "redirect_uri", webCallback+"/"),
		set("redirect_uri with a query", "redirect_uri", webCallback+"?a=b"),
		set("redirect_uri with a fragment", "redirect_uri", webCallback+"#a"),
		set("redirect_uri with a port", "redirect_uri", "https://web.example:443/callback"),
		set("redirect_uri in capitals itself", "redirect_uri", "https://WEB.example/callback"),
		set("redirect_uri of nonsense", "redirect_uri", "nonsense"),
		set("another verifier", "code_verifier", strings.Repeat("a", 43)),
		set("the challenge as the verifier", "code_verifier", challenge),
		set("a verifier of 42 characters", "code_verifier", verifier[:42]),
		set("a verifier of 129 characters", "code_verifier", strings.Repeat("a", 129)),
		set("a verifier with a blank", "code_verifier", verifier[:42]+" "),
		set("a verifier with a plus", "code_verifier", verifier[:42]+"+"),
		set("a verifier in capitals", "code_verifier", strings.ToUpper(verifier)),
		set("a resource of no one", "resource", "https://elsewhere.example/"),
		set("a resource that is relative", "resource", "/api"),
		set("a resource of nonsense", "resource", "nonsense"),
		set("a resource with a fragment", "resource", api+"#a"),
		set("a resource of two, one of them of no one", "resource", api).then("resource", "https://elsewhere.example/"),
	}
}

// then adds a parameter, even if there is one of the name.
func (f fault) then(name, value string) fault {
	return fault{f.name, func(r *request) bool {
		ok := f.put(r)
		r.form = r.form.and(name, escape(value))
		return ok
	}}
}

func publicCodeFaults() []fault {
	return []fault{
		set("with an empty secret", "client_secret", ""),
		set("with a secret that it does not have", "client_secret", "wrong"),
		set("by another public client", "client_id", native),
		set("by a confidential client without its secret", "client_id", web),
		set("by an unknown client", "client_id", "unknown"),
		set("a code of a confidential client", "code", "{code of web}", "redirect_uri", webCallback),
		set("a used code", "code", "{used code of spa}"),
		set("redirect_uri without its query", "redirect_uri", "https://spa.example/callback"),
		set("redirect_uri with another query", "redirect_uri", "https://spa.example/callback?from=elsewhere"),
	}
}

func refreshFaults() []fault {
	return []fault{
		set("a token of nonsense", "refresh_token", "nonsense"),
		set("a token that is very long", "refresh_token", strings.Repeat("a", 5000)),
		set("a token with a letter more", "refresh_token", "{refresh of web}a"),
		set("a token of another client", "refresh_token", "{refresh of other}"),
		set("a token of a public client", "refresh_token", "{refresh of spa}"),
		by("by another client", other),
		by("by a client without the grant", machine),
		set("a token that was used", "refresh_token", "{used refresh of web}"),
		set("a token that was used, and its successor too", "refresh_token", "{stolen refresh of web}"),
		set("a token that was revoked", "refresh_token", "{revoked refresh of web}"),
		set("an access token", "refresh_token", "{access of web}"),
		set("a code", "refresh_token", "{code of web}"),
		set("a wider scope", "scope", scopeMe+" "+scopeForeign),
		set("only a foreign scope", "scope", scopeForeign),
		set("an unknown scope", "scope", "telepathy"),
		set("a scope with a quote", "scope", `me "`),
		set("a scope with a backslash", "scope", `me \`),
		set("a scope with a line", "scope", "me\nusers:read"),
		set("a scope with two blanks", "scope", "me  users:read"),
		set("a scope that is not ASCII", "scope", "mé"),
		set("a scope in capitals itself", "scope", "ME"),
		set("a resource of no one", "resource", "https://elsewhere.example/"),
		set("a resource that is relative", "resource", "/api"),
		set("a resource with a fragment", "resource", api+"#a"),
	}
}

func publicRefreshFaults() []fault {
	return []fault{
		set("by another public client", "client_id", native),
		set("by a confidential client without its secret", "client_id", web),
		set("by an unknown client", "client_id", "unknown"),
		set("with a secret that it does not have", "client_secret", "wrong"),
		set("a token of a confidential client", "refresh_token", "{refresh of web}"),
		set("a token that was used, and its successor too", "refresh_token", "{stolen refresh of spa}"),
		set("a wider scope", "scope", scopeForeign),
	}
}

func credentialsFaults() []fault {
	public := func(name, id string) fault {
		return fault{name, func(r *request) bool {
			r.headers.Del("Authorization")
			r.form = r.form.with("client_id", id)
			return true
		}}
	}
	return []fault{
		public("by a public client", spa),
		public("by itself, without its secret", machine),
		by("by a client without the grant", web),
		set("a scope outside of its own", "scope", scopeForeign),
		set("a scope of its own and one outside", "scope", scopeMe+" "+scopeForeign),
		set("an unknown scope", "scope", "telepathy"),
		set("a scope with a quote", "scope", `me "`),
		set("a scope with a line", "scope", "me\nusers:read"),
		set("a scope that is not ASCII", "scope", "mé"),
		set("offline_access", "scope", "me offline_access"),
		set("openid", "scope", "openid"),
		set("a resource of no one", "resource", "https://elsewhere.example/"),
		set("a resource that is relative", "resource", "/api"),
		set("a resource of nonsense", "resource", "nonsense"),
		set("a resource with a fragment", "resource", api+"#a"),
		set("an empty resource", "resource", ""),
		set("a resource that is not UTF-8", "resource", api+"\xff"),
		set("a resource of one and of no one", "resource", api).then("resource", "https://elsewhere.example/"),
	}
}

// keyFaults are those of assertions, and of what is sent beside them.
func keyFaults() []fault {
	out := []fault{
		set("with a client_id of another", "client_id", web),
		set("with a client_id that is unknown", "client_id", "unknown"),
		set("with a secret too", "client_secret", "wrong"),
		set("by another kind of assertion", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
		set("by an assertion of two parts", "client_assertion", "a.b"),
		set("by an assertion of JSON", "client_assertion", "[]"),
		{"by its name alone", func(r *request) bool {
			r.form = r.form.without("client_assertion").without("client_assertion_type").and("client_id", keyed)
			return true
		}},
		{"by a secret in its place", func(r *request) bool {
			r.form = r.form.without("client_assertion").without("client_assertion_type")
			r.headers.Set("Authorization", basic(keyed, "wrong"))
			return true
		}},
	}
	var names []string
	for name := range assertionFaults {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, set("an assertion "+name, "client_assertion", "{assertion "+name+"}"))
	}
	return out
}
