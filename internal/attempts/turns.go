package attempts

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
)

// turns lets few callers use a bucket at once and has the others wait: half of what
// it holds, for two processes. The zero value is ready.
type turns struct {
	mu   sync.Mutex
	keys map[[32]byte]*turn // of those who are in or wait
}

type turn struct {
	*bulkhead.Bulkhead

	callers int
}

// wait returns when it is the caller's turn at all buckets, with the function that
// ends it. Buckets come in the same order for all, so that no two wait for each
// other. Errors: as of a bulkhead.
func (t *turns) wait(ctx context.Context, buckets []Bucket) (leave func(), err error) {
	var got []Bucket
	leave = func() {
		for _, b := range got {
			t.leave(b.Key, true)
		}
	}
	for _, b := range buckets {
		if err := t.enter(b).Acquire(ctx); err != nil {
			t.leave(b.Key, false)
			leave()
			return nil, err
		}
		got = append(got, b)
	}
	return leave, nil
}

func (t *turns) enter(b Bucket) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.keys[b.Key]
	if one == nil {
		if t.keys == nil {
			t.keys = map[[32]byte]*turn{}
		}
		one = &turn{Bulkhead: bulkhead.New(bulkhead.Config{Slots: max(1, b.Burst/2), Queue: turnQueue, MaxWait: turnWait})}
		t.keys[b.Key] = one
	}
	one.callers++
	return one
}

// leave ends a turn, or the wait for one.
func (t *turns) leave(key [32]byte, had bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.keys[key]
	if had {
		one.Release()
	}
	if one.callers--; one.callers == 0 {
		delete(t.keys, key)
	}
}
