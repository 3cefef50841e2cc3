// Package refusals is how refused requests are kept: what a store for them
// does, and one in memory.
package refusals

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Kept is how many refusals are kept.
const Kept = 5000

// ErrNone says that a refusal is not known, or not any more.
var ErrNone = errors.New("no such refusal, or it is too old")

// Record is one refused request, in whatever form the server describes it.
type Record struct {
	ID   string
	At   time.Time
	Data []byte
}

// Store keeps the last refusals. It is safe for concurrent use.
type Store interface {
	Put(ctx context.Context, list []Record) error
	Refusal(ctx context.Context, id string) (Record, error)         // or ErrNone
	Last(ctx context.Context, limit int) (list []Record, err error) // the newest first
	Close() error
}

// Ring keeps the last refusals in memory. The zero Ring is empty.
type Ring struct {
	mu   sync.Mutex
	list []Record // in the order of arrival, from next on
	next int      // where the next one goes once there are Kept
}

var _ Store = (*Ring)(nil)

// Put adds refusals, in place of the oldest if there are too many.
func (r *Ring) Put(_ context.Context, list []Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range list {
		if len(r.list) < Kept {
			r.list = append(r.list, one)
			continue
		}
		r.list[r.next] = one
		r.next = (r.next + 1) % Kept
	}
	return nil
}

// Refusal returns the refusal of an id, or ErrNone.
func (r *Ring) Refusal(_ context.Context, id string) (Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.list, func(one Record) bool { return one.ID == id })
	if i < 0 {
		return Record{}, ErrNone
	}
	return r.list[i], nil
}

// Last returns the last refusals, the newest first.
func (r *Ring) Last(_ context.Context, limit int) ([]Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Concat(r.list[r.next:], r.list[:r.next])
	slices.Reverse(all)
	return all[:max(0, min(limit, len(all)))], nil
}

// Close does nothing: what is in memory is gone with it.
func (*Ring) Close() error { return nil }
