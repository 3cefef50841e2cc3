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
	return r.succeed(ctx, func(l line, now time.Time) (line, error) {
		if last := l[len(l)-1]; last.Term.Signs.After(now) {
			return nil, fmt.Errorf("%w: %s, which signs from %s", ErrAnnounced, last.ID, last.Term.Signs.Format(time.RFC3339))
		}
		return r.announce(l, now, now.Add(r.config.Announce))
	})
}

// RotateNow lets the announced key, or else a new one, sign as soon as every
// process has seen it (Settle). Who keeps the published keys for longer than
// that refuses its tokens until they look again.
func (r *Ring) RotateNow(ctx context.Context) (Record, error) {
	return r.succeed(ctx, func(l line, now time.Time) (line, error) { return r.hasten(l, now, now.Add(Settle)) })
}

// Retire ends a key in good order: it signs no more as soon as every process
// has seen it, and its tokens stay good until they expire. The announced key,
// or else a new one, takes over. A key that is announced is dropped, or it is
// ErrSettling. ErrVerifying says that it signs no more anyway, ErrNoKey that
// there is none.
func (r *Ring) Retire(ctx context.Context, id string) (Record, error) {
	return r.succeed(ctx, func(l line, now time.Time) (line, error) {
		i, signer := l.find(id), l.signer(now)
		switch {
		case i < 0:
			return nil, fmt.Errorf("%w: %s", ErrNoKey, id)
		case i < signer:
			return nil, fmt.Errorf("%w: %s leaves at %s", ErrVerifying, id, l[i].Term.Leaves().Format(time.RFC3339))
		case i == signer:
			return r.hasten(l, now, now.Add(Settle))
		case l[i].Term.Signs.After(now.Add(Settle)):
			return l.remove(i, now), nil // before anybody signs with it, all have seen that it is gone
		}
		return nil, fmt.Errorf("%w: %s", ErrSettling, id)
	})
}

// Revoke takes a key out at once, together with every token that it has
// signed: for a key that somebody else may have. The announced key, or else a
// new one, signs from now on. Another process may sign with the old one for a
// second more; those tokens are refused, too.
func (r *Ring) Revoke(ctx context.Context, id string) (Record, error) {
	return r.succeed(ctx, func(l line, now time.Time) (line, error) {
		i := l.find(id)
		if i < 0 {
			return nil, fmt.Errorf("%w: %s", ErrNoKey, id)
		}
		if i != l.signer(now) {
			return l.remove(i, now), nil
		}
		if i == len(l)-1 {
			var err error
			if l, err = r.announce(l, now, now); err != nil {
				return nil, err
			}
		}
		l.advance(now)
		return l.remove(i, now), nil
	})
}

// succeed changes the line and returns the key that is the last of it then.
func (r *Ring) succeed(ctx context.Context, change func(line, time.Time) (line, error)) (last Record, err error) {
	err = r.update(ctx, func(l line, now time.Time) (line, error) {
		if len(l) == 0 {
			return nil, fmt.Errorf("%w: there is none at all", ErrNoKey)
		}
		l, err := change(l, now)
		if err == nil {
			last = l[len(l)-1]
		}
		return l, err
	})
	if err != nil {
		return Record{}, err
	}
	r.log(ctx, last)
	last.Data = nil
	return last, nil
}

// announce adds a new key that signs from a moment on.
func (r *Ring) announce(l line, now, signs time.Time) (line, error) {
	next, err := r.newRecord(Term{Announced: now, Signs: signs, TokenTTL: l[len(l)-1].Term.TokenTTL})
	if err != nil {
		return nil, err
	}
	return l.add(next), nil
}

// hasten lets the announced key, or else a new one, sign from a moment on.
func (r *Ring) hasten(l line, now, signs time.Time) (line, error) {
	if l[len(l)-1].Term.Signs.After(now) {
		l.advance(signs)
		return l, nil
	}
	return r.announce(l, now, signs)
}

// due is what the schedule wants done: to announce the next key, and to drop
// those that are gone. Next is when it wants something the next time.
func (r *Ring) due(l line, now time.Time) (announce, prune bool, next time.Time) {
	if len(l) == 0 {
		return false, false, now.Add(longestWait)
	}
	next = now.Add(longestWait)
	earlier := func(at time.Time) {
		if at.After(now) && at.Before(next) {
			next = at
		}
	}
	for _, rec := range l {
		prune = prune || rec.Term.At(now) == Gone
		if leaves := rec.Term.Leaves(); !leaves.IsZero() {
			earlier(leaves)
		}
	}
	if r.config.Period > 0 {
		at := l[len(l)-1].Term.Signs.Add(r.config.Period - r.config.Announce)
		announce = !at.After(now)
		earlier(at)
	}
	return announce, prune, next
}

// The schedule looks at the clock once a minute at the least: a timer does not
// run while the machine sleeps.
const (
	longestWait = time.Minute
	afterError  = 5 * time.Second
)

// Maintain does what the schedule wants done now, and returns when to call it
// again. Of processes that do the same at the same time, one does it.
func (r *Ring) Maintain(ctx context.Context) (next time.Time, err error) {
	s, err := r.load(ctx)
	if err != nil {
		return time.Time{}, err
	}
	announce, prune, next := r.due(s.line, r.now())
	if !announce && !prune {
		return next, nil
	}
	var announced []Record
	err = r.update(ctx, func(l line, now time.Time) (line, error) {
		announced = nil
		again := false
		if again, _, next = r.due(l, now); !again {
			return l, nil // another process was faster
		}
		last := l[len(l)-1].Term
		signs := last.Signs.Add(r.config.Period)
		if soonest := now.Add(r.config.Announce); signs.Before(soonest) {
			signs = soonest // nobody has been running for a while
		}
		l, err := r.announce(l, now, signs)
		if err == nil {
			announced = l[len(l)-1:]
			_, _, next = r.due(l, now)
		}
		return l, err
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
		}
	}
}
