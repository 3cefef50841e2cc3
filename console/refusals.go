package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/identity"
)

// refusalsOf is a list of refusals.
type refusalsOf struct {
	Person, Route, Within string
	Withins               []string
	Rows                  []identity.Refusal
	More                  bool // than are shown
}

// withins are the times that can be looked back.
var withins = map[string]time.Duration{"15m": 15 * time.Minute, "1h": time.Hour, "24h": 24 * time.Hour}

const (
	mostRefusals = 5000 // as many as are kept
	shownAtOnce  = 200
)

func (c *console) refusals(r *http.Request, _ caller) (page, error) {
	q := r.URL.Query()
	out := refusalsOf{Person: strings.TrimSpace(q.Get("person")), Route: strings.TrimSpace(q.Get("route")), Within: q.Get("within"), Withins: []string{"15m", "1h", "24h"}}
	list, err := identity.LastRefusals(r.Context(), c.id.RefusalStore(), out.read())
	if err != nil {
		return page{}, err
	}
	var since time.Time
	if within, ok := withins[out.Within]; ok {
		since = c.now().Add(-within)
	}
	for _, one := range list {
		if one.Time.Before(since) || !contains(one.Caller, out.Person) || !contains(one.Route+" "+one.Path, out.Route) {
			continue
		}
		if out.More = len(out.Rows) == shownAtOnce; out.More {
			break
		}
		out.Rows = append(out.Rows, one)
	}
	return page{"refusals", "Refusals", out}, nil
}

// read is how many have to be read: all, where not all are wanted.
func (f refusalsOf) read() int {
	if f.Person+f.Route+f.Within != "" {
		return mostRefusals
	}
	return shownAtOnce + 1
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// refusalOf is one refusal, way by way.
type refusalOf struct {
	identity.Refusal
	Ways [][]identity.RefusalStep
}

func (c *console) refusal(r *http.Request, _ caller) (page, error) {
	one, err := identity.FindRefusal(r.Context(), c.id.RefusalStore(), r.PathValue("id"))
	if err != nil {
		return page{}, err
	}
	out := refusalOf{Refusal: one}
	for _, step := range one.Steps {
		for len(out.Ways) <= step.Way {
			out.Ways = append(out.Ways, nil)
		}
		out.Ways[step.Way] = append(out.Ways[step.Way], step)
	}
	out.Ways = slices.DeleteFunc(out.Ways, func(steps []identity.RefusalStep) bool { return len(steps) == 0 })
	return page{"refusal", "Refused: " + one.Route, out}, nil
}
