package audit

import (
	"strings"
	"time"
)

// Query says which records are wanted. What is zero bounds nothing.
type Query struct {
	After, Before int64     // places in the chain, neither of them included
	Newest        bool      // the last ones first
	User          string    // the id of a user that it concerns or who did it
	Kind          Kind      // of this kind; or with this beginning, if it ends in a dot
	Since, Until  time.Time // from then on; before then
	Limit         int       // at most so many
}

// Wants reports whether a record is one of those that are asked for, wherever in the
// chain it is: for stores that look at each.
func (q Query) Wants(r Record) bool {
	return q.matches(r.Kind) &&
		(q.User == "" || r.On.ID == q.User || r.Actor.ID == q.User) &&
		(q.Since.IsZero() || !r.At.Before(q.Since)) && (q.Until.IsZero() || r.At.Before(q.Until))
}

func (q Query) matches(kind Kind) bool {
	if beginning := string(q.Kind); strings.HasSuffix(beginning, ".") {
		return len(kind) > len(beginning) && strings.HasPrefix(string(kind), beginning)
	}
	return q.Kind == "" || kind == q.Kind
}
