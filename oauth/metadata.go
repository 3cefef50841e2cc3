package oauth

import (
	"context"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// Metadata says where an authorization server's endpoints are and what they
// take (RFC 8414 section 2).
type Metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	KeySet        string   `json:"jwks_uri"`
	Introspection string   `json:"introspection_endpoint,omitempty" doc:"Where services ask about tokens"`
	ResponseTypes []string `json:"response_types_supported" doc:"None: there is no authorization endpoint"`
	GrantTypes    []string `json:"grant_types_supported"`
	ClientAuth    []string `json:"token_endpoint_auth_methods_supported"`
}

// RegisterMetadata adds the metadata of an issuer to an application, so that
// other services find the keys by the issuer's name alone. The application must
// serve the root of the issuer's host: RFC 8414 section 3 puts the document of
// https://example.org/auth at /.well-known/oauth-authorization-server/auth
// there. Below the issuer are the endpoints of [Server.Register], and that of
// [Server.RegisterIntrospection] if it was called.
func (s *Server) RegisterMetadata(on holdfast.Routes, issuer string) {
	below := strings.TrimRight(issuer, "/")
	out := Metadata{
		Issuer: issuer, TokenEndpoint: below + "/token", KeySet: below + keySetPath,
		GrantTypes: []string{"password", "refresh_token"}, ClientAuth: s.authMethods(),
	}
	path := ""
	if u, err := url.Parse(below); err == nil {
		path = u.EscapedPath()
	}
	holdfast.Get(on, "/.well-known/oauth-authorization-server"+path, holdfast.Public(),
		func(context.Context, holdfast.Anyone, holdfast.NoInput) (Metadata, error) {
			out := out
			if s.introspects {
				out.Introspection = below + "/introspect"
			}
			return out, nil
		},
		holdfast.Tags("tokens"), holdfast.OperationID("metadata"), holdfast.Summary("Where the token endpoints and the public keys are"))
}
