package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/identity"
)

// Config says where the console is. The zero Config is good.
type Config struct {
	Prefix string // of its paths, such as "/admin"; "/console" if empty
	Title  string // what the application is called; the host of its URL if empty

	// Fresh is how long ago somebody may have signed in who changes something; who
	// has signed in before is asked to do it again. 15 minutes if zero.
	Fresh time.Duration

	// Backup writes all that the store keeps, such as backup.Of(store), and nothing unless
	// that is good: administrators who have signed in a short time ago can download it.
	// nil for none.
	Backup func(ctx context.Context, to io.Writer) error

	Now func() time.Time // time.Now if nil
}

// ErrNoSessions is about an Identity whose users cannot sign in on a page: a browser
// keeps the cookie of a session only over https, or from the machine itself.
var ErrNoSessions = errors.New("console: nobody can sign in on a page, because browsers keep the cookie of a session only over https; give identity.Config an https URL")

// Mount adds the console to an application, which has the endpoints of the same
// Identity. What is wrong with the prefix is an error of the application's, at
// start. Error: ErrNoSessions, or a Config that cannot be; nothing is added then.
func Mount(app *holdfast.App, id *identity.Identity, config Config) error {
	c := &console{app: app, id: id, accounts: id.Accounts(), prefix: cmp.Or(config.Prefix, "/console"), backup: config.Backup}
	c.fresh, c.now, c.site = cmp.Or(config.Fresh, 15*time.Minute), config.Now, config.Title
	if c.now == nil {
		c.now = time.Now //nolint:forbidigo // the default of the configuration
	}
	switch u, err := url.Parse(id.URL()); {
	case !id.HasSessions():
		return ErrNoSessions
	case c.fresh < time.Minute:
		return fmt.Errorf("console: Config.Fresh: it must be a minute or more, and is %v", config.Fresh)
	case !strings.HasPrefix(c.prefix, "/") || strings.HasSuffix(c.prefix, "/") || strings.Contains(c.prefix, "{"):
		return fmt.Errorf(`console: Config.Prefix: %q is no path such as "/console"`, config.Prefix)
	case err == nil && c.site == "":
		c.site = u.Host
	}
	c.began, c.table = c.now(), sync.OnceValues(c.readTable)
	c.register()
	return nil
}

// policies are who may do what. They ask of a session what the API asks of a token
// or a key: see accountapi.
type policies struct {
	anybody policy // who has signed in
	read    policy // users, roles, and who may call what
	watch   policy // what concerns everybody: refusals, sessions, keys, settings
	clients policy // to see clients
	audit   policy // what has happened

	endSessions  policy // which makes nothing worse, and so wants no fresh sign-in
	writeUsers   policy
	writeRoles   policy
	writeClients policy
	everything   policy // what all tokens rest on, and all that is kept: it wants all that changes something
}

func (c *console) policies() policies {
	s, session := c.id.Scheme(), c.id.Session()
	fresh := holdfast.Depends1(session, c.freshSignIn)
	admin := func(by holdfast.Dep[caller], scope holdfast.Scope) policy {
		return holdfast.AnyRole(by.Require(scope), accountapi.Admin)
	}
	return policies{
		anybody: holdfast.Security(session),
		read:    holdfast.AnyRole(session.Require(s.ReadUsers), accountapi.Admin, accountapi.Manager),
		watch:   admin(session, s.ReadUsers), clients: admin(session, s.WriteClients), endSessions: admin(session, s.WriteUsers),
		audit:      holdfast.AnyRole(session.Require(s.ReadAudit), accountapi.Admin, accountapi.Auditor),
		writeUsers: admin(fresh, s.WriteUsers), writeRoles: admin(fresh, s.WriteRoles), writeClients: admin(fresh, s.WriteClients),
		everything: holdfast.AnyRole(fresh.Require(s.WriteUsers, s.WriteRoles, s.WriteClients), accountapi.Admin),
	}
}

// register adds the routes. Those of one page stand together.
func (c *console) register() {
	p := c.policies()
	on := c.app.Group(c.prefix).With(holdfast.Hidden(), holdfast.AnswerErrors(holdfast.Errors{
		Format: c.errorShape(),
	}))
	c.registerFiles(on)
	get := func(path string, p policy, show pager) { on.Handle("GET "+path, holdfast.Raw(p, c.page(show))) }
	most := func(bytes int64, path string, p policy, do action, back pager) {
		on.Handle("POST "+path, holdfast.Raw(p, c.form(bytes, do, back)), holdfast.MaxBody(bytes))
	}
	post := func(path string, p policy, do action, back pager) { most(maxForm, path, p, do, back) }
	c.app.Handle("GET "+c.prefix, holdfast.Raw(p.anybody, c.begin), holdfast.Hidden())
	get("/overview", p.read, c.overview)
	c.registerPeople(p, get, post, most)
	get("/roles", p.read, c.roles)
	get("/new/role", p.writeRoles, c.newRole)
	get("/roles/{name}", p.read, c.role)
	get("/preview/role", p.writeRoles, c.previewRole)
	post("/roles", p.writeRoles, c.putRole, c.newRole)
	post("/roles/{name}/remove", p.writeRoles, c.removeRole, c.role)

	get("/routes", p.read, c.routes)
	get("/rule", p.read, c.rule)
	get("/matrix", p.read, c.matrix)
	on.Handle("GET /matrix/{file}", holdfast.Raw(p.read, c.exportMatrix))

	get("/refusals", p.watch, c.refusals)
	get("/refusals/{id}", p.watch, c.refusal)

	get("/audit", p.audit, c.audit)
	on.Handle("GET /audit/export", holdfast.Raw(p.audit, c.exportAudit))
	post("/audit/verify", p.audit, c.verifyAudit, c.audit)

	get("/clients", p.clients, c.clients)
	get("/new/client", p.writeClients, c.newClient)
	post("/clients", p.writeClients, c.createClient, c.newClient)
	get("/clients/{id}", p.clients, c.client)
	get("/clients/{id}/change", p.writeClients, c.changedClient)
	post("/clients/{id}/change", p.writeClients, c.changeClient, c.changedClient)
	post("/clients/{id}/secret", p.writeClients, c.rotateSecret, c.client)
	post("/clients/{id}/state", p.writeClients, c.setClientState, c.client)
	post("/clients/{id}/remove", p.writeClients, c.removeClient, c.client)
	post("/clients/{id}/keys", p.writeClients, c.revokeClientKey, c.client)

	get("/keys", p.watch, c.keys)
	post("/keys", p.everything, c.rotateKey, c.keys)
	get("/settings", p.watch, c.settings)
	if c.backup != nil {
		get("/backup", p.watch, c.backups)
		on.Handle("POST /backup", holdfast.Raw(p.everything, c.makeBackup))
	}
}

// registerPeople adds the routes of users and of what they have.
func (c *console) registerPeople(p policies, get func(string, policy, pager), post func(string, policy, action, pager), most func(int64, string, policy, action, pager)) {
	get("/users", p.read, c.users)
	get("/new/user", p.writeUsers, c.newUser)
	most(maxCredentials, "/users", p.writeUsers, c.createUser, c.newUser)
	get("/users/{id}", p.read, c.user)
	get("/users/{id}/sessions", p.watch, c.sessions)
	get("/history/{id}", p.audit, c.history)
	post("/users/{id}/roles", p.writeUsers, c.setRoles, c.user)
	post("/users/{id}/state", p.writeUsers, c.setState, c.user)
	post("/users/{id}/unlock", p.writeUsers, c.unlock, c.user)
	post("/users/{id}/reset", p.writeUsers, c.resetLink, c.user)
	post("/users/{id}/remove", p.writeUsers, c.removeUser, c.user)
	post("/users/{id}/sessions", p.endSessions, c.endSessions, c.sessions)
	post("/users/{id}/keys", p.endSessions, c.revokeUserKey, c.sessions)

	get("/import/users", p.writeUsers, c.importForm)
	most(maxImport, "/import/users", p.writeUsers, c.importUsers, c.importForm)
	get("/sessions", p.watch, c.everySession)
	post("/sessions", p.endSessions, c.endOneSession, c.everySession)
}

// begin leads to the first page that the person may see: those who may see none
// have their account.
func (c *console) begin(w http.ResponseWriter, _ *http.Request, who caller) error {
	to := strings.TrimPrefix(c.prefix[strings.LastIndex(c.prefix, "/"):], "/") + "/overview"
	if !c.may(who, "GET", "/overview") {
		to = strings.Repeat("../", strings.Count(c.prefix, "/")-1) + strings.TrimPrefix(c.id.AccountPath(), "/")
	}
	return seeOther(w, to)
}
