package main

import (
	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/apidoc"
)

//nolint:gochecknoinits // each feature in a file of its own
func init() {
	features["metadata"] = metadata
	configs["metadata"] = func(c *holdfast.Config) {
		c.Title, c.Version, c.Description = "Shop", "2.1.0", "All *things*."
		c.API = apidoc.API{
			Summary:        "Things",
			TermsOfService: "https://example.org/terms",
			Contact:        apidoc.Contact{Name: "Amy", URL: "https://example.org/amy", Email: "amy@example.org"},
			License:        apidoc.License{Name: "MIT", Identifier: "MIT"},
			Servers: []apidoc.Server{
				{URL: "https://api.example.org", Description: "The real one"},
				{URL: "https://{region}.example.org", Variables: map[string]apidoc.Variable{"region": {Default: "eu", Enum: []string{"eu", "us"}}}},
			},
			Tags: []apidoc.Tag{
				{Name: "items", Description: "Things", ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/items", Description: "More"}},
				{Name: "users", Description: "People"},
			},
			ExternalDocs: apidoc.ExternalDocs{URL: "https://example.org/docs", Description: "More"},
			Webhooks:     []apidoc.Call{{Name: "new-item", Summary: "New item", Body: apidoc.Type[event]()}},
		}
	}
}

type (
	event struct {
		ID int `json:"id"`
	}
	missing struct {
		Item string `json:"item"`
	}
	describedItem struct {
		Name string `json:"name" doc:"What it is called" example:"Sword"`
	}
	describedIn struct {
		ID int     `path:"id" doc:"Its number"`
		Q  *string `query:"q" doc:"Words" deprecated:"true"`
	}
	userIn struct {
		ID int `path:"id"`
	}
)

func metadata(app *holdfast.App) {
	all, sword := holdfast.Public(), describedItem{"a"}
	holdfast.Get(app, "/items/{id}", all, of[describedIn](sword), holdfast.Tags("items"), holdfast.Summary("Read an item"),
		holdfast.Description("One of them."), holdfast.OperationID("readItem"),
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 404, Type: apidoc.Type[missing](), Text: "It is not there"}}}))
	holdfast.Get(app, "/old", all, give(sword), holdfast.Tags("items"), holdfast.Summary("Old"), holdfast.OperationID("old"), holdfast.Document(apidoc.Operation{Deprecated: true}))
	holdfast.Get(app, "/hidden", all, give(sword), holdfast.Hidden())
	users := app.Group("/users").With(holdfast.Tags("users"), holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: 418, Text: "A teapot"}}}))
	holdfast.Get(users, "/{id}", all, of[userIn](sword), holdfast.Tags("items"), holdfast.Summary("A user"), holdfast.OperationID("user"))
	holdfast.Post(app, "/items", all, of[body[describedItem]](sword), holdfast.Summary("Create"), holdfast.OperationID("create"), holdfast.Document(apidoc.Operation{
		Examples: []apidoc.Example{{Name: "sword", Summary: "Sharp", Value: describedItem{"Sword"}}},
	}))
	holdfast.Post(app, "/subscribe", all, of[body[describedItem]](sword), holdfast.Summary("Subscribe"), holdfast.OperationID("subscribe"), holdfast.Document(apidoc.Operation{
		Callbacks: []apidoc.Call{{Name: "called", To: "{$request.body#/name}", Body: apidoc.Type[event]()}},
	}))
}
