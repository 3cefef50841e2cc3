package oauth

import (
	"context"
	"errors"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// password is the grant of a user's name and password (RFC 6749 section 4.3).
func (s *Server) password(ctx context.Context, client account.Client, in TokenRequest) (account.Grant, error) {
	if in.Username == "" || in.Password == "" {
		return account.Grant{}, refuse("invalid_request", "username and password are required")
	}
	grant, err := s.config.Accounts.Login(ctx, in.Username, in.Password, in.ask(client))
	var many *account.ThrottledError
	var given *account.GivenPasswordError
	switch {
	case errors.As(err, &many):
		return grant, tooMany(many)
	case errors.As(err, &given):
		return grant, refuse("invalid_grant", passwordIsGiven)
	case errors.Is(err, account.ErrBadLogin):
		return grant, refuse("invalid_grant", "Incorrect username or password")
	case err != nil:
		return grant, unavailable(err)
	}
	return grant, nil
}

// passwordIsGiven says what to do with a right password that is good for nothing
// else.
const passwordIsGiven = "The password was chosen by somebody else and is good for setting another one: sign in on the server's own page, or send name, given_password and new_password as JSON to POST /first-password"

// ask is what the request asks for, in the words of accounts.
func (in TokenRequest) ask(client account.Client) account.Ask {
	return account.Ask{ClientID: client.ID, Scopes: strings.Fields(in.Scope), Audience: in.audience, DefaultAudience: in.standard}
}
