package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/tty"
	"github.com/holdfast-go/holdfast/work"
)

// pollings is how many times an open overview asks again: for five minutes. A page
// that asks for ever keeps a session from ever being idle.
const pollings = 60

// overviewOf is what the overview shows.
type overviewOf struct {
	Server   serverOf
	Servers  []serverRow // on the same store
	Next     int         // which time it is asked for next; 0 for no more
	Health   []healthOf
	Attempts identity.Attempts
	Lane     *work.Stats
	Watches  bool // the person may see refusals and keys
	Refusals []identity.Refusal
	LastHour int
	Bounded  bool // LastHour is a bound
	Keys     []keyOf
}

// serverOf is the process that answers.
type serverOf struct {
	Build string
	Since time.Time
	Up    string // for how long
}

func (c *console) server() serverOf {
	_, build, _ := strings.Cut(tty.Version("holdfast"), " ")
	return serverOf{build, c.began, roughly(c.now().Sub(c.began))}
}

// serverRow is a server on the store, as it was heard of last.
type serverRow struct {
	account.Server
	Is, Text string
	Good     bool
}

// serverTexts is what is said of a server by its state.
var serverTexts = map[account.ServerState]string{
	account.ServerDeaf:     "to what others change, so it asks the store at every request",
	account.ServerStopping: "and finishes what it has accepted",
}

func (c *console) servers(r *http.Request) (out []serverRow, err error) {
	list, err := c.accounts.Servers(r.Context())
	for _, one := range list {
		row := serverRow{one, string(one.State), serverTexts[one.State], one.State == account.ServerReady}
		if one.Silent(c.now()) {
			row.Is, row.Text, row.Good = "silent", "for "+roughly(c.now().Sub(one.Heard))+": it has died, or does not reach the store", false
		}
		out = append(out, row)
	}
	return out, err
}

type healthOf struct {
	Name, Text string
	Good       bool
}

// lately is how many refusals are looked at for the number of those of an hour.
const lately = 500

func (c *console) overview(r *http.Request, who caller) (page, error) {
	o := overviewOf{Server: c.server(), Attempts: c.id.Attempts(), Watches: c.may(who, "GET", "/refusals")}
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
	var err error
	if o.Servers, err = c.servers(r); err != nil {
		return page{}, err
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

func (c *console) settings(*http.Request, caller) (page, error) {
	return page{"settings", "Settings", c.id.Settings()}, nil
}
