package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// conditions of a query, all of which must hold.
type conditions struct {
	where []string
	args  []any
}

// and returns them with one more. A $ in it stands for the value, however often it is
// there.
func (c conditions) and(condition string, value any) conditions {
	args := append(slices.Clone(c.args), value)
	return conditions{append(slices.Clone(c.where), strings.ReplaceAll(condition, "$", fmt.Sprintf("$%d", len(args)))), args}
}

func (c conditions) String() string { return strings.Join(c.where, " AND ") }

// ofKind adds the condition of the kinds that begin so, or of the one.
func (c conditions) ofKind(kind string) conditions {
	switch {
	case kind == "":
		return c
	case strings.HasSuffix(kind, "."):
		return c.and("kind > $", kind).and("kind < $", kind[:len(kind)-1]+"/") // which comes after the dot
	}
	return c.and("kind = $", kind)
}

// Audit implements account.AuditReader. The places of what is asked for are read from
// indexes, each of which has them in order: of one kind of records, or of somebody's
// of one kind. What is asked for by more kinds is merged.
func (t *tx) Audit(q account.AuditQuery) ([]account.AuditRecord, error) {
	few, err := t.auditFew(q)
	if err != nil {
		return nil, err
	}
	var places []int64
	for _, of := range auditOwners(q) {
		list, err := t.auditPlaces(of, q, few)
		if err != nil {
			return nil, err
		}
		places = append(places, list...)
	}
	slices.Sort(places)
	if q.Newest {
		slices.Reverse(places)
	}
	return t.auditAt(places[:min(q.Limit, len(places))], q.Newest)
}

// owned is whose records an index has: those of the column that says so, or of all.
type owned struct{ column, rest string }

func auditOwners(q account.AuditQuery) []owned {
	if q.User == "" {
		return []owned{{}}
	}
	return []owned{{"on_id", " AND on_id <> ''"}, {"actor_id", " AND actor_id <> '' AND actor_id <> on_id"}}
}

// auditFewest is how many records of a time are looked at one by one.
const auditFewest = 5000

// auditFew reports whether a query is for a time in which so little has happened that
// it is looked at by that. Otherwise a page is full long before its beginning.
func (t *tx) auditFew(q account.AuditQuery) (bool, error) {
	if q.Since.IsZero() {
		return false, nil
	}
	n, err := one(t, nil, scanned[int], "SELECT count(*) FROM (SELECT 1 FROM audit WHERE at >= $1 AND seq IS NOT NULL LIMIT $2) AS late", q.Since.UnixMilli(), auditFewest)
	return n < auditFewest, err
}

// conditions are those of an owner.
func (of owned) conditions(q account.AuditQuery) conditions {
	c := conditions{where: []string{"seq IS NOT NULL"}}
	if of.column == "" {
		return c
	}
	return c.and(of.column+" = $"+of.rest, q.User)
}

// auditPlaces are the places of an owner's records, no more of each kind than are
// wanted of all.
func (t *tx) auditPlaces(of owned, q account.AuditQuery, few bool) ([]int64, error) {
	owner := of.conditions(q)
	c, kind := owner.and("seq > $", q.After), string(q.Kind)
	if q.Before > 0 {
		c = c.and("seq < $", q.Before)
	}
	if !q.Since.IsZero() {
		c = c.and("at >= $", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		c = c.and("at < $", q.Until.UnixMilli())
	}
	switch {
	case few:
		c = c.ofKind(kind).and("at >= $", q.Since.UnixMilli())
		return many(t, scanned[int64], fmt.Sprintf("WITH late AS MATERIALIZED (SELECT seq, at, kind, on_id, actor_id FROM audit WHERE at >= $%d AND seq IS NOT NULL LIMIT %d) SELECT seq FROM late WHERE %s",
			len(c.args), auditFewest, c), c.args...)
	case of.column == "" && kind == "":
		return t.auditInOrder(c, q)
	case kind != "" && !strings.HasSuffix(kind, "."):
		return t.auditInOrder(c.ofKind(kind), q)
	}
	var out []int64
	for next := kind; ; {
		first := owner.ofKind(kind).and("kind > $", next)
		kinds, err := many(t, scanned[string], "SELECT kind FROM audit WHERE "+first.String()+" ORDER BY kind LIMIT 1", first.args...)
		if err != nil || len(kinds) == 0 {
			return out, err
		}
		next = kinds[0]
		list, err := t.auditInOrder(c.ofKind(next), q)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
}

func (t *tx) auditInOrder(c conditions, q account.AuditQuery) ([]int64, error) {
	order := "seq"
	if q.Newest {
		order = "seq DESC"
	}
	return many(t, scanned[int64], fmt.Sprintf("SELECT seq FROM audit WHERE %s ORDER BY %s LIMIT $%d", c, order, len(c.args)+1), append(slices.Clone(c.args), q.Limit)...)
}

// auditAt are the records of places.
func (t *tx) auditAt(places []int64, newest bool) ([]account.AuditRecord, error) {
	if len(places) == 0 {
		return nil, nil
	}
	order := " ORDER BY seq"
	if newest {
		order = " ORDER BY seq DESC"
	}
	return many(t, scanAudit, selectAudit+"WHERE seq = ANY($1)"+order, places)
}
