// Command album takes photos beside a title, from its page at / or from the docs
// page: files as typed input, with a bound on each. Nothing is kept.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/upload"
)

const page = `<!doctype html><title>Album</title>
<form method="post" action="photos" enctype="multipart/form-data">
<p>Title <input name="title"> <p>Cover <input type="file" name="cover" accept="image/png,image/jpeg">
<p>Notes <input type="file" name="notes"> <p>More <input type="file" name="more" multiple>
<p><button>Send</button></form>`

// newAlbum is what the form brings. Of the inputs, only the title and the cover
// must be filled in.
type newAlbum struct {
	Title string        `form:"title" required:"true" maxLength:"80"`
	Cover upload.File   `form:"cover" required:"true" maxSize:"2MB" accept:"image/png,image/jpeg" doc:"A picture"`
	Notes upload.File   `form:"notes" maxSize:"100KB" doc:"What there is to say"`
	More  []upload.File `form:"more" maxSize:"2MB" accept:"image/*" maxItems:"5"`
}

type photo struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
	SHA256 string `json:"sha256"`
}

type album struct {
	Title string  `json:"title"`
	Notes bool    `json:"notes"`
	Files []photo `json:"files"`
}

func createAlbum(_ context.Context, _ holdfast.Anyone, in newAlbum) (album, error) {
	out := album{Title: in.Title, Notes: in.Notes.Present()}
	for _, f := range append([]upload.File{in.Cover}, in.More...) {
		one, err := describe(f)
		if err != nil {
			return album{}, err
		}
		out.Files = append(out.Files, one)
	}
	return out, nil
}

// describe reads a file to its end. One that is to stay would be copied to a
// place of its own, under a name that the program chooses.
func describe(f upload.File) (photo, error) {
	content, err := f.Open()
	if err != nil {
		return photo{}, err
	}
	defer func() { _ = content.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return photo{}, err
	}
	return photo{f.Name(), f.Size(), f.Sniffed(), fmt.Sprintf("%x", sum.Sum(nil))}, nil
}

func showPage(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, page)
	return err
}

func routes() *holdfast.App {
	app := holdfast.New("Album", "1.0.0")
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), showPage), holdfast.Hidden())
	holdfast.Post(app, "/photos", holdfast.Public(), createAlbum, holdfast.MaxBody(16<<20))
	return app
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	app := routes()
	if err := app.WriteAccess(os.Stdout); err != nil {
		log.Fatal(err)
	}
	if err := app.ListenAndServe(ctx, *addr); err != nil {
		log.Fatal(err)
	}
}
