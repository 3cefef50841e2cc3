package keyring

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Rotate announces a new key, which signs after the ring's Announce. Only one
// key at a time is announced: ErrAnnounced.
func (r *Ring) Rotate(ctx context.Context) (Record, error) {
	return r.updateAndReport(ctx, func(t timeline, now time.Time) (timeline, error) {
		if last := t[len(t)-1]; last.Term.Signs.After(now) {
			return nil, fmt.Errorf("%w: %s, which signs from %s", ErrAnnounced, last.ID, last.Term.Signs.Format(time.RFC3339))
		}
		return r.announce(t, now, now.Add(r.config.Announce))
	})
}

// RotateNow lets the announced key, or else a new one, sign as soon as every
// process has seen it (Settle). Who keeps the published keys for longer than
// that refuses its tokens until they look again.
func (r *Ring) RotateNow(ctx context.Context) (Record, error) {
	return r.updateAndReport(ctx, func(t timeline, now time.Time) (timeline, error) { return r.signNextFrom(t, now, now.Add(Settle)) })
}

// Retire ends a key in good order: it signs no more as soon as every process
// has seen it, and its tokens stay good until they expire. The announced key,
// or else a new one, takes over. A key that is announced is dropped, or it is
// ErrSettling. ErrVerifying says that it signs no more anyway, ErrNoKey that
// there is none.
func (r *Ring) Retire(ctx context.Context, id string) (Record, error) {
	return r.updateAndReport(ctx, func(t timeline, now time.Time) (timeline, error) {
		i, signer := t.find(id), t.signer(now)
		switch {
		case i < 0, t[i].Term.At(now) == Gone:
			return nil, fmt.Errorf("%w: %s", ErrNoKey, id)
		case i < signer:
			return nil, fmt.Errorf("%w: %s leaves at %s", ErrVerifying, id, t[i].Term.Leaves().Format(time.RFC3339))
		case i == signer:
			return r.signNextFrom(t, now, now.Add(Settle))
		case t[i].Term.Signs.After(now.Add(Settle)):
			return t.remove(i, now), nil // before anybody signs with it, all have seen that it is gone
		}
		return nil, fmt.Errorf("%w: %s", ErrSettling, id)
	})
}

// Revoke takes a key out at once, together with every token that it has
// signed: for a key that somebody else may have. The announced key, or else a
// new one, signs from now on. Another process may sign with the old one for a
// second more; those tokens are refused, too.
func (r *Ring) Revoke(ctx context.Context, id string) (Record, error) {
	return r.updateAndReport(ctx, func(t timeline, now time.Time) (timeline, error) {
		i := t.find(id)
		if i < 0 {
			return nil, fmt.Errorf("%w: %s", ErrNoKey, id)
		}
		if i != t.signer(now) {
			return t.remove(i, now), nil
		}
		if i == len(t)-1 {
			var err error
			if t, err = r.announce(t, now, now); err != nil {
				return nil, err
			}
		}
		t.advance(now)
		return t.remove(i, now), nil
	})
}

// updateAndReport changes the timeline, and then logs and returns its last key,
// without its private part.
func (r *Ring) updateAndReport(ctx context.Context, change func(timeline, time.Time) (timeline, error)) (last Record, err error) {
	err = r.update(ctx, func(t timeline, now time.Time) (timeline, error) {
		if len(t) == 0 {
			return nil, fmt.Errorf("%w: there is none at all", ErrNoKey)
		}
		t, err := change(t, now)
		if err == nil {
			last = t[len(t)-1]
		}
		return t, err
	})
	if err != nil {
		return Record{}, err
	}
	r.log(ctx, last)
	last.Data = nil
	return last, nil
}

// announce adds a new key that signs from a moment on.
func (r *Ring) announce(t timeline, now, signs time.Time) (timeline, error) {
	next, err := r.newRecord(Term{Announced: now, Signs: signs, TokenTTL: t[len(t)-1].Term.TokenTTL})
	if err != nil {
		return nil, err
	}
	return t.add(next), nil
}

// signNextFrom lets the announced key, or else a new one, sign from a moment
// on.
func (r *Ring) signNextFrom(t timeline, now, signs time.Time) (timeline, error) {
	if t[len(t)-1].Term.Signs.After(now) {
		t.advance(signs)
		return t, nil
	}
	return r.announce(t, now, signs)
}

// due is what the schedule wants done: to announce the next key, and to mend or drop
// others. Next is when it wants something the next time.
func (r *Ring) due(t timeline, now time.Time) (announce, mend bool, next time.Time) {
	if len(t) == 0 {
		return false, false, now.Add(longestWait)
	}
	past := r.past.Past(now)
	mend = t.ahead(now)
	next = now.Add(longestWait)
	earlier := func(at time.Time) {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	for _, rec := range t {
		mend = mend || rec.Term.goneAt(past)
		if leaves := rec.Term.Leaves(); !leaves.IsZero() {
			earlier(leaves)
		}
	}
	if r.config.Period > 0 {
		at := t[len(t)-1].Term.Signs.Add(r.config.Period - r.config.Announce)
		announce = !at.After(now)
		earlier(at)
	}
	return announce, mend, next
}

// The schedule looks at the clock once a minute at the least: a timer does not
// run while the machine sleeps.
const (
	longestWait = time.Minute
	afterError  = 5 * time.Second
)

// Maintain does what the schedule wants done now, and returns when to call it
// again. Of processes that do the same at the same time, one does it.
//
// A clock that jumps ahead and back loses no key: what it has announced meanwhile is
// put back to when it would have been due, and keys that are gone are removed by Run,
// a day later, as seen by a clock that has not gone back for an hour.
func (r *Ring) Maintain(ctx context.Context) (next time.Time, err error) {
	s, err := r.load(ctx)
	if err != nil {
		return time.Time{}, err
	}
	announce, mend, next := r.due(s.timeline, r.now())
	if !announce && !mend {
		return next, nil
	}
	var announced []Record
	err = r.update(ctx, func(t timeline, now time.Time) (timeline, error) {
		announced = nil
		if t.ahead(now) {
			t.putBack(now, r.config.Period, r.config.Announce)
		}
		t = t.prune(r.past.Past(now))
		again := false
		if again, _, next = r.due(t, now); !again {
			return t, nil // another process was faster
		}
		last := t[len(t)-1].Term
		signs := last.Signs.Add(r.config.Period)
		if soonest := now.Add(r.config.Announce); signs.Before(soonest) {
			signs = soonest // no process has been running for a while
		}
		t, err := r.announce(t, now, signs)
		if err == nil {
			announced = t[len(t)-1:]
			_, _, next = r.due(t, now)
		}
		return t, err
	})
	if err != nil {
		return time.Time{}, err
	}
	for _, rec := range announced {
		r.log(ctx, rec)
	}
	return next, nil
}

// Run maintains the ring until the context ends. Errors are logged and tried
// again.
func (r *Ring) Run(ctx context.Context) {
	for {
		wait := afterError
		next, err := r.Maintain(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.config.Log.LogAttrs(ctx, slog.LevelError, "signing keys could not be maintained", slog.String("error", err.Error()))
		default:
			wait = max(next.Sub(r.now()), time.Millisecond)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			r.past.Advance(wait, r.now())
		}
	}
}
