package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/work"
)

// pollings is how many times an open overview asks again: for five minutes. A page
// that asks for ever keeps a session from ever being idle.
const pollings = 60

// overviewOf is what the overview shows.
type overviewOf struct {
	Next     int // which time it is asked for next; 0 for no more
	Health   []healthOf
	Attempts identity.Attempts
	Lane     *work.Stats
	Watches  bool // the person may see refusals and keys
	Refusals []identity.Refusal
	LastHour int
	Bounded  bool // LastHour is a bound
	Keys     []keyOf
}

type healthOf struct {
	Name, Text string
	Good       bool
}

// lately is how many refusals are looked at for the number of those of an hour.
const lately = 500

func (c *console) overview(r *http.Request, who caller) (page, error) {
	o := overviewOf{Attempts: c.id.Attempts(), Watches: c.may(who, "GET", "/refusals")}
	if n, _ := strconv.Atoi(r.URL.Query().Get("n")); n >= 0 && n < pollings {
		o.Next = n + 1
	}
	store, changes := c.id.Health(r.Context())
	o.Health = []healthOf{
		{"Store", said(store == nil, "answers", "does not answer"), store == nil},
		{"Changes", said(changes == nil, "of other processes are heard", "of other processes are not heard, so every request asks the store"), changes == nil},
	}
	if lane, ok := c.id.HashLane(); ok {
		lane.Oldest = lane.Oldest.Round(time.Millisecond)
		o.Lane = &lane
	}
	if !o.Watches {
		return page{"overview", "Overview", o}, nil
	}
	refused, err := identity.LastRefusals(r.Context(), c.id.RefusalStore(), lately)
	if err != nil {
		return page{}, err
	}
	hour := c.now().Add(-time.Hour)
	for o.LastHour < len(refused) && refused[o.LastHour].Time.After(hour) {
		o.LastHour++
	}
	o.Bounded = o.LastHour == lately
	o.Refusals = refused[:min(5, len(refused))]
	o.Keys, err = c.keyList(r)
	return page{"overview", "Overview", o}, err
}

func said(yes bool, text, other string) string {
	if yes {
		return text
	}
	return other
}

// keyOf is a signing key as a page shows it.
type keyOf struct {
	keyring.Record
	Stage, Text string
}

func (c *console) keyList(r *http.Request) (out []keyOf, err error) {
	list, err := c.id.SigningKeys(r.Context())
	now := c.now()
	for _, one := range list {
		out = append(out, keyOf{one, one.Term.At(now).String(), one.Term.Describe(now)})
	}
	return out, err
}

func (c *console) keys(r *http.Request, _ caller) (page, error) {
	list, err := c.keyList(r)
	return page{"keys", "Signing keys", list}, err
}

func (c *console) settings(*http.Request, caller) (page, error) {
	return page{"settings", "Settings", c.id.Settings()}, nil
}
