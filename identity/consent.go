package identity

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	pagekit "github.com/holdfast-go/holdfast/internal/pages"
)

var consentPage = text("consent.html")

// question is what a person would be asked for a client.
type question struct {
	asks      bool
	unassured bool     // any program of the device may be the one that asks
	scopes    []string // that the client would have, with those that it was allowed before if it is asked for more
	audience  []string // the services, likewise; none if they are the program itself
	given     account.Consent
	ask       account.CodeAsk // with those scopes alone that the person can give
	bound     string
}

// mustAsk finds out whether the person has to be asked. First-party clients need
// no consent; but where any program on the device can take the answer of a public
// client, somebody must have meant it every time (RFC 8252 section 8.6).
func (p *authorizePage) mustAsk(ctx context.Context, a asked) (q question, err error) {
	q.ask = a.CodeAsk()
	q.ask.Scopes = slices.DeleteFunc(slices.Clone(a.Scopes), func(one string) bool { return !a.caller.HasScope(one) })
	defer func() { q.show(a) }()
	q.unassured = a.Client.Public && !p.assured(a.Redirect)
	q.asks = q.unassured || a.Consent || a.SelectAccount
	if a.Client.FirstParty {
		return q, nil
	}
	q.given, err = p.accounts.Consent(ctx, a.caller.User.ID, a.Client.ID)
	if errors.Is(err, account.ErrNoConsent) {
		q.asks = true
		return q, nil
	}
	q.asks = q.asks || !q.given.Covers(q.ask)
	if err != nil {
		err = unavailable(err)
	}
	return q, err
}

// show finds out what the page shows. A scope that was allowed for one service, and
// a service that was allowed another scope, are together something new, so that all
// of it is shown if there is more of either.
func (q *question) show(a asked) {
	q.scopes = slices.Clone(q.ask.Scopes)
	audience := audienceOf(q.ask, q.ask.Audience)
	if q.given.ClientID != "" && !q.given.Covers(q.ask) {
		for _, one := range q.given.Scopes {
			if a.caller.HasScope(one) && a.Client.MayAsk(one) && !slices.Contains(q.scopes, one) {
				q.scopes = append(q.scopes, one)
			}
		}
		slices.Sort(q.scopes)
		for _, one := range audienceOf(q.ask, q.given.Audience) {
			if !slices.Contains(audience, one) {
				audience = append(audience, one)
			}
		}
	}
	if slices.ContainsFunc(audience, func(one string) bool { return !slices.Contains(q.ask.DefaultAudience, one) }) {
		q.audience = audience
	}
	q.bound = bind(a, append(slices.Clone(q.scopes), q.audience...))
}

// audienceOf is an audience by its names.
func audienceOf(ask account.CodeAsk, audience []string) []string {
	if len(audience) == 0 {
		audience = ask.DefaultAudience
	}
	return slices.Clone(audience)
}

// assured reports whether an address belongs to its client alone: a name of the
// web does, and this program's own, but neither a port of the machine nor a scheme
// that any app can claim.
func (p *authorizePage) assured(redirect string) bool {
	return strings.HasPrefix(redirect, "https://") || strings.HasPrefix(redirect, p.root+"/")
}

// consent is what the page shows.
type consent struct {
	Client, User  string
	Scopes        []scopeLine
	Audience      []scopeLine // the services, by their addresses; none for the program itself
	Place, Lasts  string
	Unassured     bool
	Action, Other string // Other leads to the form to sign in
	Hidden        []pagekit.Hidden
	Problem       string
}

// scopeLine is a scope in words.
type scopeLine struct {
	Name, Text string
	New        bool // something was allowed before, and not this
}

// askWhat shows what a client asks for.
func (p *authorizePage) askWhat(w http.ResponseWriter, status int, a asked, q question, problem string) error {
	other := a.Query
	other = url.Values(maps.Clone(other))
	other.Set("prompt", "login")
	shown := consent{
		Client: a.Client.Name, User: a.caller.User.Name, Place: place(a.Redirect), Lasts: p.lasts(a.Client), Unassured: q.unassured,
		Action: "authorize", Other: "authorize?" + other.Encode(), Problem: problem,
		Hidden: append(hidden(a.Query), pagekit.Hidden{Name: "bound", Value: q.bound}),
	}
	for _, one := range q.scopes {
		line := inWords(p.words, one)
		line.New = q.given.ClientID != "" && !slices.Contains(q.given.Scopes, one)
		shown.Scopes = append(shown.Scopes, line)
	}
	before := audienceOf(q.ask, q.given.Audience)
	for _, one := range q.audience {
		shown.Audience = append(shown.Audience, scopeLine{Name: one, Text: one, New: q.given.ClientID != "" && !slices.Contains(before, one)})
	}
	return consentPage.Render(w, status, pagekit.Page{
		Site: p.site, Title: "Allow " + a.Client.Name, Style: stylesheet, Popup: true, Leads: leads(a.Redirect), Content: shown,
	})
}

// place says where a redirect URI leads, for a person.
func place(redirect string) string {
	u, err := url.Parse(redirect)
	switch {
	case err != nil:
		return redirect
	case u.Scheme == "https":
		return u.Host
	case u.Scheme == "http":
		return "a program on this computer (" + u.Host + ")"
	}
	return "an app on this device (" + u.Scheme + ")"
}

// leads are where a form's redirects may lead that is answered at a redirect URI,
// as sources of a Content-Security-Policy. Browsers hold each redirect after a form
// to the form's policy, those of the client's own pages, too, which may be of
// several hosts; so it is a scheme, and for programs of the machine its names.
func leads(redirect string) []string {
	scheme, _, _ := strings.Cut(redirect, ":")
	if scheme == "http" && !strings.HasPrefix(redirect, "http://[") { // an address that a policy cannot name
		return []string{"http://127.0.0.1:*", "http://localhost:*"}
	}
	return []string{scheme + ":"}
}

// lasting says how long a client may act for a person.
func (c *Config) lasting(client account.Client) string {
	if client.MayUse(account.GrantRefresh) {
		return "at most " + duration(c.RefreshTTL) + ", unless you end it before"
	}
	return duration(c.AccessTTL)
}

// duration is a time in words, as a person says it.
func duration(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.of); n > 1 && d%unit.of == 0 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		} else if n == 1 && d == unit.of {
			return "1 " + unit.name
		}
	}
	return d.Round(time.Second).String()
}

func keysOf(query url.Values) iter.Seq[string] { return maps.Keys(query) }
