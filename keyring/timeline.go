package keyring

import (
	"slices"
	"time"
)

// timeline is the keys of a store, in the order in which they sign. Each one
// retires when the next one signs; the last one has no end yet.
type timeline []Record

func (t timeline) sort() {
	slices.SortFunc(t, func(a, b Record) int {
		if c := a.Term.Signs.Compare(b.Term.Signs); c != 0 {
			return c
		}
		return a.Term.Announced.Compare(b.Term.Announced)
	})
}

// signer is the index of the key that signs at a moment: the last whose time
// has come. Before the first one's time, which a clock set back may show, the
// first one signs: there is no other. -1 if there is none at all.
func (t timeline) signer(now time.Time) int {
	at := min(0, len(t)-1)
	for i, r := range t {
		if !r.Term.Signs.After(now) {
			at = i
		}
	}
	return at
}

// add puts a key at the end, which signs from a moment on; the last one signs
// until then.
func (t timeline) add(r Record) timeline {
	if len(t) > 0 {
		t[len(t)-1].Term.Retires = r.Term.Signs
	}
	return append(t, r)
}

// advance lets the last key sign earlier.
func (t timeline) advance(signs time.Time) {
	last := len(t) - 1
	if !signs.Before(t[last].Term.Signs) {
		return
	}
	t[last].Term.Signs = signs
	if last > 0 {
		t[last-1].Term.Retires = signs
	}
}

// remove takes a key out at once. If it was the last one, the one before it
// has no end again, unless it has ended already.
func (t timeline) remove(i int, now time.Time) timeline {
	t = slices.Delete(t, i, i+1)
	if last := len(t) - 1; i > last && last >= 0 && t[last].Term.Retires.After(now) {
		t[last].Term.Retires = time.Time{}
	}
	return t
}

// prune drops the keys that were gone at a time.
func (t timeline) prune(past time.Time) timeline {
	return slices.DeleteFunc(t, func(r Record) bool { return r.Term.goneAt(past) })
}

// ahead reports whether the last key was announced later than it is now: the clock was
// ahead then, and has been put back.
func (t timeline) ahead(now time.Time) bool {
	return len(t) > 0 && t[len(t)-1].Term.Announced.After(now.Add(margin))
}

// putBack makes good what a clock that was ahead has written down: the last key, which
// all know by now, signs when it would have been due.
func (t timeline) putBack(now time.Time, period, announce time.Duration) {
	last := len(t) - 1
	signs := now.Add(announce)
	if last > 0 {
		if due := t[last-1].Term.Signs.Add(period); due.After(signs) {
			signs = due
		}
	}
	t[last].Term.Announced = now
	t.advance(signs)
}

func (t timeline) find(id string) int {
	return slices.IndexFunc(t, func(r Record) bool { return r.ID == id })
}
