package identity

import (
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// Where the built-in client is answered: on the docs page, below the public URL,
// and at a program of the same machine, which chooses the port.
const (
	docsRedirect  = "/docs/oauth2-redirect"
	loginRedirect = "http://127.0.0.1/callback"
)

// builtInClient is the first-party client that is meant where none is named: the
// docs page, `holdfast login` and whoever tries a password with curl. Its
// docs page is below a URL, "" if that is not known.
func builtInClient(root string) account.Client {
	c := account.Client{
		ID: account.BuiltInClient, Name: "Holdfast", FirstParty: true, Public: true, Redirects: []string{loginRedirect},
		Grants: []string{account.GrantPassword, account.GrantCode, account.GrantRefresh},
	}
	if root != "" {
		c.Redirects = append(c.Redirects, root+docsRedirect)
	}
	return c
}

// clients are those that the configuration declares, of a program that is reached
// at a URL.
func (c *Config) clients(url string) []account.Client {
	return []account.Client{builtInClient(strings.TrimSuffix(url, c.Scheme.prefix))}
}
