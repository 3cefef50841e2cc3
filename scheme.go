package holdfast

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// Scheme is a way in which callers present a credential of type K: a bearer
// token, an API key, a name and password. It knows how to find the credential
// in a request, how to challenge a caller who has none, and how OpenAPI
// describes it; it does not know whether a credential is good, which is what
// [Verify] is for. Declare schemes once, as package variables.
type Scheme[K any] struct{ core *plan.Scheme }

// SchemeOption changes how a scheme is named or described.
type SchemeOption func(*scheme)

// scheme is a Scheme without its type.
type scheme = plan.Scheme

// Named sets the scheme's name in the OpenAPI document; two schemes of one
// name are an error at start.
func Named(name string) SchemeOption { return func(s *scheme) { s.Name = name } }

// Described sets the scheme's description in the OpenAPI document.
func Described(text string) SchemeOption { return func(s *scheme) { s.Text = text } }

// NotAuthenticated sets the answer to callers without a credential, instead of
// a 401 "Not authenticated" with the scheme's challenge.
func NotAuthenticated(answer *Error) SchemeOption {
	return func(s *scheme) {
		if answer != nil {
			s.Missing = answer
		}
	}
}

// ScopesOf says that credentials of this scheme carry the scopes of another one
// beside its own, as a session's cookie does that stands for the same user as a
// token: a dependency that verifies either can be asked for the same [Scope]. A
// nil scheme is an error at start.
func ScopesOf[K any](other *Scheme[K]) SchemeOption {
	at := plan.Caller()
	return func(s *scheme) {
		if other == nil || other.core == nil {
			s.Faults = append(s.Faults, fmt.Errorf("%v: scheme %s: ScopesOf a nil or zero Scheme", at, s.Name))
			return
		}
		s.ScopesOf = other.core
	}
}

// BearerFormat says in the document what a bearer token looks like: "JWT". It is
// for schemes of HTTP; of others it is an error at start.
func BearerFormat(format string) SchemeOption {
	at := plan.Caller()
	return func(s *scheme) {
		if s.OpenAPI["type"] != "http" {
			s.Faults = append(s.Faults, fmt.Errorf("%v: scheme %s: BearerFormat is for schemes of HTTP", at, s.Name))
			return
		}
		s.OpenAPI["bearerFormat"] = format
	}
}

// NewScheme makes a scheme of the caller's own. The challenge is the value of
// WWW-Authenticate for callers without a credential, openapi the security
// scheme object of the document, and find returns the credential and whether
// there is one. The request that find sees has no body.
func NewScheme[K any](name, challenge string, openapi map[string]any, find func(*http.Request) (K, bool), options ...SchemeOption) *Scheme[K] {
	look := func(x plan.Exchange) (K, presence) {
		credential, ok := find(x.WithoutBody())
		return credential, presentIf(ok)
	}
	object := maps.Clone(openapi)
	if object == nil {
		object = map[string]any{}
	}
	s := newScheme(name, challenge, object, look, plan.Caller())
	s.core.Own = true
	if find == nil || openapi == nil {
		s.fault(s.core.At, "scheme %s: the security scheme object or the function that finds the credential is nil", name)
	}
	flows, _ := openapi["flows"].(map[string]any)
	for kind, flow := range flows {
		if _, ok := flow.(map[string]any); !ok {
			s.fault(s.core.At, "scheme %s: flow %s is no object, which is a map[string]any", name, kind)
		}
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

func newScheme[K any](name, challenge string, openapi map[string]any, find func(plan.Exchange) (K, presence), at plan.Place) *Scheme[K] {
	core := &plan.Scheme{Name: name, Challenge: challenge, OpenAPI: openapi, At: at}
	core.Credential = plan.NewNode[K](plan.Credential, name, at)
	core.Credential.SetScheme(core)
	core.Credential.Run = func(x plan.Exchange, s *plan.Step) error {
		value, found := find(x)
		if found != present {
			return &plan.NoCredential{Scheme: core, Unreadable: found == unreadable, Says: s.Says.Missing, Kind: s.Says.Kind}
		}
		plan.Put(x.Frame(), s.Out, value)
		return nil
	}
	return &Scheme[K]{core}
}

// builtIn lets a function of this package look for a credential in the request
// as it was sent: it leaves the body alone.
func builtIn[K any](find func(*http.Request) (K, presence)) func(plan.Exchange) (K, presence) {
	return func(x plan.Exchange) (K, presence) { return find(x.Sent()) }
}

func (s *Scheme[K]) apply(options []SchemeOption) *Scheme[K] {
	for _, option := range options {
		if option == nil {
			s.fault(s.core.At, "scheme %s: a nil option", s.core.Name)
			continue
		}
		option(s.core)
	}
	s.core.Credential.Name = s.core.Name // which Named may have changed
	if s.core.Bearer {
		s.core.Realm = " realm=" + strconv.QuoteToASCII(s.core.Name)
	}
	return s
}

// Scope declares a scope of this scheme. A name that was declared before or is
// not a scope-token of RFC 6749 is an error at start.
func (s *Scheme[K]) Scope(name, description string) Scope {
	at := plan.Caller()
	if s.core.Frozen.Load() {
		panic(fmt.Sprintf("holdfast: %v: scope %q is declared after an application with scheme %s was started", at, name, s.core.Name))
	}
	if !plan.ScopeToken(name) {
		s.fault(at, "scope %q: a scope is printable ASCII without space, quote and backslash (RFC 6749 section 3.3)", name)
	}
	for _, have := range s.core.Scopes {
		if have.Name == name {
			s.fault(at, "scope %q is declared already at %v", name, have.At)
		}
	}
	one := &plan.Scope{Name: name, Text: description, Scheme: s.core, At: at}
	s.core.Scopes = append(s.core.Scopes, one)
	return Scope{one}
}

// Credential is the dependency that yields the credential as it was
// presented, unverified: FastAPI's way, where the dependency checks for
// itself. A caller without one gets a 401 with the scheme's challenge. As a
// policy by itself it lets in callers who send anything: put [Verify], [Check] or a
// dependency of yours between.
func (s *Scheme[K]) Credential() Dep[K] {
	if s == nil || s.core == nil {
		return Dep[K]{}
	}
	return Dep[K]{s.core.Credential}
}

// Name returns the scheme's name in the OpenAPI document.
func (s *Scheme[K]) Name() string { return s.core.Name }

// fault keeps a mistake for the start of an application.
func (s *Scheme[K]) fault(at plan.Place, format string, args ...any) {
	s.core.Faults = append(s.core.Faults, fmt.Errorf("%v: "+format, append([]any{at}, args...)...))
}

// single returns a header that was sent once.
func single(r *http.Request, name string) (string, presence) {
	return only(r.Header[http.CanonicalHeaderKey(name)])
}

// only returns the value of which there is one. An empty one is none.
func only(values []string) (string, presence) {
	switch {
	case len(values) > 1:
		return "", unreadable
	case len(values) == 0 || values[0] == "":
		return "", absent
	}
	return values[0], present
}

// Claims is what a verified credential says about its scopes. HasScope must be
// safe for concurrent use.
type Claims interface {
	HasScope(scope string) bool
}

// Verify is the dependency that checks a scheme's credential. Right after verify
// returns, the runner always checks that the claims hold every scope of this
// scheme that was required on a path to the dependency: by the route, its
// groups or other dependencies.
//
// Streams (see [Raw]) are verified again. Claims with a method
// Expires() (time.Time, bool) say when they end, or with false that they do not end
// by themselves. Those with a method Changes() func() uint64 give a number that is
// another one when they may not be good any more, such as the generation of the
// store that was asked; like Config.Changes it must not block. With both methods,
// and no function of a dependency in the policy, a stream costs next to nothing
// until something changes.
//
// An error of verify is a 401 that tells the caller only that the credential
// was not accepted. Return an [*Error] for anything else, for instance 503
// when the store cannot be asked.
func Verify[K any, C Claims](s *Scheme[K], verify func(ctx context.Context, credential K) (C, error)) Dep[C] {
	n := verifier(s, verify, plan.Caller())
	n.CompareScopesWith(func(f *plan.Frame, cell int, scope string) bool { return plan.Take[C](f, cell).HasScope(scope) })
	return Dep[C]{n}
}

// Check is [Verify] for credentials that carry no scopes: an API key, a name and
// a password. An error of check is a 401 with the scheme's challenge. Requiring
// a scope of it is an error at start, unless a dependency between the two takes
// [SecurityScopes] and so compares them itself.
func Check[K, T any](s *Scheme[K], check func(ctx context.Context, credential K) (T, error)) Dep[T] {
	return Dep[T]{verifier(s, check, plan.Caller())}
}

// verifier is the node of a function that checks a credential.
func verifier[K, T any](s *Scheme[K], check func(ctx context.Context, credential K) (T, error), at plan.Place) *plan.Node {
	if s == nil || s.core == nil {
		n := newDepend[T](plan.Depend, check, at)
		n.SetFault("its scheme is nil or the zero Scheme")
		return n
	}
	core := s.core
	n := newDepend[T](plan.Verify, check, at, core.Credential)
	n.Name = core.Name
	n.SetScheme(core)
	n.Run = func(x plan.Exchange, st *plan.Step) error {
		f := x.Frame()
		value, err := check(x, plan.Take[K](f, st.In[0]))
		if err != nil {
			return refusedBy(st, err)
		}
		plan.Put(f, st.Out, value)
		return nil
	}
	return n
}
