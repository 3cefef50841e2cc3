package accountapi

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// APIKey is a key without what is presented, which is shown once.
type APIKey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes" doc:"What it may do, of what its owner may at each request"`
	Created    time.Time  `json:"created"`
	Expires    time.Time  `json:"expires"`
	LastUsed   *time.Time `json:"last_used" doc:"To the minute, and some minutes late; null if never"`
	ReplacedBy string     `json:"replaced_by,omitempty" doc:"The id of the key that it was rotated to"`
}

// APIKeySecret is a new key.
type APIKeySecret struct {
	APIKey
	Key string `json:"key" format:"password" doc:"What is presented, as Authorization: Bearer …; shown this once"`
}

// ViewAPIKey is a key as it is shown.
func ViewAPIKey(k account.APIKey) APIKey {
	out := APIKey{ID: k.ID, Name: k.Name, Scopes: append([]string{}, k.Scopes...), Created: k.Created, Expires: k.Expires, ReplacedBy: k.Replaced}
	if !k.LastUsed.IsZero() {
		out.LastUsed = &k.LastUsed
	}
	return out
}

// RegisterKeys adds the endpoints of API keys: everybody's own, and for
// administrators those of other users, to look at and to revoke, and those of
// clients. None takes an API key: with one, no other can be made.
func (a *API) RegisterKeys(on holdfast.Routes) {
	own := holdfast.Security(holdfast.Depends1(a.caller, person), a.scopes.WriteKeys)
	keys, created := holdfast.Tags("keys"), holdfast.Status(http.StatusCreated)
	holdfast.Get(on, "/users/me/keys", own, a.listOwnKeys, keys, holdfast.Shadows("/users/{id}/keys"), fails(noStore))
	holdfast.Post(on, "/users/me/keys", own, a.createOwnKey, keys, created, fails(keyForbidden, tooManyKeys, noStore),
		holdfast.Summary("Make an own API key, which can do no more than this call"))
	holdfast.Delete(on, "/users/me/keys/{key}", own, a.revokeOwnKey, keys, holdfast.Shadows("/users/{id}/keys/{key}"), fails(noKey, noStore))
	holdfast.Post(on, "/users/me/keys/{key}/rotate", own, a.rotateOwnKey, keys, created, fails(keyForbidden, noKey, keyReplaced, noStore),
		holdfast.Summary("Make a key in place of another one, which lives on for a while"))

	writer := holdfast.AnyRole(a.caller.Require(a.scopes.WriteUsers), Admin)
	holdfast.Get(on, "/users/{id}/keys", a.Administrators(), a.listUserKeys, keys, fails(noUser, noStore))
	holdfast.Delete(on, "/users/{id}/keys/{key}", writer, a.revokeUserKey, keys, fails(noKey, noStore))

	clients := holdfast.AnyRole(holdfast.Depends1(a.caller, inPerson).Require(a.scopes.WriteClients), Admin)
	holdfast.Get(on, "/clients/{id}/keys", clients, a.listClientKeys, keys, fails(noClient, noStore))
	holdfast.Post(on, "/clients/{id}/keys", clients, a.createClientKey, keys, created, fails(noClient, tooManyKeys, noStore),
		holdfast.Summary("Make an API key for a client that calls for itself"))
	holdfast.Delete(on, "/clients/{id}/keys/{key}", clients, a.revokeClientKey, keys, fails(noKey, noStore))
	holdfast.Post(on, "/clients/{id}/keys/{key}/rotate", clients, a.rotateClientKey, keys, created, fails(noKey, keyReplaced, noStore),
		holdfast.Summary("Make a key in place of another one, which lives on for a while"))
}

var (
	noKey        = apidoc.Answer{Status: http.StatusNotFound, Text: "There is no such API key"}
	keyReplaced  = apidoc.Answer{Status: http.StatusConflict, Text: "The API key was rotated already, or there are as many as there may be"}
	tooManyKeys  = apidoc.Answer{Status: http.StatusConflict, Text: "There are as many API keys as there may be"}
	keyForbidden = apidoc.Answer{Status: http.StatusForbidden, Text: "An application of others makes no API keys"}
)

// KeyID is the key in the path.
type KeyID struct {
	Key string `path:"key" maxLength:"64"`
}

// NewKey is the body of POST /users/me/keys.
type NewKey struct {
	Body NewKeyBody
}

// NewKeyBody is what a key is asked for with.
type NewKeyBody struct {
	Name      string   `json:"name" minLength:"1" maxLength:"64" doc:"What it is for"`
	Scopes    []string `json:"scopes" maxItems:"200"`
	ExpiresIn int64    `json:"expires_in,omitempty" minimum:"1" maximum:"3153600000" doc:"Seconds; 90 days if left out, and at most 366 days unless the server says otherwise"`
}

func (b NewKeyBody) ask() account.APIKeyAsk {
	return account.APIKeyAsk{Name: b.Name, Scopes: b.Scopes, TTL: time.Duration(b.ExpiresIn) * time.Second}
}

// KeyRotation is the body of a rotation.
type KeyRotation struct {
	KeyID
	Body KeyOverlap
}

// KeyOverlap is how a key is rotated.
type KeyOverlap struct {
	Overlap int64 `json:"overlap,omitempty" default:"86400" minimum:"0" maximum:"2592000" doc:"Seconds for which the key before stays good; 0 ends it at once"`
}

func (o KeyOverlap) duration() time.Duration { return time.Duration(o.Overlap) * time.Second }

func ownerOf(c account.Caller) account.APIKeyOwner { return account.APIKeyOwner{UserID: c.User.ID} }

// list is an owner's keys.
func (a *API) list(ctx context.Context, owner account.APIKeyOwner) ([]APIKey, error) {
	keys, err := a.accounts.APIKeys(ctx, owner)
	if err != nil {
		return nil, answer(err)
	}
	out := make([]APIKey, len(keys))
	for i, k := range keys {
		out[i] = ViewAPIKey(k)
	}
	return out, nil
}

// shown is a new key, for the first and last time.
func shown(ctx context.Context, grant account.APIKeyGrant, err error) (APIKeySecret, error) {
	if err != nil {
		return APIKeySecret{}, answer(err)
	}
	holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
	return APIKeySecret{ViewAPIKey(grant.Key), string(grant.Secret)}, nil
}

func (a *API) listOwnKeys(ctx context.Context, c account.Caller, _ holdfast.NoInput) ([]APIKey, error) {
	return a.list(ctx, ownerOf(c))
}

func (a *API) createOwnKey(ctx context.Context, c account.Caller, in NewKey) (APIKeySecret, error) {
	grant, err := a.accounts.NewOwnAPIKey(ctx, c, in.Body.ask())
	return shown(ctx, grant, err)
}

func (a *API) revokeOwnKey(ctx context.Context, c account.Caller, in KeyID) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RevokeAPIKey(ctx, ownerOf(c), in.Key))
}

func (a *API) rotateOwnKey(ctx context.Context, c account.Caller, in KeyRotation) (APIKeySecret, error) {
	grant, err := a.accounts.RotateOwnAPIKey(ctx, c, in.Key, in.Body.duration())
	return shown(ctx, grant, err)
}

func (a *API) listUserKeys(ctx context.Context, _ account.Caller, in UserID) ([]APIKey, error) {
	if _, err := a.accounts.User(ctx, in.ID); err != nil {
		return nil, answer(err)
	}
	return a.list(ctx, account.APIKeyOwner{UserID: in.ID})
}

// UserKey is a user's key in the path.
type UserKey struct {
	UserID
	KeyID
}

func (a *API) revokeUserKey(ctx context.Context, _ account.Caller, in UserKey) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RevokeAPIKey(ctx, account.APIKeyOwner{UserID: in.ID}, in.Key))
}

func (a *API) listClientKeys(ctx context.Context, _ account.Caller, in ClientID) ([]APIKey, error) {
	if _, err := a.accounts.Client(ctx, in.ID); err != nil {
		return nil, answer(err)
	}
	return a.list(ctx, account.APIKeyOwner{ClientID: in.ID})
}

// NewClientKey is the body of POST /clients/{id}/keys.
type NewClientKey struct {
	ClientID
	Body NewKeyBody
}

func (a *API) createClientKey(ctx context.Context, _ account.Caller, in NewClientKey) (APIKeySecret, error) {
	grant, err := a.accounts.NewAPIKey(ctx, account.APIKeyOwner{ClientID: in.ID}, in.Body.ask())
	return shown(ctx, grant, err)
}

// ClientKey is a client's key in the path.
type ClientKey struct {
	ClientID
	KeyID
}

func (a *API) revokeClientKey(ctx context.Context, _ account.Caller, in ClientKey) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RevokeAPIKey(ctx, account.APIKeyOwner{ClientID: in.ID}, in.Key))
}

// ClientKeyRotation is the body of POST /clients/{id}/keys/{key}/rotate.
type ClientKeyRotation struct {
	ClientID
	KeyID
	Body KeyOverlap
}

func (a *API) rotateClientKey(ctx context.Context, _ account.Caller, in ClientKeyRotation) (APIKeySecret, error) {
	grant, err := a.accounts.RotateAPIKey(ctx, account.APIKeyOwner{ClientID: in.ID}, in.Key, in.Body.duration())
	return shown(ctx, grant, err)
}
