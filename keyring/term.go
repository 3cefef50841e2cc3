package keyring

import (
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
	// effect, at the least: every process hears of it within a second, so
	// that all have seen it by then.
	Settle = 2 * time.Second

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

// goneAt reports whether the key was gone for certain at a time: of one that never
// had an end nothing is.
func (t Term) goneAt(past time.Time) bool {
	leaves := t.Leaves()
	return !leaves.IsZero() && !leaves.After(past)
}

// Describe says for people what a key does at a moment and when that ends, as
// in "announced; it signs from 2030-01-02T03:04:05Z".
func (t Term) Describe(now time.Time) string {
	stage := t.At(now)
	switch {
	case stage == Announced:
		return "announced; it signs from " + t.Signs.UTC().Format(time.RFC3339)
	case stage == Gone || t.Retires.IsZero():
		return stage.String()
	}
	return stage.String() + "; it leaves at " + t.Leaves().UTC().Format(time.RFC3339)
}

// Record is a key as a store keeps it.
type Record struct {
	ID        string
	Algorithm jwt.Algorithm
	Term      Term
	Sealed    bool   // Data is encrypted with the master key
	Data      []byte // the private JWK
}
