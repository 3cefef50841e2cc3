package oauth

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/account"
)

// refresh is the grant of a refresh token (RFC 6749 section 6).
func (s *Server) refresh(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error) {
	if in.RefreshToken == "" {
		return account.Grant{}, refuse("invalid_request", "refresh_token is required")
	}
	grant, err := s.config.Accounts.Refresh(ctx, in.RefreshToken, in.ask(client))
	switch {
	case errors.Is(err, account.ErrBadGrant):
		return grant, refuse("invalid_grant", "The refresh token is not valid")
	case err != nil:
		return grant, unavailable(err)
	}
	return grant, nil
}
