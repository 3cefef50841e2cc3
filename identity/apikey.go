package identity

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// APIKey is the dependency for callers with an API key, which is presented as an
// access token is, Authorization: Bearer hfp_…. It makes the same Caller, and can
// be asked for the same scopes and roles: what a key may do is its own scopes, as
// far as its user's roles or its client grant them at the request. Caller takes no
// API keys, so that a route that does says so: see [Identity.CallerOrAPIKey].
//
// The caller of a client's key is a machine, without a user: see
// [account.Caller.Machine].
func (id *Identity) APIKey() holdfast.Dep[Caller] { return id.apiKey }

// CallerOrAPIKey is the policy for callers with an access token or an API key
// that carries the scopes: AnyOf of Caller and APIKey.
func (id *Identity) CallerOrAPIKey(scopes ...holdfast.Scope) holdfast.Policy[Caller] {
	return holdfast.AnyOf(holdfast.Security(id.Caller(), scopes...), holdfast.Security(id.apiKey, scopes...))
}

// VerifyAPIKey returns the caller of an API key, as the store has it now. It is
// for keys that are presented in another way than [Identity.APIKey] takes them:
//
//	header := holdfast.APIKeyHeader("X-API-Key", holdfast.ScopesOf(auth.Scheme))
//	key := holdfast.Verify(header, id.VerifyAPIKey)
func (id *Identity) VerifyAPIKey(ctx context.Context, key string) (Caller, error) {
	caller, err := id.accounts.APIKeyCaller(ctx, account.Secret(key))
	if err != nil && !errors.Is(err, account.ErrNoCaller) {
		err = unavailable(err)
	}
	return caller, err
}
