package console

import (
	_ "embed"
	"net/http"

	"github.com/holdfast-go/holdfast"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
)

var (
	//go:embed assets/htmx.min.js
	htmx []byte
	//go:embed assets/console.css
	css []byte

	htmxFile = pagekit.NewFile("text/javascript; charset=utf-8", htmx)
	cssFile  = pagekit.NewFile("text/css; charset=utf-8", css)
)

// registerFiles adds what the pages are made of. It is for everybody: it says
// nothing of the program.
func (c *console) registerFiles(on holdfast.Routes) {
	c.file(on, "/pages.css", pagekit.ServeStyle)
	c.file(on, "/console.css", cssFile.Serve)
	c.file(on, "/htmx.js", htmxFile.Serve)
}

func (c *console) file(on holdfast.Routes, path string, serve http.HandlerFunc) {
	on.Handle("GET "+path, holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
		serve(w, r)
		return nil
	}))
}
