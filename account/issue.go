package account

import (
	"context"
	"slices"
	"strings"
)

// StartSession starts a session for a user without asking for a password: for who
// runs the program, and has the store anyway. It is as after a sign-in, and can be
// seen and ended as such. What the user or the client may not have is an
// *InvalidError of the field scope, unlike at a sign-in: who asks can read it.
// Errors: ErrNoUser, ErrDisabled, ErrNoClient.
func (s *Service) StartSession(ctx context.Context, userID string, ask Ask) (Grant, error) {
	what := did(AuditSessionStarted, ofUserID(userID))
	return update(ctx, s, what, func(w Writer) (Grant, error) {
		user, err := w.User(userID)
		if err != nil {
			return Grant{}, err
		}
		if user.Disabled {
			return Grant{}, ErrDisabled
		}
		grant, err := s.begin(ctx, w, userID, ask)
		if err != nil {
			return Grant{}, err
		}
		what.On = ofUser(user)
		what.detail("session", grant.SessionID, "client", grant.ClientID, "scopes", strings.Join(grant.Scopes, " "))
		for _, one := range ask.Scopes {
			if !slices.Contains(grant.Scopes, one) {
				return Grant{}, &InvalidError{"scope", "contains " + quote(one) + ", which is not granted to " + user.Name}
			}
		}
		return grant, nil
	})
}
