package main

import (
	"context"
	"embed"
	"io/fs"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/static"
)

func init() { features["mounts"] = mounts } //nolint:gochecknoinits // each feature in a file of its own

//go:embed all:site
var site embed.FS

func mounts(app *holdfast.App) {
	all := holdfast.Public()
	legacy := holdfast.NewApp(config("legacy"))
	holdfast.Get(legacy, "/x", all, says("x"))
	type echoIn struct {
		V string `path:"v" json:"v"`
	}
	holdfast.Get(legacy, "/echo/{v}", all, same[echoIn])
	holdfast.Post(legacy, "/echo/{v}", all, same[echoIn])
	holdfast.Get(app, "/legacy-not", all, says("route"))
	app.Mount("/legacy", all, legacy)
	files, err := fs.Sub(site, "site")
	if err != nil {
		panic(err) // it is embedded
	}
	app.Mount("/static", all, static.Files(files))
	app.Mount("/site", all, static.Files(files))
	app.Handle("HEAD /head", holdfast.To(all, func(context.Context, holdfast.Anyone, holdfast.NoInput) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") }), nil
	}))
	app.Handle("OPTIONS /options", holdfast.To(all, says("options")))
	app.Handle("QUERY /query", holdfast.To(all, says("query")))
}
