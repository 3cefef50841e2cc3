package identity

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Endpoints chooses what is registered; join them with |.
type Endpoints uint

// The endpoints that there are. SignUps, Forgot, SignIns and Introspection are registered only
// if the configuration has what they need.
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
	Introspection                       // POST /introspect, where Config.Services ask about tokens
	Clients                             // /clients, for administrators

	Everything Endpoints = 1<<iota - 1
)

// NewApp makes an application with all endpoints. Its configuration gets what
// belongs to them: the roles that the tests and the checks at start know, the
// log of refusals, metrics and the logger, unless it says otherwise.
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
	if gauged, ok := id.config.Metrics.(interface {
		Gauge(name string, read func() (running, queued, most int))
	}); ok && config.Gauge == nil {
		config.Gauge = gauged.Gauge
	}
	if config.OnDecision == nil {
		config.OnDecision = id.refusals.keep
	}
	if config.Roles == nil {
		config.Roles = id.config.rolesWith(which)
	}
	app := holdfast.NewApp(config)
	id.register(app, which, id.pages(config))
	return app
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
		asked := which&Users != 0 || which&(Refusals|Clients) != 0 && role.Name() == account.RoleAdmin
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
	if !config.Docs.NoPage {
		up := strings.Repeat("../", strings.Count(id.config.Scheme.prefix, "/"))
		p.docs = up + strings.TrimPrefix(cmp.Or(config.Docs.Path, "/docs"), "/")
	}
	return p
}

// register adds endpoints, each a route with a policy like any other.
func (id *Identity) register(app *holdfast.App, which Endpoints, p *pages) {
	on := holdfast.Routes(app)
	if id.config.Scheme.prefix != "" {
		on = app.Group(id.config.Scheme.prefix)
	}
	if id.config.SendLink == nil {
		which &^= Forgot
	}
	if len(id.config.Services) == 0 {
		which &^= Introspection
	}
	signIn := id.signInPage(p)
	switch {
	case signIn == nil:
		which &^= SignIns
	case which&SignIns != 0:
		p.enter = signIn.path
	}
	if id.config.SignUp == nil {
		which &^= SignUps
	}
	if which&Forgot != 0 {
		which |= Reset // where its links lead
	}
	for _, one := range []struct {
		is       Endpoints
		register func()
	}{
		{Tokens, func() { id.tokens.Register(on); id.tokens.RegisterMetadata(app, id.issuer) }},
		{Users, func() { id.api.Register(on) }},
		{MyRoutes, func() { registerMine(on, app, id.Caller()) }},
		{Refusals, func() { registerWhy(on, id.api.Administrators(), id.refusals.store) }},
		{Setup, func() { p.register(on, setupPage(id.accounts.Service)) }},
		{Reset, func() { p.register(on, resetPage(id.accounts.Service)) }},
		{Health, func() { registerHealth(on, id.config.Store.Ping, id.accounts.CheckChanges, id.stopping.Load) }},
		{SignUps, func() { id.api.RegisterSignUp(on, id.config.SignUp.roles()) }},
		{Introspection, func() { id.tokens.RegisterIntrospection(on, knownService(id.config.Services)) }},
		{SignIns, func() { signIn.register(on, id.config.Pages.SignIn != "") }},
		{Forgot, func() { id.api.RegisterForgot(on, id.links.ask) }},
		{Clients, func() { id.api.RegisterClients(on) }},
	} {
		if which&one.is != 0 {
			one.register()
		}
	}
}
