package oauth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/strictform"
	"github.com/holdfast-go/holdfast/jwt"
)

// Introspection is what a service is told of a token (RFC 7662 section 2.2). Of
// one that does not stand, or that is none of its business, it is told nothing but
// that it is not active.
type Introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty" doc:"What the token carries and its user's roles grant now"`
	ClientID  string   `json:"client_id,omitempty" doc:"Who the token was given to"`
	Username  string   `json:"username,omitempty" doc:"Of a user; a client that calls for itself has none"`
	TokenType string   `json:"token_type,omitempty" doc:"Bearer of an access token; a refresh token has none"`
	Expiry    int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	ID        string   `json:"jti,omitempty"`
}

// introspected is the form of a question. What kind of token it may be does not
// matter: they can be told apart.
type introspected struct {
	strictform.Strict
	Token string `form:"token" required:"true" format:"password" doc:"An access token, or a refresh token of the client that asks"`
	Hint  string `form:"token_type_hint" doc:"Not needed"`
	ClientForm
}

// inquirer is who asks about a token.
type inquirer struct {
	account.Client

	service bool // one of the program's own services, which is no client
}

// RegisterIntrospection adds POST /introspect, where other services ask whether
// a token still stands (RFC 7662). known reports whether a service of a name has a
// secret, which it presents by HTTP Basic as RFC 6749 section 2.3.1 has it; it must
// compare in constant time and be safe for concurrent use, and may be nil.
// Confidential clients may ask as well, who authenticate themselves as at POST
// /token. The policy is Public, since what a client presents may stand in the form: the
// endpoint refuses all others with 401.
//
// A service learns of access tokens for the issuer's default audience or for its
// name, a client of those that it was given or that are for one of its audiences,
// and of its own refresh tokens.
func (s *Server) RegisterIntrospection(on holdfast.Routes, known func(name, secret string) bool) {
	s.introspects = true
	ask := func(ctx context.Context, _ holdfast.Anyone, presented Authorization, in introspected) (Introspection, error) {
		noKeeping(holdfast.ResponseHeader(ctx))
		who, err := s.inquirer(ctx, presented, in.ClientForm, known)
		if err != nil {
			return Introspection{}, err
		}
		return s.introspect(ctx, who, in)
	}
	on.Handle("POST /introspect", holdfast.To1(holdfast.Public(), authorization, ask), append(speaks(), fails(refused, badClient, tooLarge, noStore),
		holdfast.OperationID("introspect_introspect_post"), holdfast.Summary("Ask whether a token still stands, as a service or a confidential client"))...)
}

// inquirer returns who asks. Its error is an answer.
func (s *Server) inquirer(ctx context.Context, presented Authorization, form ClientForm, known func(name, secret string) bool) (inquirer, error) {
	if name, secret, sent, err := presented.basic(); err == nil && sent && known != nil && known(name, secret) {
		return inquirer{account.Client{ID: name, Audiences: append([]string{name}, s.config.Audience...)}, true}, nil
	}
	asks, err := s.authenticate(ctx, presented, form)
	if err == nil && asks.Public {
		err = noClient(true, errNoService)
	}
	if answer, ok := errors.AsType[*holdfast.Error](err); ok && answer.Status == http.StatusUnauthorized && answer.Header == nil {
		answer.Header = http.Header{"Www-Authenticate": {`Basic realm="clients"`}}
	}
	return inquirer{Client: asks.Client}, err
}

var errNoService = errors.New("it is neither a service nor a confidential client")

func (s *Server) introspect(ctx context.Context, who inquirer, in introspected) (Introspection, error) {
	if strings.HasPrefix(in.Token, "hfr_") {
		return s.introspectRefresh(ctx, who, in.Token)
	}
	claims, caller, err := s.readAs(ctx, s.issued(), in.Token)
	if errors.Is(err, jwt.ErrInvalid) || errors.Is(err, account.ErrNoCaller) || err == nil && !s.maySee(who, claims) {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	granted := slices.DeleteFunc(claims.Scopes(), func(one string) bool { return !caller.HasScope(one) })
	return Introspection{
		Active: true, Scope: strings.Join(granted, " "), ClientID: clientOf(claims), Username: caller.User.Name, TokenType: "Bearer",
		Expiry: claims.Expiry.Unix(), IssuedAt: claims.IssuedAt.Unix(), Subject: claims.Subject,
		Audience: claims.Audience, Issuer: claims.Issuer, ID: claims.ID,
	}, nil
}

// maySee reports whether a token is for who asks, or was given to them. Where the
// default audience is not known, the verifier has seen to it.
func (s *Server) maySee(who inquirer, claims jwt.Claims) bool {
	switch {
	case who.service && len(s.config.Audience) == 0 && s.config.AnyAudience == nil:
		return true
	case !who.service && clientOf(claims) == who.ID:
		return true
	}
	return slices.ContainsFunc(claims.Audience, func(one string) bool { return slices.Contains(who.Audiences, one) })
}

// introspectRefresh says of a refresh token what its own client may know.
func (s *Server) introspectRefresh(ctx context.Context, who inquirer, token string) (Introspection, error) {
	if who.service {
		return Introspection{}, nil
	}
	info, err := s.config.Accounts.InspectRefresh(ctx, token, who.ID)
	switch {
	case errors.Is(err, account.ErrBadGrant):
		return Introspection{}, nil
	case err != nil:
		return Introspection{}, unavailable(err)
	}
	return Introspection{
		Active: true, Scope: strings.Join(info.Scopes, " "), ClientID: who.ID, Username: info.User.Name,
		Expiry: info.Expires.Unix(), IssuedAt: info.Created.Unix(), Subject: info.User.ID,
	}, nil
}
