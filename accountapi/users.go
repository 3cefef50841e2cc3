package accountapi

import (
	"context"
	"errors"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// User is an account as callers see it. The password never leaves the store.
type User struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Disabled bool     `json:"disabled"`
	Roles    []string `json:"roles"`
}

func view(u account.User) User {
	return User{ID: u.ID, Name: u.Name, Email: u.Email, Disabled: u.Disabled, Roles: append([]string{}, u.Roles...)}
}

// UserID is the user in the path.
type UserID struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) readMe(_ context.Context, c account.Caller, _ holdfast.NoInput) (User, error) {
	return view(c.User), nil
}

// Page bounds a list.
type Page struct {
	After string `query:"after" maxLength:"64" doc:"The id after which to go on"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

func (a *API) listUsers(ctx context.Context, _ account.Caller, p Page) ([]User, error) {
	list, err := a.accounts.Users(ctx, p.After, p.Limit)
	if err != nil {
		return nil, answer(err)
	}
	out := make([]User, len(list))
	for i, u := range list {
		out[i] = view(u)
	}
	return out, nil
}

func (a *API) readUser(ctx context.Context, _ account.Caller, in UserID) (User, error) {
	u, err := a.accounts.User(ctx, in.ID)
	return view(u), answer(err)
}

// NewUser is the body of POST /users. Who is made without a password cannot
// sign in until a link of `holdfast user reset` is used.
type NewUser struct {
	Body struct {
		Name     string   `json:"name" minLength:"1" maxLength:"64"`
		Email    string   `json:"email,omitempty" maxLength:"254"`
		Password *string  `json:"password,omitempty" nullable:"false" format:"password" minLength:"1" maxLength:"1024" doc:"Good for one sign-in, which sets another. Nobody can sign in without one until a reset link is used"`
		Roles    []string `json:"roles,omitempty" maxItems:"100"`
	}
}

func (a *API) createUser(ctx context.Context, c account.Caller, in NewUser) (User, error) {
	if err := a.mayGive(ctx, c, in.Body.Roles); err != nil {
		return User{}, err
	}
	n := account.NewUser{Name: in.Body.Name, Email: in.Body.Email, Roles: in.Body.Roles, WithoutPassword: in.Body.Password == nil, Given: true}
	if in.Body.Password != nil {
		n.Password = account.Secret(*in.Body.Password)
	}
	u, err := a.accounts.CreateUser(ctx, n)
	return view(u), answer(err)
}

// FirstPassword is the body of POST /first-password.
type FirstPassword struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"64"`
		Given string `json:"given_password" format:"password" minLength:"1" maxLength:"4096"`
		New   string `json:"new_password" format:"password" minLength:"1" maxLength:"1024"`
	}
}

// setFirstPassword is for who was given a password and has no browser: with one,
// the page to sign in does this.
func (a *API) setFirstPassword(ctx context.Context, _ holdfast.Anyone, in FirstPassword) (holdfast.NoContent, error) {
	_, err := a.accounts.ReplaceGivenPassword(ctx, in.Body.Name, account.Secret(in.Body.Given), account.Secret(in.Body.New))
	return holdfast.NoContent{}, answer(asNew(err))
}

// asNew calls a password that may not be set as the body does.
func asNew(err error) error {
	if invalid, ok := errors.AsType[*account.InvalidError](err); ok && invalid.Field == "password" {
		return &account.InvalidError{Field: "new_password", Reason: invalid.Reason}
	}
	return err
}

// PasswordChange is the body of PUT /users/me/password.
type PasswordChange struct {
	Body struct {
		Current string `json:"current_password" format:"password" minLength:"1" maxLength:"4096"`
		New     string `json:"new_password" format:"password" minLength:"1" maxLength:"1024"`
	}
}

func (a *API) changePassword(ctx context.Context, c account.Caller, in PasswordChange) (holdfast.NoContent, error) {
	err := a.accounts.ChangePassword(ctx, c, account.Secret(in.Body.Current), account.Secret(in.Body.New))
	return holdfast.NoContent{}, answer(asNew(err))
}

// UserChange is the body of PATCH /users/{id}; what is left out stays.
type UserChange struct {
	UserID
	Body struct {
		Email    *string `json:"email,omitempty" nullable:"false" maxLength:"254"`
		Disabled *bool   `json:"disabled,omitempty" nullable:"false"`
	}
}

func (a *API) changeUser(ctx context.Context, c account.Caller, in UserChange) (User, error) {
	if in.Body.Email != nil { // where a link to set a new password is sent
		user, err := a.accounts.User(ctx, in.ID)
		if err == nil {
			err = a.mayGive(ctx, c, user.Roles)
		}
		if err != nil {
			return User{}, answer(err)
		}
	}
	u, err := a.accounts.UpdateUser(ctx, in.ID, account.UserChange{Email: in.Body.Email, Disabled: in.Body.Disabled})
	return view(u), answer(err)
}

func (a *API) removeUser(ctx context.Context, _ account.Caller, in UserID) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RemoveUser(ctx, in.ID))
}

// UserRoles is the body of PUT /users/{id}/roles.
type UserRoles struct {
	UserID
	Body struct {
		Roles []string `json:"roles" maxItems:"100"`
	}
}

func (a *API) setRoles(ctx context.Context, c account.Caller, in UserRoles) (User, error) {
	if err := a.mayGive(ctx, c, in.Body.Roles); err != nil {
		return User{}, err
	}
	u, err := a.accounts.SetRoles(ctx, in.ID, in.Body.Roles)
	return view(u), answer(err)
}
