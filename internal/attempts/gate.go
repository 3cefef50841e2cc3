package attempts

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/internal/fairqueue"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// Counts are what a store counts, for all processes that share it: see package
// account.
type Counts interface {
	TakeAttempts(ctx context.Context, now time.Time, buckets []Bucket) (wait time.Duration, err error)
	ReturnAttempts(ctx context.Context, now time.Time, buckets []Bucket) error
	AttemptWaits(ctx context.Context, now time.Time, buckets []Bucket) ([]time.Duration, error)

	CountFailure(ctx context.Context, now time.Time, key [32]byte, nobody bool) error
	Failures(ctx context.Context, key [32]byte) (Failures, error)
	ClearFailures(ctx context.Context, key [32]byte) error
}

// Gate lets people try. It is safe for concurrent use. Make it with [New].
type Gate struct {
	counts Counts
	now    func() time.Time
	open   bool

	turns    turns
	budget   budget
	empties  empties
	promises promises
}

// New makes a gate on the counts of a store. An open one counts nothing and refuses
// nobody.
func New(counts Counts, now func() time.Time, open bool) *Gate {
	return &Gate{counts: counts, now: now, open: open, empties: newEmpties(), promises: newPromises()}
}

// Visitor is somebody at an account.
type Visitor struct {
	Known  bool   // at this address, or with this device
	Nobody bool   // there is no such account
	Site   string // the widest network

	Own     []Bucket // that the visitor, or the visitor's network, uses up
	Spare   []Bucket // in their place where they are empty; nil for none
	Turn    Bucket   // at which all who are known at the account take turns, wherever they are; nothing is counted
	Shared  Bucket   // of all strangers at the account
	Reserve Bucket   // of those of them who have come again

	Row     [32]byte // what wrong passwords in a row are counted for
	Promise [32]byte // what a promise is remembered by
}

// Attempt is one that was taken before anything was verified.
type Attempt struct {
	gate     *Gate
	visitor  Visitor
	class    fairqueue.Class
	failures int  // in a row, before this one
	paid     bool // out of the strangers' budget
	taken    []Bucket
	leave    func()
}

// Enter takes an attempt for a visitor, or says how long to wait. It waits itself
// until few others are under way who use up the same buckets: those with a right
// password give their attempts back, and should not be taken for too many while they
// do not yet. Who gets an attempt has to end it.
func (g *Gate) Enter(ctx context.Context, v Visitor) (_ *Attempt, wait time.Duration, err error) {
	a, wait, err := g.enter(ctx, v)
	if err != nil || wait == 0 || v.Spare == nil {
		return a, wait, err
	}
	v.Own = v.Spare
	a, again, err := g.enter(ctx, v)
	return a, min(wait, again), err
}

func (g *Gate) enter(ctx context.Context, v Visitor) (_ *Attempt, wait time.Duration, err error) {
	a := &Attempt{gate: g, visitor: v, leave: func() {}}
	if !v.Known {
		a.class = fairqueue.Third
	}
	if g.open {
		return a, 0, nil
	}
	if wait, err = a.admit(ctx); err == nil && wait == 0 {
		wait, err = a.take(ctx)
	}
	if err != nil || wait > 0 {
		a.Unverified(ctx, err)
		return nil, wait, err
	}
	return a, 0, nil
}

// admit is what can be said without taking anything from the store. Strangers pay out
// of one budget, unless they come again.
func (a *Attempt) admit(ctx context.Context) (wait time.Duration, err error) {
	g, v, now := a.gate, &a.visitor, a.gate.now()
	if wait := g.empties.wait(now, v.Own...); wait > 0 {
		return wait, nil
	}
	if !v.Known {
		switch {
		case g.empties.wait(now, Bucket{Key: v.Row}) > 0:
			return inARowWait, nil
		case g.promises.kept(v.Promise, now):
			a.class = fairqueue.Second
		default:
			if a.paid = g.budget.take(now); !a.paid {
				return g.promises.in(comeAgain, v.Promise, now), nil
			}
		}
	}
	found, err := g.counts.Failures(ctx, v.Row)
	if a.failures = found.Count; err == nil && !v.Known && found.Locked() {
		g.empties.note(v.Row, inARowWait, now)
		wait = inARowWait
	}
	return wait, err
}

// take takes turns, and then the attempt. Who is known has buckets of their own;
// a stranger pays for the network and for the account.
func (a *Attempt) take(ctx context.Context) (wait time.Duration, err error) {
	g, v := a.gate, &a.visitor
	buckets := v.Own
	switch a.class {
	case fairqueue.Second:
		buckets = append(buckets[:len(buckets):len(buckets)], v.Reserve)
	case fairqueue.Third:
		buckets = append(buckets[:len(buckets):len(buckets)], v.Shared)
	}
	turns := buckets
	if v.Known {
		turns = append(buckets[:len(buckets):len(buckets)], v.Turn)
	}
	leave, err := g.turns.wait(ctx, turns)
	if err != nil {
		return 0, err
	}
	a.leave = leave
	if wait, err = a.takeFrom(ctx, buckets); err != nil || wait == 0 {
		return wait, err
	}
	if own := g.empties.wait(g.now(), v.Own...); own > 0 || v.Known {
		return max(own, wait), nil
	}
	// Others have used up what there is for strangers at this account.
	waits, err := g.counts.AttemptWaits(ctx, g.now(), []Bucket{v.Shared, v.Reserve})
	if err != nil {
		return 0, err
	}
	return g.promises.in(max(comeAgain, min(waits[0], waits[1])), v.Promise, g.now()), nil
}

// takeFrom takes out of these buckets. Who has come again and finds the reserve
// empty may still find what all strangers have.
func (a *Attempt) takeFrom(ctx context.Context, buckets []Bucket) (wait time.Duration, err error) {
	g, v := a.gate, &a.visitor
	wait, err = g.takeNow(ctx, buckets)
	if err == nil && wait > 0 && a.class == fairqueue.Second && g.empties.wait(g.now(), v.Own...) == 0 {
		buckets[len(buckets)-1] = v.Shared
		wait, err = g.takeNow(ctx, buckets)
	}
	if err == nil && wait == 0 {
		a.taken = buckets
	}
	return wait, err
}

// takeNow asks the store, unless the answer is known, and remembers which buckets are
// empty if one is.
func (g *Gate) takeNow(ctx context.Context, buckets []Bucket) (wait time.Duration, err error) {
	now := g.now()
	if wait := g.empties.wait(now, buckets...); wait > 0 {
		return wait, nil
	}
	wait, err = g.counts.TakeAttempts(ctx, now, buckets)
	if err != nil || wait == 0 {
		return wait, err
	}
	waits, err := g.counts.AttemptWaits(ctx, now, buckets)
	if err != nil {
		return 0, err
	}
	for i, b := range buckets {
		if waits[i] > 0 {
			g.empties.note(b.Key, waits[i], now)
		}
	}
	return wait, nil
}

// Take takes an attempt at no account, or says how long to wait. Settle ends it.
func (g *Gate) Take(ctx context.Context, buckets []Bucket) (_ *Attempt, wait time.Duration, err error) {
	a := &Attempt{gate: g, leave: func() {}}
	if g.open || len(buckets) == 0 {
		return a, 0, nil
	}
	if wait, err = g.takeNow(ctx, buckets); err != nil || wait > 0 {
		return nil, wait, err
	}
	a.taken = buckets
	return a, 0, nil
}

// Queued is a context with the place that the visitor has in the queue for the hash.
func (a *Attempt) Queued(ctx context.Context) context.Context {
	return fairqueue.With(ctx, fairqueue.Ticket{Class: a.class, Source: a.visitor.Site})
}

// Proven is a context with the place of somebody who has shown a secret.
func Proven(ctx context.Context, site string) context.Context {
	return fairqueue.With(ctx, fairqueue.Ticket{Class: fairqueue.First, Source: site})
}

// Stranger is a context with the place of somebody who is known nowhere.
func Stranger(ctx context.Context, site string) context.Context {
	return fairqueue.With(ctx, fairqueue.Ticket{Class: fairqueue.Third, Source: site})
}

// Failed counts a wrong password. The error says that it could not be counted.
func (a *Attempt) Failed(ctx context.Context) error {
	a.Settle(ctx, true)
	if a.gate.open {
		return nil
	}
	return a.gate.counts.CountFailure(context.WithoutCancel(ctx), a.gate.now(), a.visitor.Row, a.visitor.Nobody)
}

// Succeeded gives the attempt back, and ends the row of wrong passwords.
func (a *Attempt) Succeeded(ctx context.Context) {
	a.Settle(ctx, false)
	if a.failures > 0 {
		_ = a.gate.EndRow(context.WithoutCancel(ctx), a.visitor.Row) // the next sign-in does
	}
}

// Unverified gives the attempt back of somebody of whom nothing is known, because of
// err. Who is told by it when to come again is promised a place, and has used up a
// part of the strangers' budget: a flood that finds the queue full must not go on to
// cost the store two transactions each.
func (a *Attempt) Unverified(ctx context.Context, err error) {
	if again := retryafter.Of(err, 0); again > 0 && !a.visitor.Known && !a.gate.open {
		a.paid = false
		a.gate.promises.in(again, a.visitor.Promise, a.gate.now())
	}
	a.Settle(ctx, false)
}

// EndRow ends a row of wrong passwords.
func (g *Gate) EndRow(ctx context.Context, row [32]byte) error {
	g.empties.forget(Bucket{Key: row})
	return g.counts.ClearFailures(ctx, row)
}

// Settle gives the attempt back unless it failed. The caller may have left: the
// attempt is theirs all the same.
func (a *Attempt) Settle(ctx context.Context, failed bool) {
	g := a.gate
	if !failed && len(a.taken) > 0 {
		// An error costs an attempt for a while.
		_ = g.counts.ReturnAttempts(context.WithoutCancel(ctx), g.now(), a.taken)
		g.empties.forget(a.taken...)
	}
	if !failed && a.paid {
		g.budget.giveBack()
	}
	a.leave()
}

// BucketsInTurn is how many buckets somebody uses at this moment, or waits to.
func (g *Gate) BucketsInTurn() int {
	g.turns.mu.Lock()
	defer g.turns.mu.Unlock()
	return len(g.turns.keys)
}
