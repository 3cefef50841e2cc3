package work_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/work"
)

// call is one caller of Do, and what the model knows of it.
type call struct {
	id     int
	cancel context.CancelFunc
	finish chan string // how its function ends
	ended  chan error  // closed without a value by a panic or Goexit
}

// machine plays with a lane, and keeps beside it a list of who must be running
// and who must be waiting, in order.
type machine struct {
	ctx     context.Context
	lane    *work.Lane
	workers int
	queue   int
	next    int
	running []*call
	waiting []*call
	began   chan int
	done    uint64
	refused uint64
}

func (m *machine) start(t *rapid.T) {
	c := &call{id: m.next, finish: make(chan string), ended: make(chan error, 1)}
	m.next++
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(m.ctx)
	go func() {
		defer close(c.ended)
		defer func() { _ = recover() }()
		c.ended <- m.lane.Do(ctx, func() error {
			m.began <- c.id
			switch <-c.finish {
			case "panic":
				panic("as told")
			case "exit":
				runtime.Goexit()
			}
			return nil
		})
	}()
	synctest.Wait()
	switch {
	case len(m.running) < m.workers:
		m.begins(t, c)
	case len(m.waiting) < m.queue:
		m.waiting = append(m.waiting, c)
	default:
		m.refused++
		m.ends(t, c, work.ErrBusy)
	}
}

// begins checks that the function of c began, and no other.
func (m *machine) begins(t *rapid.T, c *call) {
	m.running = append(m.running, c)
	select {
	case id := <-m.began:
		if id != c.id {
			t.Fatalf("caller %d began, want %d", id, c.id)
		}
	default:
		t.Fatalf("nobody began, want caller %d", c.id)
	}
}

func (m *machine) ends(t *rapid.T, c *call, want error) {
	c.cancel()
	select {
	case err := <-c.ended:
		if !errors.Is(err, want) {
			t.Fatalf("Do of caller %d = %v, want %v", c.id, err, want)
		}
	default:
		t.Fatalf("Do of caller %d has not ended, want %v", c.id, want)
	}
}

func (m *machine) finishOne(t *rapid.T, how string) {
	if len(m.running) == 0 {
		t.Skip("nobody runs")
	}
	i := rapid.IntRange(0, len(m.running)-1).Draw(t, "which")
	c := m.running[i]
	m.running = slices.Delete(m.running, i, i+1)
	c.finish <- how
	synctest.Wait()
	m.done++
	m.ends(t, c, nil)
	if len(m.waiting) > 0 {
		first := m.waiting[0]
		m.waiting = m.waiting[1:]
		m.begins(t, first)
	}
}

// leave cancels a caller who waits: it goes. Or one who runs: it stays.
func (m *machine) leave(t *rapid.T) {
	all := slices.Concat(m.running, m.waiting)
	if len(all) == 0 {
		t.Skip("nobody is there")
	}
	c := rapid.SampledFrom(all).Draw(t, "who")
	c.cancel()
	synctest.Wait()
	if i := slices.Index(m.waiting, c); i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
		m.ends(t, c, context.Canceled)
	}
}

// tire lets time pass until everybody who waits has waited too long.
func (m *machine) tire(t *rapid.T) {
	time.Sleep(time.Second) //nolint:forbidigo // inside testing/synctest
	synctest.Wait()
	for _, c := range m.waiting {
		m.refused++
		m.ends(t, c, work.ErrBusy)
	}
	m.waiting = nil
}

// check compares the lane with the model: no slot lost, none given twice.
func (m *machine) check(t *rapid.T) {
	got := m.lane.Stats()
	if got.Running != len(m.running) || got.Queued != len(m.waiting) || got.Done != m.done || got.Refused != m.refused {
		t.Fatalf("Stats() = %+v, want %d running, %d queued, %d done, %d refused", got, len(m.running), len(m.waiting), m.done, m.refused)
	}
	if len(m.began) > 0 {
		t.Fatalf("caller %d began, and should not have", <-m.began)
	}
}

// close lets everybody finish while the lane closes.
func (m *machine) close(t *rapid.T) {
	go m.lane.Close()
	synctest.Wait()
	if err := m.lane.Do(m.ctx, func() error { return nil }); !errors.Is(err, work.ErrClosed) {
		t.Fatalf("Do while the lane closes = %v, want ErrClosed", err)
	}
	for len(m.running) > 0 {
		m.finishOne(t, "return")
	}
	m.lane.Close()
	m.check(t)
}

// No sequence of callers who come, leave, finish, panic and wait too long
// loses a slot or gives one twice.
func TestNoSlotIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	lanes(t, func(t *testing.T, config work.Config) {
		rapid.Check(struct{ testing.TB }{t}, func(r *rapid.T) { // the bubble forbids Deadline
			m := &machine{ctx: t.Context(), began: make(chan int, 100)}
			m.workers = rapid.IntRange(1, 3).Draw(r, "workers")
			m.queue = rapid.IntRange(0, 4).Draw(r, "queue")
			config.Workers, config.Queue, config.MaxWait = m.workers, m.queue, time.Second
			if m.queue == 0 {
				config.Queue = -1
			}
			m.lane = work.NewLane(config)
			r.Repeat(map[string]func(*rapid.T){
				"":       m.check,
				"start":  m.start,
				"start2": m.start,
				"return": func(r *rapid.T) { m.finishOne(r, "return") },
				"panic":  func(r *rapid.T) { m.finishOne(r, "panic") },
				"exit":   func(r *rapid.T) { m.finishOne(r, "exit") },
				"leave":  m.leave,
				"tire":   m.tire,
			})
			m.close(r)
		})
	})
}
