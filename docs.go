package holdfast

import (
	"net/http"

	"github.com/holdfast-go/holdfast/internal/swaggerui"
)

const documentPath = "/openapi.json"

// addDocs registers the docs page and the document as routes like any other.
func (a *App) addDocs() {
	if a.config.NoDocs {
		return
	}
	page, err := swaggerui.New(a.config.Title, a.config.DocsPath, documentPath)
	if err != nil {
		a.fault(builtIn, "docs: %w", err)
		return
	}
	everybody := Public()
	show := func(w http.ResponseWriter, r *http.Request, _ Anyone) { page.ServePage(w, r) }
	asset := func(w http.ResponseWriter, r *http.Request, _ Anyone) {
		if !page.ServeAsset(w, r, r.PathValue("asset")) {
			a.fail(w, r, &Error{Status: http.StatusNotFound})
		}
	}
	hidden := []RouteOption{Hidden()}
	a.register("GET "+documentPath, Raw(everybody, a.serveDocument), builtIn, hidden)
	a.register("GET "+a.config.DocsPath, Raw(everybody, show), builtIn, hidden)
	a.register("GET "+a.config.DocsPath+"/{asset}", Raw(everybody, asset), builtIn, hidden)
}

func (a *App) serveDocument(w http.ResponseWriter, _ *http.Request, _ Anyone) {
	w.Header().Set("Content-Type", "application/json")
	setLength(w.Header(), len(a.document))
	_, _ = w.Write(a.document) // the caller may be gone
}
