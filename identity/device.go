package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// deviceCookie is the name of the cookie that a sign-in leaves with a browser: by it
// the same person is let to the password before strangers, wherever they are. It
// opens nothing, and stays when the session ends.
const deviceCookie = "__Host-device"

// deviceAge is how long a browser keeps it. What is in it ends by itself.
const deviceAge = 90 * 24 * time.Hour

// withDevice is a context with what an earlier sign-in has left with the browser.
func withDevice(ctx context.Context, r *http.Request) context.Context {
	if found := r.CookiesNamed(deviceCookie); len(found) == 1 && found[0].Value != "" {
		return account.WithKnownDevice(ctx, account.Secret(found[0].Value))
	}
	return ctx
}

// leaveDevice leaves a cookie with the browser.
func leaveDevice(h http.Header, device account.Secret) {
	cookie := &http.Cookie{
		Name: deviceCookie, Value: string(device), Path: "/", MaxAge: int(deviceAge / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	h.Add("Set-Cookie", cookie.String())
}

// remembering is the accounts as the token endpoints use them, where a browser keeps
// cookies: a sign-in leaves one. It is counted, if there are metrics.
type remembering struct {
	*account.Service

	signedIn func(error)
	leaves   bool
}

// Login implements oauth.Accounts.
func (a *remembering) Login(ctx context.Context, name, password string, ask account.Ask) (account.Grant, error) {
	grant, err := a.Service.Login(ctx, name, password, ask)
	a.signedIn(err)
	if err == nil && a.leaves {
		leaveDevice(holdfast.ResponseHeader(ctx), grant.Device)
	}
	return grant, err
}
