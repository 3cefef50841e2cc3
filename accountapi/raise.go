package accountapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// errRaise refuses to give others more than one has.
func errRaise(what string) error {
	return &holdfast.Error{Status: http.StatusForbidden, Detail: "The caller may not give " + what}
}

// mayGive says whether a caller may give somebody roles, or make an account with
// roles somebody else's by its address. A person in an application of the program's
// own may. An API key gives no more than it carries, and an application of others no
// role: otherwise either would make itself an administrator, with a password, who
// then may do what it may not.
func (a *API) mayGive(ctx context.Context, c account.Caller, roles []string) error {
	switch {
	case len(roles) == 0 || c.KeyID == "" && !c.Foreign():
		return nil
	case c.Foreign():
		return errRaise("roles: it is an application of others")
	}
	granted, err := a.accounts.Granted(ctx, roles)
	if errors.Is(err, account.ErrNoRole) {
		return nil // which is an error of the input
	}
	if err != nil {
		return answer(err)
	}
	return mayGrant(c, granted)
}

// mayGrant is mayGive for what a role grants.
func mayGrant(c account.Caller, scopes []string) error {
	if c.KeyID == "" && !c.Foreign() {
		return nil
	}
	for _, one := range scopes {
		if !c.HasScope(one) {
			return errRaise("the scope " + one + ", which it does not carry")
		}
	}
	return nil
}
