package oauth

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/account"
)

// Codes is what the grant of a code needs of an [account.Service].
type Codes interface {
	RedeemCode(ctx context.Context, clientID, code, redirect, verifier string) (account.Grant, error)
}

// code is the grant of an authorization code (RFC 6749 section 4.1.3) with PKCE
// (RFC 7636 section 4.5).
func (s *Server) code(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error) {
	switch {
	case in.Code == "":
		return account.Grant{}, refuse("invalid_request", "code is required")
	case in.CodeVerifier == "":
		return account.Grant{}, refuse("invalid_request", "code_verifier is required")
	case !account.IsVerifier(in.CodeVerifier):
		return account.Grant{}, refuse("invalid_request", "code_verifier must be 43 to 128 of A-Z a-z 0-9 - . _ ~")
	}
	grant, err := s.config.Codes.RedeemCode(ctx, client.ID, in.Code, in.RedirectURI, in.CodeVerifier)
	switch {
	case errors.Is(err, account.ErrBadGrant):
		return grant, refuse("invalid_grant", "The code is not valid")
	case err != nil:
		return grant, unavailable(err)
	}
	return grant, nil
}
