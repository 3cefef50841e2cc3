package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"time"
)

// Pools are the store's connections by what they are for, with how many there
// are at most.
func (s *Store) Pools() map[string]Pool {
	return map[string]Pool{
		"writing":  {s.writer, writing().most},
		"reading":  {s.readers, reading().most},
		"counting": {s.attempts.db, counting().most},
	}
}

// Pool is some of the connections.
type Pool struct {
	*sql.DB
	Most int
}

// OpenThrough opens a store that exists, with the same connections as Open
// has, but through another connector. It does not notice other processes.
func OpenThrough(path string, through func(driver.Connector) driver.Connector) (*Store, error) {
	name, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	open := func(name string, c connection) *sql.DB {
		db := sql.OpenDB(through(connector(c.source(name))))
		db.SetMaxOpenConns(c.most)
		return db
	}
	writer, readers := open(name, writing()), open(name, reading())
	return &Store{
		writer: writer, readers: readers, toWrite: newStatements(writer), toRead: newStatements(readers),
		attempts: &sideFile{name: name + attemptsSuffix, how: counting(), table: attemptsTable, db: open(name+attemptsSuffix, counting())},
	}, nil
}

// connector is the driver's own, for a source.
type connector string

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return c.Driver().Open(string(c))
}

func (connector) Driver() driver.Driver {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }() // which was never connected
	return db.Driver()
}

// FillWithNobodies counts one wrong password for each of so many names that nobody
// has.
func (s *Store) FillWithNobodies(ctx context.Context, n int, at time.Time) error {
	_, err := s.attempts.db.ExecContext(ctx, `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)
		INSERT INTO failures (key, nobody, count, first_at, last_at) SELECT randomblob(32), 1, 1, ?, ? FROM c`, n, at.UnixMilli(), at.UnixMilli())
	return err
}

// Nobodies is how many of them there are.
func (s *Store) Nobodies(ctx context.Context) (n int, err error) {
	err = s.attempts.db.QueryRowContext(ctx, "SELECT count(*) FROM failures WHERE nobody = 1").Scan(&n)
	return n, err
}

// ExecReading runs a statement on a connection that reads.
func ExecReading(ctx context.Context, s *Store, statement string) error {
	_, err := s.readers.ExecContext(ctx, statement)
	return err
}

// BoundLog sets from when on the write-ahead log is made to begin again.
func (s *Store) BoundLog(most int64) { s.walMost = most }

// Fill lets the file have no more pages than so many more than it has now.
func (s *Store) Fill(ctx context.Context, more int) error {
	var pages int
	if err := s.writer.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	_, err := s.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count(%d)", pages+more))
	return err
}

// ExecWriting runs a statement in a transaction that writes.
func ExecWriting(ctx context.Context, s *Store, statement string) error {
	return s.update(ctx, func(t *tx) error { return t.exec(statement) })
}
