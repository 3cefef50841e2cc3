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
// docs page, `holdfast login`, and a password sent with curl. Its docs page is
// below a URL, "" if that is not known. At an http URL of another machine than
// one's own there is no redirect (RFC 9700 section 2.6).
func builtInClient(root string) account.Client {
	c := account.Client{
		ID: account.BuiltInClient, Name: "Holdfast", FirstParty: true, Public: true, Redirects: []string{loginRedirect},
		Grants: []string{account.GrantPassword, account.GrantCode, account.GrantRefresh},
	}
	if account.CheckRedirect(root+docsRedirect) == nil {
		c.Redirects = append(c.Redirects, root+docsRedirect)
	}
	return c
}

// clients are those that the configuration declares, of a program that is reached
// at a URL.
func (c *Config) clients(url string) []account.Client {
	return append([]account.Client{builtInClient(strings.TrimSuffix(url, c.Scheme.prefix))}, c.Clients...)
}

// checkClients says what is wrong with the clients that a program declares.
func checkClients(clients []account.Client) (reason string) {
	for _, c := range clients {
		switch {
		case c.ID == account.BuiltInClient:
			return "holdfast is the id of the built-in client"
		case !c.Public && c.Keys == "":
			return "the client " + c.ID + " is neither public nor has keys; one with a secret is made with 'holdfast client add', so that the secret is in no source"
		}
	}
	if err := account.CheckClients(clients); err != nil {
		return err.Error()
	}
	return ""
}
