package mcp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/mcp"
)

// librarian is what a token proves: whose it is, and what it is good for.
type librarian struct {
	name   string
	scopes []string
}

func (l librarian) HasScope(name string) bool { return slices.Contains(l.scopes, name) }

// book is the input of one tool and the output of the other; the SDK makes their
// schemas of it.
type book struct {
	Title string `json:"title" jsonschema:"the title of the book"`
}

func findBook(_ context.Context, l librarian, in book) (book, error) {
	return book{in.Title + ", found by " + l.name}, nil
}

func burnBook(_ context.Context, _ librarian, in book) (book, error) {
	return book{in.Title + " is ash"}, nil
}

// A tool has a policy, as a route has one. Who lacks a scope learns in one step
// which scopes the tool wants, and where to ask for them.
func ExampleAddTool() {
	oauth := holdfast.OAuth2AuthorizationCodeBearer("https://auth.example.org/authorize", "https://auth.example.org/token")
	read, burn := oauth.Scope("books:read", "Read books"), oauth.Scope("books:burn", "Burn books")
	caller := holdfast.Verify(oauth, func(_ context.Context, token string) (librarian, error) {
		return librarian{token, []string{"books:read"}}, nil // package issuer verifies real ones
	})

	app := holdfast.NewApp(holdfast.Config{Title: "Library", Version: "1.0.0", Docs: holdfast.Docs{NoDocument: true}, API: apidoc.API{
		Resource: apidoc.Resource{URL: "https://library.example.org/mcp", AuthorizationServers: []string{"https://auth.example.org"}},
	}})
	server := mcp.New(app, holdfast.Security(caller, read), mcp.Config{Name: "library"})
	mcp.AddTool(server, holdfast.Security(caller), &sdk.Tool{Name: "find_book", Description: "Finds a book"}, findBook)
	mcp.AddTool(server, holdfast.Security(caller, burn), &sdk.Tool{Name: "burn_book", Description: "Burns a book"}, burnBook)

	table, err := app.Access()
	for _, row := range table {
		fmt.Println(row.Method, row.Path, "-", row.Policy)
	}
	if err != nil {
		fmt.Println(err)
	}

	web := httptest.NewServer(app)
	defer web.Close()
	agent, err := connect(web.URL+"/mcp", "ann")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer agent.Close()
	for _, tool := range []string{"find_book", "burn_book"} {
		result, err := agent.CallTool(context.Background(), &sdk.CallToolParams{Name: tool, Arguments: book{"Go"}})
		if err != nil {
			fmt.Println(tool, "is refused")
			continue
		}
		fmt.Println(tool, result.StructuredContent)
	}
	// Output:
	// POST /mcp - scope books:read
	// POST /mcp/tools/find_book - scope books:read
	// POST /mcp/tools/burn_book - scopes books:read books:burn
	// GET /.well-known/oauth-protected-resource/mcp - anyone
	// find_book map[title:Go, found by ann]
	// 403 Bearer error="insufficient_scope", scope="books:read books:burn", resource_metadata="https://library.example.org/.well-known/oauth-protected-resource/mcp"
	// burn_book is refused
}

// connect connects an agent that has a token, and says what it is refused with.
func connect(endpoint, token string) (*sdk.ClientSession, error) {
	transport := &sdk.StreamableClientTransport{Endpoint: endpoint, HTTPClient: &http.Client{Transport: agent{token, os.Stdout}}}
	return sdk.NewClient(&sdk.Implementation{Name: "agent", Version: "1"}, nil).Connect(context.Background(), transport, nil)
}

type agent struct {
	token string
	out   io.Writer
}

func (a agent) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+a.token)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusForbidden {
		_, _ = fmt.Fprintln(a.out, response.StatusCode, response.Header.Get("WWW-Authenticate"))
	}
	return response, err
}
