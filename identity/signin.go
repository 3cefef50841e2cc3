package identity

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// signInPage is where people sign in, and what follows.
type signInPage struct {
	*pages
	sessions *sessions
	base     string // of all paths, as "/library"; "" mostly
	path     string // of the page, from the origin
	home     string // from the origin
}

// newSignInPage is nil if the program, which is reached at a URL, has no pages.
func newSignInPage(c *Config, public string, s *sessions, p *pages) *signInPage {
	if c.Pages == nil {
		return nil
	}
	out := &signInPage{pages: p, sessions: s}
	if u, err := url.Parse(public); err == nil {
		out.base = strings.TrimSuffix(u.EscapedPath(), c.Scheme.prefix)
	}
	out.path = out.base + cmp.Or(c.Pages.SignIn, c.Scheme.prefix+"/signin")
	out.home = out.base + cmp.Or(c.Pages.Home, "/")
	return out
}

// register adds the page, unless the program has its own, and the end of a
// session. It is for everybody: who signs out of a session that has ended is
// signed out.
func (p *signInPage) register(on holdfast.Routes, own bool) {
	if !own {
		show := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
			return p.render(w, http.StatusOK, p.shown(r.URL.Query().Get("next")))
		}
		on.Handle("GET /signin", holdfast.Raw(holdfast.Public(), show), holdfast.Hidden())
		p.style(on)
		on.Handle("POST /signin", holdfast.Raw(holdfast.Public(), p.submit), holdfast.Hidden())
	}
	on.Handle("POST /signout", holdfast.Raw(holdfast.Public(), p.leave), holdfast.Hidden())
}

// shown is the page, with where to go on.
func (p *signInPage) shown(next string) form {
	next, _ = LocalPath(next)
	shown := signInForm
	shown.Action, shown.Hidden = "signin", []pagekit.Hidden{{Name: "next", Value: next}}
	return shown
}

// signInForm is what all forms to sign in have.
var signInForm = form{
	Heading: "Sign in", Button: "Sign in",
	Inputs: []input{
		{Label: "Name", Name: "username", Type: "text", Autocomplete: "username"},
		{Label: "Password", Name: "password", Type: "password", Autocomplete: "current-password"},
	},
}

func (p *signInPage) submit(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	if !readForm(w, r) {
		shown := p.shown("")
		shown.Problem = unreadable
		return p.render(w, http.StatusBadRequest, shown)
	}
	next, ok := LocalPath(r.PostForm.Get("next"))
	if !ok {
		next = p.home
	}
	shown := p.shown(r.PostForm.Get("next"))
	if r.PostForm.Has("secret") {
		return p.setOwn(w, r, next, shown)
	}
	shown.Name = r.PostForm.Get("username")
	err := p.sessions.signIn(w, r, shown.Name, r.PostForm.Get("password"))
	if err == nil {
		return seeOther(w, next)
	}
	return p.refused(w, r, err, shown)
}

// refused shows the form again, with why the sign-in failed.
func (p *signInPage) refused(w http.ResponseWriter, r *http.Request, err error, shown form) error {
	var given *account.GivenPasswordError
	if errors.As(err, &given) {
		return p.render(w, http.StatusOK, ownPassword(shown, string(given.Reset), p.least))
	}
	var answer *holdfast.Error
	if !errors.As(err, &answer) || answer.Status == http.StatusServiceUnavailable && r.Context().Err() != nil {
		return err
	}
	shown.Problem = p.sentence(w, r, answer)
	return p.render(w, answer.Status, shown)
}

// sentence says on the page why a sign-in failed, and when to come again.
func (p *signInPage) sentence(w http.ResponseWriter, r *http.Request, answer *holdfast.Error) string {
	if answer.RetryAfter > 0 {
		w.Header().Set("Retry-After", retryafter.Value(answer.RetryAfter))
	}
	switch answer.Status {
	case http.StatusTooManyRequests:
		again := time.Duration(retryafter.Seconds(answer.RetryAfter)) * time.Second
		return fmt.Sprintf("There were too many attempts. Try again in %v.", again)
	case http.StatusServiceUnavailable:
		if !isBusy(answer) {
			p.failed(r, answer)
		}
		return "That did not work just now. Try again in a moment."
	}
	return fmt.Sprint(answer.Detail, ".")
}

// isBusy reports whether an error says when to come again, as those of package
// work do: a flood that is told to come again must not flood the log.
func isBusy(err error) bool {
	var busy interface {
		error
		RetryAfter() time.Duration
	}
	return errors.As(err, &busy)
}

func (p *signInPage) leave(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	if err := p.sessions.signOut(w, r); err != nil {
		return err
	}
	return seeOther(w, p.path)
}

// seeOther sends a browser to a path of this origin.
func seeOther(w http.ResponseWriter, path string) error {
	w.Header().Set("Location", path)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
