package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/memory"
)

// served is the application on a store in memory, with callers who are users of that
// store.
func served(t *testing.T) (*identity.Identity, *holdfast.App, holdfasttest.Callers) {
	t.Helper()
	id, err := open(t.Context(), memory.New())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := id.Close(); err != nil {
			t.Error(err)
		}
	})
	key, err := id.KeyRing().SigningKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	callers := mint.Accounts{
		Service: id.Accounts(),
		Tokens:  mint.Tokens{Key: key, Issuer: id.Issuer(), Audience: id.Audience()[0]},
	}.Callers()
	return id, routes(id, new(notebook)), callers
}

func TestGolden(t *testing.T) {
	t.Parallel()
	_, app, _ := served(t)
	holdfasttest.Golden(t, app)
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	id, app, callers := served(t)
	holdfasttest.Matrix(t, app, "testdata/matrix.txt", callers, holdfasttest.Served(id.Handler))
}

func TestAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	id, app, callers := served(t)
	holdfasttest.Attack(t, app, "testdata/matrix.txt", callers, holdfasttest.Served(id.Handler))
}

// agent is somebody's agent, with a token of these scopes.
func agent(t *testing.T, url string, callers holdfasttest.Callers, user string, scopes ...string) *sdk.ClientSession {
	t.Helper()
	credential, err := callers(t.Context(), holdfasttest.Caller{Name: user, User: user, Roles: []string{"writer"}, Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	session, err := sdk.NewClient(&sdk.Implementation{Name: user, Version: "1"}, nil).Connect(t.Context(),
		&sdk.StreamableClientTransport{Endpoint: url + "/mcp", HTTPClient: &http.Client{Transport: presents(credential.Apply)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// presents sends requests with a credential.
type presents func(*http.Request)

func (p presents) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	p(r)
	return http.DefaultTransport.RoundTrip(r)
}

// said is what a tool says; "refused" if it is not called at all.
func said(s *sdk.ClientSession, tool string, arguments any) string {
	result, err := s.CallTool(context.Background(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		return "refused"
	}
	return result.Content[0].(*sdk.TextContent).Text
}

func TestTwoPeoplesAgents(t *testing.T) {
	t.Parallel()
	_, app, callers := served(t)
	web := httptest.NewServer(app)
	t.Cleanup(web.Close)
	ann := agent(t, web.URL, callers, "ann", "notes:read", "notes:write")
	bob := agent(t, web.URL, callers, "bob", "notes:read", "notes:write")
	watcher := agent(t, web.URL, callers, "ann", "notes:read")

	tools, err := watcher.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) != 3 {
		t.Fatalf("ListTools() = %v, %v, want all three, so that an agent knows what it may ask for", tools, err)
	}
	for _, step := range []struct {
		who       *sdk.ClientSession
		tool      string
		arguments any
		want      string
	}{
		{ann, "add_note", newNote{"buy milk"}, `"text":"buy milk"`},
		{ann, "find_notes", search{"milk"}, "buy milk"},
		{bob, "find_notes", search{}, `{"notes":[]}`},
		{bob, "remove_note", which{1}, "There is no such note"},
		{ann, "add_note", newNote{}, "A note has 1 to 10,000 bytes"},
		{watcher, "find_notes", search{}, "buy milk"},
		{watcher, "add_note", newNote{"x"}, "refused"},
		{watcher, "remove_note", which{1}, "refused"},
		{ann, "remove_note", which{1}, "buy milk"},
		{ann, "find_notes", search{}, `{"notes":[]}`},
	} {
		if got := said(step.who, step.tool, step.arguments); !strings.Contains(got, step.want) {
			t.Errorf("%s %+v = %s, want %s", step.tool, step.arguments, got, step.want)
		}
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	_, app, _ := served(t)
	holdfasttest.Prove(t, app,
		"role reader may call POST /mcp/tools/find_notes", "role reader may not call POST /mcp/tools/add_note",
		"role writer may call POST /mcp/tools/remove_note")
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	m.Run()
}
