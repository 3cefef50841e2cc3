package account

import (
	"context"
	"errors"
	"math"
	"time"
)

const (
	runEvery   = time.Minute
	lastFlush  = 5 * time.Second       // for what is to be written down at the end
	sweepPiece = 200                   // sessions that are removed in one transaction
	sweepPause = 10 * time.Millisecond // between two, for those who wait to write
)

// Run does what no request should have to wait for, until ctx ends: it writes down when
// sessions and API keys were last used and what is recorded late, and removes what is left of those that have ended, in
// small pieces. Several processes on one store may run it at once. A failure is
// tried again a minute later.
//
// What was used until ctx ends is written down before Run returns; its error says
// that this last writing failed. Without Run everything holds as well, but for the
// last uses, and for IdleTTL, which needs them.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(runEvery)
	defer tick.Stop()
	soon := time.NewTicker(flushEvery)
	defer soon.Stop()
	for sweep := true; ; {
		if sweep {
			_ = s.sweep(ctx)
		}
		sweep = true
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			return errors.Join(s.flush(ctx), s.FlushAPIKeyUses(ctx), s.flushAudit(ctx, math.MaxInt64))
		case <-tick.C:
		case <-soon.C:
			_ = s.FlushAudit(ctx)
			sweep = false
			continue
		case <-s.uses.Full():
		case <-s.keyUses.Full():
		}
		_ = errors.Join(s.flush(ctx), s.FlushAPIKeyUses(ctx))
	}
}

// flush writes down the last uses in one transaction.
func (s *Service) flush(ctx context.Context) error {
	return s.uses.Flush(func(uses map[string]time.Time) error {
		return s.upkeep(ctx, func(w Writer) error {
			for id, at := range uses {
				if err := w.TouchSession(id, at); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// sweep removes what is left of sessions, a piece at a time.
func (s *Service) sweep(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		more := false
		err := s.upkeep(ctx, func(w Writer) (err error) {
			more, err = w.SweepSessions(s.config.Now(), s.config.MaxSessions, sweepPiece)
			return err
		})
		if err = errors.Join(err, ctx.Err()); err != nil || !more {
			return err
		}
		pause.Reset(sweepPause)
	}
}
