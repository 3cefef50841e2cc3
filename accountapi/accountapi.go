// Package accountapi is the users, roles and clients of package account as endpoints.
// Reading needs the scope and the role of a manager, changing those of an
// administrator, and everybody may read their own account.
package accountapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// Config says what the endpoints stand on. All fields but the last are required.
type Config struct {
	Accounts *account.Service
	Scopes   Scopes
	Caller   holdfast.Dep[account.Caller] // who presents an access token
	APIKey   holdfast.Dep[account.Caller] // who presents an API key, for users and roles; none if zero
}

// The roles that the endpoints ask for; a new store has them.
var (
	Admin   = holdfast.NewRole("admin", "Everything")
	Manager = holdfast.NewRole("manager", "Reads users")
)

// Scopes are those that the endpoints ask for.
type Scopes struct {
	Me         holdfast.Scope // read one's own account; and look after it, but for applications of others
	ReadUsers  holdfast.Scope
	WriteUsers holdfast.Scope
	WriteRoles holdfast.Scope

	WriteClients holdfast.Scope
	WriteKeys    holdfast.Scope // one's own API keys
}

// DeclareScopes declares the scopes on the scheme. Do it once, where the scheme
// is declared.
func DeclareScopes(scheme *holdfast.Scheme[string]) Scopes {
	return Scopes{
		Me:         scheme.Scope("me", "Read own account"),
		ReadUsers:  scheme.Scope("users:read", "Read users and roles"),
		WriteUsers: scheme.Scope("users:write", "Create, change and remove users"),
		WriteRoles: scheme.Scope("roles:write", "Change roles"),

		WriteClients: scheme.Scope("clients:write", "Read and change clients"),
		WriteKeys:    scheme.Scope("keys:write", "Read, make and revoke own API keys"),
	}
}

// API has the endpoints.
type API struct {
	accounts *account.Service
	caller   holdfast.Dep[account.Caller]
	apiKey   holdfast.Dep[account.Caller]
	scopes   Scopes
}

// New makes the endpoints.
func New(config Config) *API {
	return &API{config.Accounts, config.Caller, config.APIKey, config.Scopes}
}

// Roles are the built-in roles with the scopes that they grant, for the
// application's configuration.
func (s Scopes) Roles() []holdfast.Role {
	known := map[string]holdfast.Scope{}
	for _, one := range []holdfast.Scope{s.Me, s.ReadUsers, s.WriteUsers, s.WriteRoles, s.WriteClients, s.WriteKeys} {
		known[one.Name()] = one
	}
	var out []holdfast.Role
	for _, r := range account.BuiltInRoles() {
		role := holdfast.NewRole(r.Name, r.Description)
		for _, name := range r.Scopes {
			role = role.Grants(known[name])
		}
		out = append(out, role)
	}
	return out
}

// Administrators is the policy of those who may see what concerns everybody:
// the scope users:read and the role admin.
func (a *API) Administrators() holdfast.Policy[account.Caller] {
	return holdfast.AnyRole(a.caller.Require(a.scopes.ReadUsers), Admin)
}

// Register adds the endpoints to an application.
func (a *API) Register(on holdfast.Routes) {
	reader := a.either(func(by callers) policy { return holdfast.AnyRole(by.Require(a.scopes.ReadUsers), Admin, Manager) })
	writer := a.either(func(by callers) policy { return holdfast.AnyRole(by.Require(a.scopes.WriteUsers), Admin) })
	roles := a.either(func(by callers) policy { return holdfast.AnyRole(by.Require(a.scopes.WriteRoles), Admin) })
	users, created := holdfast.Tags("users"), holdfast.Status(http.StatusCreated)
	me := holdfast.Security(holdfast.Depends1(a.caller, inPerson), a.scopes.Me)
	readMe := a.either(func(by callers) policy { return holdfast.Security(holdfast.Depends1(by, person), a.scopes.Me) })

	holdfast.Get(on, "/users/me", readMe, a.readMe, users, holdfast.Shadows("/users/{id}"))
	holdfast.Put(on, "/users/me/password", me, a.changePassword, users, holdfast.MaxBody(maxCredentials), fails(badPassword, throttled, noStore),
		holdfast.Summary("Change own password, and end own other sessions"))
	holdfast.Post(on, "/first-password", holdfast.Public(), a.setFirstPassword, users, fails(badPassword, notGiven, throttled, noStore),
		holdfast.Summary("Set an own password in place of one that somebody else has chosen"))
	holdfast.Get(on, "/users", reader, a.listUsers, users, fails(noStore))
	holdfast.Post(on, "/users", writer, a.createUser, users, created, fails(taken, noStore))
	holdfast.Get(on, "/users/{id}", reader, a.readUser, users, fails(noUser, noStore))
	holdfast.Patch(on, "/users/{id}", writer, a.changeUser, users, fails(noUser, lastAdmin, noStore))
	holdfast.Delete(on, "/users/{id}", writer, a.removeUser, users, fails(noUser, lastAdmin, noStore))
	holdfast.Put(on, "/users/{id}/roles", writer, a.setRoles, users, fails(noUser, lastAdmin, noStore))
	holdfast.Get(on, "/roles", reader, a.listRoles, holdfast.Tags("roles"), fails(noStore))
	holdfast.Put(on, "/roles/{name}", roles, a.putRole, holdfast.Tags("roles"), fails(noStore))
	holdfast.Delete(on, "/roles/{name}", roles, a.removeRole, holdfast.Tags("roles"), fails(noRole, roleInUse, noStore))
}

// maxCredentials is how many bytes a body may have that brings a password, or a name
// to find an account by.
const maxCredentials = 16 << 10

type (
	callers = holdfast.Dep[account.Caller]
	policy  = holdfast.Policy[account.Caller]
)

// either is a policy for who presents a token, and for who presents an API key
// if there are any.
func (a *API) either(of func(callers) policy) policy {
	if a.apiKey == (callers{}) {
		return of(a.caller)
	}
	return holdfast.AnyOf(of(a.caller), of(a.apiKey))
}

// person refuses machines where somebody's own account is meant.
func person(_ context.Context, c account.Caller) (account.Caller, error) {
	if c.Machine() {
		return c, holdfast.Errorf(http.StatusForbidden, "This is for people, and the caller is a client that calls for itself")
	}
	return c, nil
}

// inPerson refuses, beside machines, applications of others: what people allow them
// by the scope me is to read the account, not to look after it.
func inPerson(ctx context.Context, c account.Caller) (account.Caller, error) {
	if c.Foreign() {
		return c, holdfast.Errorf(http.StatusForbidden, "This is for people themselves, and the caller is an application of others")
	}
	return person(ctx, c)
}

// What endpoints answer beside a success and what the framework refuses, as the
// document says it; see answer.
var (
	again = []apidoc.Header{{Name: "Retry-After", Text: "Seconds to wait"}}

	badPassword = apidoc.Answer{Status: http.StatusBadRequest, Text: "The old password is wrong"}
	notGiven    = apidoc.Answer{Status: http.StatusConflict, Text: "The password is the user's own already"}
	noUser      = apidoc.Answer{Status: http.StatusNotFound, Text: "There is no such user"}
	noClient    = apidoc.Answer{Status: http.StatusNotFound, Text: "There is no such client"}
	clientTaken = apidoc.Answer{Status: http.StatusConflict, Text: "There is a client of this id already"}
	noRole      = apidoc.Answer{Status: http.StatusNotFound, Text: "There is no such role"}
	taken       = apidoc.Answer{Status: http.StatusConflict, Text: "The name is taken"}
	lastAdmin   = apidoc.Answer{Status: http.StatusConflict, Text: "At least one administrator who can sign in must remain"}
	noSession   = apidoc.Answer{Status: http.StatusNotFound, Text: "The user has no such session"}
	roleInUse   = apidoc.Answer{Status: http.StatusConflict, Text: "The role is in use"}
	throttled   = apidoc.Answer{Status: http.StatusTooManyRequests, Text: "Too many attempts; come again", Headers: again}
	noStore     = apidoc.Answer{Status: http.StatusServiceUnavailable, Text: "The store cannot be asked; come again", Headers: again}
)

// fails says in the document with what an endpoint fails.
func fails(with ...apidoc.Answer) holdfast.RouteOption {
	return holdfast.Document(apidoc.Operation{Answers: with})
}

// answer turns the domain's errors into statuses. Any other error means that
// the store could not be asked.
func answer(err error) error {
	var invalid *account.InvalidError
	var many *account.ThrottledError
	var said *holdfast.Error
	switch {
	case err == nil, errors.As(err, &said):
		return err
	case errors.As(err, &many):
		return &holdfast.Error{
			Status: http.StatusTooManyRequests, Detail: "Too many attempts", RetryAfter: many.RetryAfter,
		}
	case errors.Is(err, account.ErrBadLogin):
		return holdfast.Errorf(http.StatusBadRequest, "Incorrect password")
	case errors.Is(err, account.ErrNotGiven):
		return holdfast.Errorf(http.StatusConflict, "The password is your own already: sign in with it, and change it at PUT /users/me/password")
	case errors.Is(err, account.ErrNoCaller):
		return holdfast.Errorf(http.StatusUnauthorized, "The session has ended")
	case errors.Is(err, account.ErrNoUser):
		return holdfast.Errorf(http.StatusNotFound, "User not found")
	case errors.Is(err, account.ErrNoSession):
		return holdfast.Errorf(http.StatusNotFound, "Session not found")
	case errors.Is(err, account.ErrNoRole):
		return holdfast.Errorf(http.StatusNotFound, "Role not found")
	case errors.Is(err, account.ErrNoClient):
		return holdfast.Errorf(http.StatusNotFound, "Client not found")
	case errors.Is(err, account.ErrClientTaken):
		return holdfast.Errorf(http.StatusConflict, "There is a client of this id already")
	case errors.Is(err, account.ErrNoAPIKey):
		return holdfast.Errorf(http.StatusNotFound, "API key not found")
	case errors.Is(err, account.ErrAPIKeyReplaced):
		return holdfast.Errorf(http.StatusConflict, "The API key was rotated already")
	case errors.Is(err, account.ErrTooManyAPIKeys):
		return holdfast.Errorf(http.StatusConflict, "There are as many API keys as there may be; revoke one")
	case errors.Is(err, account.ErrForbidden):
		return holdfast.Errorf(http.StatusForbidden, "Only applications of one's own may make API keys")
	case errors.Is(err, account.ErrNameTaken):
		return holdfast.Errorf(http.StatusConflict, "The name is taken")
	case errors.Is(err, account.ErrLastAdmin):
		return holdfast.Errorf(http.StatusConflict, "At least one administrator who can sign in must remain")
	case errors.Is(err, account.ErrRoleInUse):
		return holdfast.Errorf(http.StatusConflict, "The role is in use")
	case errors.As(err, &invalid):
		return &holdfast.Error{Status: http.StatusUnprocessableEntity, Detail: []holdfast.Violation{{
			Type: "value_error", Loc: []any{"body", invalid.Field}, Msg: invalid.Reason,
		}}}
	case errors.Is(err, context.Canceled):
		return err
	}
	return &holdfast.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Cause: err}
}
