package main

import (
	"html/template"
	"log/slog"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// setup is the page behind the one-time link, where the first administrator
// chooses a name and a password.
type setup struct {
	accounts *account.Service
	log      *slog.Logger
}

var setupPage = template.Must(template.New("setup").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Holdfast: first administrator</title>
<link rel="stylesheet" href="setup.css">
</head>
<body>
<main>
<h1>Holdfast</h1>
{{if .Done}}
<p id="done">{{.Name}} is the administrator. <a href="docs">Go on to the docs</a>, press Authorize, and sign in.</p>
{{else}}
<p>Choose the first administrator. This link works once, for 30 minutes.</p>
{{with .Problem}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="setup">
<input type="hidden" name="secret" value="{{.Secret}}">
<label>Name <input name="name" value="{{.Name}}" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="new-password" required></label>
<small>At least 15 characters. Length is what counts; there are no other rules.</small>
<button>Create</button>
</form>
{{end}}
</main>
</body>
</html>
`))

const setupCSS = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1b1f24}
main{max-width:24rem;margin:12vh auto;background:#fff;padding:2rem;border-radius:8px;box-shadow:0 1px 4px #0002}
h1{margin:0 0 1rem}label{display:block;margin:1rem 0 0}input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
button{margin-top:1.25rem;padding:.6rem 1.2rem;font:inherit;background:#1b5e3f;color:#fff;border:0;border-radius:4px;cursor:pointer}
small{display:block;color:#57606a}[role=alert]{background:#ffebe9;padding:.5rem .75rem;border-radius:4px}
@media(prefers-color-scheme:dark){body{background:#14171a;color:#e6e9ec}main{background:#1f2428}small{color:#9aa4ad}[role=alert]{background:#4a1d1f}}
`

type setupView struct {
	Secret, Name, Problem string
	Done                  bool
}

// Register adds the page to an application.
func (s *setup) Register(on holdfast.Routes) {
	everybody := holdfast.Public()
	on.Handle("GET /setup", holdfast.Raw(everybody, s.show), holdfast.Hidden())
	on.Handle("GET /setup.css", holdfast.Raw(everybody, s.style), holdfast.Hidden())
	on.Handle("POST /setup", holdfast.Raw(everybody, s.create), holdfast.Hidden())
}

func (s *setup) style(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write([]byte(setupCSS)) // the caller may be gone
	return nil
}

func (s *setup) show(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	return s.render(w, http.StatusOK, setupView{Secret: r.URL.Query().Get("secret")})
}

func (s *setup) create(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	if !readForm(w, r) {
		return s.render(w, http.StatusBadRequest, setupView{Problem: "The form could not be read."})
	}
	view := setupView{Secret: r.PostForm.Get("secret"), Name: r.PostForm.Get("name")}
	user, err := s.accounts.Setup(r.Context(), account.Secret(view.Secret), view.Name, account.Secret(r.PostForm.Get("password")))
	status := http.StatusOK
	if err == nil {
		view = setupView{Done: true, Name: user.Name}
	} else {
		status, view.Problem = pageError(w, r, s.log, err)
	}
	return s.render(w, status, view)
}

func (s *setup) render(w http.ResponseWriter, status int, view setupView) error {
	return renderPage(w, status, setupPage, view)
}
