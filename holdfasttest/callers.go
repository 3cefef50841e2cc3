package holdfasttest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/access"
	"github.com/holdfast-go/holdfast/internal/overrides"
)

// Kind is what is wrong with a caller's credential.
type Kind string

// The kinds of callers. Good is a caller whose credential is good.
const (
	Good          Kind = ""
	Nobody        Kind = "nobody" // presents no credential
	Garbage       Kind = "garbage"
	Expired       Kind = "expired"
	WrongAudience Kind = "wrong audience"
	WrongIssuer   Kind = "wrong issuer"
	WrongType     Kind = "wrong type"
	Revoked       Kind = "revoked"
	DisabledUser  Kind = "disabled user"
)

// kinds are all but Good, in the order of tables.
var kinds = []Kind{Nobody, Garbage, Expired, WrongAudience, WrongIssuer, WrongType, Revoked, DisabledUser}

// Caller is somebody who calls.
type Caller struct {
	Name    string            // in tables; without comma
	Kind    Kind              // what is wrong
	User    string            // who it is; "" if that does not matter
	Roles   []string          // that the user has
	Scopes  []string          // that the credential carries
	Machine bool              // a client that calls for itself, which has no role
	Path    map[string]string // values of path parameters that are the caller's own
}

// Credential is how a request becomes a caller's. The zero Credential presents
// nothing.
type Credential struct {
	Apply   func(*http.Request) // puts it on a request
	Schemes []string            // names of the schemes of which it is; of every one if nil
}

// Bearer is a bearer token for every scheme.
func Bearer(token string) Credential { return Header("Authorization", "Bearer "+token) }

// Header is a credential in a header, for every scheme.
func Header(name, value string) Credential {
	return Credential{Apply: func(r *http.Request) { r.Header.Set(name, value) }}
}

// Callers mints the credentials of an application's callers, once for each. It
// is asked for every [Kind] but Nobody. It says [CannotMint] of those that its
// scheme does not know; they are named in the table as not tried. Package
// holdfasttest/mint has some for tokens and accounts.
type Callers func(ctx context.Context, who Caller) (Credential, error)

// cannot is an error of [CannotMint].
type cannot struct{ why string }

func (c *cannot) Error() string { return "cannot be minted: " + c.why }

// CannotMint is the error of a [Callers] for a caller that cannot exist, with
// the reason: "the tokens name no audience".
func CannotMint(why string) error { return &cannot{why} }

// nobodyCan are the Callers of a test that has none.
func nobodyCan(_ context.Context, who Caller) (Credential, error) {
	if who.Kind == Garbage {
		return Bearer("garbage"), nil
	}
	return Credential{}, CannotMint("the test gives no Callers")
}

// Option says more about the callers of a test or the way they call.
type Option interface{ apply(s *settings) }

type option func(*settings)

func (o option) apply(s *settings) { o(s) }

func (c Callers) apply(s *settings) { s.callers = c }

// settings are the options of one test.
type settings struct {
	callers Callers
	who     Caller     // As
	scoped  bool       // who's scopes were said
	also    []settings // each for its caller
	misused []string   // callers of Also with options that are not about a caller
	reset   func(testing.TB)
	served  func(http.Handler) http.Handler // nil if nothing stands in front
	seed    uint64
}

func newSettings(options []Option) *settings {
	s := &settings{callers: nobodyCan, seed: 1}
	for _, o := range options {
		o.apply(s)
	}
	return s
}

// Role makes the caller of [As] or [Also] a holder of roles, with the scopes
// that come with them unless [Scopes] says which.
func Role(roles ...holdfast.Role) Option {
	return option(func(s *settings) {
		for _, r := range roles {
			s.who.Roles = append(s.who.Roles, r.Name())
		}
	})
}

// Scopes are those that the credential of [As] or [Also] carries.
func Scopes(scopes ...holdfast.Scope) Option {
	return option(func(s *settings) {
		s.scoped = true
		for _, one := range scopes {
			s.who.Scopes = append(s.who.Scopes, one.Name())
		}
	})
}

// User names the user that [As] or [Also] acts as.
func User(name string) Option { return option(func(s *settings) { s.who.User = name }) }

// Machine makes the caller of [As] or [Also] a client that calls for itself (RFC
// 6749 section 4.4): it has scopes and no role.
func Machine() Option { return option(func(s *settings) { s.who.Machine = true }) }

// Of makes the caller of [As] or [Also] one whose credential is bad.
func Of(kind Kind) Option { return option(func(s *settings) { s.who.Kind = kind }) }

// Path is the value of a path parameter for the caller of [Also]: the item
// that is theirs, or somebody else's.
func Path(name, value string) Option {
	return option(func(s *settings) {
		s.who.Path = maps.Clone(s.who.Path)
		if s.who.Path == nil {
			s.who.Path = map[string]string{}
		}
		s.who.Path[name] = value
	})
}

// Also adds a caller to a matrix, for rules about single objects: "the owner
// of item 1" and "a stranger to item 1". Unless [Scopes] says which, the caller
// has the scopes that come with the roles, or all scopes if no role is named: a
// request that fails for want of a scope would never come to the rule. That such
// a caller cannot be minted, or names a path parameter that no route has, fails
// the test.
func Also(name string, who ...Option) Option {
	return option(func(s *settings) {
		one := newSettings(who)
		one.who.Name = name
		if one.also != nil || one.reset != nil || one.served != nil {
			s.misused = append(s.misused, name)
		}
		s.also = append(s.also, *one)
	})
}

// Fresh calls reset before each request of [Matrix] and [Attack], so that what a
// handler has deleted or changed for one caller is there for the next: it may
// fill the tables again, or put a copy of a file in place.
func Fresh(reset func(t testing.TB)) Option {
	return option(func(s *settings) { s.reset = reset })
}

// Served says what stands in front of the application where it is served, so
// that the test sees it as callers do. A [net/http.ServeMux] in which other
// handlers are mounted has their patterns listed.
//
// Routes of [holdfast.App.Guard] are served by what Served returns or not at
// all, so that one whose handler is mounted without its guard is found. Without
// Served they are called as if the application served them.
func Served(around func(app http.Handler) http.Handler) Option {
	return option(func(s *settings) { s.served = around })
}

// refresh calls what Fresh gave.
func (s *settings) refresh(t testing.TB) {
	if s.reset != nil {
		t.Helper()
		s.reset(t)
	}
}

// front is what callers call. between stands directly in front of the
// application, for who wants to know what arrives there.
func (s *settings) front(app *holdfast.App, between func(http.Handler) http.Handler) http.Handler {
	if s.served == nil {
		return between(overrides.Everything(app))
	}
	return s.served(between(app))
}

// Seed chooses other random mutations of [Attack]; the default is 1.
func Seed(seed uint64) Option { return option(func(s *settings) { s.seed = seed }) }

// mint mints a caller's credential.
func (s *settings) mint(ctx context.Context, who Caller) (Credential, error) {
	if who.Kind == Nobody {
		return Credential{}, nil
	}
	return s.callers(ctx, who)
}

func isCannot(err error) bool {
	_, ok := errors.AsType[*cannot](err)
	return ok
}

// callersOf lists the callers of a matrix: each kind of wrong credential of
// somebody who could do everything, then what scopes and roles open, then those
// of Also.
func (s *settings) callersOf(d access.Document) []*minted {
	var out []*minted
	for _, who := range standardCallers(d.RoleNames(), d.ScopeNames(), d.Grants) {
		out = append(out, &minted{Caller: who})
	}
	for _, one := range s.also {
		m := &minted{Caller: one.who, also: true, vague: one.who.User != "" && one.who.Roles == nil && !one.scoped}
		if !one.scoped {
			m.Scopes = scopesOf(d, one.who)
		}
		out = append(out, m)
	}
	return out
}

func standardCallers(roles, scopes []string, grants func(role string) []string) []Caller {
	var out []Caller
	for _, kind := range kinds {
		out = append(out, Caller{Name: string(kind), Kind: kind, Roles: roles, Scopes: scopes})
	}
	out = append(out, Caller{Name: "everything", Roles: roles, Scopes: scopes}, Caller{Name: "nothing but a credential"})
	for _, role := range roles {
		out = append(out, Caller{Name: "role " + role, Roles: []string{role}, Scopes: grants(role)})
	}
	for _, scope := range scopes {
		rest := slices.DeleteFunc(slices.Clone(scopes), func(one string) bool { return one == scope })
		out = append(out,
			Caller{Name: "scope " + scope + " alone", Roles: roles, Scopes: []string{scope}},
			Caller{Name: "all scopes but " + scope, Roles: roles, Scopes: rest})
	}
	return out
}
