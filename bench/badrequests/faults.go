package main

import (
	"net/http"
	"slices"
	"strings"
)

// A table of requests is made of requests that are right and of faults, each of
// which makes a bad one of every one that it fits.

// fault makes a request bad, or reports that it does not fit.
type fault struct {
	name string
	put  func(r *request) bool
}

func spoil(good request, faults []fault) []request {
	var out []request
	for _, one := range faults {
		bad := good.named(one.name)
		if one.put(&bad) {
			out = append(out, bad)
		}
	}
	return out
}

// paramFaults are what may be wrong with any parameter.
var paramFaults = []struct {
	name string
	put  func(in params, of param) params
}{
	{"missing", func(in params, of param) params { return in.without(of.name) }},
	{"empty", func(in params, of param) params { return in.with(of.name, "") }},
	{"twice the same", func(in params, of param) params { return in.and(of.name, of.wire) }},
	{"twice, once another", func(in params, of param) params { return in.and(of.name, "another") }},
	{"twice, once empty", func(in params, of param) params { return in.and(of.name, "") }},
	{"with a broken escape", func(in params, of param) params { return in.with(of.name, of.wire+"%zz") }},
	{"with half an escape", func(in params, of param) params { return in.with(of.name, of.wire+"%") }},
	{"not UTF-8", func(in params, of param) params { return in.with(of.name, of.wire+"%ff") }},
	{"with a NUL", func(in params, of param) params { return in.with(of.name, of.wire+"%00") }},
	{"in capitals", func(in params, of param) params { return in.without(of.name).and(strings.ToUpper(of.name), of.wire) }},
	{"as an array of PHP", func(in params, of param) params { return in.without(of.name).and(of.name+"[]", of.wire) }},
}

// spoilParams puts each fault into each parameter of a form or a query. An empty or
// missing optional parameter is no fault.
func spoilParams(good request, optional ...string) []request {
	in := func(r *request) *params { return &r.form }
	if good.form == nil {
		in = func(r *request) *params { return &r.query }
	}
	var out []request
	for _, of := range *in(&good) {
		for _, fault := range paramFaults {
			gone := slices.Contains([]string{"missing", "empty", "in capitals", "as an array of PHP"}, fault.name)
			if gone && slices.Contains(optional, of.name) {
				continue
			}
			bad := good.named(of.name + " " + fault.name)
			*in(&bad) = fault.put(*in(&good), of)
			out = append(out, bad)
		}
	}
	return out
}

// bodyFaults are what may be wrong with a form as a whole.
var bodyFaults = []fault{
	{"as JSON", func(r *request) bool {
		var members []string
		for _, one := range r.form {
			members = append(members, `"`+one.name+`":"`+strings.NewReplacer("%3A", ":", "%2F", "/", "+", " ").Replace(one.wire)+`"`)
		}
		r.body, r.kind = "{ "+strings.Join(members, ",")+"}", jsonKind
		return true
	}},
	{"as JSON that calls itself a form", func(r *request) bool { r.body = `{ "grant_type":"` + codeGrant + `"}`; return true }},
	{"as a text", func(r *request) bool { r.kind = "text/plain"; return true }},
	{"as XML", func(r *request) bool { r.body, r.kind = "<token/>", "application/xml"; return true }},
	{"as a multipart form", func(r *request) bool {
		var body strings.Builder
		for _, one := range r.form {
			body.WriteString("--b\r\nContent-Disposition: form-data; name=\"" + one.name + "\"\r\n\r\n" + one.wire + "\r\n")
		}
		r.body, r.kind = body.String()+"--b--\r\n", "multipart/form-data; boundary=b"
		return true
	}},
	{"without a Content-Type", func(r *request) bool { r.kind = "-"; return true }},
	{"with a Content-Type of nonsense", func(r *request) bool { r.kind = "nonsense"; return true }},
	{"in another charset", func(r *request) bool { r.kind = formKind + "; charset=utf-16"; return true }},
	{"compressed, it says", func(r *request) bool { r.headers.Set("Content-Encoding", "gzip"); return true }},
	{"with no body", func(r *request) bool { r.form = nil; return true }},
	{"with an empty body", func(r *request) bool { r.form, r.kind = nil, formKind; return true }},
	{"in the query", func(r *request) bool { r.query, r.form = r.form, nil; return true }},
	{"with semicolons", func(r *request) bool { r.body = strings.ReplaceAll(r.form.String(), "&", ";"); return true }},
	{"too large", func(r *request) bool { r.form = r.form.and("padding", strings.Repeat("a", 3<<20)); return true }},
	{"of too many parameters", func(r *request) bool {
		r.body = strings.Repeat("a=b&", 20_000) + r.form.String()
		return true
	}},
}

// clientFaults are what may be wrong with how a client says who it is: r comes from
// a confidential client that does it with HTTP Basic.
func clientFaults(id string) []fault {
	header := func(value string) func(r *request) bool {
		return func(r *request) bool { r.headers.Set("Authorization", value); return true }
	}
	form := func(pairs ...string) func(r *request) bool {
		return func(r *request) bool {
			r.headers.Del("Authorization")
			r.form = append(slices.Clone(r.form), of(pairs...)...)
			return true
		}
	}
	also := func(pairs ...string) func(r *request) bool {
		return func(r *request) bool { r.form = append(slices.Clone(r.form), of(pairs...)...); return true }
	}
	secret := "{secret of " + id + "}"
	return []fault{
		{"by nothing at all", form()},
		{"by a name without a secret", form("client_id", id)},
		{"by a name and an empty secret", form("client_id", id, "client_secret", "")},
		{"by a wrong secret", header(basic(id, "wrong-wrong-wrong-wrong-wrong-wrong-wrong"))},
		{"by an empty secret", header(basic(id, ""))},
		{"by its own name as the secret", header(basic(id, id))},
		{"by the secret of another", header("{basic " + id + " wrong}")},
		{"by an unknown client", header(basic("unknown", "wrong"))},
		{"by an empty name", header(raw(":wrong"))},
		{"by a name in capitals", header(basic(strings.ToUpper(id), "wrong"))},
		{"by a public client with a secret", header(basic(spa, "wrong"))},
		{"by Basic without a colon", header(raw(id))},
		{"by Basic that is not base64", header("Basic !!!")},
		{"by Basic of nothing", header("Basic")},
		{"by Basic of a blank", header("Basic ")},
		{"by Basic with a broken escape", header(raw(id + ":%zz"))},
		{"by Basic that is not UTF-8", header(raw(id + ":\xff"))},
		{"by Basic with a NUL", header(raw(id + ":\x00"))},
		{"by Basic with base64url", header(strings.NewReplacer("+", "-", "/", "_").Replace(raw(id + ":???>>>")))},
		{"by Bearer", header("Bearer token")},
		{"by Digest", header(`Digest username="` + id + `"`)},
		{"by two headers", func(r *request) bool { r.headers.Add("Authorization", basic(id, "secret")); return true }},
		{"by a header and a form", also("client_id", id, "client_secret", secret)},
		{"by a header and a wrong secret in the form", also("client_id", id, "client_secret", "wrong")},
		{"by a header and a secret without a name", also("client_secret", secret)},
		{"by a header and another client_id", also("client_id", other)},
		{"by a header and an empty client_secret", also("client_secret", "")},
		{"by a wrong secret in the form", form("client_id", id, "client_secret", "wrong")},
		{"by an unknown client in the form", form("client_id", "unknown", "client_secret", "wrong")},
		{"by a secret without a name", form("client_secret", secret)},
		{"by a client_id twice", form("client_id", id, "client_id", id, "client_secret", secret)},
		{"by a client_secret twice", form("client_id", id, "client_secret", secret, "client_secret", secret)},
		{"by an assertion of nonsense", form("client_assertion_type", assertionType, "client_assertion", "nonsense")},
		{"by a header and an assertion", also("client_assertion_type", assertionType, "client_assertion", "{assertion}")},
	}
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// methodRequests ask with methods that an endpoint does not have.
func methodRequests() []request {
	var out []request
	for path, methods := range map[string][]string{
		tokenPath:      {http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete},
		revokePath:     {http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete},
		introspectPath: {http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete},
		authorizePath:  {http.MethodPut, http.MethodPatch, http.MethodDelete},
		metadataPath:   {http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		keySetPath:     {http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
	} {
		for _, method := range methods {
			out = append(out, request{name: "methods: " + method + " " + path, method: method, path: path})
		}
	}
	slices.SortFunc(out, func(a, b request) int { return strings.Compare(a.name, b.name) })
	return out
}
