// Package static serves files and single-page applications, to be mounted behind
// a policy:
//
//	app.Mount("/files", holdfast.Security(user), static.Files(os.DirFS("files")))
//	app.Mount("/", holdfast.Public(), static.SPA(site, static.Hashed("assets")))
//
// Folders are not listed, and what begins with a dot is not there, neither a
// file nor anything in such a folder. Only GET and HEAD are answered. Ranges and
// conditional requests work, of files without a date by a hash of what is in
// them. A browser is told the type of a file and not to guess another one; a
// file of a kind that is not known is bytes.
//
// What is refused has the shape of errors of the application in which the handler
// is mounted, or FastAPI's elsewhere. A method other than GET and HEAD is a 405
// where there is a file, and else a 404.
//
// Every answer must be looked up again before it is used (no-cache, which costs
// a request that is mostly answered 304), but for files whose name has a hash of
// their content: a browser may keep those for a year, and no cache that is
// shared, since the policy decides who may read them. A Cache-Control that the
// request's route has set, such as no-store, is left as it is.
//
// os.DirFS follows symbolic links out of its folder; (*os.Root).FS does not.
package static

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast/internal/host"
)

// Option changes how files are served.
type Option func(*handler)

// Hashed says that the names of all files below a folder have a hash of their
// content, as those of Vite's "assets" have: a browser may keep them for a year.
// Without it only names such as main.8e0d62a1.js are known to have one.
func Hashed(folder string) Option {
	return func(h *handler) { h.hashed = append(h.hashed, strings.Trim(folder, "/")+"/") }
}

// Files serves the files of a file system. A folder is its index.html, or not
// there if it has none. The handler is safe for concurrent use.
func Files(files fs.FS, options ...Option) http.Handler {
	h := &handler{files: files}
	for _, option := range options {
		option(h)
	}
	return h
}

// SPA is Files for a single-page application, which has one page for many
// paths: where there is no file, a browser that goes to a page gets index.html.
// That is a GET or HEAD for a path without a file extension, whose Accept names
// text/html, no less than JSON, and that does not say that a script is asking.
// All else is a 404: also for curl, which takes anything, and so a path of the API
// that is misspelt is not answered with a page.
func SPA(files fs.FS, options ...Option) http.Handler {
	h := Files(files, options...).(*handler)
	h.fallback = true
	return h
}

// handler serves files.
type handler struct {
	files    fs.FS
	hashed   []string // folders
	fallback bool
	tags     sync.Map // name and size -> tag, of files without a date; as many as there are files
}

const index = "index.html"

// ServeHTTP serves the file of the request's path. What it refuses has the shape
// of errors of the application in which it is mounted.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, folder, ok := nameOf(r.URL.Path)
	if !ok {
		host.Refuse(w, r, host.Refusal{})
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		host.Refuse(w, r, host.Refusal{Allow: h.allow(name, folder)})
		return
	}
	err := h.serve(w, r, name, folder)
	if errors.Is(err, fs.ErrNotExist) && h.fallback {
		w.Header().Add("Vary", "Accept, Sec-Fetch-Mode")
		if isNavigation(r) {
			err = h.serve(w, r, index, false)
		}
	}
	switch {
	case err == nil:
	case isAbsent(err):
		host.Refuse(w, r, host.Refusal{})
	default:
		host.Refuse(w, r, host.Refusal{Cause: err})
	}
}

// isAbsent reports whether an error says that there is no such file, or none that
// may be read.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrInvalid)
}

// allow lists the methods for which a file is there; none if it is not.
func (h *handler) allow(name string, folder bool) []string {
	if folder {
		name = path.Join(name, index)
	}
	if info, err := fs.Stat(h.files, name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return []string{http.MethodGet, http.MethodHead}
}

// nameOf is the name in a file system of a request's path, and whether the path
// is that of a folder. There is none for a path that names something hidden, or
// that some system would read in another way.
func nameOf(requested string) (name string, folder, ok bool) {
	name, folder = strings.CutSuffix(strings.TrimPrefix(requested, "/"), "/")
	if name == "" {
		return ".", true, requested == "/" || requested == ""
	}
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") {
		return "", false, false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return "", false, false
		}
	}
	return name, folder, true
}

// isNavigation reports whether a browser goes to a page, as far as the request
// says. A browser asks for HTML by name; who takes anything, as curl does, is
// rather told that nothing is there.
func isNavigation(r *http.Request) bool {
	if path.Ext(strings.TrimSuffix(r.URL.Path, "/")) != "" {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return false
	}
	html, json := wishes(r.Header.Values("Accept"))
	return html > 0 && html >= json
}

// wishes is how much Accept wants HTML, and JSON: the weights of RFC 9110 section
// 12.5.1, and 0 for what is not named.
func wishes(accept []string) (html, json float64) {
	for one := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, parameters, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		weight := 1.0
		if q, ok := parameters["q"]; ok {
			weight, _ = strconv.ParseFloat(q, 64) // what is no number is no wish
		}
		switch {
		case kind == "text/html":
			html = max(html, weight)
		case kind == "application/json" || strings.HasSuffix(kind, "+json"):
			json = max(json, weight)
		}
	}
	return html, json
}

// serve serves a file, or the index of a folder. Nothing is written if it
// returns an error.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, name string, folder bool) error {
	file, info, err := h.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	switch {
	case info.IsDir() && !folder: // links on the page are relative to the folder
		if _, err := fs.Stat(h.files, path.Join(name, index)); err != nil {
			return fs.ErrNotExist
		}
		redirect(w, r, path.Base(name)+"/")
		return nil
	case info.IsDir():
		return h.serve(w, r, path.Join(name, index), false)
	case folder || !info.Mode().IsRegular():
		return fs.ErrNotExist
	}
	return h.content(w, r, name, file, info)
}

func (h *handler) open(name string) (fs.File, fs.FileInfo, error) {
	file, err := h.files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close() // it was only opened
		return nil, nil, err
	}
	return file, info, nil
}

// redirect sends on to a path beside the request's: a relative one, which no
// prefix in front can make wrong.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	to = "./" + url.PathEscape(strings.TrimSuffix(to, "/")) + "/"
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// content sends a file.
func (h *handler) content(w http.ResponseWriter, r *http.Request, name string, file fs.File, info fs.FileInfo) error {
	content, err := seekable(file, info)
	if err != nil {
		return err
	}
	tag, err := h.tag(name, info, content)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", typeOf(name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Etag", tag)
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", h.caching(name))
	}
	http.ServeContent(w, r, name, info.ModTime(), content)
	return nil
}

// maxInMemory is how large a file may be that must be read before it is sent,
// because its file system cannot seek, as one of an archive cannot.
const maxInMemory = 16 << 20

func seekable(file fs.File, info fs.FileInfo) (io.ReadSeeker, error) {
	if seeker, ok := file.(io.ReadSeeker); ok {
		return seeker, nil
	}
	if info.Size() > maxInMemory {
		return nil, fmt.Errorf("static: %s has %d bytes, in a file system that cannot seek", info.Name(), info.Size())
	}
	data, err := io.ReadAll(io.LimitReader(file, maxInMemory))
	return bytes.NewReader(data), err
}

// tag tells the content of a file from that of before: by date and size, or by a
// hash where there is no date, as in a binary.
func (h *handler) tag(name string, info fs.FileInfo, content io.ReadSeeker) (string, error) {
	if at := info.ModTime(); !at.IsZero() {
		return fmt.Sprintf(`"%x-%x"`, at.UnixNano(), info.Size()), nil
	}
	key := fmt.Sprint(info.Size(), " ", name)
	if known, ok := h.tags.Load(key); ok {
		return known.(string), nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]) + `"`
	h.tags.Store(key, tag)
	return tag, nil
}

// hash is at the end of a name that a bundler has made: eight or more hexadecimal
// digits, among them one of each kind, so that no year and no word is taken for
// one.
var hash = regexp.MustCompile(`[.-]([0-9a-f]{8,64})\.(?:js|mjs|css|map|wasm|woff2?|ttf|svg|png|jpe?g|gif|webp|avif|ico)$`)

// caching says for how long a file may be used without asking again.
func (h *handler) caching(name string) string {
	const kept, asked = "private, max-age=31536000, immutable", "no-cache"
	for _, folder := range h.hashed {
		if strings.HasPrefix(name, folder) && path.Ext(name) != ".html" {
			return kept
		}
	}
	if found := hash.FindStringSubmatch(name); found != nil && strings.ContainsAny(found[1], "0123456789") && strings.ContainsAny(found[1], "abcdef") {
		return kept
	}
	return asked
}

// types are those of the web, which no setting of the system must change.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
	".webmanifest": "application/manifest+json", ".wasm": "application/wasm", ".xml": "text/xml; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".ico": "image/x-icon", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf",
	".pdf": "application/pdf", ".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg",
}

// typeOf is the type that a file has by its name. What is in it is not looked at:
// a page that somebody uploaded under another name would be shown as one.
func typeOf(name string) string {
	extension := strings.ToLower(path.Ext(name))
	if kind, ok := types[extension]; ok {
		return kind
	}
	if kind := mime.TypeByExtension(extension); kind != "" {
		return kind
	}
	return "application/octet-stream"
}
