package accountapi

import (
	"context"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Role is a role and the scopes that it grants.
type Role struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Scopes      []string `json:"scopes"`
}

func viewRole(r account.Role) Role {
	return Role{r.Name, r.Description, append([]string{}, r.Scopes...)}
}

func (a *API) listRoles(ctx context.Context, _ account.Caller, _ holdfast.NoInput) ([]Role, error) {
	list, err := a.accounts.Roles(ctx)
	if err != nil {
		return nil, answer(err)
	}
	out := make([]Role, len(list))
	for i, r := range list {
		out[i] = viewRole(r)
	}
	return out, nil
}

// RoleName is the role in the path.
type RoleName struct {
	Name string `path:"name" maxLength:"64" pattern:"^[a-z0-9._@+-]+$"`
}

// RoleChange is the body of PUT /roles/{name}.
type RoleChange struct {
	RoleName
	Body struct {
		Description string   `json:"description,omitempty" maxLength:"200"`
		Scopes      []string `json:"scopes" maxItems:"200"`
	}
}

func (a *API) putRole(ctx context.Context, c account.Caller, in RoleChange) (Role, error) {
	if err := mayGrant(c, in.Body.Scopes); err != nil {
		return Role{}, err
	}
	role := account.Role{Name: in.Name, Description: in.Body.Description, Scopes: in.Body.Scopes}
	role, err := a.accounts.PutRole(ctx, role)
	if err != nil {
		return Role{}, answer(err)
	}
	return viewRole(role), nil
}

func (a *API) removeRole(ctx context.Context, _ account.Caller, in RoleName) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RemoveRole(ctx, in.Name))
}
