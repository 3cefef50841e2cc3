package oauth

import (
	"context"
	"errors"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/strictform"
	"github.com/holdfast-go/holdfast/jwt"
)

// revocation is the form of POST /revoke (RFC 7009 section 2.1). What kind of
// token it may be does not matter: they can be told apart.
type revocation struct {
	strictform.Strict
	Token string `form:"token" required:"true" format:"password" doc:"An access token or a refresh token"`
	Hint  string `form:"token_type_hint" doc:"Not needed"`
	ClientForm
}

// RegisterRevocation adds POST /revoke, where a client ends what it was given
// (RFC 7009). It authenticates itself as at POST /token, but also the built-in one
// says who it is. Either kind of token ends
// the session that it belongs to, and so all tokens of that: a person who signs out of an
// application is not signed in by another token of it. When the answer is 200,
// nothing of the session is good for anything.
//
// A token of another client, an expired one and garbage have no effect and are a
// 200 as well, as the RFC has it: the client wanted them to be good for nothing.
func (s *Server) RegisterRevocation(on holdfast.Routes) {
	s.revokes = true
	on.Handle("POST /revoke", holdfast.To1(holdfast.Public(), authorization, s.revoke), append(speaks(), fails(refused, badClient, tooLarge, noStore),
		holdfast.Summary("End the session of a token"))...)
}

// Done is an answer without words: {}.
type Done struct{}

func (s *Server) revoke(ctx context.Context, _ holdfast.Anyone, presented Authorization, in revocation) (Done, error) {
	noKeeping(holdfast.ResponseHeader(ctx))
	client, err := s.authenticate(ctx, presented, in.ClientForm)
	if err != nil {
		return Done{}, err
	}
	// A client that has forgotten to say who it is must not be told that its token is
	// good for nothing now.
	if id, _, _, _ := presented.basic(); id == "" && in.ClientID == "" && in.Assertion == "" {
		return Done{}, noClient(false, errUnnamed)
	}
	return Done{}, s.end(ctx, client.ID, in.Token)
}

var errUnnamed = errors.New("the request does not say which client it comes from")

// end ends what a client presents.
func (s *Server) end(ctx context.Context, clientID, token string) error {
	switch prefix, _, _ := strings.Cut(token, "_"); prefix {
	case "hfr":
		if err := s.config.Accounts.Revoke(ctx, token, clientID); err != nil {
			return unavailable(err)
		}
		return nil
	case "hfk", "hfp":
		return refuse("unsupported_token_type", "An API key is not revoked here, but by its owner among the API keys")
	}
	claims, err := s.issued().Verify(ctx, token)
	switch {
	case errors.Is(err, jwt.ErrInvalid) || err == nil && clientOf(claims) != clientID:
		return nil
	case err != nil: // the keys could not be had
		return unavailable(err)
	case claims.SessionID == "" || claims.Subject == claims.ClientID:
		return refuse("unsupported_token_type", "A token that a client got for itself ends by itself, or with the client's secret")
	}
	if err := s.config.Accounts.Logout(ctx, claims.SessionID); err != nil {
		return unavailable(err)
	}
	return nil
}

// clientOf is who a token was given to. Tokens from before there were clients are
// the built-in one's.
func clientOf(claims jwt.Claims) string {
	if claims.ClientID == "" {
		return account.BuiltInClient
	}
	return claims.ClientID
}

// issued verifies what this server has issued, for whichever audience.
func (s *Server) issued() *jwt.Verifier {
	if s.config.AnyAudience != nil {
		return s.config.AnyAudience
	}
	return s.config.Verifier
}
