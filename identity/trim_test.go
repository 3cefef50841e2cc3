package identity

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A clock that is ahead, at the start or for a while, removes nothing of the trail; what
// was kept for long enough goes.
func TestAClockThatIsAheadRemovesNoRecords(t *testing.T) {
	t.Parallel()
	const keep = 10 * 24 * time.Hour
	for name, test := range map[string]struct {
		runs  time.Duration
		ahead func(sinceStart time.Duration) bool
		gone  bool
	}{
		"a clock that is right":                {5 * time.Hour, func(time.Duration) bool { return false }, false},
		"a clock that is ahead at the start":   {5 * time.Hour, func(d time.Duration) bool { return d < 50*time.Minute }, false},
		"a clock that is ahead for a while":    {5 * time.Hour, func(d time.Duration) bool { return d > 150*time.Minute && d < 200*time.Minute }, false},
		"what was kept for as long as it said": {keep + 48*time.Hour, func(time.Duration) bool { return false }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				now := func() time.Time {
					now := time.Now()
					if test.ahead(now.Sub(start)) {
						return now.AddDate(30, 0, 0)
					}
					return now
				}
				store := memory.New()
				e := account.AuditEvent{At: start, Kind: account.AuditUserChanged, Result: account.AuditOK}
				if err := store.Update(t.Context(), func(w account.Writer) error { return w.AppendAudit(e) }); err != nil {
					t.Fatal(err)
				}
				trail := &auditTrail{AuditTrail: account.NewAuditTrail(store, account.AuditKey{1}, now), keep: keep, log: slog.New(slog.DiscardHandler), now: now}
				ctx, cancel := context.WithTimeout(t.Context(), test.runs)
				defer cancel()
				trail.run(ctx)
				report, err := trail.Verify(t.Context(), "")
				if err != nil || report.Fault != "" || (report.From > 1) != test.gone {
					t.Errorf("afterwards %+v, %v", report, err)
				}
			})
		})
	}
}
