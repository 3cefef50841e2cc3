package holdfasttest

import (
	"sync"

	"github.com/holdfast-go/holdfast"
)

// watchers are the probes that want to know what one application decides. They
// come and go in any order, where tests are parallel, but an application has
// room for one function: so they share it.
type watchers struct {
	mu     sync.RWMutex
	probes map[*probe]bool
	before func(holdfast.Decision) string // what the application told until now
}

var (
	watchMu sync.Mutex // while a probe comes or goes
	watched = map[*holdfast.App]*watchers{}
)

// watch has the application tell a probe's sights what it decides, until stop is
// called.
func watch(app *holdfast.App, p *probe) (stop func()) {
	watchMu.Lock()
	defer watchMu.Unlock()
	w := watched[app]
	if w == nil {
		w = &watchers{probes: map[*probe]bool{}}
		watched[app] = w
		w.mu.Lock() // a request may be decided before it is known what was told until now
		w.before = app.OnDecision(w.decide)
		w.mu.Unlock()
	}
	w.set(p, true)
	return func() {
		watchMu.Lock()
		defer watchMu.Unlock()
		if w.set(p, false) == 0 {
			app.OnDecision(w.before)
			delete(watched, app)
		}
	}
}

// set adds a probe, or removes it, and returns how many there are.
func (w *watchers) set(p *probe, watching bool) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.probes, p); watching {
		w.probes[p] = true
	}
	return len(w.probes)
}

// decide tells the sight of the request, and what was told before.
func (w *watchers) decide(d holdfast.Decision) string {
	w.mu.RLock()
	for p := range w.probes {
		if s, ok := d.Request().Context().Value(sightKey{p}).(*sight); ok {
			s.decide(d)
		}
	}
	before := w.before
	w.mu.RUnlock()
	if before == nil {
		return ""
	}
	return before(d)
}
