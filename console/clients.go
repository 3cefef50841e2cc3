package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/access"
)

// clientsOf is a piece of the list of clients.
type clientsOf struct {
	Clients  []account.Client
	Declared []account.Client // by the program; none on later pieces
	After    string           // the id after which the next piece begins; "" at the end
}

func (c *console) clients(r *http.Request, _ caller) (page, error) {
	after := cut(r.URL.Query().Get("after"))
	var out clientsOf
	var err error
	if out.Clients, err = c.accounts.Clients(r.Context(), after, pageSize+1); err != nil {
		return page{}, err
	}
	if len(out.Clients) > pageSize {
		out.Clients = out.Clients[:pageSize]
		out.After = out.Clients[pageSize-1].ID
	}
	if after == "" {
		out.Declared = c.accounts.DeclaredClients()
	}
	return page{"clients", "Clients", out}, nil
}

// newClientOf is the form for a client, as it was sent.
type newClientOf struct {
	ID, Name, Redirects, Kind string
	Kinds                     []choice
	Scopes                    []choice
}

// kinds are the kinds of clients that a form makes. What else a client can be is
// for the API and the command.
var kinds = []choice{
	{"web", "An application with a server, which keeps a secret; people allow it to act for them", true},
	{"public", "An application in a browser or on a phone, which has no secret; people allow it to act for them", false},
	{"machine", "A program that calls for itself, with a secret", false},
}

func (c *console) newClient(r *http.Request, _ caller) (page, error) {
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	f := newClientOf{
		ID: r.PostForm.Get("id"), Name: r.PostForm.Get("name"), Redirects: r.PostForm.Get("redirects"), Kind: r.PostForm.Get("kind"),
		Scopes: c.scopeChoices(d, r.PostForm["scopes"]), Kinds: slices.Clone(kinds),
	}
	for i := range f.Kinds {
		f.Kinds[i].Ticked = f.Kinds[i].Name == f.Kind || f.Kind == "" && i == 0
	}
	return page{"newclient", "New client", f}, nil
}

func (c *console) createClient(r *http.Request, _ caller) (done, error) {
	f := r.PostForm
	client := account.Client{
		ID: strings.TrimSpace(f.Get("id")), Name: f.Get("name"), Public: f.Get("kind") == "public",
		Scopes: append([]string{}, f["scopes"]...),
	}
	if f.Get("kind") == "machine" {
		client.Grants = []string{account.GrantClientCredentials}
	} else {
		client.Grants = []string{account.GrantCode, account.GrantRefresh}
		client.Redirects = strings.Fields(f.Get("redirects"))
	}
	client, secret, err := c.accounts.CreateClient(r.Context(), client)
	if err != nil || secret == "" {
		return done{to: "clients/" + url.PathEscape(client.ID)}, err
	}
	return secretOf(client, secret, "The client is there."), nil
}

// changedClientOf is the form that changes a client, as it is or as it was sent.
type changedClientOf struct {
	account.Client
	Redirects  string
	Redirected bool // people are sent back to it
	Scopes     []choice
}

func (c *console) changedClient(r *http.Request, _ caller) (page, error) {
	client, err := c.accounts.Client(r.Context(), r.PathValue("id"))
	if err == nil && slices.ContainsFunc(c.accounts.DeclaredClients(), func(one account.Client) bool { return one.ID == client.ID }) {
		err = account.ErrNoClient // that can be changed here: the program declares it
	}
	if err != nil {
		return page{}, err
	}
	d, err := c.document(r.Context())
	if err != nil {
		return page{}, err
	}
	if r.Method == http.MethodPost {
		c.sent(r, &client)
	}
	return page{"changeclient", "Change " + client.Name, changedClientOf{
		Client: client, Redirects: strings.Join(client.Redirects, "\n"), Redirected: client.MayUse(account.GrantCode),
		Scopes: c.scopeChoices(d, client.Scopes),
	}}, nil
}

// sent puts into a client what the form says.
func (c *console) sent(r *http.Request, client *account.Client) {
	f := r.PostForm
	client.Name, client.Scopes = f.Get("name"), append([]string{}, f["scopes"]...)
	if client.MayUse(account.GrantCode) {
		client.Redirects = strings.Fields(f.Get("redirects"))
	}
}

func (c *console) changeClient(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	_, err := c.accounts.ChangeClient(r.Context(), id, func(client *account.Client) { c.sent(r, client) })
	return done{to: "clients/" + url.PathEscape(id) + "?done=client"}, err
}

// secretOf is the page that shows a client's secret, this once.
func secretOf(client account.Client, secret account.Secret, lead string) done {
	return done{show: &page{"secret", "A secret for " + client.Name, linkOf{
		Lead: lead, What: "Secret of " + client.ID, Secret: string(secret), Back: "clients/" + url.PathEscape(client.ID), BackTo: client.Name,
		Rest: "It is shown this once: put it where the client finds it.",
	}}}
}

// clientOf is a client.
type clientOf struct {
	account.Client
	Declared bool
	Secrets  []account.ClientSecret
	Keys     []account.APIKey
	Opens    []access.Route // where it calls for itself
	Machine  bool
}

func (c *console) client(r *http.Request, _ caller) (page, error) {
	id := r.PathValue("id")
	declared := c.accounts.DeclaredClients()
	i := slices.IndexFunc(declared, func(one account.Client) bool { return one.ID == id })
	if i >= 0 {
		return page{"client", declared[i].Name, clientOf{Client: declared[i], Declared: true}}, nil
	}
	client, err := c.accounts.Client(r.Context(), id)
	if err != nil {
		return page{}, err
	}
	out := clientOf{Client: client, Machine: client.MayUse(account.GrantClientCredentials)}
	if out.Secrets, err = c.accounts.ClientSecrets(r.Context(), client.ID); err != nil {
		return page{}, err
	}
	if out.Keys, err = c.accounts.APIKeys(r.Context(), account.APIKeyOwner{ClientID: client.ID}); err != nil {
		return page{}, err
	}
	if !out.Machine {
		return page{"client", client.Name, out}, nil
	}
	d, err := c.document(r.Context())
	out.Opens = opens(d, access.Caller{Presents: true, Good: !client.Disabled, Schemes: c.schemesOfMachines(d), Scopes: access.Set(client.Scopes)})
	return page{"client", client.Name, out}, err
}

// schemesOfMachines are the schemes of which a client can have a credential: all but
// that of the console, which a sign-in on a page begins.
func (c *console) schemesOfMachines(d access.Document) []string {
	out := d.Schemes()
	for _, route := range d.Routes {
		if route.Path != c.prefix {
			continue
		}
		for _, one := range route.Ways[0].Credentials {
			out = slices.DeleteFunc(out, func(scheme string) bool { return scheme == one.Scheme })
		}
	}
	return out
}

// secretOverlap is how long a secret stays good beside the next one.
const secretOverlap = 24 * time.Hour

func (c *console) rotateSecret(r *http.Request, _ caller) (done, error) {
	client, err := c.accounts.Client(r.Context(), r.PathValue("id"))
	if err != nil {
		return done{}, err
	}
	overlap := secretOverlap
	if r.PostForm.Get("do") == "now" {
		overlap = 0
	}
	secret, err := c.accounts.RotateClientSecret(r.Context(), client.ID, overlap)
	return secretOf(client, secret, said(overlap > 0, "There is another secret. The one before stays good for a day.", "There is another secret. The one before is good for nothing any more.")), err
}

func (c *console) setClientState(r *http.Request, _ caller) (done, error) {
	id, disable := r.PathValue("id"), r.PostForm.Get("do") == "disable"
	_, err := c.accounts.ChangeClient(r.Context(), id, func(client *account.Client) { client.Disabled = disable })
	return done{to: "clients/" + url.PathEscape(id) + "?done=" + said(disable, "client-disabled", "client-enabled")}, err
}

func (c *console) removeClient(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	err := errDiffer
	if r.PostForm.Get("name") == id {
		err = c.accounts.RemoveClient(r.Context(), id)
	}
	return done{to: "clients?done=removed"}, err
}

func (c *console) revokeClientKey(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	err := c.accounts.RevokeAPIKey(r.Context(), account.APIKeyOwner{ClientID: id}, r.PostForm.Get("key"))
	return done{to: "clients/" + url.PathEscape(id) + "?done=revoked"}, err
}
