package sqlite

import (
	"context"
	"os"
	"time"
)

// SQLite moves what is in the write-ahead log into the file after every 1,000 pages,
// and begins the log again with the first commit at a moment at which no one reads
// from it. Under readers that follow each other without a gap there is no such moment,
// and the log grows as long as they do. So from walMost on, who has written has new
// readers read from the file, and waits until those before have ended. A reader who
// takes longer than that, as a copy of a large file, is not waited for; the log grows
// meanwhile by what is written, and is cut down to walKept afterwards.
const (
	walMost     = 64 << 20
	walKept     = 16 << 20
	walPatience = 500 * time.Millisecond // for readers; writers wait as well
	walBehind   = 1000                   // pages that a long reader keeps from being moved
)

// shorten makes the write-ahead log begin again where it is too long. It is not an
// error where it cannot be done now: what was written is kept all the same.
func (s *Store) shorten(ctx context.Context) {
	info, err := os.Stat(s.name + "-wal")
	if err != nil || info.Size() <= s.walMost || info.Size() < s.walAgain.Load() {
		return
	}
	if s.beginLogAgain(context.WithoutCancel(ctx)) {
		s.walAgain.Store(0)
	} else {
		s.walAgain.Store(info.Size() + s.walMost/4)
	}
}

// beginLogAgain reports whether it was done.
func (s *Store) beginLogAgain(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }() // it goes back to the others
	var busy, pages, moved int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &moved)
	if err != nil || pages-moved > walBehind {
		return false // a long reader is not waited for
	}
	if _, err := conn.ExecContext(ctx, patience(walPatience)); err != nil {
		return false
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), patience(busyTimeout)) }()
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	return err == nil && busy == 0
}
