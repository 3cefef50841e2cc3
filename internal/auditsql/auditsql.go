// Package auditsql finds records of the audit trail in the tables of a store that
// speaks SQL. All such stores have the same table with the same indexes, each of which
// has the places in the chain in order: of all records, of one kind, of a user's of
// one kind. What is asked for by more kinds is merged of those.
//
// A [Dialect] is what a store does differently.
package auditsql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// Fewest is how many records of a time are looked at one by one.
const Fewest = 5000

// Dialect is a store's SQL, and how it is asked.
type Dialect struct {
	Mark string // what stands before the number of a value: ? or $

	// Late returns the statement that looks at the first Fewest records since a time
	// one by one. It is given the place of the time and what else must hold.
	Late func(since, where string) string

	Numbers func(query string, args ...any) ([]int64, error)
	Texts   func(query string, args ...any) ([]string, error)
}

// Find returns the places of the records that a query wants, in its order.
func (d Dialect) Find(q audit.Query) ([]int64, error) {
	few, err := d.few(q)
	if err != nil {
		return nil, err
	}
	var places []int64
	for _, of := range d.owners(q) {
		list, err := d.places(of, q, few)
		if err != nil {
			return nil, err
		}
		places = append(places, list...)
	}
	slices.Sort(places)
	if q.Newest {
		slices.Reverse(places)
	}
	return places[:min(q.Limit, len(places))], nil
}

// conditions must all hold.
type conditions struct {
	mark  string
	where []string
	args  []any
}

// and returns them with one more, in which a $ stands for the value.
func (c conditions) and(condition string, value any) conditions {
	c.args = append(slices.Clone(c.args), value)
	c.where = append(slices.Clone(c.where), strings.ReplaceAll(condition, "$", c.last()))
	return c
}

// last is the place of the last value.
func (c conditions) last() string { return fmt.Sprint(c.mark, len(c.args)) }

func (c conditions) String() string { return strings.Join(c.where, " AND ") }

// below adds that kinds come before the end of those that begin so.
func (c conditions) below(beginning string) conditions {
	if beginning == "" {
		return c
	}
	return c.and("kind < $", beginning[:len(beginning)-1]+"/") // which comes after the dot
}

// ofKind adds the kinds that begin so, if it ends in a dot, or the one; "" is all.
func (c conditions) ofKind(kind string) conditions {
	switch {
	case kind == "":
		return c
	case strings.HasSuffix(kind, "."):
		return c.and("kind > $", kind).below(kind)
	}
	return c.and("kind = $", kind)
}

// owners are the conditions under which an index has a user's records; without a
// user, that of all.
func (d Dialect) owners(q audit.Query) []conditions {
	all := conditions{mark: d.Mark, where: []string{"seq IS NOT NULL"}}
	if q.User == "" {
		return []conditions{all}
	}
	return []conditions{
		all.and("on_id = $ AND on_id <> ''", q.User),
		all.and("actor_id = $ AND actor_id <> '' AND actor_id <> on_id", q.User),
	}
}

// few reports whether a query is for a time in which so little has happened that
// it is looked at by that. Otherwise a page is full long before its beginning.
func (d Dialect) few(q audit.Query) (bool, error) {
	if q.Since.IsZero() {
		return false, nil
	}
	n, err := d.Numbers(fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM audit WHERE at >= %s1 AND seq IS NOT NULL LIMIT %d) AS late", d.Mark, Fewest), q.Since.UnixMilli())
	return err == nil && n[0] < Fewest, err
}

// places are those of an owner's records, no more of each kind than are wanted of all.
func (d Dialect) places(owner conditions, q audit.Query, few bool) ([]int64, error) {
	c, kind := within(owner, q), string(q.Kind)
	beginning := kind == "" || strings.HasSuffix(kind, ".")
	switch {
	case few:
		c = c.ofKind(kind).and("at >= $", q.Since.UnixMilli())
		return d.Numbers(d.Late(c.last(), c.String()), c.args...)
	case !beginning || kind == "" && q.User == "":
		return d.inOrder(c.ofKind(kind), q)
	}
	var out []int64
	for next := kind; ; {
		first := owner.and("kind > $", next).below(kind) // one bound from below: of two SQLite takes either for the range
		kinds, err := d.Texts("SELECT kind FROM audit WHERE "+first.String()+" ORDER BY kind LIMIT 1", first.args...)
		if err != nil || len(kinds) == 0 {
			return out, err
		}
		next = kinds[0]
		list, err := d.inOrder(c.ofKind(next), q)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
}

// within adds what bounds places and times.
func within(c conditions, q audit.Query) conditions {
	c = c.and("seq > $", q.After)
	if q.Before > 0 {
		c = c.and("seq < $", q.Before)
	}
	if !q.Since.IsZero() {
		c = c.and("at >= $", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		c = c.and("at < $", q.Until.UnixMilli())
	}
	return c
}

func (d Dialect) inOrder(c conditions, q audit.Query) ([]int64, error) {
	query := "SELECT seq FROM audit WHERE " + c.String()
	c = c.and("$", q.Limit) // the last of the values
	return d.Numbers(query+Order(q.Newest)+" LIMIT "+c.last(), c.args...)
}

// Order is how records are wanted.
func Order(newest bool) string {
	if newest {
		return " ORDER BY seq DESC"
	}
	return " ORDER BY seq"
}
