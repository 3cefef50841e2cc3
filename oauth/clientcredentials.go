package oauth

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast/account"
)

// clientCredentials is the grant of a client that calls for itself (RFC 6749
// section 4.4). It gives no refresh token: the client has its credentials. The
// session that the token names is the credential, with which it ends.
func (s *Server) clientCredentials(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error) {
	if s.config.Clients == nil || in.credential == "" {
		return account.Grant{}, refuse("unauthorized_client", "The client may not use this grant_type")
	}
	grant, err := s.config.Clients.ClientGrant(ctx, client.ID, in.ask(client))
	var invalid *account.InvalidError
	switch {
	case errors.As(err, &invalid):
		return grant, badScope()
	case errors.Is(err, account.ErrNoClient): // since it was authenticated
		return grant, noClient(false, err)
	case err != nil:
		return grant, unavailable(err)
	}
	grant.SessionID = in.credential
	return grant, nil
}
