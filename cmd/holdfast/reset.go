package main

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

type userReset struct {
	database
	Name string `arg:"" help:"The user's name."`
	URL  string `name:"url" help:"Where the server is reached; its public URL by default." placeholder:"URL"`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Run prints a link with which the user sets a new password.
func (c *userReset) Run(ctx context.Context, std streams) (err error) {
	o, err := c.open(ctx, account.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	base := strings.TrimSuffix(c.URL, "/")
	if base == "" {
		if base, err = o.store.Setting(ctx, "issuer"); err != nil {
			return err
		}
	}
	if base == "" {
		return errors.New("the server has never run with this database, so its address is not known; give it with --url")
	}
	user, err := o.accounts.UserByName(ctx, c.Name)
	if err != nil {
		return fmt.Errorf("user %s: %w", c.Name, err)
	}
	secret, err := o.accounts.NewReset(ctx, user.ID)
	if err != nil {
		return err
	}
	link := base + "/reset?secret=" + url.QueryEscape(string(secret))
	if c.JSON {
		return printJSON(std.out, map[string]any{"name": user.Name, "link": link, "seconds": int(account.ResetTTL / time.Second)})
	}
	fmt.Fprintf(std.out, "%s sets a new password with this link, which works once, for an hour:\n  %s\n", user.Name, link)
	return nil
}

// reset is the page behind the one-time link, where a user sets a new password.
type reset struct {
	accounts *account.Service
	log      *slog.Logger
}

var resetPage = template.Must(template.New("reset").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Holdfast: new password</title>
<link rel="stylesheet" href="setup.css">
</head>
<body>
<main>
<h1>Holdfast</h1>
{{if .Done}}
<p id="done">{{.Name}} has a new password, and all sessions have ended. <a href="docs">Go on to the docs</a>, press Authorize, and sign in.</p>
{{else}}
<p>Choose a new password. This link works once, for an hour.</p>
{{with .Problem}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="reset">
<input type="hidden" name="secret" value="{{.Secret}}">
<label>New password <input name="password" type="password" autocomplete="new-password" required autofocus></label>
<label>Again <input name="again" type="password" autocomplete="new-password" required></label>
<small>At least 15 characters. Length is what counts; there are no other rules.</small>
<button>Set</button>
</form>
{{end}}
</main>
</body>
</html>
`))

type resetView struct {
	Secret, Name, Problem string
	Done                  bool
}

// Register adds the page to an application.
func (p *reset) Register(on holdfast.Routes) {
	everybody := holdfast.Public()
	on.Handle("GET /reset", holdfast.Raw(everybody, p.show), holdfast.Hidden())
	on.Handle("POST /reset", holdfast.Raw(everybody, p.set), holdfast.Hidden())
}

func (p *reset) show(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	return p.render(w, http.StatusOK, resetView{Secret: r.URL.Query().Get("secret")})
}

func (p *reset) set(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	if !readForm(w, r) {
		return p.render(w, http.StatusBadRequest, resetView{Problem: "The form could not be read."})
	}
	view := resetView{Secret: r.PostForm.Get("secret")}
	next := r.PostForm.Get("password")
	if next != r.PostForm.Get("again") {
		view.Problem = "The two passwords differ."
		return p.render(w, http.StatusUnprocessableEntity, view)
	}
	user, err := p.accounts.ResetPassword(r.Context(), account.Secret(view.Secret), account.Secret(next))
	status := http.StatusOK
	if err == nil {
		view = resetView{Done: true, Name: user.Name}
	} else {
		status, view.Problem = pageError(w, r, p.log, err)
	}
	return p.render(w, status, view)
}

func (p *reset) render(w http.ResponseWriter, status int, view resetView) error {
	return renderPage(w, status, resetPage, view)
}
