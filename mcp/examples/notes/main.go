// Command notes is a notebook for people and their AI agents: an API, an MCP server
// with tools, and the users who sign in, in one program and one file of data.
//
// Its first start prints a link for the administrator, who gives people a role (see
// `holdfast user`), and registers what agents sign in with:
//
//	$ cd mcp && go run ./examples/notes
//	$ holdfast user add ann --role writer --db notes.db
//	$ holdfast client add agent --id agent --public --grant authorization_code --grant refresh_token --redirect http://127.0.0.1/callback --scope notes:read --scope notes:write --db notes.db
//
// An agent is given the address http://127.0.0.1:8000/mcp and the client's id, and
// finds out all else by itself.
package main

import (
	"context"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/mcp"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var (
	auth       = identity.NewScheme()
	readNotes  = auth.Scope("notes:read", "Read your notes")
	writeNotes = auth.Scope("notes:write", "Write and remove your notes")
	reader     = holdfast.NewRole("reader", "Reads notes").Grants(auth.Me, readNotes)
	writer     = holdfast.NewRole("writer", "Writes notes").Grants(auth.Me, readNotes, writeNotes)
)

// address is where people and agents reach the program.
const address = "http://127.0.0.1:8000"

// open opens users and login. Tokens are for the address of the MCP server, which
// is what agents ask them for (RFC 8707).
func open(ctx context.Context, store identity.Store) (*identity.Identity, error) {
	return identity.Open(ctx, identity.Config{
		Scheme: auth, Store: store, URL: address, Audience: []string{address + "/mcp"}, Roles: []holdfast.Role{reader, writer},
	})
}

// routes is who may do what: people by the API, their agents by tools.
func routes(id *identity.Identity, n *notebook) *holdfast.App {
	app := id.NewApp(holdfast.Config{Title: "Notes"})
	holdfast.Get(app, "/notes", holdfast.Security(id.Caller(), readNotes), n.list)

	agents := mcp.New(app, holdfast.Security(id.Caller(), readNotes), mcp.Config{
		Name: "notes", Title: "Notes", Instructions: "The notes of the person who signed in.",
	})
	mcp.AddTool(agents, holdfast.Security(id.Caller()), &sdk.Tool{
		Name: "find_notes", Description: "Finds notes that contain a text", Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true},
	}, n.find)
	mcp.AddTool(agents, holdfast.Security(id.Caller(), writeNotes), &sdk.Tool{Name: "add_note", Description: "Adds a note"}, n.add)
	mcp.AddTool(agents, holdfast.AnyRole(id.Caller().Require(writeNotes), writer), &sdk.Tool{
		Name: "remove_note", Description: "Removes a note", Annotations: &sdk.ToolAnnotations{DestructiveHint: new(true)},
	}, n.remove)
	return app
}

func serve(ctx context.Context) error {
	store, err := sqlite.Open(ctx, "notes.db")
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // everything is written already
	id, err := open(ctx, store)
	if err != nil {
		return err
	}
	defer id.Close() //nolint:errcheck // as above
	if link, err := id.SetupLink(ctx); err == nil && link != "" {
		fmt.Println("The first administrator:", link) //nolint:forbidigo // it is the program
	}
	return id.ListenAndServe(ctx, routes(id, new(notebook)), "127.0.0.1:8000")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Fatal(err)
	}
}
