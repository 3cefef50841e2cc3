package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
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

func (c *console) audit(r *http.Request, who caller) (page, error) {
	q := r.URL.Query()
	out := auditOf{Person: strings.TrimSpace(q.Get("person")), Event: strings.TrimSpace(q.Get("event")), Since: q.Get("since")}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // what is no place is none
	query := account.AuditQuery{Kind: account.AuditKind(out.Event), Before: max(0, before), Newest: true, Limit: auditAtOnce + 1}
	if day, err := time.Parse(time.DateOnly, out.Since); err == nil {
		query.Since = day
	}
	if out.Person != "" {
		user, err := c.accounts.UserByName(r.Context(), out.Person)
		if out.Unknown = errors.Is(err, account.ErrNoUser); out.Unknown {
			return page{"audit", "Audit trail", out}, nil
		}
		if err != nil {
			return page{}, err
		}
		query.User = user.ID
	}
	list, err := c.accounts.Audit(r.Context(), query)
	if err != nil {
		return page{}, err
	}
	c.accounts.CountAuditRead(r.Context(), who)
	if len(list) > auditAtOnce {
		list = list[:auditAtOnce]
		out.Older = list[auditAtOnce-1].Seq
	}
	for _, one := range list {
		out.Rows = append(out.Rows, rowOf(one))
	}
	return page{"audit", "Audit trail", out}, nil
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
