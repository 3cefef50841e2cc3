package holdfasttest

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/access"
)

// probe calls an application as its callers do and sees who decided what.
type probe struct {
	t        testing.TB
	app      *holdfast.App
	settings *settings
	document access.Document
	spec     *spec
	callers  []*minted
	handler  http.Handler // with what is served in front
	outer    http.Handler // the same without the witness, to read its patterns
}

// minted is a caller with a credential, or with the reason why there is none.
type minted struct {
	Caller
	present Credential
	err     error
	also    bool // the test asks for this one by name
	vague   bool // the declaration cannot say what the caller holds
}

func newProbe(t testing.TB, app *holdfast.App, options []Option) *probe {
	t.Helper()
	p := &probe{t: t, app: app, settings: newSettings(options)}
	var err error
	if p.document, err = documentOf(app); err != nil {
		t.Fatal(err)
	}
	if p.spec, err = specOf(app); err != nil {
		t.Fatal(err)
	}
	p.outer = p.settings.front(app, func(app http.Handler) http.Handler { return app })
	p.handler = p.settings.front(app, p.witness)
	for _, name := range p.settings.misused {
		t.Errorf("%s: Also, Fresh and Served are options of the whole test, and not of one caller", name)
	}
	p.callers = p.settings.callersOf(p.document)
	for _, m := range p.callers {
		p.mint(m)
		p.mustBeTried(m)
	}
	t.Cleanup(watch(app, p))
	return p
}

// mustBeTried fails the test if a caller of Also could not be tried: what would be
// said of others in the table would hide that a rule was never tested.
func (p *probe) mustBeTried(m *minted) {
	p.t.Helper()
	if m.also && m.err != nil {
		p.t.Errorf("%s was not tried: %v", m.Name, m.err)
	}
	for name := range m.Path {
		if !slices.ContainsFunc(p.document.Routes, func(r access.Route) bool {
			return strings.Contains(r.Path, "{"+name+"}") || strings.Contains(r.Path, "{"+name+"...}")
		}) {
			p.t.Errorf("%s was not tried with the path parameter %q, which no route has", m.Name, name)
		}
	}
}

// mint mints a caller, once more if it was spent. A minter that fails for
// another reason than that there is no such caller fails the test.
func (p *probe) mint(m *minted) {
	p.t.Helper()
	if m.present, m.err = p.settings.mint(p.t.Context(), m.Caller); m.err != nil && !isCannot(m.err) {
		p.t.Fatalf("caller %s: %v", m.Name, m.err)
	}
}

// witness has the sight of a request know that it came to the application.
func (p *probe) witness(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, ok := r.Context().Value(sightKey{p}).(*sight); ok {
			s.reach()
		}
		app.ServeHTTP(w, r)
	})
}

// sightKey finds what a probe sees of a request. Several probes may watch one
// application.
type sightKey struct{ by *probe }

// sight is what was seen of one request.
type sight struct {
	mu       sync.Mutex
	reached  bool // it came to the application
	verdicts []verdict
	status   int
}

// verdict is a decision, kept.
type verdict struct {
	route   string
	allowed bool
	status  int
	kind    string // of the step that refused
	name    string // of it
}

func (s *sight) reach() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = true
}

func (s *sight) decide(d holdfast.Decision) {
	route := d.Route()
	v := verdict{route: route.Method + " " + route.Path, allowed: d.Allowed(), status: d.Status()}
	if !v.allowed {
		v.kind, v.name = refusedBy(d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.verdicts = append(s.verdicts, v)
}

// refusedBy names the step that refused: of several alternatives, what the
// nearest lacks.
func refusedBy(d holdfast.Decision) (kind, name string) {
	scopes, roles := d.Missing()
	for _, s := range d.Steps() {
		switch {
		case s.Err == nil || !s.Reached:
		case d.Status() != http.StatusForbidden:
			return s.Kind, s.Name
		case len(scopes) > 0 && s.Kind == "roles": // of the two, the runner comes to the scopes first
		case len(scopes)+len(roles) > 0 && (s.Kind == "credential" || s.Kind == "verify"): // of another alternative
		default:
			return s.Kind, s.Name
		}
	}
	return "", ""
}

// verdict returns the one decision about the request.
func (s *sight) verdict() (verdict, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.verdicts) != 1 {
		return verdict{}, false
	}
	return s.verdicts[0], true
}

// answer is the answer in a word or two, as tables have it.
func (s *sight) answer(route string) string {
	v, ok := s.verdict()
	switch {
	case !ok && !s.reached:
		return fmt.Sprintf("not reached %d", s.status)
	case !ok:
		return fmt.Sprintf("no route %d", s.status)
	case v.route != route:
		return "answered by " + v.route
	case v.allowed && s.status/100 == 2:
		return "passes"
	case v.allowed:
		return fmt.Sprintf("passes %d", s.status)
	case v.kind == "dependency":
		return fmt.Sprintf("%d %s", v.status, v.name)
	case v.kind == "scopes":
		return fmt.Sprintf("%d scope", v.status)
	case v.kind == "roles":
		return fmt.Sprintf("%d role", v.status)
	}
	return fmt.Sprint(v.status)
}

// send makes a caller's request in process, from the text that would be sent
// over the wire.
func (p *probe) send(text string, who *minted) (*sight, error) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil, err
	}
	r.RemoteAddr = "192.0.2.1:1234"
	if who.present.Apply != nil {
		who.present.Apply(r)
	}
	return p.serve(r), nil
}

func (p *probe) serve(r *http.Request) *sight {
	s := &sight{}
	w := httptest.NewRecorder()
	p.settings.refresh(p.t)
	abortable(impatiently(p.handler)).ServeHTTP(w, r.WithContext(context.WithValue(p.t.Context(), sightKey{p}, s)))
	s.status = w.Code
	return s
}

// impatiently is a handler whose caller leaves when the status is known and the
// answer begins to come in pieces: a stream would not end otherwise.
func impatiently(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, leave := context.WithCancel(r.Context())
		defer leave()
		h.ServeHTTP(impatient{w, leave}, r.WithContext(ctx))
	})
}

type impatient struct {
	http.ResponseWriter
	leave context.CancelFunc
}

func (i impatient) FlushError() error {
	defer i.leave()
	return http.NewResponseController(i.ResponseWriter).Flush()
}

func (i impatient) Flush() { _ = i.FlushError() }

func (i impatient) Unwrap() http.ResponseWriter { return i.ResponseWriter }

// abortable is a handler that may break off its answer, as a server lets it.
func abortable(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // a panic's value
				panic(cause)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// request is the text of a filled request.
func (f filled) request(method string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: example.org\r\n", sent(method), f.target)
	names := []string{}
	for name := range f.header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&out, "%s: %s\r\n", name, f.header[name])
	}
	if f.kind != "" {
		fmt.Fprintf(&out, "Content-Type: %s\r\nContent-Length: %d\r\n", f.kind, len(f.body))
	}
	return out.String() + "\r\n" + f.body
}

// foretold is the caller as the declaration sees it. Of revoked credentials
// and disabled users the declaration says only what they may not do.
func (m *minted) foretold() access.Caller {
	return access.Caller{
		Presents: m.Kind != Nobody,
		Good:     m.Kind == Good || m.Kind == Revoked || m.Kind == DisabledUser,
		Schemes:  m.present.Schemes,
		Scopes:   access.Set(m.Scopes),
		Roles:    access.Set(m.Roles),
	}
}
