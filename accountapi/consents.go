package accountapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
)

// Consent is what the caller has allowed a client.
type Consent struct {
	ClientID   string    `json:"client_id"`
	ClientName string    `json:"client_name" doc:"What people are shown"`
	Scopes     []string  `json:"scopes"`
	Audience   []string  `json:"audience" doc:"The services that it is for; empty for the issuer's default"`
	Given      time.Time `json:"given"`
}

// OfClient is a client in a path.
type OfClient struct {
	ClientID string `path:"client_id" maxLength:"64"`
}

var noConsent = apidoc.Answer{Status: http.StatusNotFound, Text: "The caller has allowed this client nothing"}

// RegisterConsents adds GET /users/me/consents and DELETE
// /users/me/consents/{client_id}, with which people see and take back what they
// have allowed clients.
func (a *API) RegisterConsents(on holdfast.Routes) {
	me, tags := holdfast.Security(holdfast.Depends1(a.caller, inPerson), a.scopes.Me), holdfast.Tags("users")
	holdfast.Get(on, "/users/me/consents", me, a.listConsents, tags, fails(noStore),
		holdfast.OperationID("my_consents"), holdfast.Summary("What the caller has allowed clients"))
	holdfast.Delete(on, "/users/me/consents/{client_id}", me, a.withdrawConsent, tags, fails(noConsent, noStore),
		holdfast.OperationID("withdraw_consent"), holdfast.Summary("Take back what was allowed; the client's sessions end"))
}

func (a *API) listConsents(ctx context.Context, c account.Caller, _ holdfast.NoInput) ([]Consent, error) {
	list, err := a.accounts.Consents(ctx, c.User.ID)
	if err != nil {
		return nil, answer(err)
	}
	out := []Consent{}
	for _, one := range list {
		client, err := a.accounts.Client(ctx, one.ClientID)
		if err != nil && !errors.Is(err, account.ErrNoClient) { // which a program may have declared once
			return nil, answer(err)
		}
		out = append(out, Consent{one.ClientID, client.Name, one.Scopes, one.Audience, one.Given})
	}
	return out, nil
}

func (a *API) withdrawConsent(ctx context.Context, c account.Caller, in OfClient) (holdfast.NoContent, error) {
	err := a.accounts.WithdrawConsent(ctx, c.User.ID, in.ClientID)
	if errors.Is(err, account.ErrNoConsent) {
		return holdfast.NoContent{}, holdfast.Errorf(http.StatusNotFound, "Nothing was allowed to this client")
	}
	return holdfast.NoContent{}, answer(err)
}
