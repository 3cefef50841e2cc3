package sqlite

import (
	"errors"
	"fmt"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// fail is an error of the database. One that may be over by itself says when to come
// again: others have the lock, the disk is full, or the file cannot be read or written
// now.
func fail(err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		switch e.Code() & 0xff { // without what it says further
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_NOMEM:
			return &awayError{err}
		}
	}
	return fmt.Errorf("sqlite: %w", err)
}

// awayError is an error that may be over the next time.
type awayError struct{ cause error }

func (e *awayError) Error() string { return "sqlite: " + e.cause.Error() }
func (e *awayError) Unwrap() error { return e.cause }

// RetryAfter is a guess: as soon as a disk has room again, what is written is kept.
func (*awayError) RetryAfter() time.Duration { return time.Second }
