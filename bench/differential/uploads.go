package main

import (
	"context"
	"io"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

func init() { features["uploads"] = uploads } //nolint:gochecknoinits // each feature in a file of its own

type (
	oneFile struct {
		Photo upload.File `form:"photo" required:"true"`
	}
	perhapsOneFile struct {
		Photo upload.File `form:"photo"`
	}
	severalFiles struct {
		Photos []upload.File `form:"photos" required:"true"`
	}
	someFiles struct {
		Photos []upload.File `form:"photos"`
	}
	fileAndFields struct {
		Title string      `form:"title" required:"true"`
		Photo upload.File `form:"photo" required:"true"`
		Note  *string     `form:"note"`
	}
	fileOfItem struct {
		ID    int         `path:"id"`
		Q     int         `query:"q" required:"true"`
		Photo upload.File `form:"photo" required:"true"`
	}
	numberedFiles struct {
		N      int           `form:"n" required:"true"`
		Photos []upload.File `form:"photos" required:"true"`
	}
)

type shownFile struct {
	Name string  `json:"name"`
	Type *string `json:"type"`
	Size int64   `json:"size"`
	Text string  `json:"text"`
}

func showFile(f upload.File) (*shownFile, error) {
	if !f.Present() {
		return nil, nil //nolint:nilnil // absent is no error
	}
	content, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	text, err := io.ReadAll(content)
	out := &shownFile{f.Name(), nil, f.Size(), string(text)}
	if kind := f.MediaType(); kind != "" {
		out.Type = &kind
	}
	return out, err
}

func showFiles(files []upload.File) ([]*shownFile, error) {
	out := []*shownFile{}
	for _, f := range files {
		one, err := showFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func take[In, Out any](app *holdfast.App, path string, show func(In) (Out, error)) {
	holdfast.Post(app, path, holdfast.Public(), func(_ context.Context, _ holdfast.Anyone, in In) (Out, error) { return show(in) })
}

func uploads(app *holdfast.App) {
	take(app, "/one", func(in oneFile) (*shownFile, error) { return showFile(in.Photo) })
	take(app, "/optional", func(in perhapsOneFile) (*shownFile, error) { return showFile(in.Photo) })
	take(app, "/several", func(in severalFiles) ([]*shownFile, error) { return showFiles(in.Photos) })
	take(app, "/some", func(in someFiles) ([]*shownFile, error) { return showFiles(in.Photos) })
	take(app, "/both", func(in fileAndFields) (m, error) {
		photo, err := showFile(in.Photo)
		return m{"title": in.Title, "note": in.Note, "photo": photo}, err
	})
	take(app, "/item/{id}", func(in fileOfItem) (m, error) {
		photo, err := showFile(in.Photo)
		return m{"id": in.ID, "q": in.Q, "photo": photo}, err
	})
	take(app, "/numbers", func(in numberedFiles) (m, error) { return m{"n": in.N, "photos": len(in.Photos)}, nil })
}
