package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// refusalLog keeps refused requests in a file beside the database. A request
// never waits for it: what does not fit into the queue is dropped and counted.
type refusalLog struct {
	file    *sqlite.Refusals
	log     *slog.Logger
	Now     func() time.Time
	queue   chan noted
	dropped atomic.Int64
	writing sync.WaitGroup
}

const (
	refusalQueue = 256                    // waiting to be written
	refusalDelay = 100 * time.Millisecond // how long the first of a batch waits for others
)

func openRefusalLog(ctx context.Context, db string, log *slog.Logger) (*refusalLog, error) {
	file, err := sqlite.OpenRefusals(ctx, db)
	if err != nil {
		return nil, err
	}
	r := &refusalLog{file: file, log: log, queue: make(chan noted, refusalQueue)}
	r.Now = time.Now
	r.writing.Go(r.write) // until close
	return r, nil
}

// keep is the application's Config.OnDecision: it keeps a refusal under the
// request's id, which the caller may know.
func (r *refusalLog) keep(d holdfast.Decision) (reference string) {
	id := d.Header().Get("X-Request-Id")
	if d.Allowed() || r == nil || id == "" || d.Status() >= 500 || d.Status() == 422 {
		return ""
	}
	if len(r.queue) == cap(r.queue) { // before it costs anything
		r.dropped.Add(1)
		return id
	}
	select {
	case r.queue <- note(id, r.Now(), d):
	default:
		r.dropped.Add(1)
	}
	return id
}

// write writes what is in the queue, in batches, until close.
func (r *refusalLog) write() {
	for first := range r.queue {
		batch := r.gather(first)
		if err := r.file.Put(context.Background(), batch); err != nil {
			r.log.LogAttrs(context.Background(), slog.LevelWarn, "refusals are lost", slog.String("error", err.Error()))
		}
		if n := r.dropped.Swap(0); n > 0 {
			r.log.LogAttrs(context.Background(), slog.LevelWarn, "refusals came too fast to be kept", slog.Int64("dropped", n))
		}
	}
}

// gather collects a batch. The next one waits until its time is over, so that
// a flood is written a few times a second and no more.
func (r *refusalLog) gather(first noted) []sqlite.Refusal {
	batch := r.add(nil, first)
	queue := r.queue
	for late := time.After(refusalDelay); ; {
		select {
		case <-late:
			return batch
		case one, ok := <-queue:
			if !ok {
				return batch
			}
			if batch = r.add(batch, one); len(batch) == refusalQueue {
				queue = nil // what comes now fills the queue, and then costs nothing
			}
		}
	}
}

func (r *refusalLog) add(batch []sqlite.Refusal, one noted) []sqlite.Refusal {
	data, err := json.Marshal(one.describe())
	if err != nil {
		return batch // of strings and numbers nothing can fail
	}
	return append(batch, sqlite.Refusal{ID: one.id, At: one.at, Data: data})
}

// close writes what is waiting. Nobody may be served any more.
func (r *refusalLog) close() error {
	if r == nil {
		return nil
	}
	close(r.queue)
	r.writing.Wait()
	return r.file.Close()
}

// findRefusal returns the refusal of an id.
func findRefusal(ctx context.Context, file *sqlite.Refusals, id string) (refusal, error) {
	stored, err := file.Refusal(ctx, id)
	if err != nil {
		return refusal{}, err
	}
	return readRefusal(stored)
}

func readRefusal(stored sqlite.Refusal) (refusal, error) {
	var r refusal
	if err := json.Unmarshal(stored.Data, &r); err != nil {
		return r, fmt.Errorf("refusal %s: %w", stored.ID, err)
	}
	return r, nil
}
