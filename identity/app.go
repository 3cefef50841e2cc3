package identity

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// Endpoints chooses what is registered; join them with |.
type Endpoints uint

// The endpoints that there are. SignUps, Forgot, SignIns, Authorize and Account are
// registered only if the configuration has what they need.
const (
	Tokens        Endpoints = 1 << iota // POST /token, POST /logout, and under GET /.well-known the keys and where they are
	Users                               // /users, with /users/me, and /roles
	MyRoutes                            // GET /me/routes: what the caller may call
	Refusals                            // GET /refusals/{id}: why a request was refused, for administrators
	Setup                               // GET and POST /setup, where the first administrator is made
	Reset                               // GET and POST /reset, where a user sets a new password
	Health                              // GET /healthz, GET /readyz
	SignUps                             // POST /signup
	Forgot                              // POST /forgot, with Reset
	SignIns                             // GET and POST /signin, POST /signout
	Introspection                       // POST /introspect, where Config.Services and clients ask about tokens
	Revocation                          // POST /revoke, where clients end what they were given
	Authorize                           // GET and POST /authorize, where clients send people for a code, and /users/me/consents; with SignIns
	Account                             // GET and POST /account: a person's own sessions, consents and password; with SignIns
	Sessions                            // /users/me/sessions, and for administrators /users/{id}/sessions
	Clients                             // /clients, for administrators
	APIKeys                             // /users/me/keys, and for administrators /users/{id}/keys and /clients/{id}/keys
	Audit                               // GET /audit: what has happened, for auditors

	Everything Endpoints = 1<<iota - 1
)

// NewApp makes an application with all endpoints. Its configuration gets what
// belongs to them: the roles that the tests and the checks at start know, the
// log of refusals, metrics, the logger, and what clients without a token are told
// (see [Identity.Resource]), unless it says otherwise.
func (id *Identity) NewApp(config holdfast.Config) *holdfast.App {
	return id.NewAppWith(Everything, config)
}

// NewAppWith is NewApp with some of the endpoints.
func (id *Identity) NewAppWith(which Endpoints, config holdfast.Config) *holdfast.App {
	config.Version = cmp.Or(config.Version, "0.0.0")
	if config.Logger == nil {
		config.Logger = id.config.Logger
	}
	if config.Observe == nil && id.config.Metrics != nil {
		config.Observe = id.config.Metrics.Observe
	}
	if m, ok := id.config.Metrics.(gauged); ok && config.Gauge == nil {
		config.Gauge = m.Gauge
	}
	if config.OnDecision == nil {
		config.OnDecision = id.refused
	}
	if config.API.Resource.URL == "" && which&Tokens != 0 {
		config.API.Resource = id.Resource()
	}
	if config.Roles == nil {
		config.Roles = id.config.rolesWith(which)
	}
	which = id.have(which)
	id.documented(&config, which)
	app := holdfast.NewApp(config)
	id.register(app, which, id.pages(config))
	return app
}

// refused counts a refusal for the audit trail, and keeps it so that it can be
// explained.
func (id *Identity) refused(d holdfast.Decision) (reference string) {
	if status := d.Status(); !d.Allowed() && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		route := d.Route()
		id.accounts.CountRefused(d.Request().Context(), status, route.Method+" "+route.Path)
	}
	return id.refusals.keep(d)
}

// Resource is what clients are told of an application whose callers present
// tokens of this Identity: for the API of a [holdfast.Config] of a program that
// makes its application itself. What clients ask a token for is the first of
// [Identity.Audience] if that is an address, or else the public URL.
func (id *Identity) Resource() apidoc.Resource {
	out := apidoc.Resource{URL: id.audience[0], AuthorizationServers: []string{id.issuer}}
	if _, reason := checkURL(out.URL); reason != "" {
		out.URL = id.url
	}
	return out
}

// Register adds some of the endpoints to an application that is configured
// elsewhere, under the scheme's prefix.
func (id *Identity) Register(app *holdfast.App, which Endpoints) {
	id.register(app, which, id.pages(holdfast.Config{Docs: holdfast.Docs{NoPage: true}}))
}

// rolesWith are the roles of an application with these endpoints: those of the
// built-in ones that no endpoint asks for are not the application's.
func (c *Config) rolesWith(which Endpoints) []holdfast.Role {
	return slices.DeleteFunc(c.declaredRoles(), func(role holdfast.Role) bool {
		asked := which&Users != 0 || which&(Refusals|Sessions|Clients|APIKeys|Audit) != 0 && role.Name() == account.RoleAdmin ||
			which&Audit != 0 && role.Name() == "auditor"
		return !asked && !c.declares(role.Name())
	})
}

// pages are what pages say of an application, and where its docs page is seen
// from them.
func (id *Identity) pages(config holdfast.Config) *pages {
	p := &pages{site: config.Title, least: id.config.Policy.Least(), log: id.config.Logger}
	if u, err := url.Parse(id.url); err == nil && p.site == "" {
		p.site = u.Host
	}
	if !config.Docs.NoPage && !config.Docs.NoDocument {
		up := strings.Repeat("../", strings.Count(id.config.Scheme.prefix, "/"))
		p.docs = up + strings.TrimPrefix(cmp.Or(config.Docs.Path, "/docs"), "/")
	}
	return p
}

// have is what there can be of some endpoints, with what those need.
func (id *Identity) have(which Endpoints) Endpoints {
	if id.config.SendLink == nil {
		which &^= Forgot
	}
	switch {
	case id.config.Pages == nil:
		which &^= SignIns | Authorize | Account
	case which&(Authorize|Account) != 0:
		which |= SignIns
	case !id.ownPages:
		which &^= SignIns // the program has not asked for them
	}
	if id.config.SignUp == nil {
		which &^= SignUps
	}
	if which&Forgot != 0 {
		which |= Reset // where its links lead
	}
	return which
}

// register adds endpoints, each a route with a policy like any other.
func (id *Identity) register(app *holdfast.App, which Endpoints, p *pages) {
	on := holdfast.Routes(app)
	if id.config.Scheme.prefix != "" {
		on = app.Group(id.config.Scheme.prefix)
	}
	which = id.have(which)
	signIn := id.signInPage(p)
	if which&SignIns != 0 && (id.ownPages || p.docs == "") {
		p.enter = signIn.path
	}
	if which&Account != 0 {
		p.own = id.accountPage(signIn).at
	}
	for _, one := range []struct {
		is       Endpoints
		register func()
	}{
		{Tokens, func() { id.tokens.Register(id.tokensOn(app, which)); id.tokens.RegisterMetadata(app, id.issuer) }},
		{Users, func() { id.api.Register(on) }},
		{MyRoutes, func() { id.registerMine(on, app) }},
		{Refusals, func() { registerWhy(on, id.api.Administrators(), id.refusals.store, id.accounts.Service) }},
		{Setup, func() { p.register(on, setupPage(id.accounts.Service)) }},
		{Reset, func() { p.register(on, resetPage(id.accounts.Service)) }},
		{Health, func() { registerHealth(on, id.config.Store.Ping, id.accounts.CheckChanges, id.stopping.Load) }},
		{SignUps, func() { id.api.RegisterSignUp(on, id.config.SignUp.roles()) }},
		{Sessions, func() { id.api.RegisterSessions(on) }},
		{Introspection, func() { id.tokens.RegisterIntrospection(on, knownService(id.config.Services)) }},
		{Revocation, func() { id.tokens.RegisterRevocation(on) }},
		{SignIns, func() { signIn.register(on, id.config.Pages.SignIn != "") }},
		{Authorize, func() {
			id.authorizePage(signIn).register(on)
			id.api.RegisterConsents(on)
			id.registerMyScopes(on)
		}},
		{Account, func() { id.accountPage(signIn).register(on) }},
		{Forgot, func() { id.api.RegisterForgot(on, id.links.ask) }},
		{Clients, func() { id.api.RegisterClients(on) }},
		{APIKeys, func() { id.api.RegisterKeys(on) }},
		{Audit, func() { id.api.RegisterAudit(on) }},
	} {
		if which&one.is != 0 {
			one.register()
		}
	}
}
