package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements keeps what a pool has prepared, by the text: to parse a statement costs
// as much as to run it. There are as many as this package has texts. It is safe for
// concurrent use.
//
// A text is prepared after the transaction that has used it first. Within one there
// may be no other connection to prepare it on.
type statements struct {
	pool *sql.DB

	mu     sync.Mutex
	ready  map[string]*sql.Stmt // nil while it is being prepared
	wanted []string
}

func newStatements(pool *sql.DB) *statements {
	return &statements{pool: pool, ready: map[string]*sql.Stmt{}}
}

// find returns the statement of a text; nil if it is not prepared yet.
func (s *statements) find(query string) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	stmt, ok := s.ready[query]
	if !ok {
		s.ready[query] = nil
		s.wanted = append(s.wanted, query)
	}
	return stmt
}

// prepare prepares what was asked for, while no transaction of the caller is under
// way. What cannot be prepared now is tried again when it is used again.
func (s *statements) prepare(ctx context.Context) {
	s.mu.Lock()
	wanted := s.wanted
	s.wanted = nil
	s.mu.Unlock()
	for _, query := range wanted {
		stmt, err := s.pool.PrepareContext(ctx, query)
		s.mu.Lock()
		if s.ready[query] = stmt; err != nil {
			delete(s.ready, query)
		}
		s.mu.Unlock()
	}
}

// Close gives back what was prepared.
func (s *statements) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, stmt := range s.ready {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	clear(s.ready)
	return err
}
