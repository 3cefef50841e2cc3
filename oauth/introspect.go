package oauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
)

// Introspection is what a service is told of a token (RFC 7662 section 2.2). Of
// one that does not stand it is told nothing but that.
type Introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty" doc:"What the token carries and its user's roles grant now"`
	Username  string   `json:"username,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	Expiry    int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	ID        string   `json:"jti,omitempty"`
}

// introspected is the form of a question. What kind of token it may be does not
// matter: there is one.
type introspected struct {
	Token string `form:"token" format:"password"`
	Hint  string `form:"token_type_hint"`
}

// RegisterIntrospection adds POST /introspect, where other services ask whether
// an access token still stands: RFC 7662, with HTTP Basic as RFC 6749 section
// 2.3.1 has it. known reports whether a service of a name has a secret, and must
// compare it in constant time. It must be safe for concurrent use.
func (s *Server) RegisterIntrospection(on holdfast.Routes, known func(name, secret string) bool) {
	s.introspects = true
	scheme := holdfast.HTTPBasic("introspection", holdfast.Named("Service"), holdfast.Described("Another service, with its name and secret"))
	service := holdfast.Check(scheme, func(_ context.Context, c holdfast.BasicCredentials) (string, error) {
		name, err1 := url.QueryUnescape(c.Username)
		secret, err2 := url.QueryUnescape(c.Password)
		if errors.Join(err1, err2) != nil || !known(name, secret) {
			return "", errNoService
		}
		return name, nil
	})
	holdfast.Post(on, "/introspect", holdfast.Security(service), s.introspect, fails(noStore),
		holdfast.Tags("tokens"), holdfast.Summary("Ask whether an access token still stands"))
}

var errNoService = errors.New("no such service, or another secret")

func (s *Server) introspect(ctx context.Context, _ string, in introspected) (Introspection, error) {
	holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
	claims, caller, err := s.read(ctx, in.Token)
	if errors.Is(err, jwt.ErrInvalid) || errors.Is(err, account.ErrNoCaller) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	granted := slices.DeleteFunc(claims.Scopes(), func(one string) bool { return !caller.HasScope(one) })
	return Introspection{
		Active: true, Scope: strings.Join(granted, " "), Username: caller.User.Name, TokenType: "Bearer",
		Expiry: claims.Expiry.Unix(), IssuedAt: claims.IssuedAt.Unix(), Subject: claims.Subject,
		Audience: claims.Audience, Issuer: claims.Issuer, ID: claims.ID,
	}, nil
}
