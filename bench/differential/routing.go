package main

import (
	"context"
	"net/http"

	"github.com/holdfast-go/holdfast"
)

func init() { features["routing"] = routing } //nolint:gochecknoinits // each feature in a file of its own

// says is a handler that answers with one word.
func says(word string) func(context.Context, holdfast.Anyone, holdfast.NoInput) (v[string], error) {
	return func(context.Context, holdfast.Anyone, holdfast.NoInput) (v[string], error) {
		return v[string]{word}, nil
	}
}

func routing(app *holdfast.App) {
	all := holdfast.Public()
	holdfast.Get(app, "/items/", all, says("items"))
	holdfast.Get(app, "/users", all, says("users"))
	holdfast.Post(app, "/users", all, says("added"))
	holdfast.Get(app, "/users/me", all, says("me"))
	echo[inPathOf](app, "/users/{id}")
	echo[restOf](app, "/files/{path...}")
	holdfast.Get(app, "/several", all, says("several"))
	holdfast.Put(app, "/several", all, says("several"))
	holdfast.Patch(app, "/patch", all, says("patch"))
	holdfast.Delete(app, "/delete", all, says("delete"))
	holdfast.Get(app, "/äöü", all, says("umlauts"))
	holdfast.Get(app, "/with space", all, says("space"))
	holdfast.Get(app, "/a.b-c_d~e", all, says("marks"))
	holdfast.Get(app, "/", all, says("root"))
	shop := app.Group("/shop")
	holdfast.Get(shop, "/orders", all, says("orders"))
	holdfast.Get(shop, "/orders/{id}/lines/{line}", all, same[lineIn])
	locked := holdfast.Depends0(func(context.Context) (int, error) { return 0, holdfast.Errorf(http.StatusForbidden, "Locked") })
	holdfast.Get(shop.Group("/closed", holdfast.Security(locked)), "/x", all, says("x"))
}

type (
	inPathOf struct {
		V string `path:"id"`
	}
	restOf struct {
		V string `path:"path"`
	}
	lineIn struct {
		ID   int `path:"id" json:"id"`
		Line int `path:"line" json:"line"`
	}
)

func (in inPathOf) value() string { return in.V }
func (in restOf) value() string   { return in.V }
