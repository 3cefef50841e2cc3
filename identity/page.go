package identity

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
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

	// check says what is wrong with the link, before anything is typed. It uses nothing up.
	check func(ctx context.Context, secret account.Secret) error

	// submit does what the form is for and returns the sentence that says so.
	submit func(r *http.Request, secret account.Secret) (done string, err error)
}

// pages are what the pages of an application have in common.
type pages struct {
	site  string // what the application is called
	docs  string // its docs page as the pages link to it; "" for none
	enter string // its sign-in page, likewise
	own   string // its page of a person's own account, which asks to sign in; likewise
	least int    // how many characters a password has at least
	log   *slog.Logger

	styled bool // the stylesheet is registered
}

// input is a field of a form.
type input struct {
	Label, Name, Type, Autocomplete string
}

//go:embed html
var texts embed.FS

// text is the template of a page.
func text(name string) *pagekit.Template {
	data, err := texts.ReadFile("html/" + name)
	if err != nil {
		panic(err) // it is a part of the program
	}
	return pagekit.New(string(data))
}

var formPage = text("form.html")

// form is a page with one form, and what came of it.
type form struct {
	Heading, Intro, To string // To is the client that a sign-in leads to
	Action, Button     string
	Docs, Enter        string // where to go on
	Inputs             []input
	Hidden             []pagekit.Hidden
	Least              int    // characters of a new password; 0 where none is set
	Name               string // as it was sent
	Problem, Done      string
	Over               bool // the link is good for nothing, so there is no form

	popup  bool     // see pagekit.Page
	secret string   // of the page's address
	leads  []string // see pagekit.Page
}

// Hints reports whether a field has the hint for new passwords below it: the first
// of them.
func (f form) Hints(in input) bool {
	return f.Least > 0 && in.Autocomplete == "new-password" && in.Name == "password"
}

// Describes lists the ids of what describes a field.
func (f form) Describes(in input) string {
	var ids []string
	if f.Hints(in) {
		ids = append(ids, "least")
	}
	if f.Problem != "" {
		ids = append(ids, "problem")
	}
	return strings.Join(ids, " ")
}

// First is the field that is typed into first: behind those that are known.
func (f form) First() int {
	if len(f.Inputs) > 1 && f.Inputs[0].Type == "text" && f.Name != "" {
		return 1
	}
	return 0
}

func (p *pages) form(one *page, secret string) form {
	return form{
		Heading: one.title, Docs: p.docs, Enter: p.enter, Intro: one.intro, Action: one.path, Button: one.button,
		Inputs: one.inputs, Least: p.least, Hidden: []pagekit.Hidden{{Name: "secret", Value: secret}}, secret: secret,
	}
}

// render answers with a form. Its error is that of a page that cannot be made.
func (p *pages) render(w http.ResponseWriter, status int, f form) error {
	return formPage.Render(w, status, pagekit.Page{
		Site: p.site, Title: f.Heading, Style: stylesheet, Secret: f.secret != "", Popup: f.popup, Leads: f.leads, Content: f,
	})
}

// stylesheet is where the pages find theirs: all stand in one folder.
const stylesheet = "pages.css"

// register adds a page to an application, and the first one the stylesheet of
// all.
func (p *pages) register(on holdfast.Routes, one *page) {
	show := func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		secret := r.URL.Query().Get("secret")
		shown := p.form(one, secret)
		if err := one.check(r.Context(), account.Secret(secret)); err != nil {
			return p.refuse(w, r, shown, err)
		}
		return p.render(w, http.StatusOK, shown)
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
		on.Handle("GET /"+stylesheet, holdfast.Raw(holdfast.Public(), style), holdfast.Hidden())
		p.styled = true
	}
}

// maxForm is the most that a form may have, in bytes.
const maxForm = 16 << 10

func style(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	pagekit.ServeStyle(w, r)
	return nil
}

func (p *pages) submit(w http.ResponseWriter, r *http.Request, one *page) error {
	if !readForm(w, r) {
		shown := p.form(one, "")
		shown.Problem = unreadable
		return p.render(w, http.StatusBadRequest, shown)
	}
	secret := r.PostForm.Get("secret")
	shown := p.form(one, secret)
	shown.Name = r.PostForm.Get("name")
	done, err := one.submit(r, account.Secret(secret))
	if err != nil {
		return p.refuse(w, r, shown, err)
	}
	shown.Done = done
	return p.render(w, http.StatusOK, shown)
}

// refuse says what is wrong. Behind a link that is over no form is left to be filled in,
// but a way to where its person may go on.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, shown form, err error) error {
	status, problem := p.problem(w, r, err)
	shown.Problem, shown.Over = problem, errors.Is(err, account.ErrBadSetup) || errors.Is(err, account.ErrBadReset)
	shown.Enter = cmp.Or(p.enter, p.own)
	return p.render(w, status, shown)
}

// readForm reads a form of no more than maxForm, and reports whether it could.
func readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return r.ParseForm() == nil
}

const unreadable = "The form could not be read."

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
		return http.StatusForbidden, "This link is wrong, was used already or is too old. If nobody is administrator yet, a restart of the server prints a new one."
	case errors.Is(err, account.ErrBadReset):
		return http.StatusForbidden, "This link is wrong, was used already or is too old. Ask for a new one."
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
