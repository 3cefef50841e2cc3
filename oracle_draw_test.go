package holdfast_test

import (
	"encoding/base64"
	"net/http"
	"strings"

	"pgregory.net/rapid"
)

// This file draws random policies and requests.

// maxWays keeps the products of random policies small.
const maxWays = 40

// policyDrawer draws the policy of one route.
type policyDrawer struct {
	t     *rapid.T
	world *modelWorld
	ids   int
}

func (w *modelWorld) drawRoute(t *rapid.T) *modelPolicy {
	d := &policyDrawer{t: t, world: w}
	route := d.policy(3)
	if rapid.IntRange(0, 4).Draw(t, "a handler's dependency") == 4 {
		joined := d.node(handlerPolicy)
		dep := d.node(securityPolicy)
		d.security(dep)
		dep.requires, dep.scopes, dep.roles = append(dep.requires, dep.scopes...), nil, nil
		joined.parts = []*modelPolicy{route, dep}
		route = joined.or(route)
	}
	groups := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2}).Draw(t, "groups")
	if groups == 0 {
		return route
	}
	around := d.node(groupPolicy)
	for range groups {
		around.parts = append(around.parts, d.policy(1))
	}
	around.parts = append(around.parts, route)
	return around.or(route)
}

func (d *policyDrawer) node(kind policyKind) *modelPolicy {
	d.ids++
	return &modelPolicy{kind: kind, id: d.ids}
}

// or is the policy, or another one if it has too many ways.
func (p *modelPolicy) or(another *modelPolicy) *modelPolicy {
	if len(p.ways()) > maxWays {
		return another
	}
	return p
}

// policy draws a policy of at most the depth.
func (d *policyDrawer) policy(depth int) *modelPolicy {
	kinds := []policyKind{securityPolicy, securityPolicy, securityPolicy, allPolicy, allPolicy, allPolicy, anyOfPolicy, anyOfPolicy, anyOfPolicy, optionalPolicy, optionalPolicy, asPolicy, publicPolicy}
	if depth == 0 {
		kinds = kinds[:1]
	}
	p := d.node(rapid.SampledFrom(kinds).Draw(d.t, "kind"))
	parts := 0
	switch p.kind {
	case allPolicy, anyOfPolicy:
		parts = rapid.IntRange(2, 3).Draw(d.t, "parts")
	case asPolicy, optionalPolicy:
		parts = 1
	case securityPolicy:
		d.security(p)
		return p
	case publicPolicy, handlerPolicy, groupPolicy:
		return p
	}
	for range parts {
		p.parts = append(p.parts, d.policy(depth-1))
	}
	if p.kind == optionalPolicy && p.schemes() == 0 {
		return p.parts[0] // a policy without a scheme cannot be optional
	}
	return p.or(p.parts[0])
}

func (d *policyDrawer) security(p *modelPolicy) {
	p.dep = rapid.SampledFrom(d.world.deps).Draw(d.t, "dependency")
	schemes := p.dep.reads
	if p.dep.loose {
		schemes = append([]modelScheme{noScheme}, schemes...)
	}
	for _, scheme := range schemes {
		for _, name := range []string{"a", "b", "x"} {
			one := modelScope{scheme, name}
			if _, ok := d.world.scopes[one]; !ok {
				continue
			}
			switch rapid.IntRange(0, 5).Draw(d.t, one.String()) {
			case 1:
				p.requires = append(p.requires, one)
			case 2:
				p.scopes = append(p.scopes, one)
			}
		}
	}
	if len(p.scopes) == 0 {
		p.roles = drawWords(d.t, "role", 4, "admin", "clerk")
	}
}

// drawWords draws some of the words, each once in so many times.
func drawWords(t *rapid.T, label string, once int, words ...string) []string {
	var out []string
	for _, word := range words {
		if rapid.IntRange(1, once).Draw(t, label) == once {
			out = append(out, word)
		}
	}
	return out
}

// requestDrawer draws one request.
type requestDrawer struct {
	t     *rapid.T
	r     modelRequest
	roles []string // of most of its credentials
}

func drawRequest(t *rapid.T) modelRequest {
	d := &requestDrawer{t: t, r: modelRequest{header: http.Header{}}, roles: drawWords(t, "role", 2, "admin", "clerk")}
	d.authorization()
	d.field(keyScheme, "X-Key", "")
	d.field(cookieScheme, "Cookie", "session=")
	return d.r
}

// authorization draws the header that Bearer and Basic share: with both there
// are two headers, of which neither can be read.
func (d *requestDrawer) authorization() {
	for range rapid.SampledFrom([]int{1, 1, 1, 1, 0, 2}).Draw(d.t, "authorizations") {
		switch rapid.SampledFrom([]string{"bearer", "bearer", "bearer", "basic", "basic", "no token", "no name", "other"}).Draw(d.t, "Authorization") {
		case "bearer":
			d.r.header.Add("Authorization", "Bearer "+d.credential(bearerScheme))
		case "basic":
			text := strings.Replace(d.credential(basicScheme), "/", ":", 1)
			d.r.header.Add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
		case "no token":
			d.r.header.Add("Authorization", "Bearer")
			d.unreadable(bearerScheme)
		case "no name":
			d.r.header.Add("Authorization", "Basic ???")
			d.unreadable(basicScheme)
		case "other":
			d.r.header.Add("Authorization", "Digest x")
		}
	}
	if len(d.r.header["Authorization"]) == 2 {
		d.unreadable(bearerScheme)
		d.unreadable(basicScheme)
	}
}

// field draws a field that holds a credential. An empty one is none; of two,
// neither can be read.
func (d *requestDrawer) field(s modelScheme, name, prefix string) {
	switch rapid.SampledFrom([]string{"", "", "one", "one", "one", "two", "empty"}).Draw(d.t, name) {
	case "one":
		d.r.header.Add(name, prefix+d.credential(s))
	case "two":
		d.r.header.Add(name, prefix+d.credential(s))
		d.r.header.Add(name, prefix+d.credential(s))
		d.unreadable(s)
	case "empty":
		d.r.header.Add(name, prefix)
	}
}

func (d *requestDrawer) unreadable(s modelScheme) {
	d.r.of[s] = modelCredential{presence: unreadable}
}

// credential draws a credential, good or bad.
func (d *requestDrawer) credential(s modelScheme) string {
	c := &d.r.of[s]
	if rapid.IntRange(0, 4).Draw(d.t, "bad") == 1 {
		*c = modelCredential{presence: badCredential}
		return "bad"
	}
	*c = modelCredential{goodCredential, rapid.IntRange(0, 3).Draw(d.t, "guest") == 1, drawWords(d.t, "scope", 2, "a", "b", "x"), d.roles}
	if rapid.Bool().Draw(d.t, "roles of its own") {
		c.roles = drawWords(d.t, "role", 2, "admin", "clerk")
	}
	return c.token()
}
