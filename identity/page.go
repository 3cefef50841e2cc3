package identity

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// page is a page behind a one-time link: a form with the link's secret in it,
// and what came of it.
type page struct {
	path   string // as in "setup", where the form is posted as well
	title  string
	intro  string
	inputs []input
	button string

	// submit does what the form is for and returns the sentence that says so.
	submit func(r *http.Request, secret account.Secret) (done string, err error)
}

// pages are what the pages of an application have in common.
type pages struct {
	site  string // what the application is called
	docs  string // its docs page as the pages link to it; "" for none
	enter string // its sign-in page, likewise
	least int    // how many characters a password has at least
	log   *slog.Logger

	styled bool // the stylesheet is registered
}

// input is a field of a form.
type input struct {
	Label, Name, Type, Autocomplete string
}

// view is what the skeleton shows.
type view struct {
	Site, Title, Intro, Action, Button string
	Docs, Enter                        string
	Inputs                             []input
	Least                              int

	Hidden, Value string // what the form carries unseen: its name, and what it is; "" for nothing
	Name          string // as it was sent
	Problem, Done string
}

// Referrer says which sites a browser tells where it was: none, if the address
// has a secret. Then it does not say either which page has sent the form, which
// an old browser has to for a sign-in.
func (v view) Referrer() string {
	if v.Hidden == "secret" {
		return "no-referrer"
	}
	return "same-origin"
}

func (p *pages) view(one *page, secret string) view {
	return view{
		Site: p.site, Docs: p.docs, Enter: p.enter, Title: one.title, Intro: one.intro, Action: one.path, Button: one.button,
		Inputs: one.inputs, Least: p.least, Hidden: "secret", Value: secret,
	}
}

var skeleton = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="{{.Referrer}}">
<title>{{.Site}}: {{.Title}}</title>
<link rel="stylesheet" href="setup.css">
</head>
<body>
<main>
<h1>{{.Site}}</h1>
{{if .Done}}
<p id="done">{{.Done}}{{if .Enter}} <a href="{{.Enter}}">Sign in</a>.{{else if .Docs}} <a href="{{.Docs}}">Go on to the docs</a>, press Authorize, and sign in.{{end}}</p>
{{else}}
{{with .Intro}}<p>{{.}}</p>
{{end}}{{with .Problem}}<p role="alert">{{.}}</p>{{end}}
<form method="post" action="{{.Action}}">
{{if .Hidden}}<input type="hidden" name="{{.Hidden}}" value="{{.Value}}">
{{end}}{{range $i, $in := .Inputs}}<label>{{.Label}} <input name="{{.Name}}" type="{{.Type}}"{{if eq .Type "text"}} value="{{$.Name}}"{{end}} autocomplete="{{.Autocomplete}}" required{{if not $i}} autofocus{{end}}></label>
{{end}}{{if .Least}}<small>At least {{.Least}} characters. Length is what counts; there are no other rules.</small>
{{end}}<button>{{.Button}}</button>
</form>
{{end}}
</main>
</body>
</html>
`))

const stylesheet = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1b1f24}
main{max-width:24rem;margin:12vh auto;background:#fff;padding:2rem;border-radius:8px;box-shadow:0 1px 4px #0002}
h1{margin:0 0 1rem}label{display:block;margin:1rem 0 0}input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}
button{margin-top:1.25rem;padding:.6rem 1.2rem;font:inherit;background:#1b5e3f;color:#fff;border:0;border-radius:4px;cursor:pointer}
small{display:block;color:#57606a}[role=alert]{background:#ffebe9;padding:.5rem .75rem;border-radius:4px}
@media(prefers-color-scheme:dark){body{background:#14171a;color:#e6e9ec}main{background:#1f2428}small{color:#9aa4ad}[role=alert]{background:#4a1d1f}}
`

// register adds a page to an application, and the first one the stylesheet of
// all.
func (p *pages) register(on holdfast.Routes, one *page) {
	show := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		return render(w, http.StatusOK, p.view(one, r.URL.Query().Get("secret")))
	}
	submit := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		return p.submit(w, r, one)
	}
	on.Handle("GET /"+one.path, holdfast.Raw(holdfast.Public(), show), holdfast.Hidden())
	p.style(on)
	on.Handle("POST /"+one.path, holdfast.Raw(holdfast.Public(), submit), holdfast.Hidden())
}

// style registers the stylesheet, once.
func (p *pages) style(on holdfast.Routes) {
	if !p.styled {
		on.Handle("GET /setup.css", holdfast.Raw(holdfast.Public(), style), holdfast.Hidden())
		p.styled = true
	}
}

// maxForm is the most that a form may have, in bytes.
const maxForm = 16 << 10

func style(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write([]byte(stylesheet)) // the caller may be gone
	return nil
}

func (p *pages) submit(w http.ResponseWriter, r *http.Request, one *page) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if r.ParseForm() != nil {
		shown := p.view(one, "")
		shown.Problem = "The form could not be read."
		return render(w, http.StatusBadRequest, shown)
	}
	shown := p.view(one, r.PostForm.Get("secret"))
	shown.Name = r.PostForm.Get("name")
	status := http.StatusOK
	if done, err := one.submit(r, account.Secret(shown.Value)); err != nil {
		status, shown.Problem = p.problem(w, r, err)
	} else {
		shown.Done = done
	}
	return render(w, status, shown)
}

// errDiffer says that a password was not written the same twice.
var errDiffer = errors.New("the two passwords differ")

// problem turns an error into a status and a sentence for the page, and logs
// what is no mistake of the visitor.
func (p *pages) problem(w http.ResponseWriter, r *http.Request, err error) (int, string) {
	var invalid *account.InvalidError
	var throttled *account.ThrottledError
	switch {
	case errors.As(err, &throttled):
		seconds := retryafter.Seconds(throttled.RetryAfter)
		w.Header().Set("Retry-After", retryafter.Value(throttled.RetryAfter))
		return http.StatusTooManyRequests, fmt.Sprintf("There were too many attempts from your address. Try again in %v.", time.Duration(seconds)*time.Second)
	case errors.Is(err, account.ErrBadSetup):
		return http.StatusForbidden, "This link was used already or is too old. If nobody is administrator yet, a restart of the server prints a new one."
	case errors.Is(err, account.ErrBadReset):
		return http.StatusForbidden, "This link was used already or is too old. Ask for a new one."
	case errors.Is(err, errDiffer):
		return http.StatusUnprocessableEntity, "The two passwords differ."
	case errors.Is(err, account.ErrNameTaken):
		return http.StatusConflict, "Somebody has that name already."
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, "The " + invalid.Field + " " + invalid.Reason + "."
	}
	p.failed(r, err)
	return http.StatusServiceUnavailable, "That did not work; the server's log says why."
}

// failed logs what is no mistake of the visitor.
func (p *pages) failed(r *http.Request, err error) {
	p.log.LogAttrs(r.Context(), slog.LevelError, "a page failed", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
}

// render answers with a page that no cache keeps, no other site frames, and
// whose address no other site learns. Its error is that of a page that broke
// off, which can only be logged.
func render(w http.ResponseWriter, status int, shown view) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", shown.Referrer())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	return skeleton.Execute(w, shown)
}
