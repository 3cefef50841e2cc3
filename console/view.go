package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	apianswer "github.com/holdfast-go/holdfast/answer"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
)

//go:embed html
var texts embed.FS

// templates are the pages, each in the layout.
var templates = func() map[string]*template.Template {
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{"moment": newMoment, "query": url.QueryEscape}).
		ParseFS(texts, "html/layout.html", "html/parts.html"))
	files, err := texts.ReadDir("html")
	if err != nil {
		panic(err) // they are a part of the program
	}
	out := map[string]*template.Template{}
	for _, file := range files {
		if name := file.Name(); name != "layout.html" && name != "parts.html" {
			out[strings.TrimSuffix(name, ".html")] = template.Must(template.Must(layout.Clone()).ParseFS(texts, "html/"+name))
		}
	}
	return out
}()

// page is what a handler has to say.
type page struct {
	is      string // the template
	title   string
	content any
}

// pager makes a page.
type pager func(r *http.Request, who caller) (page, error)

// action does what a form says, and returns where to go on, as seen from the
// console's root, or a page that is shown this once.
type action func(r *http.Request, who caller) (done, error)

// done is what came of an action.
type done struct {
	to   string // with "done=" in its query, where something is to be said
	show *page
}

// view is what the layout shows.
type view struct {
	c      *console
	caller caller
	stale  bool

	Site, Title, User      string
	Up                     string // leads to the console's root
	Sections               []section
	Content                any
	Done, Problem          string
	SignIn, Account, Leave string
	Again                  string // to sign in again and come back; "" if the sign-in is fresh
	Within                 string // how fresh it has to be
	Status                 int
	Missing                []string // of an error page
	Request                string   // likewise: what to refer to
}

// section is an entry of the navigation.
type section struct {
	Name, Path string
	Here       bool
}

var sections = []section{
	{Name: "Overview", Path: "overview"},
	{Name: "Users", Path: "users"},
	{Name: "Sessions", Path: "sessions"},
	{Name: "Roles", Path: "roles"},
	{Name: "Routes", Path: "routes"},
	{Name: "Matrix", Path: "matrix"},
	{Name: "Refusals", Path: "refusals"},
	{Name: "Audit", Path: "audit"},
	{Name: "Clients", Path: "clients"},
	{Name: "Keys", Path: "keys"},
	{Name: "Settings", Path: "settings"},
	{Name: "Backup", Path: "backup"},
}

// May reports whether the person may call a route of the console at all, by the
// access table.
func (v *view) May(method, path string) bool { return v.c.may(v.caller, method, path) }

// Can is May for what wants a fresh sign-in.
func (v *view) Can(method, path string) bool { return !v.stale && v.May(method, path) }

// below is the request's path below the console's root.
func (c *console) below(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, c.prefix+"/") }

// up leads from a request's page to the console's root.
func (c *console) up(r *http.Request) string {
	return strings.Repeat("../", strings.Count(c.below(r), "/"))
}

// top leads from a request's page to the application's root.
func (c *console) top(r *http.Request) string {
	return c.up(r) + strings.Repeat("../", strings.Count(c.prefix, "/"))
}

func (c *console) view(r *http.Request, who caller, title string) (*view, error) {
	fresh, err := c.isFresh(r.Context(), who)
	if err != nil {
		return nil, err
	}
	up, top := c.up(r), c.top(r)
	v := &view{
		c: c, caller: who, stale: !fresh, Site: c.site, Title: title, User: who.User.Name, Up: up, Within: inWords(c.fresh), Status: http.StatusOK,
		Account: top + strings.TrimPrefix(c.id.AccountPath(), "/"), Leave: top + strings.TrimPrefix(c.id.SignOutPath(), "/"),
	}
	if v.stale {
		v.Again = c.again(r)
	}
	first, _, _ := strings.Cut(c.below(r), "/")
	place := map[string]string{"new": below(r.URL.Path), "rule": "routes", "preview": "roles", "import": "users", "history": "users"}
	if other, ok := place[first]; ok {
		first = other
	}
	for _, one := range sections {
		if v.May("GET", "/"+one.Path) {
			one.Here = one.Path == first
			v.Sections = append(v.Sections, one)
		}
	}
	return v, nil
}

// below is the section to which a page under new/ belongs.
func below(path string) string { return path[strings.LastIndex(path, "/")+1:] + "s" }

// again is where to sign in again, to come back to the page of a request. That of
// a form's target is the page with the form.
func (c *console) again(r *http.Request) string {
	next := c.prefix + "/" + c.below(r)
	if r.Method != http.MethodGet {
		next = c.prefix + "/" + formPage(c.below(r))
	} else if r.URL.RawQuery != "" {
		next += "?" + r.URL.RawQuery
	}
	return c.id.SignInPath(next)
}

// formPage is the page whose form is posted to a path: users/1/roles is on
// users/1, and users on users.
func formPage(path string) string {
	parts := strings.Split(path, "/")
	if parts[0] == "audit" {
		return parts[0]
	}
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// page answers with a page.
func (c *console) page(show pager) func(http.ResponseWriter, *http.Request, caller) error {
	return func(w http.ResponseWriter, r *http.Request, who caller) error {
		return c.show(w, r, who, show, func(v *view) { v.Done = whatWasDone[r.URL.Query().Get("done")] })
	}
}

// show makes a page and answers with it.
func (c *console) show(w http.ResponseWriter, r *http.Request, who caller, of pager, with func(*view)) error {
	p, err := of(r, who)
	if err != nil {
		return failure(err)
	}
	v, err := c.view(r, who, p.title)
	if err != nil {
		return failure(err)
	}
	v.Content = p.content
	with(v)
	return v.send(w, p.is)
}

// send answers with a page of a template.
func (v *view) send(w http.ResponseWriter, name string) error {
	var body bytes.Buffer
	if err := templates[name].Execute(&body, v); err != nil {
		return fmt.Errorf("console: page %s: %w", name, err)
	}
	pagekit.Send(w, v.Status, pagekit.Page{Scripted: true}, body.Bytes())
	return nil
}

// maxForm is the most that a form may have, in bytes.
const maxForm = 64 << 10

// maxCredentials is the most that a form may have that brings a password.
const maxCredentials = 16 << 10

// parse reads a form, with the files that it brings: they stay in memory, since a
// body has no more than the form may have.
func parse(r *http.Request, most int64) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return r.ParseMultipartForm(most) //nolint:gosec // form bounds the body
	}
	return r.ParseForm()
}

// form answers to a form: it does what that says and leads to a page, or shows the
// form again with what is wrong.
func (c *console) form(most int64, do action, back pager) func(http.ResponseWriter, *http.Request, caller) error {
	return func(w http.ResponseWriter, r *http.Request, who caller) error {
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := parse(r, most); err != nil {
			status, text := http.StatusBadRequest, "The form could not be read."
			if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
				status, text = http.StatusRequestEntityTooLarge, "The form is too large."
			}
			return c.show(w, r, who, back, func(v *view) { v.Status, v.Problem = status, text })
		}
		out, err := do(r, who)
		switch status, text := problem(err); {
		case status != 0:
			return c.show(w, r, who, back, func(v *view) { v.Status, v.Problem = status, text })
		case err != nil:
			return failure(err)
		case out.show != nil:
			return c.show(w, r, who, func(*http.Request, caller) (page, error) { return *out.show, nil }, func(*view) {})
		}
		return seeOther(w, c.up(r)+out.to)
	}
}

// errorShape is the shape of errors, with the headers of pages.
func (c *console) errorShape() apianswer.Format {
	out := apianswer.Shape("text/html; charset=utf-8", c.errorPage)
	for name, value := range (pagekit.Page{Scripted: true}).Headers() {
		out = out.WithHeader(name, value)
	}
	return out
}

// errorPage is the page of what is refused or not there. It is made of what a
// stranger may know.
func (c *console) errorPage(r *http.Request, f answer) string {
	v := &view{
		c: c, Site: c.site, Status: f.Status, Up: c.up(r), Title: titles[f.Status], Problem: f.Text() + ".", Request: f.Request,
		Account: c.top(r) + strings.TrimPrefix(c.id.AccountPath(), "/"), Leave: c.top(r) + strings.TrimPrefix(c.id.SignOutPath(), "/"),
	}
	if v.Title == "" {
		v.Title = "That did not work"
	}
	for _, scope := range f.MissingScopes {
		v.Missing = append(v.Missing, "the scope "+scope)
	}
	if len(f.MissingRoles) > 0 {
		v.Missing = append(v.Missing, "the role "+strings.Join(f.MissingRoles, " or "))
	}
	if f.Status == http.StatusUnauthorized || f.Code == staleCode {
		v.SignIn = c.again(r)
	}
	var body bytes.Buffer
	if err := templates["error"].Execute(&body, v); err != nil {
		panic(err) // which is logged; the caller is told what is wrong without a page
	}
	return body.String()
}

var titles = map[int]string{
	http.StatusUnauthorized: "Sign in first", http.StatusForbidden: "Not for you", http.StatusNotFound: "Not found",
	http.StatusServiceUnavailable: "Not just now",
}

// moment is a time as a page says it.
type moment struct{ time.Time }

func newMoment(t time.Time) moment { return moment{t.UTC()} }

// Text is the moment for people; "never" if it is zero.
func (m moment) Text() string {
	if m.IsZero() {
		return "never"
	}
	return m.Format("2 Jan 2006, 15:04 UTC")
}

// Stamp is the moment for programs.
func (m moment) Stamp() string { return m.Format(time.RFC3339) }

// inWords says a time for people.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := d / unit.of; d%unit.of == 0 && n > 0 {
			return many(int(n), unit.name)
		}
	}
	return d.String()
}

// roughly is inWords for a time that is not wanted to the minute.
func roughly(d time.Duration) string {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if d >= 2*unit || unit == time.Minute && d >= unit {
			return inWords(d.Truncate(unit))
		}
	}
	return "less than a minute"
}

// many is a number of things.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// failure is an error that no form can say.
func failure(err error) error {
	if _, ok := errors.AsType[*holdfast.Error](err); ok {
		return err
	}
	return answerOf(err)
}

// seeOther sends a browser to a page, as seen from the request's own path: it works
// behind any prefix.
func seeOther(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
