package identity

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// documented says in an application's document how tokens are got there, and makes
// its docs page the built-in client: it signs people in by code and PKCE.
func (id *Identity) documented(config *holdfast.Config, which Endpoints) {
	if _, said := config.API.Flows[id.config.Scheme.Name()]; !said {
		flows := map[string]map[string]apidoc.Flow{id.config.Scheme.Name(): id.flows(which)}
		for name, others := range config.API.Flows {
			flows[name] = others
		}
		config.API.Flows = flows
	}
	docs := &config.Docs
	if which&Authorize == 0 || docs.NoPage || docs.NoDocument || docs.OAuth.ClientID != "" {
		return
	}
	docs.OAuth.ClientID = account.BuiltInClient
	if docs.OAuth.Scopes == nil {
		docs.OAuth.Scopes = []holdfast.Scope{id.config.Scheme.Me}
	}
	path := cmp.Or(docs.RedirectPath, cmp.Or(docs.Path, "/docs")+"/oauth2-redirect")
	for _, root := range id.roots() {
		id.tokens.AllowRedirect(root + path)
	}
}

// flows are the ways to get a token of an application with these endpoints, as
// its document has them: below the scheme's prefix.
func (id *Identity) flows(which Endpoints) map[string]apidoc.Flow {
	below := strings.TrimPrefix(id.config.Scheme.prefix+"/", "/")
	out := map[string]apidoc.Flow{}
	if which&Tokens == 0 {
		return out
	}
	out["password"] = apidoc.Flow{TokenURL: below + "token"}
	if which&Authorize != 0 {
		out["authorizationCode"] = apidoc.Flow{AuthorizationURL: below + "authorize", TokenURL: below + "token"}
	}
	return out
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
