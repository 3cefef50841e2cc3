package metrics

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/holdfast-go/holdfast/work"
)

// WatchConfig says when Watch speaks.
type WatchConfig struct {
	Logger *slog.Logger  // slog.Default() if nil
	Delay  time.Duration // a scheduling delay worth a line; 100 ms if zero
	Wait   time.Duration // a lane's waiting worth a line; a second if zero
}

const (
	tick  = 100 * time.Millisecond
	quiet = 10 * time.Second // between two lines about the same, and the gauge's memory
)

// Watch looks ten times a second whether the program stands still, until ctx
// ends. It is a goroutine that is due at a time, as every request is: how late
// it runs is how late they do. That is the gauge of the scheduling delay, and
// a line of the log when it is worth one, with the routes that are busiest;
// and so is a lane whose callers wait long.
func (m *Metrics) Watch(ctx context.Context, config WatchConfig) {
	w := &watcher{
		m: m, log: config.Logger, spoke: map[string]time.Time{},
		delay: cmp.Or(config.Delay, tick), wait: cmp.Or(config.Wait, time.Second),
	}
	if w.log == nil {
		w.log = slog.Default()
	}
	timer := time.NewTimer(tick)
	defer timer.Stop()
	for due := time.Now().Add(tick); ; { //nolint:forbidigo // what is measured is the clock
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now() //nolint:forbidigo // as above
		w.look(ctx, now, now.Sub(due))
		due = now.Add(tick)
		timer.Reset(tick)
	}
}

type watcher struct {
	m           *Metrics
	log         *slog.Logger
	delay, wait time.Duration

	spoke         map[string]time.Time
	worst, before time.Duration // of this half of the gauge's memory, and of the last
	half          time.Time
}

func (w *watcher) look(ctx context.Context, now time.Time, late time.Duration) {
	if now.Sub(w.half) > quiet/2 {
		w.before, w.worst, w.half = w.worst, 0, now
	}
	w.worst = max(w.worst, late)
	w.m.delay.Set(max(w.worst, w.before).Seconds())
	if late >= w.delay {
		w.say(ctx, now, "", "requests are delayed: the processors are busy", slog.Duration("delay", late))
	}
	for _, lane := range w.m.lanes.list() {
		if s := lane.Stats(); s.Oldest >= w.wait {
			w.say(ctx, now, s.Name, "a lane's callers wait", laneAttrs(s)...)
		}
	}
}

func laneAttrs(s work.Stats) []slog.Attr {
	return []slog.Attr{
		slog.String("lane", s.Name), slog.Duration("waited", s.Oldest), slog.Int("queued", s.Queued),
		slog.Int("running", s.Running), slog.Uint64("refused", s.Refused),
	}
}

// say logs, but not the same thing again and again.
func (w *watcher) say(ctx context.Context, now time.Time, about, text string, attrs ...slog.Attr) {
	if last, ok := w.spoke[about]; ok && now.Sub(last) < quiet {
		return
	}
	w.spoke[about] = now
	w.log.LogAttrs(ctx, slog.LevelWarn, text, append(attrs, slog.String("routes", w.m.busiest()))...) //nolint:sloglint // text is one of two above
}
