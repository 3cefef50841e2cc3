package account

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"
)

// What can be wrong with a client.
var (
	ErrNoClient    = errors.New("no such client")
	ErrBadClient   = errors.New("wrong client or secret")
	ErrClientTaken = errors.New("there is a client of this id already")
)

// BuiltInClient is the id of the client that is meant where none is named. A
// configuration may declare it (see Config.Clients); one that does not has a
// public, first-party client without bounds under this id.
const BuiltInClient = "holdfast"

// The grants that a client may be given (RFC 7591 section 2, grant_types).
const (
	GrantCode              = "authorization_code"
	GrantRefresh           = "refresh_token"
	GrantClientCredentials = "client_credentials"
	GrantPassword          = "password" // for first-party clients that a program declares, and for no others
)

// Client is an application that asks for tokens (RFC 6749 section 2). It is
// kept in the store, or declared in Config.Clients.
type Client struct {
	// ID is its client_id: chosen by who makes it (a to z, digits and . _ -, with a
	// letter) or made with the prefix hfc_. It is never the id of a user, which has
	// no lower case.
	ID string

	Name       string   // what people are shown
	FirstParty bool     // people are not asked for their consent
	Public     bool     // has neither secret nor key (RFC 6749 section 2.1)
	Disabled   bool     // gets no tokens, and those it has are good for nothing
	Redirects  []string // exact, but for the port of a loopback address: see AllowsRedirect
	Grants     []string // the Grant constants that it may use

	// Scopes is what its tokens may carry at most: of those of a user's, and of
	// its own where it calls for itself. Nil means all that the user is granted,
	// which only first-party clients may have, and none of its own.
	Scopes []string

	// Audiences are the resources that it may ask tokens for (RFC 8707). The
	// issuer's own default goes without saying.
	Audiences []string

	Keys    string // a JWK set of public keys for private_key_jwt, or ""
	Created time.Time
}

// ClientSecret is a client's secret as it is kept.
type ClientSecret struct {
	Hash    [32]byte  // SHA-256
	Expires time.Time // zero: none
}

// MaxClientSecrets is how many secrets a client has at most: one, and while it
// rotates the one before.
const MaxClientSecrets = 2

// MaxAssertions is how many assertions of a client are remembered at most, until
// they are over. Another one is refused while there are so many.
const MaxAssertions = 10_000

// Ask is what a client asks for at a sign-in.
type Ask struct {
	ClientID string   // BuiltInClient if empty
	Scopes   []string // of which those are granted that the user's roles and the client may have
	Audience []string // the resources that tokens are for; the issuer's default if empty

	// DefaultAudience is the issuer's default, of which a refresh may ask for a part
	// where the sign-in has named no resource; for none if nil.
	DefaultAudience []string

	signedIn bool // somebody has proved who they are just now
}

// MayUse reports whether the client may use a grant.
func (c Client) MayUse(grant string) bool { return slices.Contains(c.Grants, grant) }

// MayAsk reports whether the client may ask for a scope at all.
func (c Client) MayAsk(scope string) bool {
	return c.Scopes == nil && c.FirstParty || slices.Contains(c.Scopes, scope)
}

// bound takes out of what is granted what the client may not ask for.
func (c Client) bound(grants map[string]bool) {
	for scope := range grants {
		if !c.MayAsk(scope) {
			delete(grants, scope)
		}
	}
}

func (c Client) clone() Client {
	c.Redirects, c.Grants = slices.Clone(c.Redirects), slices.Clone(c.Grants)
	c.Scopes, c.Audiences = slices.Clone(c.Scopes), slices.Clone(c.Audiences)
	return c
}

// machine is a client that calls for itself.
type machine struct {
	client  Client
	secrets []ClientSecret
	keys    []clientKey
}

// counts reports whether the secret is good at a time.
func (c ClientSecret) counts(now time.Time) bool { return c.Expires.IsZero() || now.Before(c.Expires) }

// name tells the secret from the client's other one, in tokens, which everybody
// may read: of 256 random bits a hash of the hash gives nothing away.
func (c ClientSecret) name() string {
	sum := sha256.Sum256(append([]byte("client secret "), c.Hash[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// stands reports whether a credential counts, and until when, if it ends.
func (m *machine) stands(credential string, now time.Time) (until time.Time, ok bool) {
	for _, one := range m.secrets {
		if one.name() == credential && one.counts(now) {
			return one.Expires, true
		}
	}
	for _, one := range m.keys {
		if one.name == credential {
			return time.Time{}, true
		}
	}
	return time.Time{}, false
}
