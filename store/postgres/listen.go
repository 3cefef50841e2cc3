package postgres

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/account"
)

// channel is where those who have told something say so, each with its name.
const channel = "holdfast"

const (
	pollEvery  = 250 * time.Millisecond
	aliveEvery = 10 * time.Second // a connection on which nothing is heard is looked at
	againAfter = 100 * time.Millisecond
	againAtMax = 5 * time.Second
)

// watch hears what others tell until Close.
func (s *Store) watch(ctx context.Context, config Config, conn *pgx.ConnConfig) error {
	if config.Listen == DoNotListen {
		return nil
	}
	direct, err := config.listens(s.pooled, conn)
	if err != nil {
		return err
	}
	if direct != nil {
		direct.RuntimeParams["application_name"] += " (listens)"
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	begun := make(chan struct{})
	s.watching.Go(func() { // until Close
		if direct == nil {
			close(begun)
			s.poll(watching, nil)
			return
		}
		s.listen(watching, direct, sync.OnceFunc(func() { close(begun) }))
	})
	select { // so that it hears all that follows
	case <-begun:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// listen is told, and asks while it cannot be. It says when it has begun to do the
// one or the other.
func (s *Store) listen(ctx context.Context, config *pgx.ConnConfig, begun func()) {
	again, listens := againAfter, begun
	for ctx.Err() == nil {
		began, err := s.hear(ctx, config, listens)
		if ctx.Err() != nil {
			return
		}
		if s.listening.Swap(false) || again == againAfter {
			s.log.LogAttrs(ctx, slog.LevelWarn, "the database does not tell what others change; it is asked meanwhile", slog.String("error", err.Error()))
		}
		begun()
		listens = func() { s.generation.Add(1) } // what was told before was not heard
		if began {
			again = againAfter
		}
		s.generation.Add(1)                          // what is told meanwhile is not heard
		late := time.NewTimer(again + rand.N(again)) //nolint:gosec // so that not all come at once
		s.poll(ctx, late.C)
		late.Stop()
		again = min(2*again, againAtMax)
	}
}

// hear listens until the connection breaks. It began if it could, and said so.
func (s *Store) hear(ctx context.Context, config *pgx.ConnConfig, listens func()) (began bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx) // it has only listened
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, err
	}
	s.listening.Store(true)
	listens()
	s.log.LogAttrs(ctx, slog.LevelDebug, "the database tells what others change")
	for {
		if err := s.hearOne(ctx, conn); err != nil {
			return true, err
		}
	}
}

// hearOne waits for a word, and asks whether the database is still there where
// none comes.
func (s *Store) hearOne(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, aliveEvery)
	defer cancel()
	word, err := conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		if word.Payload != s.me { // what this process does it knows
			s.generation.Add(1)
		}
		return nil
	case ctx.Err() != nil || waiting.Err() == nil || conn.IsClosed():
		return err
	}
	asking, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return conn.Ping(asking)
}

// poll looks at the log until the channel says enough, or for ever.
func (s *Store) poll(ctx context.Context, enough <-chan time.Time) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var seen int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-enough:
			return
		case <-tick.C:
		}
		// Numbers that are not settled may be news at any time.
		page, last, err := s.changes(ctx, account.EndOfChanges)
		if err != nil || last != seen || page.Settled != last {
			s.generation.Add(1)
		}
		if err == nil {
			seen = last
		}
	}
}
