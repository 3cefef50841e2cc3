package holdfast

import (
	"fmt"
	"maps"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// OAuth2Flow is one way to get a token (OpenAPI 3.1, OAuth Flow Object). The
// scopes are those declared on the scheme. Relative URLs are resolved against
// the document's own address, so they work behind a path prefix.
type OAuth2Flow struct {
	AuthorizationURL string // of implicit and authorizationCode
	TokenURL         string // of all others than implicit
	RefreshURL       string // may be empty
}

// OAuth2Flows are the ways that a scheme offers; a nil one is not offered.
type OAuth2Flows struct {
	Password          *OAuth2Flow
	AuthorizationCode *OAuth2Flow
	ClientCredentials *OAuth2Flow
	Implicit          *OAuth2Flow // RFC 9700 advises against it
}

// OAuth2 is a bearer token that callers get by any of the flows.
func OAuth2(flows OAuth2Flows, options ...SchemeOption) *Scheme[string] {
	return newOAuth2("OAuth2", flows, plan.Caller()).apply(options)
}

// OAuth2PasswordBearer is a bearer token that callers get from tokenURL with
// their name and password.
func OAuth2PasswordBearer(tokenURL string, options ...SchemeOption) *Scheme[string] {
	flows := OAuth2Flows{Password: &OAuth2Flow{TokenURL: tokenURL}}
	return newOAuth2("OAuth2PasswordBearer", flows, plan.Caller()).apply(options)
}

// OAuth2AuthorizationCodeBearer is a bearer token that callers get by the
// authorization code flow (RFC 6749 section 4.1).
func OAuth2AuthorizationCodeBearer(authorizationURL, tokenURL string, options ...SchemeOption) *Scheme[string] {
	flows := OAuth2Flows{AuthorizationCode: &OAuth2Flow{AuthorizationURL: authorizationURL, TokenURL: tokenURL}}
	return newOAuth2("OAuth2AuthorizationCodeBearer", flows, plan.Caller()).apply(options)
}

// OAuth2ClientCredentials is a bearer token that programs get in their own
// name (RFC 6749 section 4.4).
func OAuth2ClientCredentials(tokenURL string, options ...SchemeOption) *Scheme[string] {
	flows := OAuth2Flows{ClientCredentials: &OAuth2Flow{TokenURL: tokenURL}}
	return newOAuth2("OAuth2ClientCredentials", flows, plan.Caller()).apply(options)
}

// OpenIDConnect is a bearer token of the provider whose configuration is at
// the URL (".../.well-known/openid-configuration").
func OpenIDConnect(configurationURL string, options ...SchemeOption) *Scheme[string] {
	s := newBearer("OpenIdConnect", map[string]any{"type": "openIdConnect", "openIdConnectUrl": configurationURL}, plan.Caller())
	if configurationURL == "" {
		s.fault(s.core.At, "OpenIDConnect: the configuration's URL is missing")
	}
	return s.apply(options)
}

func newOAuth2(name string, flows OAuth2Flows, at plan.Place) *Scheme[string] {
	objects := map[string]any{} // the document's flow objects
	s := newBearer(name, map[string]any{"type": "oauth2", "flows": objects}, at)
	add := func(kind string, flow *OAuth2Flow, authorization, token bool) {
		if flow == nil {
			return
		}
		if hasAuthorization, hasToken := flow.AuthorizationURL != "", flow.TokenURL != ""; hasAuthorization != authorization || hasToken != token {
			s.fault(at, "%s: flow %s: %s", name, kind, neededURLs(authorization, token))
		}
		objects[kind] = flow.object()
	}
	add("password", flows.Password, false, true)
	add("authorizationCode", flows.AuthorizationCode, true, true)
	add("clientCredentials", flows.ClientCredentials, false, true)
	add("implicit", flows.Implicit, true, false)
	return s
}

func neededURLs(authorization, token bool) string {
	switch {
	case authorization && token:
		return "it needs an AuthorizationURL and a TokenURL"
	case token:
		return "it needs a TokenURL and takes no AuthorizationURL"
	}
	return "it needs an AuthorizationURL and takes no TokenURL"
}

func (f *OAuth2Flow) object() map[string]any {
	out := map[string]any{"authorizationUrl": f.AuthorizationURL, "tokenUrl": f.TokenURL, "refreshUrl": f.RefreshURL}
	maps.DeleteFunc(out, func(_ string, url any) bool { return url == "" })
	return out
}

// RefreshURL says where the tokens of the scheme's flows are refreshed, if not
// where they are issued. Of a scheme without flows it is an error at start.
func RefreshURL(url string) SchemeOption {
	at := plan.Caller()
	return func(s *scheme) {
		flows, ok := s.OpenAPI["flows"].(map[string]any)
		if !ok {
			s.Faults = append(s.Faults, fmt.Errorf("%v: scheme %s: RefreshURL is for schemes with flows", at, s.Name))
		}
		for _, flow := range flows {
			if object, ok := flow.(map[string]any); ok { // or else it is a mistake
				object["refreshUrl"] = url
			}
		}
	}
}
