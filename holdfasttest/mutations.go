package holdfasttest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// attempt is a request as text, in parts.
type attempt struct {
	method, path, query, version string
	host                         []string // one line each
	headers                      []header
	body                         string
	wire                         bool // only a listener can be asked
}

type header struct{ name, value string }

func (r attempt) clone() attempt {
	r.headers, r.host = slices.Clone(r.headers), slices.Clone(r.host)
	return r
}

func (r *attempt) add(name, value string) { r.headers = append(r.headers, header{name, value}) }

// firstLine is the request line, for messages. Headers hold credentials.
func (r attempt) firstLine() string {
	line, _, _ := strings.Cut(r.text(), "\r\n")
	return fmt.Sprintf("%q", line)
}

func (r attempt) text() string {
	var out strings.Builder
	target := r.path
	if r.query != "" {
		target += "?" + r.query
	}
	fmt.Fprintf(&out, "%s %s %s\r\n", r.method, target, r.version)
	for _, host := range r.host {
		fmt.Fprintf(&out, "Host: %s\r\n", host)
	}
	for _, h := range r.headers {
		fmt.Fprintf(&out, "%s: %s\r\n", h.name, h.value)
	}
	return out.String() + "Connection: close\r\n\r\n" + r.body
}

// authorization changes each Authorization header into others.
func (r *attempt) authorization(change func(value string) []string) {
	var out []header
	for _, h := range r.headers {
		if h.name != "Authorization" {
			out = append(out, h)
			continue
		}
		for _, value := range change(h.value) {
			out = append(out, header{"Authorization", value})
		}
	}
	r.headers = out
}

// token is what follows the word in an Authorization header; "" for none.
func (r *attempt) token() string {
	for _, h := range r.headers {
		if _, token, ok := strings.Cut(h.value, " "); ok && h.name == "Authorization" {
			return token
		}
	}
	return ""
}

// mutation is one way to ask differently.
type mutation struct {
	name   string
	wire   bool
	change func(r *attempt, a *attack)
}

func pathMutation(name string, change func(path string) string) mutation {
	return mutation{name, false, onPath(func(path string, _ *attack) string { return change(path) })}
}

// onPath changes the path, unless another mutation has taken it away.
func onPath(change func(path string, a *attack) string) func(*attempt, *attack) {
	return func(r *attempt, a *attack) {
		if strings.HasPrefix(r.path, "/") {
			r.path = change(r.path, a)
		}
	}
}

func appended(text string) mutation {
	return pathMutation("path with "+text+" behind it", func(path string) string { return path + text })
}

func methodMutation(name string, change func(method string) string) mutation {
	return mutation{name, false, func(r *attempt, _ *attack) { r.method = change(r.method) }}
}

func headerMutation(name, value string) mutation {
	return mutation{"header " + name + ": " + value, false, func(r *attempt, _ *attack) { r.add(name, value) }}
}

func authorizationMutation(name string, change func(value string) []string) mutation {
	return mutation{name, false, func(r *attempt, _ *attack) { r.authorization(change) }}
}

// elsewhere asks for a public path and names the real one in a header.
func elsewhere(name string) mutation {
	return mutation{"a public path with " + name, false, func(r *attempt, a *attack) {
		r.add(name, r.path)
		r.path = a.oracle.public(r.method)
	}}
}

// public is the path of a route that is open without a credential.
func (o oracle) public(method string) string {
	for _, row := range o.rows {
		if m, path, _ := strings.Cut(row.route, " "); (m == method || m == everyMethod) && passes(row.answer(string(Nobody))) && !strings.Contains(path, "{") {
			return path
		}
	}
	return "/"
}

func onTheWire(m mutation) mutation { m.wire = true; return m }

// last splits a path at its last slash.
func last(path string) (before, after string) {
	i := strings.LastIndexByte(path, '/')
	return path[:i], path[i+1:]
}

func encodeLetter(path string, i int) string {
	for ; i < len(path); i++ {
		if c := path[i]; c >= 'a' && c <= 'z' && (i < 2 || path[i-1] != '%' && path[i-2] != '%') {
			return fmt.Sprintf("%s%%%02x%s", path[:i], c, path[i+1:])
		}
	}
	return path
}

func flipCase(path string, i int) string {
	c := path[i]
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	return path[:i] + string(c) + path[i+1:]
}

// mutations are all of them, in the order in which they are tried.
var mutations = slices.Concat(pathMutations, methodMutations, headerMutations, authorizationMutations, wireMutations)

var pathMutations = []mutation{
	pathMutation("two slashes in front", func(path string) string { return "/" + path }),
	pathMutation("two slashes inside", func(path string) string { a, b := last(path); return a + "//" + b }),
	appended("//"),
	pathMutation("the trailing slash the other way", func(path string) string {
		if short, ok := strings.CutSuffix(path, "/"); ok {
			return short
		}
		return path + "/"
	}),
	pathMutation("a dot segment", func(path string) string { return "/." + path }),
	pathMutation("up and down", func(path string) string { return "/x/.." + path }),
	pathMutation("up and down, encoded", func(path string) string { return "/x/%2e%2e" + path }),
	pathMutation("up and down, slashes encoded", func(path string) string { return "/x%2f.." + path }),
	appended("/."), appended("/.."), appended("/x/.."), appended("/..;/"), appended("%2e%2e"), appended("/%2e"),
	appended(";a=b"), appended("%3ba=b"), appended("%00"), appended("%20"), appended("%0a"), appended("%0d%0aX:y"), appended("%5c"),
	appended(".json"), appended("/index.html"), appended("?"), appended("?x=/healthz"), appended("%3f"), appended("%23"),
	pathMutation("a letter encoded", func(path string) string { return encodeLetter(path, 1) }),
	pathMutation("every slash encoded", func(path string) string { return "/" + strings.ReplaceAll(path[1:], "/", "%2F") }),
	pathMutation("the last slash encoded", func(path string) string { a, b := last(path); return a + "%2f" + b }),
	pathMutation("the last slash encoded twice", func(path string) string { a, b := last(path); return a + "%252f" + b }),
	pathMutation("an overlong slash", func(path string) string { a, b := last(path); return a + "%c0%af" + b }),
	pathMutation("a full-width slash", func(path string) string { a, b := last(path); return a + "%ef%bc%8f" + b }),
	pathMutation("a backslash", func(path string) string { a, b := last(path); return a + `\` + b }),
	pathMutation("upper case", strings.ToUpper),
	{"one letter in upper case", false, onPath(func(path string, a *attack) string { return flipCase(path, a.random.IntN(len(path))) })},
	{"one letter encoded", false, onPath(func(path string, a *attack) string { return encodeLetter(path, a.random.IntN(len(path))) })},
	{"below a public path", false, onPath(func(path string, a *attack) string { return a.oracle.public(http.MethodGet) + "/.." + path })},
	{"below a public path, encoded", false, onPath(func(path string, a *attack) string { return a.oracle.public(http.MethodGet) + "/..%2f" + path[1:] })},
	{"in front of a public path", false, onPath(func(path string, a *attack) string { return path + ";" + a.oracle.public(http.MethodGet) })},
}

var methodMutations = []mutation{
	methodMutation("HEAD", func(string) string { return http.MethodHead }),
	methodMutation("OPTIONS", func(string) string { return http.MethodOptions }),
	methodMutation("TRACE", func(string) string { return http.MethodTrace }),
	methodMutation("lower case", strings.ToLower),
	methodMutation("a letter more", func(m string) string { return m + "X" }),
	{"another method", false, func(r *attempt, a *attack) {
		r.method = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}[a.random.IntN(5)]
	}},
	{"GET with X-HTTP-Method-Override", false, override("GET", "X-HTTP-Method-Override")},
	{"POST with X-HTTP-Method-Override", false, override("POST", "X-HTTP-Method-Override")},
	{"POST with X-Method-Override", false, override("POST", "X-Method-Override")},
	{"POST with _method", false, func(r *attempt, _ *attack) { r.query, r.method = "_method="+r.method, "POST" }},
}

func override(method, name string) func(*attempt, *attack) {
	return func(r *attempt, _ *attack) {
		r.add(name, r.method)
		r.method = method
	}
}

var headerMutations = []mutation{
	elsewhere("X-Original-URL"), elsewhere("X-Rewrite-URL"), elsewhere("X-Forwarded-Uri"), elsewhere("Referer"),
	headerMutation("X-Forwarded-For", "127.0.0.1"), headerMutation("X-Real-IP", "::1"), headerMutation("Forwarded", "for=127.0.0.1;host=localhost;proto=https"),
	headerMutation("X-Forwarded-Host", "localhost"), headerMutation("X-Forwarded-Prefix", "/x"), headerMutation("X-Forwarded-User", "admin"),
	headerMutation("Remote-User", "admin"), headerMutation("X-Roles", "admin"), headerMutation("X-Scope", "admin"), headerMutation("Cookie", "role=admin; admin=true"),
	headerMutation("Origin", "null"), headerMutation("Upgrade", "h2c"), headerMutation("Content-Type", "application/x-www-form-urlencoded"),
	{"Host: localhost", false, func(r *attempt, _ *attack) { r.host = []string{"localhost"} }},
	{"Host with a path", false, func(r *attempt, a *attack) { r.host = []string{"example.org" + a.oracle.public(http.MethodGet)} }},
}

var authorizationMutations = []mutation{
	authorizationMutation("the credential twice", func(v string) []string { return []string{v, v} }),
	authorizationMutation("garbage before the credential", func(v string) []string { return []string{"Bearer garbage", v} }),
	authorizationMutation("garbage behind the credential", func(v string) []string { return []string{v, "Bearer garbage"} }),
	authorizationMutation("the word in lower case", func(v string) []string {
		w, rest, _ := strings.Cut(v, " ")
		return []string{strings.ToLower(w) + " " + rest}
	}),
	authorizationMutation("two spaces", func(v string) []string { return []string{strings.Replace(v, " ", "  ", 1)} }),
	authorizationMutation("a tab", func(v string) []string { return []string{strings.Replace(v, " ", "\t", 1)} }),
	authorizationMutation("no word", func(v string) []string { _, rest, _ := strings.Cut(v, " "); return []string{rest} }),
	authorizationMutation("the word Basic", func(v string) []string { _, rest, _ := strings.Cut(v, " "); return []string{"Basic " + rest} }),
	authorizationMutation("a list", func(v string) []string { return []string{v + ", Bearer garbage"} }),
	authorizationMutation("a dot more", func(v string) []string { return []string{v + "."} }),
	authorizationMutation("the last letter less", func(v string) []string { return []string{v[:max(len(v)-1, 0)]} }),
	authorizationMutation("quotes", func(v string) []string { w, rest, _ := strings.Cut(v, " "); return []string{w + ` "` + rest + `"`} }),
	authorizationMutation("without signature", func(v string) []string { head, _, _ := strings.Cut(v, "."); return []string{head + ".."} }),
	{"the credential in the query", false, func(r *attempt, _ *attack) { r.query = "access_token=" + r.token() }},
	{"the credential in a cookie", false, func(r *attempt, _ *attack) { r.add("Cookie", "access_token="+r.token()) }},
	{"Proxy-Authorization", false, func(r *attempt, _ *attack) { r.add("Proxy-Authorization", "Bearer "+r.token()) }},
	headerMutation("Connection", "Authorization"),
}

var wireMutations = []mutation{
	{"absolute form", true, func(r *attempt, _ *attack) { r.path = "http://example.org" + r.path }},
	{"absolute form of another host", true, func(r *attempt, _ *attack) { r.path = "http://admin@localhost" + r.path }},
	{"absolute form without a path", true, func(r *attempt, _ *attack) { r.path = "http://example.org" }},
	onTheWire(appended("\x00")), onTheWire(appended("\t")), onTheWire(appended("\x80")), onTheWire(appended("#/healthz")),
	{"no slash in front", true, func(r *attempt, _ *attack) { r.path = strings.TrimPrefix(r.path, "/") }},
	{"an asterisk", true, func(r *attempt, _ *attack) { r.path = "*" }},
	{"CONNECT", true, func(r *attempt, _ *attack) { r.method = http.MethodConnect }},
	{"no Host", true, func(r *attempt, _ *attack) { r.host = nil }},
	{"two Hosts", true, func(r *attempt, _ *attack) { r.host = []string{"example.org", "localhost"} }},
	{"HTTP/1.0", true, func(r *attempt, _ *attack) { r.version = "HTTP/1.0" }},
	{"HTTP/0.9", true, func(r *attempt, _ *attack) { r.version = "HTTP/0.9" }},
	{"a folded header", true, func(r *attempt, _ *attack) { r.add("X-Fold", "a\r\n Authorization: Bearer garbage") }},
	{"a space before the colon", true, func(r *attempt, _ *attack) { r.add("X-Forwarded-User ", "admin") }},
	{"chunks and a length", true, func(r *attempt, _ *attack) {
		r.add("Transfer-Encoding", "chunked")
		r.add("Content-Length", "5")
		r.body = "0\r\n\r\n"
	}},
	{"a second request in the body", true, func(r *attempt, _ *attack) {
		inner := *r
		inner.headers = nil
		r.body = inner.text()
		r.add("Content-Length", fmt.Sprint(len(r.body)))
	}},
}
