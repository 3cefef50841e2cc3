package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/refusals"
)

// refusalLog keeps refused requests in a store. A request never waits for it:
// what does not fit into the queue is dropped and counted.
type refusalLog struct {
	store   RefusalStore
	release func() error // closes the store if it is not the program's
	log     *slog.Logger
	now     func() time.Time
	queue   chan noted
	closed  chan struct{}
	dropped atomic.Int64
	writing sync.WaitGroup
}

const (
	refusalQueue = 256                    // waiting to be written
	refusalDelay = 100 * time.Millisecond // how long the first of a batch waits for others
)

// openRefusals opens the log: on the configuration's store, on the main store's
// own file, or in memory. Close it.
func openRefusals(ctx context.Context, c *Config) (*refusalLog, error) {
	r := &refusalLog{store: c.Refusals, release: func() error { return nil }, log: c.Logger, now: c.Now, queue: make(chan noted, refusalQueue), closed: make(chan struct{})}
	if own, ok := c.Store.(refusalOpener); ok && r.store == nil {
		store, err := own.OpenRefusals(ctx)
		if err != nil {
			return nil, fmt.Errorf("identity: refusals: %w", err)
		}
		r.store, r.release = store, store.Close
	}
	if r.store == nil {
		r.store = new(refusals.Ring)
	}
	r.writing.Go(r.write) // until Close
	return r, nil
}

// keep is the application's Config.OnDecision: it keeps a refusal under the
// request's id, which the caller may know.
func (r *refusalLog) keep(d holdfast.Decision) (reference string) {
	id := d.Header().Get("X-Request-Id")
	if d.Allowed() || id == "" || d.Status() >= 500 || d.Status() == 422 {
		return ""
	}
	if len(r.queue) == cap(r.queue) { // before it costs anything
		r.dropped.Add(1)
		return id
	}
	select {
	case r.queue <- note(id, r.now(), d):
	default:
		r.dropped.Add(1)
	}
	return id
}

// write writes what is in the queue, in batches, until Close.
func (r *refusalLog) write() {
	for {
		select {
		case first := <-r.queue:
			r.put(r.gather(first))
			continue
		default: // what is waiting goes before the end
		}
		select {
		case first := <-r.queue:
			r.put(r.gather(first))
		case <-r.closed:
			return
		}
	}
}

func (r *refusalLog) put(batch []RefusalRecord) {
	ctx := context.Background()
	if err := r.store.Put(ctx, batch); err != nil {
		r.log.LogAttrs(ctx, slog.LevelWarn, "refusals are lost", slog.String("error", err.Error()))
	}
	if n := r.dropped.Swap(0); n > 0 {
		r.log.LogAttrs(ctx, slog.LevelWarn, "refusals came too fast to be kept", slog.Int64("dropped", n))
	}
}

// gather collects a batch. The next one waits until its time is over, so that
// a flood is written a few times a second and no more.
func (r *refusalLog) gather(first noted) []RefusalRecord {
	batch := r.add(nil, first)
	queue := r.queue
	for late := time.After(refusalDelay); ; {
		select {
		case <-late:
			return batch
		case <-r.closed:
			return batch
		case one := <-queue:
			if batch = r.add(batch, one); len(batch) == refusalQueue {
				queue = nil // what comes now fills the queue, and then costs nothing
			}
		}
	}
}

func (r *refusalLog) add(batch []RefusalRecord, one noted) []RefusalRecord {
	data, err := json.Marshal(one.describe())
	if err != nil {
		return batch // of strings and numbers nothing can fail
	}
	return append(batch, RefusalRecord{ID: one.id, At: one.at, Data: data})
}

// Close writes what is waiting. What is refused later is not kept.
func (r *refusalLog) Close() error {
	close(r.closed)
	r.writing.Wait()
	return r.release()
}

// FindRefusal returns the refusal of a request's id, or ErrNoRefusal. It looks
// again for a while, because a refusal is written some time after the answer.
func FindRefusal(ctx context.Context, store RefusalStore, id string) (Refusal, error) {
	for tries := 0; ; tries++ {
		stored, err := store.Refusal(ctx, id)
		if err == nil {
			return readRefusal(stored)
		}
		if !errors.Is(err, ErrNoRefusal) || tries == 5 {
			return Refusal{}, err
		}
		select {
		case <-ctx.Done():
			return Refusal{}, ctx.Err()
		case <-time.After(refusalDelay):
		}
	}
}

// LastRefusals returns the last refusals, the newest first.
func LastRefusals(ctx context.Context, store RefusalStore, limit int) ([]Refusal, error) {
	stored, err := store.Last(ctx, limit)
	if err != nil {
		return nil, err
	}
	all := []Refusal{}
	for _, one := range stored {
		r, err := readRefusal(one)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func readRefusal(stored RefusalRecord) (Refusal, error) {
	var r Refusal
	if err := json.Unmarshal(stored.Data, &r); err != nil {
		return r, fmt.Errorf("refusal %s: %w", stored.ID, err)
	}
	return r, nil
}

// RefusalQuery chooses refusals.
type RefusalQuery struct {
	By     string // the caller's name, or what a client is called; of everybody if empty
	Caller string // a part of that, whatever its letters' case; likewise
	Route  string // a part of the route or of the path that was called, whatever its letters' case; any if empty
	Since  time.Time
	Limit  int // how many at most
}

// SearchRefusals returns the last refusals that a query chooses of those that are
// kept, the newest first.
func SearchRefusals(ctx context.Context, store RefusalStore, q RefusalQuery) ([]Refusal, error) {
	stored, err := store.Last(ctx, refusals.Kept)
	if err != nil {
		return nil, err
	}
	out := []Refusal{}
	for _, one := range stored {
		if len(out) == q.Limit || one.At.Before(q.Since) {
			break
		}
		if !mayHold(one.Data, q.By) || !mayHold(one.Data, q.Caller) || !mayHold(one.Data, q.Route) {
			continue
		}
		r, err := readRefusal(one)
		if err != nil {
			return nil, err
		}
		if (q.By == "" || q.By == r.Caller) && holds(r.Caller, q.Caller) && holds(r.Route+" "+r.Path, q.Route) {
			out = append(out, r)
		}
	}
	return out, nil
}

func holds(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// mayHold reports whether a text can be in one of a record's fields, without reading
// the record: to read it takes twenty times as long. Texts that JSON may write in
// another way, it says, can be.
func mayHold(data []byte, part string) bool {
	if part == "" || strings.ContainsFunc(part, func(c rune) bool {
		return c != '/' && c != '.' && c != '-' && c != '_' && c != ':' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	}) {
		return true
	}
	return bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(part)))
}
