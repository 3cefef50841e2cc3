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

const shownAtOnce = 200

func (c *console) refusals(r *http.Request, _ caller) (page, error) {
	q := r.URL.Query()
	out := refusalsOf{Person: strings.TrimSpace(q.Get("person")), Route: strings.TrimSpace(q.Get("route")), Within: q.Get("within"), Withins: []string{"15m", "1h", "24h"}}
	query := identity.RefusalQuery{Caller: out.Person, Route: out.Route, Limit: shownAtOnce + 1}
	if within, ok := withins[out.Within]; ok {
		query.Since = c.now().Add(-within)
	}
	var err error
	if out.Rows, err = identity.SearchRefusals(r.Context(), c.id.RefusalStore(), query); err != nil {
		return page{}, err
	}
	if len(out.Rows) > shownAtOnce {
		out.Rows, out.More = out.Rows[:shownAtOnce], true
	}
	return page{"refusals", "Refusals", out}, nil
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
