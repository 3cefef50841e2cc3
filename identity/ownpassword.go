package identity

import (
	"errors"
	"net/http"
	"slices"

	"github.com/holdfast-go/holdfast/account"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
)

// ownPassword makes of a form to sign in the one that follows a right password which
// somebody else has chosen: it leads to where the sign-in would have led.
func ownPassword(signIn form, secret string, least int) form {
	shown := signIn
	shown.Heading, shown.Button, shown.Least, shown.Name = "Choose your own password", "Set it and sign in", least, ""
	shown.Intro = "The password that you were given is known to somebody else, and is good for this alone."
	shown.Inputs = []input{
		{Label: "New password", Name: "password", Type: "password", Autocomplete: "new-password"},
		{Label: "Again", Name: "again", Type: "password", Autocomplete: "new-password"},
	}
	shown.Hidden = slices.DeleteFunc(slices.Clone(signIn.Hidden), func(one pagekit.Hidden) bool { return one.Name == "do" })
	shown.Hidden = append(shown.Hidden, pagekit.Hidden{Name: "secret", Value: secret}, pagekit.Hidden{Name: "do", Value: "choose"})
	shown.secret = secret
	return shown
}

// setOwn takes that form, signs the person in and goes on.
func (p *signInPage) setOwn(w http.ResponseWriter, r *http.Request, next string, signIn form) error {
	if err := p.sessions.origins.check(asUnsafe(r)); err != nil {
		return err
	}
	secret, chosen := r.PostForm.Get("secret"), r.PostForm.Get("password")
	var user account.User
	err := errDiffer
	if chosen == r.PostForm.Get("again") {
		user, err = p.sessions.accounts.ResetPassword(r.Context(), account.Secret(secret), account.Secret(chosen))
	}
	switch {
	case errors.Is(err, account.ErrBadReset):
		signIn.Problem = "That took too long, or was done already. Sign in again."
		return p.render(w, http.StatusForbidden, signIn)
	case err != nil:
		shown := ownPassword(signIn, secret, p.least)
		var status int
		status, shown.Problem = p.problem(w, r, err)
		return p.render(w, status, shown)
	}
	if err := p.sessions.signIn(w, r, user.Name, chosen); err != nil {
		return p.refused(w, r, err, signIn)
	}
	return seeOther(w, next)
}

// GivenPasswordLink is where the person can set a password of their own whom
// [Identity.SignIn] has refused because somebody else has chosen the one they have,
// for programs with a sign-in page of their own. The link is a secret of the
// person's, good once, for an hour. It is ok if that is why err is what it is.
func (id *Identity) GivenPasswordLink(err error) (address string, ok bool) {
	var given *account.GivenPasswordError
	if !errors.As(err, &given) || given.Reset == "" {
		return "", false
	}
	return link(id.url, "reset", given.Reset), true
}
