package main

import (
	"html/template"
	"net/http"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
)

// note is what a guest has written.
type note struct{ By, Text string }

// guestbook is the application's own data: the last notes, the newest first.
type guestbook struct {
	mu    sync.Mutex
	notes []note
}

const most = 100

// The forms carry no hidden token: what another site's page sends is refused.
var page = template.Must(template.New("book").Parse(`<!DOCTYPE html>
<html lang="en">
<title>Guest book</title>
<h1>Guest book</h1>
<form method="post" action="/signout">{{.Caller.User.Name}} <button id="out">Sign out</button></form>
<form method="post" action="/notes"><input name="text" maxlength="200" required> <button id="add">Write</button></form>
<ul>{{range .Notes}}<li>{{.By}}: {{.Text}}</li>{{end}}</ul>
</html>
`))

func (g *guestbook) show(w http.ResponseWriter, _ *http.Request, caller identity.Caller) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return page.Execute(w, struct {
		Caller identity.Caller
		Notes  []note
	}{caller, g.notes})
}

func (g *guestbook) add(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	text := r.PostFormValue("text")
	if text == "" || len(text) > 200 {
		return holdfast.Errorf(http.StatusUnprocessableEntity, "A note has between 1 and 200 bytes")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notes = append([]note{{caller.User.Name, text}}, g.notes...)
	g.notes = g.notes[:min(len(g.notes), most)]
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
