package identity

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// documented makes an application's docs page the built-in client: it signs people
// in by code and PKCE.
func (id *Identity) documented(config *holdfast.Config, which Endpoints) {
	docs := &config.Docs
	if which&MyRoutes != 0 && docs.Mine == "" {
		docs.Mine = id.config.Scheme.prefix + "/me/routes"
	}
	if which&Authorize == 0 || docs.NoPage || docs.NoDocument || docs.OAuth.ClientID != "" {
		return
	}
	docs.OAuth.ClientID = account.BuiltInClient
	if docs.Granted == "" && id.HasSessions() {
		docs.Granted = id.config.Scheme.prefix + "/me/scopes"
	}
	if docs.OAuth.Scopes == nil {
		docs.OAuth.Scopes = []holdfast.Scope{id.config.Scheme.Me}
	}
	path := cmp.Or(docs.RedirectPath, cmp.Or(docs.Path, "/docs")+"/oauth2-redirect")
	for _, root := range id.roots() {
		id.tokens.AllowRedirect(root + path)
	}
}

// tokensOn is where the token endpoints are registered: where no codes can be had,
// the document and the docs page do not offer them.
func (id *Identity) tokensOn(app *holdfast.App, which Endpoints) holdfast.Routes {
	group := app.Group(id.config.Scheme.prefix)
	if which&Authorize != 0 {
		return group
	}
	return group.With(holdfast.Document(apidoc.Operation{WithoutFlows: []string{"authorizationCode"}}))
}

// root is the public URL without the scheme's prefix.
func (id *Identity) root() string { return strings.TrimSuffix(id.url, id.config.Scheme.prefix) }

// roots are what the application's own pages may be opened under: the public URL,
// and for one of the machine itself its other names.
func (id *Identity) roots() []string {
	root := id.root()
	out := []string{root}
	u, err := url.Parse(root)
	if err != nil || !IsLocal(root) {
		return out
	}
	for _, name := range []string{"127.0.0.1", "localhost", "[::1]"} {
		other := *u
		other.Host = strings.TrimSuffix(name+":"+u.Port(), ":")
		if one := other.String(); one != root {
			out = append(out, one)
		}
	}
	return out
}

// authorizePage is the page as an application shows it.
func (id *Identity) authorizePage(signIn *signInPage) *authorizePage {
	return &authorizePage{
		signInPage: signIn, tokens: id.tokens, accounts: id.accounts.Service, at: signIn.base + id.config.Scheme.prefix + "/authorize",
		own: id.config.Pages.SignIn != "", root: originOf(id.url), words: id.words(), lasts: id.config.lasting,
	}
}
