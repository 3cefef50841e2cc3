package sqlite

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

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
	n, err := one(t, nil, scanned[int], "SELECT count(*) FROM (SELECT 1 FROM audit WHERE at >= ? AND seq IS NOT NULL LIMIT ?)", q.Since.UnixMilli(), auditFewest)
	return n < auditFewest, err
}

// auditPlaces are the places of an owner's records, no more of each kind than are
// wanted of all.
func (t *tx) auditPlaces(of owned, q account.AuditQuery, few bool) ([]int64, error) {
	where, args := auditWhere(of, q)
	kind := string(q.Kind)
	switch {
	case few:
		return many(t, scanned[int64], "SELECT seq FROM (SELECT id AS found FROM audit WHERE at >= ? AND seq IS NOT NULL LIMIT ?) CROSS JOIN audit ON id = found WHERE "+where+auditKind(kind),
			append(append([]any{q.Since.UnixMilli(), auditFewest}, args...), auditKindArgs(kind)...)...)
	case of.column == "" && kind == "":
		return t.auditInOrder(where, args, q)
	case kind != "" && !strings.HasSuffix(kind, "."):
		return t.auditInOrder(where+" AND kind = ?", append(args, kind), q)
	}
	var out []int64
	for next := kind; ; { // one bound from below: of two SQLite takes either for the range
		kinds, err := many(t, scanned[string], "SELECT kind FROM audit WHERE seq IS NOT NULL"+auditOwner(of)+" AND kind > ? AND kind < ? ORDER BY kind LIMIT 1",
			append(auditOwnerArgs(of, q), next, auditKindsEnd(kind))...)
		if err != nil || len(kinds) == 0 {
			return out, err
		}
		next = kinds[0]
		list, err := t.auditInOrder(where+" AND kind = ?", append(slices.Clone(args), next), q)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
}

func auditOwner(of owned) string {
	if of.column == "" {
		return ""
	}
	return " AND " + of.column + " = ?" + of.rest
}

func auditOwnerArgs(of owned, q account.AuditQuery) []any {
	if of.column == "" {
		return nil
	}
	return []any{q.User}
}

// auditKind is the condition of the kinds that begin so, or of the one.
func auditKind(kind string) string {
	switch {
	case kind == "":
		return ""
	case strings.HasSuffix(kind, "."):
		return " AND kind > ? AND kind < ?"
	}
	return " AND kind = ?"
}

// auditKindsEnd comes after all kinds that begin so.
func auditKindsEnd(beginning string) string {
	if beginning == "" {
		return last
	}
	return beginning[:len(beginning)-1] + "/" // which comes after the dot
}

func auditKindArgs(kind string) []any {
	switch {
	case kind == "":
		return nil
	case strings.HasSuffix(kind, "."):
		return []any{kind, auditKindsEnd(kind)}
	}
	return []any{kind}
}

// auditWhere are the conditions of a query but for the kind.
func auditWhere(of owned, q account.AuditQuery) (where string, args []any) {
	where, args = "seq IS NOT NULL AND seq > ?", []any{q.After}
	if q.Before > 0 {
		where, args = where+" AND seq < ?", append(args, q.Before)
	}
	where, args = where+auditOwner(of), append(args, auditOwnerArgs(of, q)...)
	if !q.Since.IsZero() {
		where, args = where+" AND at >= ?", append(args, q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		where, args = where+" AND at < ?", append(args, q.Until.UnixMilli())
	}
	return where, args
}

func (t *tx) auditInOrder(where string, args []any, q account.AuditQuery) ([]int64, error) {
	order := " ORDER BY seq LIMIT ?"
	if q.Newest {
		order = " ORDER BY seq DESC LIMIT ?"
	}
	return many(t, scanned[int64], "SELECT seq FROM audit WHERE "+where+order, append(slices.Clone(args), q.Limit)...)
}

// auditAt are the records of places.
func (t *tx) auditAt(places []int64, newest bool) ([]account.AuditRecord, error) {
	list, err := json.Marshal(places)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	order := " ORDER BY seq"
	if newest {
		order = " ORDER BY seq DESC"
	}
	return many(t, scanAudit, selectAudit+"WHERE seq IN (SELECT value FROM json_each(?))"+order, string(list))
}
