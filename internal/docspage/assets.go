package docspage

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

//go:embed assets
var assets embed.FS

// asset is a file as it is served: read once, when it is first asked for.
type asset struct {
	kind   string
	packed []byte // with gzip, as it lies here; nil if it does not
	plain  []byte
	tag    string // of the plain bytes
}

// files are the assets by the name under which they are served.
var files = map[string]func() (asset, error){
	"swagger-ui-bundle.js": packed("swagger-ui/swagger-ui-bundle.js.gz", "text/javascript; charset=utf-8"),
	"swagger-ui.css":       packed("swagger-ui/swagger-ui.css.gz", "text/css; charset=utf-8"),
	"oauth2-redirect.js":   plain("swagger-ui/oauth2-redirect.js", "text/javascript; charset=utf-8"),
	"redoc.standalone.js":  packed("redoc/redoc.standalone.js.gz", "text/javascript; charset=utf-8"),
}

func plain(name, kind string) func() (asset, error) {
	return sync.OnceValues(func() (asset, error) {
		data, err := assets.ReadFile("assets/" + name)
		return asset{kind: kind, plain: data, tag: tagOf(data)}, err
	})
}

func packed(name, kind string) func() (asset, error) {
	return sync.OnceValues(func() (asset, error) {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return asset{}, err
		}
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return asset{}, err
		}
		inflated, err := io.ReadAll(z)
		return asset{kind: kind, packed: data, plain: inflated, tag: tagOf(inflated)}, err
	})
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Vary", "Accept-Encoding")
	data, tag := a.plain, `"`+a.tag+`"`
	if a.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		data, tag = a.packed, `"`+a.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Etag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	serve(w, a.kind, data)
}

func serve(w http.ResponseWriter, kind string, data []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(data) // the caller may be gone
}
