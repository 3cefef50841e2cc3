package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/holdfast-go/holdfast/account"
)

// setupPage is where the first administrator chooses a name and a password.
func setupPage(accounts *account.Service) *page {
	return &page{
		path: "setup", title: "First administrator", button: "Create",
		intro: "Choose the first administrator. This link works once, for 30 minutes.",
		inputs: []input{
			{Label: "Name", Name: "name", Type: "text", Autocomplete: "username"},
			{Label: "Password", Name: "password", Type: "password", Autocomplete: "new-password"},
		},
		check: accounts.CheckSetup,
		submit: func(r *http.Request, secret account.Secret) (string, error) {
			user, err := accounts.Setup(r.Context(), secret, r.PostForm.Get("name"), account.Secret(r.PostForm.Get("password")))
			return user.Name + " is the administrator.", err
		},
	}
}

// resetPage is where a user sets a new password.
func resetPage(accounts *account.Service) *page {
	return &page{
		path: "reset", title: "New password", button: "Set",
		intro: "Choose a new password. This link works once, for an hour.",
		inputs: []input{
			{Label: "New password", Name: "password", Type: "password", Autocomplete: "new-password"},
			{Label: "Again", Name: "again", Type: "password", Autocomplete: "new-password"},
		},
		check: accounts.CheckReset,
		submit: func(r *http.Request, secret account.Secret) (string, error) {
			next := r.PostForm.Get("password")
			if next != r.PostForm.Get("again") {
				return "", errDiffer
			}
			user, err := accounts.ResetPassword(r.Context(), secret, account.Secret(next))
			return user.Name + " has a new password, and all sessions have ended.", err
		},
	}
}

// SetupLink returns the link with which the first administrator chooses a name
// and a password, or "" if there is an administrator. It works once, for 30
// minutes; those of programs that started before on the store work as well, until one
// was used. It is a secret:
// print it where the one who runs the program sees it, and not into a log.
func (id *Identity) SetupLink(ctx context.Context) (string, error) {
	secret, err := id.accounts.NewSetup(ctx)
	if errors.Is(err, account.ErrSetupDone) {
		return "", nil
	}
	return link(id.url, "setup", secret), err
}

// ResetLink returns the link with which a user sets a new password, to be handed to
// the user. It works once, for an hour, and any that was handed out before it does not
// work any more. One that somebody asks for at POST /forgot ends no other; whichever
// is used first ends all. Error: account.ErrNoUser.
func (id *Identity) ResetLink(ctx context.Context, userID string) (string, error) {
	return ResetLink(ctx, id.accounts, id.url, userID)
}

// ResetLink is Identity.ResetLink for a command beside the program, which is
// reached at base, as Issuer returns it.
func ResetLink(ctx context.Context, accounts *Accounts, base, userID string) (string, error) {
	secret, err := accounts.NewReset(ctx, userID)
	return link(base, "reset", secret), err
}

func link(base, path string, secret account.Secret) string {
	return base + "/" + path + "?secret=" + url.QueryEscape(string(secret))
}
