package identity

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
)

// Refusal is why a request was refused. Nothing in it is secret: no header, no
// query and no error's own words, which may quote a token, but only words that
// are written here.
type Refusal struct {
	ID       string        `json:"id"`
	Time     time.Time     `json:"time"`
	Method   string        `json:"method"`
	Path     string        `json:"path" doc:"As it was called, without the query"`
	Route    string        `json:"route"`
	Policy   string        `json:"policy" doc:"Who may call"`
	Declared string        `json:"declared" doc:"File and line of the rule"`
	Status   int           `json:"status"`
	Caller   string        `json:"caller" doc:"The user's name, or client and the id of one that calls for itself; empty if no good credential said who it is"`
	Steps    []RefusalStep `json:"steps"`
	Change   string        `json:"change" doc:"The smallest change that would have let the caller in"`
	Scopes   []string      `json:"missing_scopes"`
	Roles    []string      `json:"missing_roles" doc:"Of which one is enough"`
}

// RefusalStep is one step of the decision.
type RefusalStep struct {
	Way    int    `json:"way" doc:"The alternative of the policy"`
	State  string `json:"state" enum:"ok,failed,not reached"`
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
}

const (
	stateOK      = "ok"
	stateFailed  = "failed"
	stateUnknown = "not reached"

	maxPath = 200
)

// noted is what is taken of a refused request while its caller waits.
type noted struct {
	id            string
	at            time.Time
	method, path  string
	route         holdfast.Access
	status        int
	steps         []holdfast.Step
	scopes, roles []string
}

func note(id string, now time.Time, d holdfast.Decision) noted {
	r := d.Request()
	out := noted{id: id, at: now, method: r.Method, path: r.URL.Path, route: d.Route(), status: d.Status(), steps: d.Steps()}
	out.scopes, out.roles = d.Missing()
	return out
}

// WriteRefusals writes refusals as a table for people, a line for each.
func WriteRefusals(w io.Writer, all []Refusal) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tREQUEST\tCALLER\tCALLED\tSTATUS\tMISSING")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s %s\t%d\t%s\n", r.Time.Format(time.RFC3339), r.ID, cmp.Or(r.Caller, "-"), r.Method, r.Path, r.Status, r.Change)
	}
	return t.Flush()
}

// Write writes the refusal for people.
func (r Refusal) Write(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s by %s: refused with %d at %s\n", r.Method, r.Path, cmp.Or(r.Caller, "nobody known"), r.Status, r.Time.Format(time.RFC3339))
	for _, s := range r.Steps {
		mark := map[string]string{stateOK: "✓", stateFailed: "✗", stateUnknown: "·"}[s.State]
		fmt.Fprintf(&out, "  %s %s", mark, s.Text)
		if s.Detail != "" {
			out.WriteString(": " + s.Detail)
		}
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "  rule     %s, at %s\n  missing  %s\n", r.Policy, r.Declared, r.Change)
	_, err := io.WriteString(w, out.String())
	return err
}

// describe puts a refused request into words.
func (n noted) describe() Refusal {
	out := Refusal{
		ID: n.id, Time: n.at.UTC().Truncate(time.Millisecond), Method: n.method, Path: shortened(n.path),
		Route: n.route.Method + " " + n.route.Path, Policy: n.route.Policy, Declared: n.route.Declared, Status: n.status,
		Scopes: n.scopes, Roles: n.roles,
	}
	var who account.Caller
	for _, s := range n.relevant() {
		if c, ok := s.Value.(account.Caller); ok {
			if who, out.Caller = c, c.User.Name; c.Machine() {
				out.Caller = "client " + c.ClientID
			}
		}
		out.Steps = append(out.Steps, stepsOf(s)...)
	}
	switch out.Change = out.change(); {
	case len(out.Roles) == 0:
	case who.Machine():
		out.Change += ", which people have and clients that call for themselves have not"
	case who.Foreign() && slices.ContainsFunc(out.Roles, who.HasRole):
		out.Change += ", which the user has, but not an application of others where the rule asks for no scope beside it"
	}
	return out
}

// relevant leaves out what a way would ask of a credential that was not presented,
// where the caller has presented one of another way. Who presents an API key has
// presented no token, although both stand in the same place.
func (n noted) relevant() []holdfast.Step {
	presents, key, lacks := false, false, map[int]bool{}
	for _, s := range n.steps {
		if s.Kind == "credential" && s.Reached {
			presents = presents || s.Err == nil
			key = key || s.Err == nil && s.Name == keyName
			lacks[s.Way] = lacks[s.Way] || s.Err != nil
		}
	}
	if !presents {
		return n.steps
	}
	for _, s := range n.steps {
		lacks[s.Way] = lacks[s.Way] || key && s.Kind == "verify" && errors.Is(s.Err, jwt.ErrMalformed)
	}
	var out []holdfast.Step
	for _, s := range n.steps {
		if lacks[s.Way] && s.Kind == "credential" {
			s.Err = cmp.Or(s.Err, errOther)
		}
		if !lacks[s.Way] || s.Kind == "credential" {
			out = append(out, s)
		}
	}
	return out
}

// errOther is about a credential that is of another scheme.
var errOther = errors.New("the credential is of another scheme")

// shortened is a path as it may stand in a table.
func shortened(path string) string {
	path = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD' // it must not change what a terminal shows
	}, strings.ToValidUTF8(path, "\uFFFD"))
	if len(path) > maxPath {
		return strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return path
}

// stepsOf says one step of the policy; the verification of a token is several.
func stepsOf(s holdfast.Step) []RefusalStep {
	state := stateOK
	switch {
	case !s.Reached:
		state = stateUnknown
	case s.Err != nil:
		state = stateFailed
	}
	one := RefusalStep{Way: s.Way, State: state}
	switch s.Kind {
	case "credential":
		one.Text = "a credential of " + s.Name
	case "absent":
		one.Text = "no credential of " + s.Name
	case "verify":
		return verification(s)
	case "scopes":
		one.Text = "scopes " + strings.Join(s.Wanted, " ")
		one.Detail = held(s, "the caller has ")
	case "roles":
		one.Text = "role " + strings.Join(s.Wanted, " or ")
		one.Detail = held(s, "the caller has ")
	default:
		one.Text = "dependency " + s.Name + " (" + s.Declared + ")"
	}
	return []RefusalStep{one}
}

func held(s holdfast.Step, prefix string) string {
	switch {
	case !s.Reached:
		return ""
	case len(s.Held) == 0:
		return prefix + "none of them"
	}
	return prefix + strings.Join(s.Held, " ")
}

// check is a part of a verification, with the errors by which it refuses and
// what those say.
type check struct {
	text    string
	refuses map[error]string
}

// tokenChecks are what an access token goes through, in this order.
var tokenChecks = []check{
	{"signature", map[error]string{
		jwt.ErrMalformed: "it is no token", jwt.ErrAlgorithm: "another algorithm than ours",
		jwt.ErrUnknownKey: "a key that is not ours", jwt.ErrSignature: "the signature is wrong",
	}},
	{"type", map[error]string{jwt.ErrType: "it is no access token"}},
	{"expiry", map[error]string{jwt.ErrExpired: "it has expired", jwt.ErrNotYetValid: "it is not valid yet"}},
	{"issuer", map[error]string{jwt.ErrIssuer: "another issuer"}},
	{"audience", map[error]string{jwt.ErrAudience: "it is for another audience"}},
	{"revocation", map[error]string{account.ErrNoSession: "its session has ended", account.ErrNoClient: "its client is gone or disabled, or has other credentials by now"}},
	{"user active", map[error]string{account.ErrDisabled: "the user is disabled", account.ErrNoUser: "the user is gone"}},
}

// sessionChecks are what the cookie of a session goes through.
var sessionChecks = []check{
	{"origin", map[error]string{errForeign: "a page of another site has sent the request"}},
	{"cookie", map[error]string{errRepeated: "it is sent more than once"}},
	{"revocation", map[error]string{account.ErrNoSession: "there is no such session, or it has ended"}},
}

// keyChecks are what an API key goes through.
var keyChecks = []check{
	{"revocation", map[error]string{account.ErrNoAPIKey: "there is no such key, or it is over"}},
	{"owner active", map[error]string{
		account.ErrDisabled: "the user is disabled", account.ErrNoUser: "the user is gone",
		account.ErrNoClient: "the client is gone or disabled, or does not call for itself",
	}},
}

// verification tells from the error how far a credential came.
func verification(s holdfast.Step) []RefusalStep {
	what, checks := "token: ", tokenChecks
	switch s.Name {
	case sessionName:
		what, checks = "session: ", sessionChecks
	case keyName:
		what, checks = "API key: ", keyChecks
	}
	out := make([]RefusalStep, len(checks))
	failed := len(checks)
	if s.Err != nil {
		failed = -1
	}
	for i, check := range checks {
		out[i] = RefusalStep{Way: s.Way, State: stateUnknown, Text: what + check.text}
		for refused, why := range check.refuses {
			if errors.Is(s.Err, refused) {
				failed, out[i].Detail = i, why
			}
		}
	}
	for i := range out {
		switch {
		case !s.Reached:
		case i < failed:
			out[i].State = stateOK
		case i == failed:
			out[i].State = stateFailed
		}
	}
	return out
}

// change is the smallest change that would have let the caller in.
func (r Refusal) change() string {
	var parts []string
	if len(r.Scopes) > 0 {
		parts = append(parts, r.carrier()+quoted("scope", r.Scopes, " and "))
	}
	if len(r.Roles) > 0 {
		parts = append(parts, "the "+quoted("role", r.Roles, " or "))
	}
	if len(parts) > 0 {
		return strings.Join(parts, ", and ")
	}
	for _, s := range r.Steps {
		if s.State != stateFailed {
			continue
		}
		if s.Detail == sessionChecks[0].refuses[errForeign] {
			return "the same request, from a page of this site"
		}
		if s.Detail == "" && strings.HasPrefix(s.Text, "dependency") {
			return "what " + s.Text + " asks for"
		}
		break
	}
	if r.Status == http.StatusUnauthorized {
		return strings.Join(r.wanted(), ", or ")
	}
	return "nothing that could be told in advance"
}

// carrier says what would carry a scope that is missing.
func (r Refusal) carrier() string {
	if r.has("session: revocation", stateOK) {
		return "a role that grants "
	}
	if r.has("API key: owner active", stateOK) {
		return "a key that carries "
	}
	return "a token that carries "
}

// wanted are the credentials that would do.
func (r Refusal) wanted() []string {
	var out []string
	session, key := r.has("a credential of "+sessionName, ""), r.has("a credential of "+keyName, "")
	token := slices.ContainsFunc(r.Steps, func(s RefusalStep) bool {
		name, ok := strings.CutPrefix(s.Text, "a credential of ")
		return ok && name != sessionName && name != keyName
	})
	if !session && !key || token {
		out = append(out, "a good access token, from POST /token")
	}
	if session {
		out = append(out, "a session, from the sign-in page")
	}
	if key {
		out = append(out, "an API key")
	}
	return out
}

// has reports whether there is a step of this text, in this state or any.
func (r Refusal) has(text, state string) bool {
	return slices.ContainsFunc(r.Steps, func(s RefusalStep) bool { return s.Text == text && (state == "" || s.State == state) })
}

func quoted(kind string, names []string, with string) string {
	return kind + " " + strings.Join(names, with)
}
