package holdfast

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/plan"
)

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
			return refusedBy(core, err)
		}
		plan.Put(f, st.Out, value)
		return nil
	}
	return n
}
