package holdfast

import (
	"fmt"
	"maps"
	"net/http"
	"sync/atomic"
)

// Scheme is a way in which callers present a credential of type K: a bearer
// token, an API key, a name and password. It knows how to find the credential
// in a request, how to challenge a caller who has none, and how OpenAPI
// describes it; it does not know whether a credential is good, which is what
// [Verify] is for. Declare schemes once, as package variables.
type Scheme[K any] struct {
	s    *scheme
	cred *node
}

// scheme is a Scheme without its type parameter.
type scheme struct {
	name      string
	text      string
	challenge string
	openapi   map[string]any
	scopes    Scopes
	bearer    bool   // RFC 6750: the challenge carries error and scope
	missing   *Error // the answer to callers without a credential; nil for the usual one
	cred      *node
	at        place
	faults    []string
	frozen    atomic.Bool // set when the first application that reaches it starts
}

// SchemeOption changes how a scheme is named or described.
type SchemeOption func(*scheme)

// Named sets the scheme's name in the OpenAPI document; two schemes of one
// name are an error at start.
func Named(name string) SchemeOption { return func(s *scheme) { s.name = name } }

// Described sets the scheme's description in the OpenAPI document.
func Described(text string) SchemeOption { return func(s *scheme) { s.text = text } }

// NotAuthenticated sets the answer to callers without a credential, instead of
// a 401 "Not authenticated" with the scheme's challenge.
func NotAuthenticated(answer *Error) SchemeOption { return func(s *scheme) { s.missing = answer } }

// BearerFormat says in the document what a bearer token looks like: "JWT".
func BearerFormat(format string) SchemeOption {
	return func(s *scheme) { s.openapi["bearerFormat"] = format }
}

// NewScheme makes a scheme of the caller's own. The challenge is the value of
// WWW-Authenticate for callers without a credential, openapi the security
// scheme object of the document, and find returns the credential and whether
// there is one. The request that find sees has no body.
func NewScheme[K any](name, challenge string, openapi map[string]any, find func(*http.Request) (K, bool), options ...SchemeOption) *Scheme[K] {
	look := func(x *exchange) (K, presence) {
		credential, ok := find(x.bodiless())
		return credential, presentIf(ok)
	}
	s := newScheme(name, challenge, maps.Clone(openapi), look, caller(1))
	if find == nil || openapi == nil {
		s.s.fault(s.s.at, "scheme %s: the security scheme object or the function that finds the credential is nil", name)
	}
	return s.apply(options)
}

// presence says whether a request presents a credential of a scheme.
type presence uint8

const (
	absent presence = iota
	present
	unreadable // presented, but not as one credential: never taken for absent
)

func presentIf(ok bool) presence {
	if ok {
		return present
	}
	return absent
}

func newScheme[K any](name, challenge string, openapi map[string]any, find func(*exchange) (K, presence), at place) *Scheme[K] {
	core := &scheme{name: name, challenge: challenge, openapi: openapi, at: at}
	cred := newNode[K](credentialNode, name, at)
	cred.scheme = core
	cred.schemes = []*scheme{core}
	cred.run = func(x *exchange, s *step) error {
		value, is := find(x)
		if is != present {
			return &noCredential{core, is == unreadable}
		}
		put(x.frame, s.out, value)
		return nil
	}
	core.cred = cred
	return &Scheme[K]{s: core, cred: cred}
}

func (s *Scheme[K]) apply(options []SchemeOption) *Scheme[K] {
	for _, option := range options {
		option(s.s)
	}
	return s
}

// Scope declares a scope of this scheme. A name that was declared before or is
// not a scope-token of RFC 6749 is an error at start.
func (s *Scheme[K]) Scope(name, description string) Scope {
	at := caller(1)
	if s.s.frozen.Load() {
		panic(fmt.Sprintf("holdfast: %v: scope %q is declared after an application with scheme %s was started", at, name, s.s.name))
	}
	if !validScopeToken(name) {
		s.s.fault(at, "scope %q: a scope is printable ASCII without space, quote and backslash (RFC 6749 section 3.3)", name)
	}
	for _, have := range s.s.scopes {
		if have.Name() == name {
			s.s.fault(at, "scope %q is declared already at %v", name, have.s.at)
		}
	}
	one := Scope{&scope{name: name, text: description, scheme: s.s, at: at}}
	s.s.scopes = append(s.s.scopes, one)
	return one
}

// Credential is the dependency that yields the credential as it was
// presented, unverified: FastAPI's way, where the dependency checks for
// itself. A caller without one gets a 401 with the scheme's challenge. As a
// policy by itself it lets in whoever sends anything: put [Verify], [Check] or a
// dependency of yours between.
func (s *Scheme[K]) Credential() Dep[K] {
	if s == nil || s.s == nil {
		return Dep[K]{}
	}
	return Dep[K]{s.cred}
}

// Name returns the scheme's name in the OpenAPI document.
func (s *Scheme[K]) Name() string { return s.s.name }

func (s *scheme) fault(at place, format string, args ...any) {
	s.faults = append(s.faults, faultText(at, format, args...))
}

// document returns the security scheme object with its description and, for
// OAuth2, the scopes in every flow.
func (s *scheme) document() map[string]any {
	out := map[string]any{}
	for k, v := range s.openapi {
		out[k] = v
	}
	if s.text != "" {
		out["description"] = s.text
	}
	flows, ok := out["flows"].(map[string]any)
	if !ok {
		return out
	}
	scopes := map[string]any{}
	for _, one := range s.scopes {
		scopes[one.Name()] = one.Description()
	}
	full := map[string]any{}
	for name, flow := range flows {
		one := map[string]any{"scopes": scopes}
		for k, v := range flow.(map[string]any) {
			one[k] = v
		}
		full[name] = one
	}
	out["flows"] = full
	return out
}

// challengeWith appends RFC 6750 section 3 parameters to the challenge of a
// bearer scheme; other schemes have no such parameters.
func (s *scheme) challengeWith(code string, scopes Scopes) string {
	if !s.bearer || code == "" {
		return s.challenge
	}
	out := s.challenge + ` error="` + code + `"`
	if len(scopes) > 0 {
		out += `, scope="` + scopes.String() + `"`
	}
	return out
}
