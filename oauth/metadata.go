package oauth

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Metadata says where an authorization server's endpoints are and what they
// take (RFC 8414 section 2).
type Metadata struct {
	Issuer        string `json:"issuer"`
	Authorization string `json:"authorization_endpoint,omitempty" doc:"Where people sign in, by the browser"`
	TokenEndpoint string `json:"token_endpoint"`
	KeySet        string `json:"jwks_uri"`
	Revocation    string `json:"revocation_endpoint,omitempty" doc:"Where clients end what they were given"`
	Introspection string `json:"introspection_endpoint,omitempty" doc:"Where services ask about tokens"`

	Scopes        []string `json:"scopes_supported,omitempty" doc:"There may be others"`
	ResponseTypes []string `json:"response_types_supported" doc:"None where there is no authorization endpoint"`
	ResponseModes []string `json:"response_modes_supported,omitempty"`
	GrantTypes    []string `json:"grant_types_supported"`
	Challenges    []string `json:"code_challenge_methods_supported,omitempty" doc:"Of PKCE (RFC 7636), which every client must use"`
	NamesIssuer   bool     `json:"authorization_response_iss_parameter_supported,omitempty" doc:"RFC 9207"`

	ClientAuth         []string `json:"token_endpoint_auth_methods_supported"`
	ClientAlgorithms   []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	RevocationAuth     []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	RevokerAlgorithms  []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	IntrospectionAuth  []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	InquirerAlgorithms []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`

	Documentation string `json:"service_documentation,omitempty" doc:"For people who write clients"`
}

// RegisterMetadata adds the metadata of an issuer to an application, so that
// other services and clients find everything by the issuer's name alone. The application must
// serve the root of the issuer's host: RFC 8414 section 3 puts the document of
// https://example.org/auth at /.well-known/oauth-authorization-server/auth
// there. Below the issuer are the endpoints of [Server.Register], and those of
// the other Register methods that were called, before or after. The issuer is
// written as it is given, whatever the Host of a request.
//
// It is not served as /.well-known/openid-configuration as well: that would
// promise OpenID Connect, with ID tokens and a userinfo endpoint.
func (s *Server) RegisterMetadata(on holdfast.Routes, issuer string) {
	path := ""
	if u, err := url.Parse(strings.TrimRight(issuer, "/")); err == nil {
		path = u.EscapedPath()
	}
	holdfast.Get(on, "/.well-known/oauth-authorization-server"+path, holdfast.Public(),
		func(context.Context, holdfast.Anyone, holdfast.NoInput) (Metadata, error) {
			return s.metadata(issuer), nil
		},
		holdfast.Tags("tokens"), holdfast.OperationID("metadata"), holdfast.Summary("Where the token endpoints and the public keys are"))
}

func (s *Server) metadata(issuer string) Metadata {
	below := strings.TrimRight(issuer, "/")
	methods, algorithms := s.authMethods(), s.assertionAlgorithms()
	out := Metadata{
		Issuer: issuer, TokenEndpoint: below + "/token", KeySet: below + keySetPath, Scopes: s.config.Scopes,
		ResponseTypes: []string{}, GrantTypes: s.grantTypes(), ClientAuth: methods, ClientAlgorithms: algorithms,
		Documentation: s.config.Documentation,
	}
	if s.authorizes {
		out.Authorization, out.ResponseTypes, out.ResponseModes = below+"/authorize", []string{"code"}, []string{"query"}
		out.Challenges, out.NamesIssuer = []string{"S256"}, true
	}
	if s.revokes {
		out.Revocation, out.RevocationAuth, out.RevokerAlgorithms = below+"/revoke", methods, algorithms
	}
	if s.introspects {
		out.Introspection, out.IntrospectionAuth = below+"/introspect", []string{AuthBasic} // of services; clients may do as at the token endpoint
		for _, one := range methods {
			if one != AuthNone && one != AuthBasic {
				out.IntrospectionAuth = append(out.IntrospectionAuth, one)
			}
		}
		out.InquirerAlgorithms = algorithms
	}
	return out
}

// grantTypes are the grants that a client can have something for.
func (s *Server) grantTypes() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.grants)), func(one string) bool { return one == account.GrantCode && !s.authorizes })
}

// assertionAlgorithms are those of the tokens with which clients authenticate
// themselves by a key (RFC 7523); none where they cannot.
func (s *Server) assertionAlgorithms() []string {
	if !slices.Contains(s.authMethods(), AuthKey) {
		return nil
	}
	return []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
}
