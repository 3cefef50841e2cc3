package oauth

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
)

// TokenRequest is the form of POST /token (RFC 6749 sections 4.3.2 and 6). A
// grant_type that is left out means password, as FastAPI's form has it.
type TokenRequest struct {
	GrantType    string `form:"grant_type" doc:"password, refresh_token or client_credentials; password if there is none"`
	Username     string `form:"username"`
	Password     string `form:"password" format:"password"`
	RefreshToken string `form:"refresh_token" format:"password"`
	Scope        string `form:"scope" doc:"Space-separated scopes; none asked, none granted"`
	ClientForm
}

// TokenResponse is a successful answer (RFC 6749 section 5.1). Scope says what
// was granted, which may be less than was asked for.
type TokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in" doc:"Seconds"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
}

// grant is a grant type: it decides what a client gets that has been
// authenticated. Its errors are answers already.
type grant func(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error)

// token answers POST /token.
func (s *Server) token(ctx context.Context, _ holdfast.Anyone, presented Authorization, in TokenRequest) (TokenResponse, error) {
	header := holdfast.ResponseHeader(ctx)
	header.Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	header.Set("Pragma", "no-cache")
	grant, err := s.dispatch(ctx, presented, in)
	if err != nil {
		return TokenResponse{}, err
	}
	access, err := s.config.Signer.SignContext(ctx, jwt.Claims{
		Subject:   cmp.Or(grant.User.ID, grant.ClientID), // a machine is its client
		SessionID: grant.SessionID,
		ClientID:  grant.ClientID,
		Audience:  grant.Audience,
		Scope:     strings.Join(grant.Scopes, " "),
	})
	if errors.Is(err, jwt.ErrNoSigningKey) {
		err = unavailable(err)
	}
	if err != nil {
		return TokenResponse{}, err
	}
	return TokenResponse{
		AccessToken:  access,
		TokenType:    "bearer",
		ExpiresIn:    int(s.config.TTL.Seconds()),
		RefreshToken: string(grant.RefreshToken),
		Scope:        strings.Join(grant.Scopes, " "),
	}, nil
}

// dispatch authenticates the client, and runs the grant that it asks for if it
// may use it.
func (s *Server) dispatch(ctx context.Context, presented Authorization, in TokenRequest) (account.Grant, error) {
	asks, err := s.authenticate(ctx, presented, in.ClientForm)
	if err != nil {
		return account.Grant{}, err
	}
	name := cmp.Or(in.GrantType, account.GrantPassword)
	run, ok := s.grants[name]
	switch {
	case !ok:
		return account.Grant{}, refuse("unsupported_grant_type", "grant_type must be one of "+strings.Join(slices.Sorted(maps.Keys(s.grants)), ", "))
	case !asks.MayUse(name):
		return account.Grant{}, refuse("unauthorized_client", "The client may not use this grant_type")
	}
	for _, scope := range strings.Fields(in.Scope) {
		if !asks.MayAsk(scope) {
			return account.Grant{}, badScope()
		}
	}
	in.credential = asks.credential
	return run(ctx, asks.Client, in)
}

// refusal is the error body of RFC 6749 section 5.2, with FastAPI's detail
// beside it.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Detail      string `json:"detail"`
}

// ComponentName is its name in the document.
func (refusal) ComponentName() string { return "TokenError" }

func refuse(code, description string) error {
	return &holdfast.Error{Status: http.StatusBadRequest, Body: refusal{code, description, description}}
}

// badScope is for a scope outside of the client's list. It is not granted less
// (ASVS V10.4.11).
func badScope() error { return refuse("invalid_scope", "The client may not ask for one of the scopes") }

// tooMany tells when to try again. The error is RFC 8628's, the only one that
// is registered for it.
func tooMany(err *account.ThrottledError) error {
	const words = "Too many attempts"
	return &holdfast.Error{
		Status:     http.StatusTooManyRequests,
		RetryAfter: err.RetryAfter,
		Body:       refusal{"slow_down", words, words},
	}
}
