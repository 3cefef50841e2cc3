package main

import (
	"context"
	"embed"
	"io/fs"
	"net/http"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/patch"
	"github.com/holdfast-go/holdfast/static"
)

var (
	bearer = holdfast.HTTPBearer(holdfast.BearerFormat("JWT"))
	read   = bearer.Scope("photos:read", "See photos.")
	write  = bearer.Scope("photos:write", "Add and change photos.")
)

//go:embed site
var files embed.FS

var site, _ = fs.Sub(files, "site") // the folder is embedded, so there is no error

// config is what the document says of the whole.
var config = holdfast.Config{
	Title: "Gallery", Version: "1.0.0", Description: "Photos, with everything that can be said of them.",
	Errors: holdfast.Errors{Own: ownErrors, Format: answer.Shape("application/json", house)},
	API: apidoc.API{
		Contact:     apidoc.Contact{Name: "The gallery", Email: "gallery@example.org"},
		License:     apidoc.License{Name: "MIT", Identifier: "MIT"},
		Tags:        []apidoc.Tag{{Name: "photos", Description: "What is shown."}, {Name: "live", Description: "What goes on."}},
		Webhooks:    []apidoc.Call{{Name: "added", Summary: "There is a new photo", Body: apidoc.Type[Photo]()}},
		OperationID: func(e apidoc.Endpoint) string { return e.Handler },
	},
}

// routes is the table of who may do what.
func (g *gallery) routes(verifier *jwt.Verifier) *holdfast.App {
	app := holdfast.NewApp(config)
	caller := holdfast.Verify(bearer, verifier.Verify)
	reader, writer := holdfast.Security(caller, read), holdfast.Security(caller, write)
	printers := holdfast.Depends0(func(context.Context) (printer, error) { return printer{}, nil }).
		AtMost(holdfast.AtOnce{Requests: 2, Queue: 20})

	photos := app.Group("/photos").With(holdfast.Tags("photos"))
	holdfast.Get(photos, "", reader, g.list)
	app.Handle("QUERY /photos", holdfast.To(reader, g.search), holdfast.Tags("photos"))
	holdfast.Post(photos, "", writer, g.add, holdfast.Status(http.StatusCreated, http.StatusOK), holdfast.Document(apidoc.Operation{
		Answers: []apidoc.Answer{{
			Status: http.StatusOK, Text: "The file is there already", Type: apidoc.Type[Photo](),
			Headers: []apidoc.Header{{Name: "Location", Text: "Where it is"}},
		}},
	}))

	one := photos.Group("/{id}").With(holdfast.Document(apidoc.Operation{
		Answers: []apidoc.Answer{{Status: http.StatusNotFound, Text: "There is no such photo"}},
	}))
	g.one = holdfast.Get(one, "", reader, g.read)
	holdfast.Patch(one, "", writer, g.change, holdfast.Document(apidoc.Operation{
		Examples: []apidoc.Example{{Name: "title", Summary: "A new title, and no caption", Value: Change{
			Title: patch.Value("Dawn"), Caption: patch.Null[Caption](),
		}}},
	}))
	holdfast.Delete(one, "", writer, g.remove)
	one.Handle("POST /prints", holdfast.To1(writer, printers, g.prints), holdfast.Status(http.StatusAccepted))
	one.Handle("GET /file", holdfast.RawInput(reader, g.file), holdfast.Answers("application/octet-stream"),
		holdfast.Document(apidoc.Operation{Answers: []apidoc.Answer{{Status: http.StatusNotFound, Type: apidoc.Type[House]()}}}))

	app.Handle("GET /events", holdfast.Raw(reader, g.events), holdfast.Answers("text/event-stream"), holdfast.Tags("live"))
	old := app.Group("/v1").With(holdfast.AnswerErrors(holdfast.Errors{Own: ownErrors, Format: answer.Problem()}),
		holdfast.Document(apidoc.Operation{Deprecated: true, Answers: []apidoc.Answer{{Status: http.StatusNotFound}}}))
	holdfast.Get(old, "/latest", reader, g.latest, holdfast.Status(http.StatusSeeOther))
	app.Mount("/site", holdfast.Public(), static.SPA(site))
	return app
}
