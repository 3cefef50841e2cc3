package holdfasttest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
)

// Attack makes some fifty mutations of the path, method and headers of every
// protected route, with every caller's credential, and fails if one of them
// opens what the plain request does not. What may be open it knows from the
// file that [Matrix] wrote and from the raw text of the request alone; it asks
// no router. Mutations that would not survive a client go over a listener.
//
// The same seed gives the same requests; see [Seed]. No body is sent, but
// handlers run for callers who may call.
func Attack(t testing.TB, app *holdfast.App, file string, options ...Option) {
	t.Helper()
	start := time.Now() //nolint:forbidigo // printed, not compared
	p := newProbe(t, app, options)
	data, err := os.ReadFile(file) //nolint:gosec // a file of the test's own
	if err != nil {
		t.Fatalf("%v (Matrix writes it)", err)
	}
	var callers []string
	for _, who := range p.callers {
		callers = append(callers, who.Name)
	}
	golden, err := parseTable(string(data), callers)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	a := &attack{probe: p, oracle: oracle{golden}, wire: newWire(p)}
	a.run()
	a.report(t, start)
}

// attack is one run.
type attack struct {
	*probe
	oracle oracle
	wire   *wire
	random *rand.Rand

	routes, callers, requests, wired, opened int
	holes                                    []string
}

const maxHoles = 20 // that are told one by one

func (a *attack) run() {
	a.t.Helper()
	for _, r := range a.document.Routes {
		if a.oracle.find(r.Name()) == nil {
			a.t.Errorf("%s is not in the file, so nothing is known of it; Matrix writes it", r.At())
		}
	}
	for n, row := range a.oracle.rows {
		method, path, _ := strings.Cut(row.route, " ")
		if passes(row.answer(string(Nobody))) {
			continue
		}
		a.routes++
		for m, who := range a.probe.callers {
			if who.err == nil && row.answer(who.Name) == "" {
				a.t.Errorf("%s by %s is not in the file, so nothing is known of it; Matrix writes it", row.route, who.Name)
			} else if who.err == nil {
				a.random = rand.New(rand.NewPCG(a.settings.seed, uint64(n)<<32|uint64(m))) //nolint:gosec // it must be the same each time
				a.callRoute(row, method, path, who)
			}
		}
	}
}

// callRoute sends the plain request, which must be answered as the file says,
// and then the mutations.
func (a *attack) callRoute(row *row, method, path string, who *minted) {
	a.t.Helper()
	plain, err := a.plain(method, path, who)
	if err != nil {
		a.t.Errorf("%s cannot be called: %v", row.route, err)
		return
	}
	s := a.try(plain)
	if want := passes(row.answer(who.Name)); want != passes(s.answer(row.route)) {
		a.probe.mint(who) // it may have been spent by the route before
		if plain, err = a.plain(method, path, who); err == nil {
			s = a.try(plain)
		}
		if err != nil || want != passes(s.answer(row.route)) {
			a.t.Errorf("%s by %s: the plain request is answered %q, and the file says %q; are the data the same as when Matrix wrote it?", row.route, who.Name, s.answer(row.route), row.answer(who.Name))
			return
		}
	}
	a.callers++
	for _, m := range mutations {
		a.mutate(row, plain, who, m)
	}
	for range randomMutations {
		first, second := mutations[a.random.IntN(len(mutations))], mutations[a.random.IntN(len(mutations))]
		a.mutate(row, plain, who, mutation{
			first.name + ", then " + second.name, first.wire || second.wire,
			func(r *attempt, a *attack) { first.change(r, a); second.change(r, a) },
		})
	}
}

// randomMutations are pairs of mutations for each route and caller.
const randomMutations = 8

func (a *attack) mutate(row *row, plain attempt, who *minted, m mutation) {
	r := plain.clone()
	m.change(&r, a)
	r.wire = r.wire || m.wire
	s := a.try(r)
	wrong := a.oracle.wrong(row.route, who.Name, r, s)
	if wrong == "" {
		return
	}
	if a.opened++; len(a.holes) < maxHoles {
		a.holes = append(a.holes, fmt.Sprintf("%s by %s, %s: %s\n\t%s", row.route, who.Name, m.name, wrong, r.firstLine()))
	}
}

// try sends an attempt: in process, unless it needs the wire.
func (a *attack) try(r attempt) *sight {
	a.requests++
	if !r.wire {
		if parsed, err := http.ReadRequest(bufio.NewReader(strings.NewReader(r.text()))); err == nil {
			parsed.RemoteAddr = "192.0.2.1:1234"
			return a.serve(parsed)
		}
	}
	a.wired++
	a.settings.refresh(a.t)
	return a.wire.send(r.text())
}

// plain is the route's own request by a caller, without a body.
func (a *attack) plain(method, path string, who *minted) (attempt, error) {
	request, err := a.spec.fill(method, path, who.Path)
	if err != nil {
		return attempt{}, err
	}
	request.kind, request.body = "", ""
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request.request(method))))
	if err != nil {
		return attempt{}, err
	}
	if who.present.Apply != nil {
		who.present.Apply(r)
	}
	out := attempt{method: sent(method), path: r.URL.EscapedPath(), query: r.URL.RawQuery, version: "HTTP/1.1", host: []string{"example.org"}}
	for name, values := range r.Header {
		for _, value := range values {
			out.headers = append(out.headers, header{name, value})
		}
	}
	return out, nil
}

func (a *attack) report(t testing.TB, start time.Time) {
	t.Helper()
	took := time.Since(start).Round(time.Millisecond) //nolint:forbidigo // printed, not compared
	t.Logf("attack: %d protected routes, %d mutations and %d pairs of them each, %d routes by callers, %d requests (%d over a listener), seed %d, %v",
		a.routes, len(mutations), randomMutations, a.callers, a.requests, a.wired, a.settings.seed, took)
	for _, hole := range a.holes {
		t.Error(hole)
	}
	if more := a.opened - len(a.holes); more > 0 {
		t.Errorf("and %d more", more)
	}
	if a.routes == 0 {
		t.Error("no route of the file is protected, so nothing was attacked")
	}
}

// oracle says what may be open, from the file alone.
type oracle struct{ table }

// wrong says what an attempt opened that the file does not allow.
func (o oracle) wrong(base, who string, r attempt, s *sight) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.verdicts) == 0 {
		if r.method == http.MethodOptions && r.path == "*" {
			return "" // asks about the server, and net/http answers before any handler (RFC 9110 section 9.3.7)
		}
		if s.status/100 == 2 && s.status != http.StatusNoContent {
			return fmt.Sprintf("answered %d, and no policy was asked", s.status)
		}
		return ""
	}
	_, basePath, _ := strings.Cut(base, " ")
	for _, v := range s.verdicts {
		row := o.find(v.route)
		method, path, _ := strings.Cut(v.route, " ")
		switch {
		case !v.allowed && s.status/100 == 2 && len(s.verdicts) == 1:
			return fmt.Sprintf("refused, and answered %d", s.status)
		case !v.allowed:
		case row == nil:
			return "opened " + v.route + ", which the file does not have"
		case !passes(row.answer(who)):
			return "opened " + v.route + ", where the file says " + row.answer(who)
		case method != everyMethod && method != r.method && !(r.method == "HEAD" && method == "GET"):
			return "opened " + v.route + ", which is of another method"
		case path != basePath && !rawMatch(path, r.path) && !passes(row.answer(string(Nobody))):
			return "opened " + v.route + ", which is another path"
		}
	}
	return ""
}

// rawMatch compares a raw path with a route's path segment by segment, and
// decodes nothing but letters, which mean the same either way (RFC 3986 section
// 6.2.2.2).
func rawMatch(route, raw string) bool {
	raw, _, _ = strings.Cut(raw, "?")
	if i := strings.Index(raw, "://"); i >= 0 { // the absolute form
		_, rest, ok := strings.Cut(raw[i+3:], "/")
		if !ok {
			return route == "/"
		}
		raw = "/" + rest
	}
	want, have := strings.Split(route, "/"), strings.Split(raw, "/")
	for i, segment := range want {
		switch {
		case strings.HasSuffix(segment, "...}"):
			return len(have) > i
		case i >= len(have):
			return false
		case strings.HasPrefix(segment, "{"):
			if have[i] == "" {
				return false
			}
		case segment != letters.ReplaceAllStringFunc(have[i], decoded):
			return false
		}
	}
	return len(want) == len(have)
}

// letters are those that are encoded.
var letters = regexp.MustCompile(`%[46][1-9a-fA-F]|%[57][0-9aA]`)

func decoded(escape string) string {
	text, err := url.PathUnescape(escape)
	if err != nil {
		return escape
	}
	return text
}
