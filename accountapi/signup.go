package accountapi

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// SignUp is the body of POST /signup.
type SignUp struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64"`
		Email    string `json:"email,omitempty" maxLength:"254"`
		Password string `json:"password" format:"password"`
	}
}

// RegisterSignUp adds POST /signup, with which everybody makes themselves a
// user of these roles. A person who chooses a name that is taken is told so; how
// often one may ask is bounded.
func (a *API) RegisterSignUp(on holdfast.Routes, roles []string) {
	create := func(ctx context.Context, _ holdfast.Anyone, in SignUp) (User, error) {
		user, err := a.accounts.SignUp(ctx, account.NewUser{
			Name: in.Body.Name, Email: in.Body.Email, Password: account.Secret(in.Body.Password), Roles: roles,
		})
		if err != nil {
			return User{}, answer(err)
		}
		return view(user), nil
	}
	holdfast.Post(on, "/signup", holdfast.Public(), create, holdfast.Tags("users"), holdfast.Status(http.StatusCreated), holdfast.MaxBody(maxCredentials), fails(taken, throttled, noStore),
		holdfast.OperationID("sign_up"), holdfast.Summary("Make oneself a user"))
}

// Forgotten is the body of POST /forgot.
type Forgotten struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"64"`
	}
}

// Asked is the answer of POST /forgot, whether or not there is such a user.
type Asked struct {
	Status string `json:"status"`
}

// RegisterForgot adds POST /forgot, with which a user asks for a link to set a
// new password. Send is to send it later, to the user of the name if there is
// one; it reports whether there was room to remember that. No user is looked up
// before the answer, so neither its words nor its time tell who has an account.
func (a *API) RegisterForgot(on holdfast.Routes, send func(name string) bool) {
	ask := func(ctx context.Context, _ holdfast.Anyone, in Forgotten) (Asked, error) {
		if err := a.accounts.CountForgotten(ctx, in.Body.Name); err != nil {
			return Asked{}, answer(err)
		}
		if !send(in.Body.Name) {
			return Asked{}, &holdfast.Error{Status: http.StatusServiceUnavailable, RetryAfter: time.Minute}
		}
		return Asked{"If there is such a user, a link is on its way"}, nil
	}
	holdfast.Post(on, "/forgot", holdfast.Public(), ask, holdfast.Tags("users"), holdfast.Status(http.StatusAccepted), holdfast.MaxBody(maxCredentials), fails(throttled, noStore),
		holdfast.OperationID("forgot_password"), holdfast.Summary("Be sent a link to set a new password"))
}
