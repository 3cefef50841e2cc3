package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Change is one difference between two tables.
type Change struct {
	Route string `json:"route"`
	Text  string `json:"text"`
	Opens bool   `json:"opens"` // somebody may call now who could not before
}

// Difference is what changed, route by route and caller by caller.
type Difference struct {
	Changes []Change `json:"changes"`
	Callers []string `json:"callers"` // "role viewer can now call 2 more routes"
	Opened  bool     `json:"opened"`

	// NotCompared says what may have changed without being seen here.
	NotCompared []string `json:"not_compared"`
}

// ErrOpened says that somebody may call what they could not before, or that it
// cannot be told because another function decides.
var ErrOpened = errors.New("something is open that was closed")

// Err is ErrOpened if anything opened.
func (d Difference) Err() error {
	if d.Opened {
		return ErrOpened
	}
	return nil
}

// unseen is what no table says of the functions that it names.
var unseen = []string{
	"what functions do inside",
	"what function literals and method values hold",
	"which instance of a generic function is called",
}

// Compare says what changed from one table to the next. It is decided for
// every caller, so that a rule which was only written differently is no
// change of who may call.
func Compare(before, after Document) (Difference, error) {
	out := Difference{Changes: []Change{}, Callers: []string{}, NotCompared: []string{}}
	for _, now := range after.Routes {
		was, ok := find(before, now)
		if !ok {
			out.add(Change{Route: now.Name(), Text: "is new: " + now.Policy, Opens: true})
			continue
		}
		was, now, unsaid := level(was, now)
		out.NotCompared = unique(append(out.NotCompared, unsaid...))
		change, err := compare(was, now)
		if err != nil {
			return out, err
		}
		if change.Text != "" {
			out.add(change)
		}
	}
	for _, was := range before.Routes {
		if _, ok := find(after, was); !ok {
			out.add(Change{Route: was.Name(), Text: "is gone: it was for " + was.Policy})
		}
	}
	out.callers(before, after)
	if len(before.functions())+len(after.functions()) > 0 {
		out.NotCompared = append(out.NotCompared, unseen...)
	}
	return out, nil
}

func find(d Document, r Route) (Route, bool) {
	i := slices.IndexFunc(d.Routes, func(other Route) bool { return other.Name() == r.Name() })
	if i < 0 {
		return Route{}, false
	}
	return d.Routes[i], true
}

func (d *Difference) add(c Change) {
	d.Changes = append(d.Changes, c)
	d.Opened = d.Opened || c.Opens
}

func compare(was, now Route) (Change, error) {
	c := Change{Route: now.Name()}
	_, opens, err := now.looser(was)
	if err != nil {
		return c, err
	}
	trusted := without(now.trusting(), was.trusting())
	var parts []string
	if c.Opens = opens || len(trusted) > 0; opens {
		x := exchangedBetween(was, now)
		parts = x.words()
		was, now = x.erase(was), x.erase(now)
	}
	rules, err := compareRules(was, now)
	if err != nil {
		return c, err
	}
	if len(trusted) > 0 {
		rules = append(rules, "now trusts "+strings.Join(sorted(trusted), " and ")+" to compare the scopes")
	}
	if c.Text = strings.Join(append(parts, rules...), "; "); len(rules) > 0 {
		c.Text += fmt.Sprintf(" (was: %s; is: %s)", was.Policy, now.Policy)
	}
	return c, nil
}

// compareRules says which callers a rule admits and another does not, both ways round.
func compareRules(was, now Route) ([]string, error) {
	var out []string
	opened, opens, err := now.Looser(was)
	if err != nil {
		return nil, err
	}
	if opens {
		out = append(out, "is open now to "+opened)
	}
	closed, closes, err := was.Looser(now)
	if closes {
		out = append(out, "is closed now to "+closed)
	}
	return out, err
}

// callers counts what each kind of caller won and lost.
func (d *Difference) callers(before, after Document) {
	type kind struct {
		name        string
		then, today Caller
	}
	kinds := []kind{
		{"a caller without a credential", Caller{}, Caller{}},
		{"a caller with a credential alone", Caller{Presents: true, Good: true}, Caller{Presents: true, Good: true}},
	}
	for _, role := range sorted(slices.Concat(before.RoleNames(), after.RoleNames())) {
		kinds = append(kinds, kind{"role " + role, before.holderOf(role), after.holderOf(role)})
	}
	for _, k := range kinds {
		then, today := before.callable(k.then), after.callable(k.today)
		won, lost := without(today, then), without(then, today)
		if text := gained(k.name, won, lost); text != "" {
			d.Callers = append(d.Callers, text)
		}
		d.Opened = d.Opened || len(won) > 0
	}
}

// holderOf is somebody with a role alone, and the scopes that come with it.
func (d Document) holderOf(role string) Caller {
	if !slices.Contains(d.RoleNames(), role) {
		return Caller{Presents: true, Good: true}
	}
	return d.caller(terms{{"role", role}}, false)
}

// Holder is somebody with a role alone, and the scopes that come with it.
func (d Document) Holder(role string) Caller { return d.holderOf(role) }

func (d Document) callable(c Caller) []string {
	var out []string
	for _, r := range d.Routes {
		if r.Decide(c).Allowed {
			out = append(out, r.Name())
		}
	}
	return out
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(one string) bool { return slices.Contains(other, one) })
}

func gained(who string, won, lost []string) string {
	var parts []string
	if len(won) > 0 {
		parts = append(parts, fmt.Sprintf("can now call %s: %s", more(len(won)), strings.Join(won, ", ")))
	}
	if len(lost) > 0 {
		parts = append(parts, fmt.Sprintf("can no longer call %s", strings.Join(lost, ", ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return who + " " + strings.Join(parts, ", and ")
}

func more(n int) string {
	if n == 1 {
		return "1 more route"
	}
	return fmt.Sprintf("%d more routes", n)
}
