package accountapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Client is an application that asks for tokens, in the words of RFC 7591 section
// 2.
type Client struct {
	ID       string `json:"client_id"`
	IssuedAt int64  `json:"client_id_issued_at" doc:"Seconds since 1970"`
	ClientMetadata
}

// ClientMetadata is what is chosen of a client.
type ClientMetadata struct {
	Name       string         `json:"client_name" minLength:"1" maxLength:"100" doc:"What people are shown"`
	Redirects  []string       `json:"redirect_uris,omitempty" maxItems:"20" doc:"Compared exactly, but for the port of a loopback address"`
	Grants     []string       `json:"grant_types,omitempty" maxItems:"10" doc:"authorization_code and refresh_token if there are redirect_uris, and else client_credentials"`
	Scope      *string        `json:"scope,omitempty" nullable:"false" maxLength:"30000" doc:"What it may ask for at most, separated by spaces; left out, a first-party client may ask for all that a user is granted"`
	AuthMethod string         `json:"token_endpoint_auth_method,omitempty" enum:"client_secret_basic,client_secret_post,private_key_jwt,none" default:"client_secret_basic" doc:"none is a public client; with a secret it may choose basic or post at each request"`
	Keys       map[string]any `json:"jwks,omitempty" doc:"Public keys, for private_key_jwt"`
	Audiences  []string       `json:"audiences,omitempty" maxItems:"20" doc:"Resources that it may ask tokens for (RFC 8707)"`
	FirstParty bool           `json:"first_party,omitempty" doc:"People are not asked for their consent"`
	Disabled   *bool          `json:"disabled,omitempty" nullable:"false" doc:"It gets no tokens, and those it has are good for nothing; left out in a change, it is as it was"`
}

// ClientSecret is a client with its secret, which is shown once.
type ClientSecret struct {
	Client
	Secret    string `json:"client_secret,omitempty" format:"password" doc:"Shown this once; a client that is public or has keys has none"`
	ExpiresAt int64  `json:"client_secret_expires_at" doc:"Seconds since 1970; 0 for never"`
}

// DescribeClient is a client in the words of RFC 7591.
func DescribeClient(c account.Client) Client {
	out := Client{ID: c.ID, IssuedAt: c.Created.Unix(), ClientMetadata: ClientMetadata{
		Name: c.Name, Redirects: c.Redirects, Grants: c.Grants, Audiences: c.Audiences, FirstParty: c.FirstParty,
		AuthMethod: authMethod(c),
	}}
	if c.Disabled {
		out.Disabled = &c.Disabled
	}
	if c.Scopes != nil {
		scope := strings.Join(c.Scopes, " ")
		out.Scope = &scope
	}
	if c.Created.IsZero() { // declared by the program
		out.IssuedAt = 0
	}
	if c.Keys != "" {
		_ = json.Unmarshal([]byte(c.Keys), &out.Keys) // it was read when it was kept
	}
	return out
}

func authMethod(c account.Client) string {
	switch {
	case c.Public:
		return "none"
	case c.Keys != "":
		return "private_key_jwt"
	}
	return "client_secret_basic"
}

// client is the client that is asked for.
func (m ClientMetadata) client(id string) (account.Client, error) {
	c := account.Client{
		ID: id, Name: m.Name, FirstParty: m.FirstParty, Public: m.AuthMethod == "none", Disabled: m.Disabled != nil && *m.Disabled,
		Redirects: m.Redirects, Grants: m.Grants, Audiences: m.Audiences,
	}
	switch {
	case m.Scope != nil:
		c.Scopes = strings.Fields(*m.Scope)
	case !m.FirstParty:
		c.Scopes = []string{}
	}
	if (m.AuthMethod == "private_key_jwt") != (m.Keys != nil) {
		return c, &account.InvalidError{Field: "jwks", Reason: "must be there if token_endpoint_auth_method is private_key_jwt, and only then"}
	}
	if m.Keys == nil {
		return c, nil
	}
	keys, err := json.Marshal(m.Keys)
	c.Keys = string(keys)
	return c, err
}

// RegisterClients adds the clients' endpoints: for administrators with a scope of
// their own, and for no application of others, which could make itself one of ours.
func (a *API) RegisterClients(on holdfast.Routes) {
	admin := holdfast.AnyRole(holdfast.Depends1(a.caller, inPerson).Require(a.scopes.WriteClients), Admin)
	clients := holdfast.Tags("clients")
	holdfast.Get(on, "/clients", admin, a.listClients, clients, fails(noStore))
	holdfast.Post(on, "/clients", admin, a.createClient, clients, holdfast.Status(http.StatusCreated), fails(clientTaken, noStore))
	holdfast.Get(on, "/clients/{id}", admin, a.readClient, clients, fails(noClient, noStore))
	holdfast.Put(on, "/clients/{id}", admin, a.replaceClient, clients, fails(noClient, noStore),
		holdfast.Summary("Change a client: what is left out is as in a new one"))
	holdfast.Delete(on, "/clients/{id}", admin, a.removeClient, clients, fails(noClient, noStore),
		holdfast.Summary("Remove a client, with all that was given to it"))
	holdfast.Post(on, "/clients/{id}/secret", admin, a.rotateSecret, clients, fails(noClient, noStore),
		holdfast.Summary("Make another secret, beside which the one before stays good for a while"))
}

// ClientID is the client in the path.
type ClientID struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) listClients(ctx context.Context, _ account.Caller, p Page) ([]Client, error) {
	list, err := a.accounts.Clients(ctx, p.After, p.Limit)
	if err != nil {
		return nil, answer(err)
	}
	out := make([]Client, len(list))
	for i, c := range list {
		out[i] = DescribeClient(c)
	}
	return out, nil
}

// NewClient is the body of POST /clients.
type NewClient struct {
	Body struct {
		ID string `json:"client_id,omitempty" maxLength:"63" doc:"One is made if it is left out"`
		ClientMetadata
	}
}

func (a *API) createClient(ctx context.Context, _ account.Caller, in NewClient) (ClientSecret, error) {
	c, err := in.Body.client(in.Body.ID)
	if err != nil {
		return ClientSecret{}, answer(err)
	}
	c, secret, err := a.accounts.CreateClient(ctx, c)
	if err != nil {
		return ClientSecret{}, answer(err)
	}
	holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
	return ClientSecret{Client: DescribeClient(c), Secret: string(secret)}, nil
}

func (a *API) readClient(ctx context.Context, _ account.Caller, in ClientID) (Client, error) {
	c, err := a.accounts.Client(ctx, in.ID)
	return DescribeClient(c), answer(err)
}

// ClientChange is the body of PUT /clients/{id}.
type ClientChange struct {
	ClientID
	Body ClientMetadata
}

func (a *API) replaceClient(ctx context.Context, _ account.Caller, in ClientChange) (Client, error) {
	c, err := in.Body.client(in.ID)
	if err == nil {
		c, err = a.accounts.ChangeClient(ctx, in.ID, func(before *account.Client) {
			stays := in.Body.Disabled == nil && before.Disabled // no one lets a client loose by saying nothing
			*before = c
			before.Disabled = c.Disabled || stays
		})
	}
	return DescribeClient(c), answer(err)
}

func (a *API) removeClient(ctx context.Context, _ account.Caller, in ClientID) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.RemoveClient(ctx, in.ID))
}

// Rotation is the body of POST /clients/{id}/secret.
type Rotation struct {
	ClientID
	Body struct {
		Overlap int `json:"overlap,omitempty" default:"86400" minimum:"0" maximum:"7776000" doc:"Seconds for which the secret before stays good; 0 ends it, and the tokens that the client got with it for itself, at once"`
	}
}

func (a *API) rotateSecret(ctx context.Context, _ account.Caller, in Rotation) (ClientSecret, error) {
	secret, err := a.accounts.RotateClientSecret(ctx, in.ID, time.Duration(in.Body.Overlap)*time.Second)
	if err != nil {
		return ClientSecret{}, answer(err)
	}
	c, err := a.accounts.Client(ctx, in.ID)
	if err != nil {
		return ClientSecret{}, answer(err)
	}
	holdfast.ResponseHeader(ctx).Set("Cache-Control", "no-store")
	return ClientSecret{Client: DescribeClient(c), Secret: string(secret)}, nil
}
