package identity

import (
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/accountapi"
)

// Scheme is how callers present an access token, with the scopes of the
// endpoints here: Me, ReadUsers, WriteUsers, WriteRoles and WriteClients. The application's
// own scopes are declared on it with Scope. Beside the token there is the cookie
// of a session, which carries the same scopes: see [Identity.Session] and, for
// WebSockets, [Identity.Socket].
type Scheme struct {
	*holdfast.Scheme[string]
	accountapi.Scopes

	prefix  string
	session *holdfast.Scheme[presented] // another way to present the same user
	socket  *holdfast.Scheme[string]    // and the same token, for browsers' WebSockets
}

// NewScheme declares the scheme of an application whose endpoints of this
// package stand at the root: POST /token and so on. Declare it once, as a
// package variable.
func NewScheme() *Scheme { return NewSchemeUnder("") }

// NewSchemeUnder is NewScheme with the endpoints under a prefix, such as
// "/auth": POST /auth/token and so on. The prefix is part of the issuer.
func NewSchemeUnder(prefix string) *Scheme {
	scheme := holdfast.OAuth2PasswordBearer(strings.TrimPrefix(prefix+"/token", "/"))
	return &Scheme{
		Scheme: scheme, Scopes: accountapi.DeclareScopes(scheme), prefix: prefix,
		session: sessionScheme(scheme), socket: holdfast.WebSocketBearer(holdfast.ScopesOf(scheme)),
	}
}
