package static_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/static"
)

func site() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"index.html":             file("<h1>app</h1>"),
		"robots.txt":             file("User-agent: *"),
		"main.8e0d62a1.js":       file("js"),
		"report-20240101.css":    file("a date"),
		"decade-facaded.js":      file("a word"),
		"assets/app-BdQqabcD.js": file("vite"),
		"assets/page.html":       file("a page"),
		"docs/index.html":        file("docs"),
		"empty/a.txt":            file("a"),
		".env":                   file("SECRET=1"),
		".git/config":            file("secret"),
		"docs/.hidden/x.txt":     file("secret"),
		"upload":                 file("<script>alert(1)</script>"),
		"upload.unknownkind":     file("<script>alert(1)</script>"),
		"dated.css":              {Data: []byte("css"), ModTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		"a b/c&d.txt":            file("odd"),
		"a b/index.html":         file("odd index"),
		"pipe":                   {Data: nil, Mode: fs.ModeNamedPipe},
	}
}

func get(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhichFilesAreServed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, target string
		status         int
		body, kind     string
	}{
		"a file":                            {"GET", "/robots.txt", 200, "User-agent: *", "text/plain; charset=utf-8"},
		"a script":                          {"GET", "/main.8e0d62a1.js", 200, "js", "text/javascript; charset=utf-8"},
		"the index":                         {"GET", "/", 200, "<h1>app</h1>", "text/html; charset=utf-8"},
		"the index by its name":             {"GET", "/index.html", 200, "<h1>app</h1>", "text/html; charset=utf-8"},
		"the index of a folder":             {"GET", "/docs/", 200, "docs", ""},
		"a folder without its slash":        {"GET", "/docs?q=1", 307, "", ""},
		"a folder of an odd name":           {"GET", "/a b", 307, "", ""},
		"a folder is not listed":            {"GET", "/empty/", 404, `{"detail":"Not Found"}`, "application/json"},
		"a folder without index, unslashed": {"GET", "/empty", 404, "", ""},
		"HEAD":                              {"HEAD", "/robots.txt", 200, "", ""},
		"POST":                              {"POST", "/robots.txt", 405, `{"detail":"Method Not Allowed"}`, "application/json"},
		"OPTIONS":                           {"OPTIONS", "/robots.txt", 405, "", ""},
		"nothing":                           {"GET", "/nothing", 404, "", ""},
		"a file with a slash":               {"GET", "/robots.txt/", 404, "", ""},
		"below a file":                      {"GET", "/robots.txt/x", 404, "", ""},
		"a dot file":                        {"GET", "/.env", 404, "", ""},
		"in a dot folder":                   {"GET", "/.git/config", 404, "", ""},
		"in a dot folder, deeper":           {"GET", "/docs/.hidden/x.txt", 404, "", ""},
		"the folder above":                  {"GET", "/docs/../robots.txt", 404, "", ""},
		"a dot":                             {"GET", "/./robots.txt", 404, "", ""},
		"two slashes":                       {"GET", "//robots.txt", 404, "", ""},
		"a backslash":                       {"GET", `/docs\..\robots.txt`, 404, "", ""},
		"a stream of a file":                {"GET", "/robots.txt::$DATA", 404, "", ""},
		"a zero byte":                       {"GET", "/robots.txt\x00", 404, "", ""},
		"what is no file":                   {"GET", "/pipe", 404, "", ""},
		"no kind is guessed":                {"GET", "/upload", 200, "", "application/octet-stream"},
		"no kind is guessed of a name":      {"GET", "/upload.unknownkind", 200, "", "application/octet-stream"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(static.Files(site()), test.method, test.target, "Accept: text/html")
			if w.Code != test.status || test.body != "" && w.Body.String() != test.body || test.kind != "" && w.Header().Get("Content-Type") != test.kind {
				t.Errorf("%s %s = %d %q %s, want %d %q %s", test.method, test.target, w.Code, w.Body, w.Header().Get("Content-Type"), test.status, test.body, test.kind)
			}
			if w.Code != 307 && w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: a browser may guess: %v", test.method, test.target, w.Header())
			}
		})
	}
	files := static.Files(site())
	if got := get(files, "GET", "/docs?q=1").Header().Get("Location"); got != "./docs/?q=1" {
		t.Errorf("Location = %s", got)
	}
	if got := get(files, "GET", "/a b").Header().Get("Location"); got != "./a%20b/" {
		t.Errorf("Location = %s", got)
	}
	if got := get(files, "PUT", "/").Header().Get("Allow"); got != "GET, HEAD" {
		t.Errorf("Allow = %s", got)
	}
}

func TestWhenAPageOfTheApplicationIsServed(t *testing.T) {
	t.Parallel()
	const html = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
	for name, test := range map[string]struct {
		method, target string
		headers        []string
		status         int
	}{
		"a page":                        {"GET", "/users/7", []string{html}, 200},
		"a page with a slash":           {"GET", "/users/", []string{html}, 200},
		"a page, as browsers ask today": {"GET", "/users/7", []string{html, "Sec-Fetch-Mode: navigate"}, 200},
		"without any wish":              {"GET", "/users/7", nil, 404},
		"for anything":                  {"HEAD", "/users/7", []string{"Accept: */*"}, 404},
		"a page, by HEAD":               {"HEAD", "/users/7", []string{html}, 200},
		"a page, no less than JSON":     {"GET", "/users/7", []string{"Accept: application/json;q=0.9", "Accept: text/html;q=0.9"}, 200},
		"JSON before a page":            {"GET", "/users/7", []string{"Accept: application/json, text/html;q=0.5"}, 404},
		"JSON of a kind before a page":  {"GET", "/users/7", []string{"Accept: application/problem+json, text/html;q=0.5"}, 404},
		"a page not at all":             {"GET", "/users/7", []string{"Accept: text/html;q=0"}, 404},
		"a wish that cannot be read":    {"GET", "/users/7", []string{"Accept: text/html;q=x, ;;"}, 404},
		"POST to a file":                {"POST", "/robots.txt", []string{html}, 405},
		"a folder without index":        {"GET", "/empty/", []string{html}, 200},
		"a script asks":                 {"GET", "/users/7", []string{"Accept: */*", "Sec-Fetch-Mode: cors"}, 404},
		"a script asks for JSON":        {"GET", "/users/7", []string{"Accept: application/json"}, 404},
		"a script takes JSON best":      {"GET", "/users/7", []string{"Accept: application/json, text/plain, */*"}, 404},
		"a file that is gone":           {"GET", "/main.11111111.js", []string{html}, 404},
		"a file with a slash":           {"GET", "/main.js/", []string{html}, 404},
		"a dot file is no page":         {"GET", "/.env", []string{html}, 404},
		"the folder above is no page":   {"GET", "/x/../y", []string{html}, 404},
		"POST":                          {"POST", "/users/7", []string{html}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(static.SPA(site()), test.method, test.target, test.headers...)
			if w.Code != test.status {
				t.Fatalf("%s %s = %d %s, want %d", test.method, test.target, w.Code, w.Body, test.status)
			}
			if w.Code == 200 && (test.method == "GET" && w.Body.String() != "<h1>app</h1>" || w.Header().Get("Cache-Control") != "no-cache" || w.Header().Get("Vary") != "Accept, Sec-Fetch-Mode") {
				t.Errorf("%s %s = %s %v, want the page", test.method, test.target, w.Body, w.Header())
			}
		})
	}
	if w := get(static.SPA(fstest.MapFS{}), "GET", "/"); w.Code != 404 {
		t.Errorf("an application without a page = %d, want 404", w.Code)
	}
}

func TestForHowLongFilesAreKept(t *testing.T) {
	t.Parallel()
	const kept, asked = "private, max-age=31536000, immutable", "no-cache"
	for target, want := range map[string]string{
		"/": asked, "/robots.txt": asked, "/main.8e0d62a1.js": kept, "/report-20240101.css": asked, "/decade-facaded.js": asked,
		"/assets/app-BdQqabcD.js": kept, "/assets/page.html": asked, "/docs/": asked,
	} {
		if got := get(static.SPA(site(), static.Hashed("/assets/")), "GET", target).Header().Get("Cache-Control"); got != want {
			t.Errorf("Cache-Control of %s = %s, want %s", target, got, want)
		}
	}
	if got := get(static.Files(site()), "GET", "/assets/app-BdQqabcD.js").Header().Get("Cache-Control"); got != asked {
		t.Errorf("Cache-Control = %s, want %s where nothing says that names have hashes", got, asked)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "no-store")
	static.Files(site()).ServeHTTP(w, httptest.NewRequest("GET", "/main.8e0d62a1.js", nil))
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %s, want what the route had set", got)
	}
}

func TestConditionsAndRanges(t *testing.T) {
	t.Parallel()
	files := static.Files(site())
	for _, target := range []string{"/robots.txt", "/dated.css"} {
		tag := get(files, "GET", target).Header().Get("Etag")
		if tag == "" {
			t.Fatalf("%s has no tag", target)
		}
		if w := get(files, "GET", target, "If-None-Match: "+tag); w.Code != 304 || w.Body.Len() > 0 || w.Header().Get("Cache-Control") == "" {
			t.Errorf("%s with its tag = %d %s %v, want 304", target, w.Code, w.Body, w.Header())
		}
		if w := get(files, "GET", target, `If-None-Match: "other"`); w.Code != 200 {
			t.Errorf("%s with another tag = %d, want 200", target, w.Code)
		}
	}
	if w := get(files, "GET", "/robots.txt", "Range: bytes=0-3"); w.Code != 206 || w.Body.String() != "User" || w.Header().Get("Content-Range") != "bytes 0-3/13" {
		t.Errorf("a range = %d %q %v", w.Code, w.Body, w.Header())
	}
	if w := get(files, "GET", "/robots.txt", "Range: bytes=90-"); w.Code != 416 {
		t.Errorf("a range behind the end = %d", w.Code)
	}
	if w := get(files, "GET", "/dated.css", "If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT"); w.Code != 304 {
		t.Errorf("a file that did not change = %d, want 304", w.Code)
	}
	changed := site()
	changed["robots.txt"].Data = []byte("User-agent: x")
	if a, b := get(files, "GET", "/robots.txt").Header().Get("Etag"), get(static.Files(changed), "GET", "/robots.txt").Header().Get("Etag"); a == b {
		t.Errorf("two contents have the tag %s", a)
	}
}

// unseekable is a file system whose files cannot seek, as those of an archive.
type unseekable struct {
	fs.FS
	size int64
	err  error
}

type plainFile struct {
	fs.File
	in unseekable
}

func (u unseekable) Open(name string) (fs.File, error) {
	file, err := u.FS.Open(name)
	return plainFile{file, u}, err
}

func (f plainFile) Read(data []byte) (int, error) {
	if f.in.err != nil {
		return 0, f.in.err
	}
	return f.File.Read(data)
}

func (f plainFile) Stat() (fs.FileInfo, error) {
	info, err := f.File.Stat()
	return sized{info, f.in.size}, err
}

type sized struct {
	fs.FileInfo
	size int64
}

func (s sized) Size() int64 { return s.size }

func TestFileSystemsThatCannotSeek(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		in     unseekable
		status int
	}{
		"a small file":             {unseekable{FS: site(), size: 13}, 200},
		"one too large":            {unseekable{FS: site(), size: 17 << 20}, 500},
		"one that cannot be read":  {unseekable{FS: site(), size: 13, err: errors.New("broken disk at /secret/path")}, 500},
		"one that may not be read": {unseekable{FS: site(), size: 13, err: fs.ErrPermission}, 404},
	} {
		w := get(static.Files(test.in), "GET", "/robots.txt")
		if w.Code != test.status || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s = %d %s, want %d", name, w.Code, w.Body, test.status)
		}
	}
}

// On disk: links out of the folder lead nowhere with an os.Root.
func TestFilesOnDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outside := t.TempDir() + "/secret.txt"
	for name, text := range map[string]string{dir + "/a.txt": "a", outside: "secret"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, dir+"/link.txt"); err != nil {
		t.Skip(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	files := static.Files(root.FS())
	if w := get(files, "GET", "/a.txt"); w.Code != 200 || w.Header().Get("Last-Modified") == "" {
		t.Errorf("a.txt = %d %v", w.Code, w.Header())
	}
	if w := get(files, "GET", "/link.txt"); strings.Contains(w.Body.String(), "secret") || w.Code == 200 {
		t.Errorf("link.txt = %d %s", w.Code, w.Body)
	}
}

// Behind a policy, an application that has every other path leaves those of the
// API alone.
func TestASiteBehindAPolicy(t *testing.T) {
	t.Parallel()
	key := holdfast.Check(holdfast.APIKeyHeader("X-Key"), func(_ context.Context, key string) (string, error) {
		if key != "good" {
			return "", errors.New("unknown key")
		}
		return key, nil
	})
	app := holdfast.New("Shop", "1")
	holdfast.Get(app, "/api/items", holdfast.Public(), func(context.Context, holdfast.Anyone, holdfast.NoInput) (string, error) { return "items", nil }, holdfast.Shadows("/{rest...}"))
	app.Mount("/private", holdfast.Security(key), static.Files(site()))
	app.Mount("/", holdfast.Security(key), static.SPA(site()))
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	for _, test := range []struct {
		path, key, want string
	}{
		{"/api/items", "", `200 "items"`},
		{"/", "good", "200 <h1>app</h1>"},
		{"/users/7", "good", "200 <h1>app</h1>"},
		{"/users/7", "", `401 {"detail":"Not authenticated"}`},
		{"/private/docs/", "good", "200 docs"},
		{"/private/docs", "good", "200 docs"}, // by the redirect
		{"/private/nothing", "good", `404 {"detail":"Not Found"}`},
		{"/private/robots.txt", "bad", `401 {"detail":"Could not validate credentials"}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "text/html,*/*;q=0.8")
		if test.key != "" {
			r.Header.Set("X-Key", test.key)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close() // it was read
		if got := fmt.Sprint(answer.StatusCode, " ", string(body)); got != test.want || err != nil {
			t.Errorf("GET %s with %q = %s, %v, want %s", test.path, test.key, got, err, test.want)
		}
	}
}
