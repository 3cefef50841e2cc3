// Package changes is how processes on one store hear what concerns what they
// remember: a log of changes in the store, and a [Reader] that keeps up with it.
//
// Most of what a store commits concerns no cache: a sign-in, a token that is
// refreshed. What callers may do depends on users, roles, keys and sessions that
// have ended, and a transaction that changes one of these writes a [Change] with
// it, which has a number. Readers ask for the numbers they have not seen.
//
// A number is given when a change is written, and seen when its transaction
// commits. Where transactions run at the same time these are two orders: 7 may
// be seen before 6, and 6 may never come because its transaction was rolled
// back. So a reader does not pass a number that it has not seen until the store
// says that it is settled; it applies what comes after it meanwhile.
//
//	seen        5    7 8        position 5: 6 is missing
//	then        5 6  7 8        position 8: 6 was late
//	or settled  7               position 8: 6 was rolled back
package changes

import (
	"context"
	"math"
)

// Kind is what a change is about.
type Kind string

// The kinds, and what the key of a change of each kind is.
const (
	User    Kind = "user"    // a user's id: the user was changed or removed, or all of the user's sessions have ended
	Role    Kind = "role"    // a role's name: what it grants was changed, or it was removed
	Session Kind = "session" // a session's id: it has ended before its time
	Client  Kind = "client"  // a client's id: it was changed or removed, a secret of it was taken away, or all of its sessions have ended
	Key     Kind = "key"     // a signing key's id: it was added, changed or removed
	Setting Kind = "setting" // a setting's name: it was chosen or replaced
)

// known reports whether this program knows what a change of the kind concerns.
func (k Kind) known() bool {
	switch k {
	case User, Role, Session, Client, Key, Setting:
		return true
	}
	return false
}

// Change says that something is no longer what it was, and not what it is now:
// who needs to know reads it.
type Change struct {
	Number int64 // 1 or more; no two changes have the same, ever
	Kind   Kind
	Key    string // of what has changed; see the kinds
}

// Page is a piece of the log, all of it read at one moment.
type Page struct {
	// Changes are those with a number greater than asked for, in the order of
	// their numbers: all of them, or the first MaxPage if there are more.
	Changes []Change

	// Settled is a number such that every change up to it that will ever be seen
	// can be seen at the moment of Changes; others up to it were rolled back. It
	// never becomes less. A store whose transactions happen one after the other
	// says the last number. One whose transactions overlap says a number that was
	// given before the oldest transaction that still runs began; being late is no
	// mistake.
	Settled int64

	// Pruned is the greatest number up to which changes may have been thrown
	// away, 0 if none were. It is never greater than Settled.
	Pruned int64
}

const (
	// MaxPage is how many changes a page has at most.
	MaxPage = 1000

	// Keep is how many changes a store keeps at the least. It keeps no more than
	// twice as many, so that the log does not grow without end. A reader that is
	// further behind takes everything for changed.
	Keep = 10_000

	// End is greater than every number: asked for what comes after it, a log
	// answers with no changes and says where it ends.
	End = math.MaxInt64
)

// Log is what a reader needs of a store. It is safe for concurrent use.
type Log interface {
	// Generation is a number that is another one when there may be new changes:
	// before the write of this process that made one returns, and soon after
	// another process's has committed. Being another one without a new change is
	// no mistake, but costs a read; a sign-in must not cause one. It never
	// blocks, and asks nothing of a database.
	//
	// It only wakes. A change that it does not tell, because what carries the
	// word between processes is broken, is found within a second all the same.
	Generation() uint64

	// Changes reads the log after a number, which may be End.
	Changes(ctx context.Context, after int64) (Page, error)
}
