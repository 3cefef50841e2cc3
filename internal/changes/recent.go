package changes

import "sync"

// recent remembers when what has changed last, as far as it was lately: in
// versions, which count the changes that were applied. What it has forgotten
// counts as changed. The zero recent is ready.
type recent struct {
	mu     sync.RWMutex
	last   map[topic]uint64 // the version that each topic changed in
	kinds  map[Kind]uint64  // the same for any key of a kind
	order  [maxRecent]applied
	newest uint64 // the version that is current
	floor  uint64 // changes up to this version were forgotten
}

// maxRecent bounds what is remembered, in changes.
const maxRecent = 4096

type topic struct {
	kind Kind
	key  string
}

type applied struct {
	topic   topic
	version uint64
}

// version is the current one.
func (r *recent) version() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.newest
}

// add applies a change.
func (r *recent) add(c Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !c.Kind.known() {
		r.forgetAll() // a newer program wrote it
		return
	}
	if r.last == nil {
		r.last, r.kinds = map[topic]uint64{}, map[Kind]uint64{}
	}
	r.newest++
	place := &r.order[r.newest%maxRecent]
	if place.version > r.floor {
		r.floor = place.version
	}
	if place.version != 0 && r.last[place.topic] == place.version {
		delete(r.last, place.topic)
	}
	*place = applied{topic{c.Kind, c.Key}, r.newest}
	r.last[place.topic], r.kinds[c.Kind] = r.newest, r.newest
}

// clear makes everything count as changed.
func (r *recent) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetAll()
}

func (r *recent) forgetAll() {
	r.newest++
	r.floor = r.newest
	r.order = [maxRecent]applied{}
	clear(r.last)
	clear(r.kinds)
}

// touched reports whether one has changed since a version.
func (r *recent) touched(since uint64, kind Kind, key string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return since < r.floor || r.last[topic{kind, key}] > since
}

// touchedAny reports whether any of a kind has changed since a version.
func (r *recent) touchedAny(since uint64, kind Kind) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return since < r.floor || r.kinds[kind] > since
}
