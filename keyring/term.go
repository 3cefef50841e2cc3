package keyring

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// Stage is where a key is in its life.
type Stage int

// The stages, in the order in which a key goes through them; only Gone is out
// of order, so that the zero Stage trusts nothing.
const (
	Gone      Stage = iota // its last token has expired
	Announced              // published, and verifies, but does not sign yet
	Signing                // signs
	Verifying              // signs no more; tokens that it signed are still good
)

// String is the stage's name in small letters.
func (s Stage) String() string {
	return []string{"gone", "announced", "signing", "verifying"}[s]
}

const (
	// Settle is how long ahead a change is written down before it takes
	// effect, at the least: every process looks at the store once a second, so
	// that all have seen it by then.
	Settle = 2 * time.Second

	// fresh is how long a process trusts what it has read of the store.
	fresh = time.Second

	// margin is how much longer than its last token a key is kept, for clocks
	// that differ.
	margin = time.Minute
)

// Term is when a key is in which stage. The zero Term is that of a key that is
// gone. The moments are written down before they come, so that all processes go
// from one stage to the next at the same time without a word between them.
type Term struct {
	Announced time.Time     // published from then on
	Signs     time.Time     // signs from then on
	Retires   time.Time     // signs until then; zero until a successor is known
	TokenTTL  time.Duration // the longest that a token of the key may live
}

// Leaves is when the last token of the key has expired, and with it the key's
// last stage. Zero if that is not known yet.
func (t Term) Leaves() time.Time {
	if t.Retires.IsZero() {
		return time.Time{}
	}
	return t.Retires.Add(t.TokenTTL + margin)
}

// At is the key's stage at a moment. A key is announced from the beginning of
// time: a clock that is behind must not make it unknown.
func (t Term) At(now time.Time) Stage {
	switch {
	case t.Signs.IsZero():
		return Gone
	case now.Before(t.Signs):
		return Announced
	case t.Retires.IsZero() || now.Before(t.Retires):
		return Signing
	case now.Before(t.Leaves()):
		return Verifying
	}
	return Gone
}

// Record is a key as a store keeps it.
type Record struct {
	ID        string
	Algorithm jwt.Algorithm
	Term      Term
	Sealed    bool   // Data is encrypted with the master key
	Data      []byte // the private JWK
}

// line is the keys of a store, in the order in which they sign. Each one
// retires when the next one signs; the last one has no end yet.
type line []Record

func (l line) sort() {
	slices.SortFunc(l, func(a, b Record) int {
		if c := a.Term.Signs.Compare(b.Term.Signs); c != 0 {
			return c
		}
		return a.Term.Announced.Compare(b.Term.Announced)
	})
}

// signer is the index of the key that signs at a moment: the last whose time
// has come. Before the first one's time, which a clock set back may show, the
// first one signs: there is no other. -1 if there is none at all.
func (l line) signer(now time.Time) int {
	at := min(0, len(l)-1)
	for i, r := range l {
		if !r.Term.Signs.After(now) {
			at = i
		}
	}
	return at
}

// add puts a key at the end, which signs from a moment on; the last one signs
// until then.
func (l line) add(r Record) line {
	if len(l) > 0 {
		l[len(l)-1].Term.Retires = r.Term.Signs
	}
	return append(l, r)
}

// advance lets the last key sign earlier.
func (l line) advance(signs time.Time) {
	last := len(l) - 1
	if !signs.Before(l[last].Term.Signs) {
		return
	}
	l[last].Term.Signs = signs
	if last > 0 {
		l[last-1].Term.Retires = signs
	}
}

// remove takes a key out at once. If it was the last one, the one before it
// has no end again, unless it has ended already.
func (l line) remove(i int, now time.Time) line {
	l = slices.Delete(l, i, i+1)
	if last := len(l) - 1; i > last && last >= 0 && l[last].Term.Retires.After(now) {
		l[last].Term.Retires = time.Time{}
	}
	return l
}

// prune drops the keys that are gone.
func (l line) prune(now time.Time) line {
	return slices.DeleteFunc(l, func(r Record) bool { return r.Term.At(now) == Gone })
}

func (l line) find(id string) int {
	return slices.IndexFunc(l, func(r Record) bool { return r.ID == id })
}
