package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/openapitest"
)

// player plays a file of cases against the server. A line is one of
//
//	case NAME         the application, with fresh state
//	METHOD URL        a request
//	> NAME: VALUE     a header of it
//	body TEXT         its body
//	= STATUS BODY     what the answer must be
//	< NAME: VALUE     a header that it must have
//	keep NAME         remember this member of the answer, for later as $NAME
//	# …               a remark
type player struct {
	t      *testing.T
	file   string
	line   int
	server *server
	played map[string]bool

	app     string
	kept    map[string]string
	method  string
	url     string
	headers http.Header
	body    string
	answer  *httptest.ResponseRecorder // nil until somebody looks at it
}

func (p *player) errorf(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("%s:%d: %s %s %s: %s", p.file, p.line, p.app, p.method, p.url, fmt.Sprintf(format, args...))
}

func (p *player) play(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "", "#":
	case "case":
		p.app, p.kept = rest, map[string]string{}
		p.played[rest] = true
		if _, ok := p.server.app(rest, true); !ok {
			p.errorf("no such case")
		}
	case "GET", "POST", "HEAD", "PUT":
		p.method, p.url, p.headers, p.body, p.answer = word, rest, http.Header{}, "", nil
	case ">":
		name, value, _ := strings.Cut(rest, ": ")
		p.headers.Add(name, p.filled(value))
	case "body":
		p.body = rest
	case "=":
		p.expect(rest)
	case "<":
		if name, value, _ := strings.Cut(rest, ": "); p.ask().Header().Get(name) != value && !namesRealm(p.ask().Header().Get(name), value) {
			p.errorf("%s = %q, want %q", name, p.ask().Header().Get(name), value)
		}
	case "keep":
		p.keep(rest)
	default:
		p.errorf("cannot read %q", line)
	}
}

// namesRealm reports whether a challenge differs from FastAPI's in that it names
// its realm, as RFC 6750 section 3 wants one without any other parameter to.
func namesRealm(have, want string) bool {
	return want == "Bearer" && strings.HasPrefix(have, `Bearer realm="`) && strings.Count(have, `"`) == 2
}

func (p *player) filled(text string) string {
	for name, value := range p.kept {
		text = strings.ReplaceAll(text, "$"+name, value)
	}
	return text
}

// ask makes the request, once.
func (p *player) ask() *httptest.ResponseRecorder {
	if p.answer == nil {
		r := httptest.NewRequest(p.method, p.url, strings.NewReader(p.body))
		r.Header = p.headers
		r.Header.Set("X-Case", p.app)
		p.answer = httptest.NewRecorder()
		p.server.ServeHTTP(p.answer, r)
	}
	return p.answer
}

func (p *player) expect(want string) {
	status, body, _ := strings.Cut(want, " ")
	got := p.ask()
	if fmt.Sprint(got.Code) != status || !same(got.Body.String(), body) {
		p.errorf("%d %s, want %s", got.Code, got.Body, want)
	}
}

// same compares JSON as JSON and everything else as text.
func same(got, want string) bool {
	var a, b any
	if json.Unmarshal([]byte(got), &a) == nil && json.Unmarshal([]byte(want), &b) == nil {
		return reflect.DeepEqual(a, b)
	}
	return got == want
}

func (p *player) keep(name string) {
	var members map[string]any
	if err := json.Unmarshal(p.ask().Body.Bytes(), &members); err != nil || members[name] == nil {
		p.errorf("%d %s has no %s", p.ask().Code, p.ask().Body, name)
	}
	p.kept[name] = fmt.Sprint(members[name])
}

func TestOurAnswersAreFastAPIs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	played := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &player{t: t, file: file, server: &server{apps: map[string]*holdfast.App{}}, played: played}
		for line := range strings.Lines(string(text)) {
			p.line++
			p.play(strings.TrimSuffix(line, "\n"))
		}
	}
	for name := range cases {
		if !played[name] {
			t.Errorf("no file plays %s", name)
		}
	}
}

// Every application's declaration is right, and its document says so.
func TestEveryApplicationStarts(t *testing.T) {
	t.Parallel()
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := make().OpenAPI()
			if err != nil {
				t.Fatal(err)
			}
			openapitest.Parse(t, data)
		})
	}
}

func TestUnknownCasesAreNotPlayed(t *testing.T) {
	t.Parallel()
	s := &server{apps: map[string]*holdfast.App{}}
	r := httptest.NewRequest(http.MethodPost, "/__reset", nil)
	r.Header.Set("X-Case", "no.such")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusNotFound {
		t.Errorf("POST /__reset of an unknown case = %d, want 404", w.Code)
	}
}
