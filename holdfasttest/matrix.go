package holdfasttest

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/access"
)

// Matrix makes a real request, in process, for every route and every kind of
// caller, and compares the answers with the file, which it writes the first
// time and with UPDATE_GOLDEN=1, and on its own with what the routes declare.
// A difference names the route and the caller.
//
// Callers are nobody; each [Kind] of bad credential of somebody who could do
// everything; a holder of each role, with the scopes that come with it; of
// each scope alone, and of all scopes but one, with every role; and those of
// [Also]. Path parameters and bodies are filled from the schemas, so handlers
// run: give the test an application whose handlers may. Routes that read are
// called first and those that delete last, each by one caller after the other:
// what a handler has deleted is gone for those that come later, unless [Fresh]
// says how to bring it back.
//
// An answer is "passes" when the policy let the caller in, with the status if
// the handler's was not a success, or the refusal's status with what refused.
func Matrix(t testing.TB, app *holdfast.App, file string, options ...Option) {
	t.Helper()
	start := time.Now() //nolint:forbidigo // printed, not compared
	p := newProbe(t, app, options)
	p.strangers()
	got := table{}
	for _, r := range p.document.Routes {
		got.row(r.Name(), r.Policy)
	}
	requests := 0
	for _, r := range inOrder(p.document.Routes) {
		row := got.find(r.Name())
		for _, who := range p.callers {
			if who.err != nil {
				continue
			}
			answer, n := p.ask(r, who)
			row.add(answer, who.Name)
			requests += n
		}
	}
	t.Logf("%s: %d routes, %d callers, %d requests, %v", file, len(p.document.Routes), len(p.callers), requests,
		time.Since(start).Round(time.Millisecond)) //nolint:forbidigo // as above
	got.notes = p.notMinted()
	compareTable(t, file, got)
}

// inOrder is the order in which routes are called: those that only read first,
// and those that delete last.
func inOrder(routes []access.Route) []access.Route {
	rank := map[string]int{http.MethodPost: 1, http.MethodPut: 1, http.MethodPatch: 1, http.MethodDelete: 2}
	return slices.SortedStableFunc(slices.Values(routes), func(a, b access.Route) int { return rank[a.Method] - rank[b.Method] })
}

// ask calls a route as a caller and checks the answer against the declaration.
func (p *probe) ask(r access.Route, who *minted) (answer string, requests int) {
	p.t.Helper()
	request, err := p.spec.fill(r.Method, r.Path, who.Path)
	if err != nil {
		p.t.Errorf("%s cannot be filled: %v", r.At(), err)
		return "cannot be filled", 0
	}
	text := request.request(r.Method)
	s, err := p.send(text, who)
	if err == nil && p.spent(r, who, s) {
		p.mint(who)
		requests++
		s, err = p.send(text, who)
	}
	if err != nil {
		p.t.Errorf("%s cannot be called: %v", r.At(), err)
		return "cannot be called", requests
	}
	if wrong := p.contradiction(r, who, s); wrong != "" {
		p.t.Errorf("%s, called by %s: %s", r.At(), who.Name, wrong)
	}
	return s.answer(r.Name()), requests + 1
}

// spent reports whether a credential that should be good is refused, as after
// a request that ended its session.
func (p *probe) spent(r access.Route, who *minted, s *sight) bool {
	v, ok := s.verdict()
	want := r.Decide(who.foretold())
	return ok && !v.allowed && who.Kind == Good && (v.kind == "verify" || v.kind == "dependency") && (want.Allowed || want.Status != v.status)
}

// contradiction says how an answer differs from what the route declares.
func (p *probe) contradiction(r access.Route, who *minted, s *sight) string {
	v, ok := s.verdict()
	switch {
	case !ok && !s.reached:
		return fmt.Sprintf("another handler answered (%d), and the application was not asked", s.status)
	case !ok && r.Guarded:
		return fmt.Sprintf("it came to the application, which leaves it to another router and answered %d: Served must mount what Guard returned", s.status)
	case !ok:
		return fmt.Sprintf("no policy was decided, and the answer was %d", s.status)
	case v.route != r.Name():
		return "the answer came from " + v.route
	case v.status == 422:
		return "the policy needs a parameter that was not filled well enough; add an example or bounds to its schema"
	case who.vague:
		return ""
	}
	want := r.Decide(who.foretold())
	byDependency := v.kind == "dependency" && slices.ContainsFunc(r.Deciders, func(one string) bool { return access.Bare(one) == v.name })
	switch {
	case v.allowed && !want.Allowed:
		return fmt.Sprintf("it passed, but the route %s, which says %q", want.Words(), r.Policy)
	case v.allowed || byDependency || who.Kind == Revoked || who.Kind == DisabledUser:
		return ""
	case want.Allowed:
		return fmt.Sprintf("it was refused (%s), but the route lets it in: %s", s.answer(r.Name()), r.Policy)
	case len(r.Ways) == 1 && v.kind != wantedKind(want, v.kind):
		return fmt.Sprintf("it was refused for another reason (%s) than that the route %s", s.answer(r.Name()), want.Words())
	}
	return ""
}

// wantedKind is the kind of step that should have refused.
func wantedKind(want access.Answer, got string) string {
	switch {
	case want.Status == 401 && slices.Contains([]string{"credential", "verify", "absent"}, got):
		return got
	case want.Status == 401:
		return "credential"
	case len(want.Scopes) > 0:
		return "scopes"
	}
	return "roles"
}

func (p *probe) notMinted() []string {
	var out []string
	for _, who := range p.callers {
		if who.err != nil {
			out = append(out, fmt.Sprintf("not tried: %s: %v", who.Name, who.err))
		}
	}
	return out
}

// table is who gets what.
type table struct {
	notes []string
	rows  []*row
}

type row struct {
	route, policy string
	answers       []string            // in order of first use
	callers       map[string][]string // by answer
}

func (t *table) row(route, policy string) *row {
	r := &row{route: route, policy: policy, callers: map[string][]string{}}
	t.rows = append(t.rows, r)
	return r
}

func (r *row) add(answer, caller string) {
	if r.callers[answer] == nil {
		r.answers = append(r.answers, answer)
	}
	r.callers[answer] = append(r.callers[answer], caller)
}

// answer is what a caller gets, or "" for one who is not in the table.
func (r *row) answer(caller string) string {
	for _, answer := range r.answers {
		if slices.Contains(r.callers[answer], caller) {
			return answer
		}
	}
	return ""
}

func (t table) find(route string) *row {
	for _, r := range t.rows {
		if r.route == route {
			return r
		}
	}
	return nil
}

const tableHead = "# Who gets what, by real requests of holdfasttest.Matrix. UPDATE_GOLDEN=1 go test writes it.\n"

// String is the file: a route, and below it each answer with those who get it.
func (t table) String() string {
	var out strings.Builder
	out.WriteString(tableHead)
	for _, note := range t.notes {
		fmt.Fprintf(&out, "# %s\n", note)
	}
	for _, r := range t.rows {
		fmt.Fprintf(&out, "\n%s\t%s\n", r.route, r.policy)
		answers := slices.Clone(r.answers)
		slices.SortFunc(answers, byOpenness)
		for _, answer := range answers {
			callers := strings.Join(r.callers[answer], ", ")
			if len(r.answers) == 1 {
				callers = everybody
			}
			fmt.Fprintf(&out, "    %-*s %s\n", max(answerWidth, len(answer)+1), answer, callers)
		}
	}
	return out.String()
}

// answerWidth is the width of the column of answers. Behind a longer one stand
// two spaces, too, because they are what ends an answer.
const answerWidth = 16

const everybody = "everybody"

// byOpenness puts who passes first.
func byOpenness(a, b string) int {
	first := func(answer string) string {
		if passes(answer) {
			return "0" + answer
		}
		return "1" + answer
	}
	return strings.Compare(first(a), first(b))
}

func passes(answer string) bool { return strings.HasPrefix(answer, "passes") }

// parseTable reads a file of String; callers are those that "everybody" means.
func parseTable(text string, callers []string) (table, error) {
	var t table
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
		case strings.HasPrefix(line, "# "):
			if line+"\n" != tableHead {
				t.notes = append(t.notes, line[2:])
			}
		case !strings.HasPrefix(line, " "):
			route, policy, _ := strings.Cut(line, "\t")
			t.row(route, policy)
		default:
			answer, names, ok := strings.Cut(strings.TrimSpace(line), "  ")
			if len(t.rows) == 0 || !ok {
				return t, fmt.Errorf("line %d is no answer of a route", i+1)
			}
			list := strings.Split(strings.TrimSpace(names), ", ")
			if list[0] == everybody {
				list = callers
			}
			for _, name := range list {
				t.rows[len(t.rows)-1].add(answer, name)
			}
		}
	}
	return t, nil
}

// namedIn lists the callers that a file names somewhere, or else all: "everybody"
// are those who were known when it was written.
func namedIn(text string, all []string) []string {
	bare, err := parseTable(text, nil)
	if names := bare.callers(); err == nil && len(names) > 0 {
		return names
	}
	return all
}

// compareTable compares with the file, or writes it.
func compareTable(t testing.TB, file string, got table) {
	t.Helper()
	data, err := os.ReadFile(file) //nolint:gosec // a file of the test's own
	missing := errors.Is(err, fs.ErrNotExist)
	if os.Getenv("UPDATE_GOLDEN") == "1" || missing && os.Getenv("CI") == "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s is written; look at it and commit it", file)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseTable(string(data), namedIn(string(data), got.callers()))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if lines := differences(want, got); len(lines) > 0 {
		t.Errorf("%s differs; if it is meant, UPDATE_GOLDEN=1 writes it again:\n%s", file, strings.Join(lines, "\n"))
	} else if string(data) != got.String() {
		t.Errorf("%s has the same answers in other words; UPDATE_GOLDEN=1 writes it again", file)
	}
}

// callers lists all callers of a table.
func (t table) callers() []string {
	var out []string
	for _, r := range t.rows {
		for _, answer := range r.answers {
			for _, name := range r.callers[answer] {
				if !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// differences says in lines how two tables differ.
func differences(want, got table) []string {
	known := want.callers()
	isNew := func(name string) bool { return !slices.Contains(known, name) }
	var out []string
	if names := slices.DeleteFunc(got.callers(), func(name string) bool { return !isNew(name) }); len(names) > 0 {
		out = append(out, "+ callers who are new: "+strings.Join(names, ", "))
	}
	for _, now := range got.rows {
		was := want.find(now.route)
		if was == nil {
			out = append(out, fmt.Sprintf("+ %s is new: %s", now.route, now.policy))
			continue
		}
		if was.policy != now.policy {
			out = append(out, fmt.Sprintf("  %s: the policy was %q and is %q", now.route, was.policy, now.policy))
		}
		for _, answer := range now.answers {
			for _, who := range now.callers[answer] {
				if before := was.answer(who); before != answer && !isNew(who) {
					out = append(out, fmt.Sprintf("%s %s by %s: was %q, is %q", mark(before, answer), now.route, who, before, answer))
				}
			}
		}
	}
	for _, was := range want.rows {
		if got.find(was.route) == nil {
			out = append(out, fmt.Sprintf("- %s is gone: it was for %s", was.route, was.policy))
		}
	}
	if !slices.Equal(want.notes, got.notes) {
		out = append(out, fmt.Sprintf("  callers that are not tried: were %q, are %q", want.notes, got.notes))
	}
	return out
}

// mark is ! where somebody passes who did not.
func mark(before, now string) string {
	if passes(now) && !passes(before) {
		return "!"
	}
	return " "
}
