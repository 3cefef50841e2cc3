package console

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
)

// auditOf is a piece of the audit trail, the newest first.
type auditOf struct {
	Person, Event, Since string
	Unknown              bool // there is no such person
	Rows                 []auditRow
	Older                int64 // the place from which the next page goes on; 0 if there is none
}

// auditRow is a record.
type auditRow struct {
	account.AuditRecord
	By, Whom string
	Details  []detail
}

// detail is one of the details of a record.
type detail struct{ Name, Value string }

const auditAtOnce = 100

// auditAsked is what a request looks for in the trail.
func (c *console) auditAsked(r *http.Request) (out auditOf, query account.AuditQuery, err error) {
	q := r.URL.Query()
	out = auditOf{Person: strings.TrimSpace(q.Get("person")), Event: strings.TrimSpace(q.Get("event")), Since: q.Get("since")}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // what is no place is none
	query = account.AuditQuery{Kind: account.AuditKind(out.Event), Before: max(0, before), Newest: true, Limit: auditAtOnce + 1}
	if day, err := time.Parse(time.DateOnly, out.Since); err == nil {
		query.Since = day
	}
	if out.Person == "" {
		return out, query, nil
	}
	user, err := c.accounts.UserByName(r.Context(), out.Person)
	if out.Unknown = errors.Is(err, account.ErrNoUser); out.Unknown {
		return out, query, nil
	}
	query.User = user.ID
	return out, query, err
}

func (c *console) audit(r *http.Request, who caller) (page, error) {
	out, query, err := c.auditAsked(r)
	if err != nil || out.Unknown {
		return page{"audit", "Audit trail", out}, err
	}
	out.Rows, out.Older, err = c.records(r, who, query)
	return page{"audit", "Audit trail", out}, err
}

// records are those of a query, a page of them, and the place from which the next
// page goes on.
func (c *console) records(r *http.Request, who caller, query account.AuditQuery) (rows []auditRow, older int64, err error) {
	list, err := c.accounts.Audit(r.Context(), query)
	if err != nil {
		return nil, 0, err
	}
	c.accounts.CountAuditRead(r.Context(), who)
	if len(list) > auditAtOnce {
		list = list[:auditAtOnce]
		older = list[auditAtOnce-1].Seq
	}
	for _, one := range list {
		rows = append(rows, rowOf(one))
	}
	return rows, older, nil
}

// exportAudit writes the records that are looked for as JSON lines, the oldest first,
// while they are read.
func (c *console) exportAudit(w http.ResponseWriter, r *http.Request, who caller) error {
	out, query, err := c.auditAsked(r)
	if err != nil {
		return failure(err)
	}
	if out.Unknown {
		return failure(account.ErrNoUser)
	}
	c.accounts.CountAuditRead(r.Context(), who)
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	return identity.ExportAudit(r.Context(), c.accounts, query, w)
}

// verifyWithin is for how long a page waits for a verification.
const verifyWithin = 10 * time.Second

// verifyAudit walks over the chain, and says what it has found.
func (c *console) verifyAudit(r *http.Request, _ caller) (done, error) {
	ctx, cancel := context.WithTimeout(r.Context(), verifyWithin)
	defer cancel()
	report, err := c.id.AuditTrail().Verify(ctx, "")
	if err != nil && r.Context().Err() == nil && ctx.Err() != nil {
		err = errTooLong
	}
	return done{show: &page{"verified", "The audit trail is verified", report}}, err
}

// historyOf is what a user has done, and what was done to them.
type historyOf struct {
	User     account.User
	Rows     []auditRow
	Older    int64
	Watches  bool // this person may see refusals
	Refusals []identity.Refusal
}

// shownOfOne is how many refusals of one person are shown.
const shownOfOne = 20

func (c *console) history(r *http.Request, who caller) (page, error) {
	user, err := c.accounts.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return page{}, err
	}
	_, query, err := c.auditAsked(r)
	if err != nil {
		return page{}, err
	}
	out := historyOf{User: user, Watches: c.may(who, "GET", "/refusals")}
	query.User = user.ID
	if out.Rows, out.Older, err = c.records(r, who, query); err != nil || !out.Watches {
		return page{"history", "History of " + user.Name, out}, err
	}
	out.Refusals, err = identity.SearchRefusals(r.Context(), c.id.RefusalStore(), identity.RefusalQuery{By: user.Name, Limit: shownOfOne})
	return page{"history", "History of " + user.Name, out}, err
}

func rowOf(one account.AuditRecord) auditRow {
	row := auditRow{AuditRecord: one, By: named(one.Actor.Name, one.Actor.ID, one.Actor.Kind), Whom: named(one.On.Name, one.On.ID, one.On.Kind)}
	values := one.Details.Map()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		row.Details = append(row.Details, detail{name, values[name]})
	}
	return row
}

// named is what somebody or something is called, as well as is known.
func named(name, id, kind string) string {
	switch {
	case name != "":
		return name
	case id != "":
		return kind + " " + id
	}
	return kind
}
