// Command mcpgo is a client with the MCP SDK for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/auth/extauth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"

	"github.com/holdfast-go/holdfast/e2e/clients/oauth/talk"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	public := &oauthex.ClientCredentials{ClientID: talk.ID, Issuer: talk.Issuer}
	machine := &oauthex.ClientCredentials{
		ClientID: talk.Machine, Issuer: talk.Issuer, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: talk.Secret},
	}

	var refresh oauth2.TokenSource
	var first *oauth2.Token
	person, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: public,
		RedirectURL:         talk.Redirect,
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			back, err := talk.Browse(args.URL)
			if err != nil {
				return nil, err
			}
			if back.Get("error") != "" {
				return nil, errors.New(back.Get("error"))
			}
			return &auth.AuthorizationResult{Code: back.Get("code"), State: back.Get("state"), Iss: back.Get("iss")}, nil
		},
		NewTokenSource: func(ctx context.Context, config *oauth2.Config, token *oauth2.Token) (oauth2.TokenSource, error) {
			old := *token
			old.Expiry = time.Now().Add(-time.Hour)
			first, refresh = token, config.TokenSource(ctx, &old)
			return config.TokenSource(ctx, token), nil
		},
	})
	talk.Must(err)
	talk.Try("code")
	name, err := whoami(ctx, person)
	talk.Must(err)
	talk.Did()
	talk.Try("me")
	talk.Did("name", name)

	talk.Try("refresh")
	fresh, err := refresh.Token()
	talk.Must(err)
	if fresh.RefreshToken == first.RefreshToken {
		talk.Must(errors.New("the refresh token has not changed"))
	}
	talk.Did()
	talk.Try("me")
	name, err = whoami(ctx, fixed{oauth2.StaticTokenSource(fresh)})
	talk.Must(err)
	talk.Did("name", name)

	talk.Try("machine")
	service, err := extauth.NewClientCredentialsHandler(&extauth.ClientCredentialsHandlerConfig{Credentials: machine})
	talk.Must(err)
	// For itself this SDK does not say which resource the token is for (RFC 8707):
	// so it gets one for the server of tokens, which the server of tools refuses.
	if name, err := whoami(ctx, service); err == nil {
		talk.Must(fmt.Errorf("a token for another service is good for the tools: %q", name))
	}
	source, err := service.TokenSource(ctx)
	talk.Must(err)
	if source == nil {
		talk.Must(errors.New("there is no token"))
	}
	token, err := source.Token()
	talk.Must(err)
	talk.Did("token", token.AccessToken)
}

// whoami connects to the server of tools, and asks it who is calling.
func whoami(ctx context.Context, handler auth.OAuthHandler) (string, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "mcpgo", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: talk.Tools, OAuthHandler: handler, DisableStandaloneSSE: true, MaxRetries: -1,
	}, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = session.Close() }()
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "whoami"})
	if err != nil {
		return "", err
	}
	text, ok := result.Content[0].(*mcp.TextContent)
	if !ok || result.IsError {
		return "", fmt.Errorf("the tool answers %v", result.Content)
	}
	return text.Text, nil
}

// fixed has one token and gets no other.
type fixed struct{ source oauth2.TokenSource }

func (f fixed) TokenSource(context.Context) (oauth2.TokenSource, error) { return f.source, nil }

func (fixed) Authorize(_ context.Context, _ *http.Request, answer *http.Response) error {
	_ = answer.Body.Close()
	return fmt.Errorf("the token is refused: %s", answer.Status)
}
