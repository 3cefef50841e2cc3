package apidoc

import "strings"

// Resource is the API as OAuth knows it: something that takes tokens. An
// application that is given one serves the metadata of RFC 9728, made from its
// policies and schemes, at the address that the RFC derives from URL
// (/.well-known/oauth-protected-resource, and the URL's path behind it), to
// everybody. Its challenges to callers who are to present a bearer token name that
// address and the scopes that the route wants, so that a client that knows nothing
// but the API's address finds out where to sign in, and what for.
type Resource struct {
	// URL is where the API is reached, "https://api.example.org": what clients name
	// as the resource that they want a token for (RFC 8707), and so what tokens
	// should say in aud. It has no query and no fragment.
	URL string

	// AuthorizationServers are the issuers whose tokens the API takes. If there are
	// none, they are those of the schemes that holdfast.OpenIDConnect made.
	AuthorizationServers []string

	Name          string // what people are shown; the application's title if empty
	Documentation string // an address for developers; that of ExternalDocs if empty

	// Scopes are what a client that does not know better asks for: all that routes
	// want of bearer tokens if nil. Each must be one of those.
	Scopes []string
}

func (n *notes) resource(r Resource) {
	given := r.AuthorizationServers != nil || r.Name != "" || r.Documentation != "" || r.Scopes != nil
	n.check(r.URL == "" && given, "Resource: it has no URL")
	n.address("Resource.URL", r.URL)
	n.check(strings.ContainsAny(r.URL, "?#@{}\"\\ ") || strings.ContainsFunc(r.URL, func(c rune) bool { return c < ' ' || c > '~' }),
		"Resource.URL: %q: it has no query, fragment, user or braces, and is ASCII", r.URL)
	n.address("Resource.Documentation", r.Documentation)
	for _, one := range r.AuthorizationServers {
		n.check(one == "", "Resource.AuthorizationServers: one of them is empty")
		n.address("Resource.AuthorizationServers", one)
	}
}
