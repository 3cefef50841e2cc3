package issuer

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
)

// tokenHash stands for a token, so that the memory has no tokens in it.
type tokenHash = [sha256.Size]byte

// memory keeps what an issuer said of tokens for at most maxAge from when it
// was asked. Good and bad ones have rooms of their own. At most one question
// about a token is under way at a time.
type memory struct {
	maxAge    time.Duration // none if not positive
	good, bad *otter.Cache[tokenHash, remembered]

	mu    sync.Mutex
	asked map[tokenHash]*question
}

// remembered is a verdict and when it ends.
type remembered struct {
	verdict
	until time.Time
}

// question is one that is under way.
type question struct {
	at      time.Time
	done    chan struct{}
	verdict verdict // when done is closed
	err     error
}

// weight is how many bytes of an answer count as one remembered token; a longer
// one counts as several.
const weight = 4 << 10

func newMemory(size int, maxAge time.Duration) (*memory, error) {
	m := &memory{maxAge: maxAge, asked: map[tokenHash]*question{}}
	var err error
	m.good, err = otter.New(&otter.Options[tokenHash, remembered]{
		MaximumWeight: uint64(size), //nolint:gosec // it was checked
		Weigher: func(_ tokenHash, r remembered) uint32 {
			return uint32(1 + len(r.claims.text)/weight) //nolint:gosec // at most maxAnswer
		},
	})
	if err != nil {
		return nil, err
	}
	m.bad, err = otter.New(&otter.Options[tokenHash, remembered]{MaximumSize: max(size/10, 1)})
	return m, err
}

// get returns what is remembered, waits for the answer to a question of
// somebody else's, or asks.
func (m *memory) get(ctx context.Context, token tokenHash, clock func() time.Time, ask func() (verdict, error)) (verdict, error) {
	now := clock()
	if v, ok := m.find(token, now); ok {
		return v, nil
	}
	q, mine := m.question(token, now)
	if mine {
		go m.answer(token, q, ask) // it ends when ask does, which has a deadline of its own
	}
	select {
	case <-q.done:
		return q.verdict, q.err
	case <-ctx.Done():
		return verdict{}, ctx.Err()
	}
}

func (m *memory) find(token tokenHash, now time.Time) (verdict, bool) {
	for _, room := range []*otter.Cache[tokenHash, remembered]{m.good, m.bad} {
		if r, ok := room.GetIfPresent(token); ok && now.Before(r.until) {
			return r.verdict, true
		}
	}
	return verdict{}, false
}

// question joins a question that is under way if its answer would still count,
// and begins one otherwise.
func (m *memory) question(token tokenHash, now time.Time) (q *question, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if q := m.asked[token]; q != nil && now.Before(q.at.Add(m.maxAge)) {
		return q, false
	}
	q = &question{at: now, done: make(chan struct{})}
	m.asked[token] = q
	return q, true
}

// answer asks, remembers, and tells those who wait.
func (m *memory) answer(token tokenHash, q *question, ask func() (verdict, error)) {
	q.verdict, q.err = ask()
	if q.err == nil && m.maxAge > 0 {
		m.remember(token, q)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked[token] == q {
		delete(m.asked, token)
	}
	close(q.done)
}

func (m *memory) remember(token tokenHash, q *question) {
	room, until := m.good, q.at.Add(m.maxAge)
	if q.verdict.refusal != nil {
		room = m.bad
	} else if exp := q.verdict.claims.Expiry; !exp.IsZero() && exp.Before(until) {
		until = exp
	}
	room.Set(token, remembered{q.verdict, until})
}
