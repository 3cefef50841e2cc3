// Package newest remembers something for keys that strangers choose: for as many as
// there is room for, the newest ones.
package newest

import "sync"

// Map are values by keys. They are in two halves, of which the older one is thrown
// away whenever the newer one is full: the newest half is always there, and nothing
// costs more than a look into two maps. Make it with [New]; it is safe for concurrent
// use.
type Map[V any] struct {
	half int

	mu            sync.Mutex
	newer, before map[[32]byte]V
}

// New makes one with room for at most so many, two at the least.
func New[V any](most int) *Map[V] {
	return &Map[V]{half: max(1, most/2), newer: map[[32]byte]V{}}
}

// Put remembers a value for a key, in place of the one before.
func (m *Map[V]) Put(key [32]byte, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.newer[key]; !ok && len(m.newer) >= m.half {
		m.before, m.newer = m.newer, map[[32]byte]V{}
	}
	delete(m.before, key)
	m.newer[key] = value
}

// Get returns what is remembered for a key, and whether anything is.
func (m *Map[V]) Get(key [32]byte) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(key)
}

func (m *Map[V]) get(key [32]byte) (V, bool) {
	if value, ok := m.newer[key]; ok {
		return value, true
	}
	value, ok := m.before[key]
	return value, ok
}

// Take is Get, and forgets it: of several who ask at once one is told.
func (m *Map[V]) Take(key [32]byte) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.get(key)
	delete(m.newer, key)
	delete(m.before, key)
	return value, ok
}

// Len is how many are remembered.
func (m *Map[V]) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.newer) + len(m.before)
}
