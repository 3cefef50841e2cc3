package main

import "net/http"

// serviceRequests are those to revocation (RFC 7009) and introspection (RFC
// 7662).
func serviceRequests() []request {
	var out []request
	for _, path := range []string{revokePath, introspectPath} {
		good := request{
			name: path[1:], method: http.MethodPost, path: path, good: true,
			headers: http.Header{"Authorization": {basic(web, "secret")}},
			form:    of("token", "{access of web}", "token_type_hint", "access_token"),
		}
		out = append(out, good)
		out = append(out, spoilParams(good, "token_type_hint")...)
		out = append(out, spoil(good, bodyFaults)...)
		out = append(out, spoil(good, clientFaults(web))...)
		out = append(out, spoil(good, []fault{
			set("a token of nonsense", "token", "nonsense"),
			set("a token of another client", "token", "{access of other}"),
			set("a refresh token of another client", "token", "{refresh of other}"),
			set("a token that was revoked", "token", "{revoked access of web}"),
			set("a refresh token that was revoked", "token", "{revoked refresh of web}"),
			set("a refresh token that was used, and its successor too", "token", "{stolen refresh of web}"),
			set("a code", "token", "{code of web}"),
			set("a machine's token", "token", "{machine access of machine}"),
			by("a machine's token, by itself", machine, "token", "{machine access of machine}"),
			set("an unknown hint", "token_type_hint", "telepathy"),
			set("a wrong hint", "token_type_hint", "refresh_token"),
			set("a hint of an object", "token_type_hint", "__proto__"),
		})...)
		// What was revoked stays revoked, and no other client learns of it.
		foreign := good.named("by another client")
		foreign.headers.Set("Authorization", basic(other, "secret"))
		out = append(out, foreign)
		public := request{name: path[1:] + ", public", method: http.MethodPost, path: path, good: path == revokePath, form: of("token", "{refresh of spa}", "client_id", spa)}
		out = append(out, public)
		if path == revokePath {
			out = append(out, spoilParams(public)...)
		}
		out = append(out, spoil(public, []fault{
			set("with a secret that it does not have", "client_secret", "wrong"),
			set("by another public client", "client_id", native),
			set("by a confidential client without its secret", "client_id", web),
			set("by an unknown client", "client_id", "unknown"),
		})...)
	}
	return out
}
