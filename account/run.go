package account

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/internal/horizon"
)

const (
	runEvery   = time.Minute
	lastFlush  = 5 * time.Second       // for what is to be written down at the end
	sweepPiece = 200                   // sessions that are removed in one transaction
	sweepPause = 10 * time.Millisecond // between two, for those who wait to write
)

// Run does what no request should have to wait for, until ctx ends: it writes down when
// sessions and API keys were last used, and removes what is left of those that have ended, in
// small pieces: of those that are over by their own date when they have been so for a
// day, as seen by a clock that has not gone back for an hour. Until then they are
// refused, and one that is over only because a clock has jumped goes on after that. Several processes on one store may run it at once. A failure is
// tried again a minute later.
//
// What was used until ctx ends is written down before Run returns; its error says
// that this last writing failed. Without Run everything holds as well, but for the
// last uses, and for IdleTTL, which needs them.
func (s *Service) Run(ctx context.Context) error {
	var past horizon.Horizon
	tick := time.NewTicker(runEvery)
	defer tick.Stop()
	for {
		_ = s.sweep(ctx, past.Past(s.config.Now()))
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			return errors.Join(s.flush(ctx), s.FlushAPIKeyUses(ctx))
		case <-tick.C:
			past.Advance(runEvery, s.config.Now())
		case <-s.uses.Full():
		case <-s.keyUses.Full():
		}
		_ = errors.Join(s.flush(ctx), s.FlushAPIKeyUses(ctx))
	}
}

// flush writes down the last uses in one transaction.
func (s *Service) flush(ctx context.Context) error {
	return s.uses.Flush(func(uses map[string]time.Time) error {
		return s.config.Store.Update(ctx, func(w Writer) error {
			for id, at := range uses {
				if err := w.TouchSession(id, at); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sweep removes what is left of sessions that have ended, or were over at a time that
// is past, a piece at a time.
func (s *Service) sweep(ctx context.Context, past time.Time) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		more, err := update(ctx, s, func(w Writer) (bool, error) {
			if err := w.RemoveCutMarks(past); err != nil {
				return false, err
			}
			return w.SweepSessions(past, s.config.MaxSessions, sweepPiece)
		})
		if err = errors.Join(err, ctx.Err()); err != nil || !more {
			return err
		}
		pause.Reset(sweepPause)
	}
}
