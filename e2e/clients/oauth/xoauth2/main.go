// Command xoauth2 is a client with golang.org/x/oauth2.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/holdfast-go/holdfast/e2e/clients/oauth/talk"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	metadata := talk.Metadata(ctx)
	endpoint := func(name string) string { address, _ := metadata[name].(string); return address }
	config := oauth2.Config{
		ClientID: talk.ID, ClientSecret: talk.Secret, RedirectURL: talk.Redirect, Scopes: talk.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: endpoint("authorization_endpoint"), TokenURL: endpoint("token_endpoint")},
	}

	talk.Try("code")
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	back, err := talk.Browse(config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	talk.Must(err)
	if back.Get("state") != state {
		talk.Must(errors.New("the state is another"))
	}
	if back.Get("error") != "" {
		talk.Must(errors.New(back.Get("error")))
	}
	token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
	talk.Must(err)
	talk.Did()
	me(ctx, config.Client(ctx, token))

	talk.Try("refresh")
	old := *token
	old.Expiry = time.Now().Add(-time.Hour)
	fresh, err := config.TokenSource(ctx, &old).Token()
	talk.Must(err)
	if fresh.RefreshToken == token.RefreshToken {
		talk.Must(errors.New("the refresh token has not changed"))
	}
	talk.Did()
	me(ctx, config.Client(ctx, fresh))

	talk.Try("machine")
	machine := clientcredentials.Config{ClientID: talk.ID, ClientSecret: talk.Secret, TokenURL: config.Endpoint.TokenURL, Scopes: talk.Scopes}
	token, err = machine.Token(ctx)
	talk.Must(err)
	talk.Did("token", token.AccessToken)
}

// me asks the API who the token is for.
func me(ctx context.Context, client *http.Client) {
	talk.Try("me")
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, talk.Issuer+"/users/me", nil)
	talk.Must(err)
	answer, err := client.Do(get)
	talk.Must(err)
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		talk.Must(fmt.Errorf("the API answers %s", answer.Status))
	}
	var person struct{ Name string }
	talk.Must(json.NewDecoder(answer.Body).Decode(&person))
	talk.Did("name", person.Name)
}
