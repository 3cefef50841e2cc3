package oauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
)

// TokenRequest is the form of POST /token (RFC 6749 sections 4.3.2 and 6). A
// grant_type that is left out means password, as FastAPI's form has it.
type TokenRequest struct {
	GrantType    string `form:"grant_type" doc:"password or refresh_token"`
	Username     string `form:"username"`
	Password     string `form:"password" format:"password"`
	RefreshToken string `form:"refresh_token" format:"password"`
	Scope        string `form:"scope" doc:"Space-separated scopes; none asked, none granted"`
	ClientID     string `form:"client_id"`
	ClientSecret string `form:"client_secret" format:"password"`
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

// token answers POST /token.
func (s *Server) token(ctx context.Context, _ holdfast.Anyone, in TokenRequest) (TokenResponse, error) {
	header := holdfast.ResponseHeader(ctx)
	header.Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	header.Set("Pragma", "no-cache")
	grant, err := s.grant(ctx, in)
	if err != nil {
		return TokenResponse{}, err
	}
	access, err := s.config.Signer.SignContext(ctx, jwt.Claims{
		Subject:   grant.User.ID,
		SessionID: grant.SessionID,
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

func (s *Server) grant(ctx context.Context, in TokenRequest) (account.Grant, error) {
	var grant account.Grant
	var err error
	switch in.GrantType {
	case "", "password":
		if in.Username == "" || in.Password == "" {
			return grant, refuse("invalid_request", "username and password are required")
		}
		grant, err = s.config.Accounts.Login(ctx, in.Username, in.Password, strings.Fields(in.Scope))
	case "refresh_token":
		if in.RefreshToken == "" {
			return grant, refuse("invalid_request", "refresh_token is required")
		}
		grant, err = s.config.Accounts.Refresh(ctx, in.RefreshToken, strings.Fields(in.Scope))
	default:
		return grant, refuse("unsupported_grant_type", "grant_type must be password or refresh_token")
	}
	var many *account.ThrottledError
	switch {
	case errors.As(err, &many):
		return grant, tooMany(many)
	case errors.Is(err, account.ErrBadLogin):
		return grant, refuse("invalid_grant", "Incorrect username or password")
	case errors.Is(err, account.ErrBadGrant):
		return grant, refuse("invalid_grant", "The refresh token is not valid")
	case err != nil:
		return grant, unavailable(err)
	}
	return grant, nil
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
