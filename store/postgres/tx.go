package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// tx is a transaction with the context it was begun with; both live as long as
// the function they are made for.
type tx struct {
	ctx    context.Context
	conn   *pgx.Conn
	told   int64 // how many rows it has written into the log of changes
	broken error // the first error of the database: after that nothing works
}

// fail notes an error of the database.
func (t *tx) fail(err error) error {
	err = fmt.Errorf("postgres: %w", err)
	if t.broken == nil {
		t.broken = err
	}
	return err
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.affect(query, args...)
	return err
}

// affect returns how many rows a statement has changed.
func (t *tx) affect(query string, args ...any) (rows int64, err error) {
	if !areTexts(args) {
		if strings.HasPrefix(query, "DELETE ") {
			return 0, nil // what is to be removed is not there
		}
		return 0, errNoText
	}
	done, err := t.conn.Exec(t.ctx, query, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	return done.RowsAffected(), nil
}

// errNoText says that something cannot be kept.
var errNoText = errors.New("postgres: a text has bytes that are none (NUL, or no UTF-8)")

// areTexts reports whether the database can compare and keep all texts. What it
// cannot keep it does not have.
func areTexts(args []any) bool {
	for _, arg := range args {
		if text, ok := arg.(string); ok && (!utf8.ValidString(text) || strings.ContainsRune(text, 0)) {
			return false
		}
	}
	return true
}

// scanner is a row, alone or one of many.
type scanner interface{ Scan(dst ...any) error }

// one returns the row that a query finds, or missing if there is none.
func one[T any](t *tx, missing error, scan func(scanner) (T, error), query string, args ...any) (value T, err error) {
	if !areTexts(args) {
		return value, missing
	}
	value, err = scan(t.conn.QueryRow(t.ctx, query, args...))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return value, missing
	case err != nil:
		return value, t.fail(err)
	}
	return value, nil
}

// many returns all rows that a query finds.
func many[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) (list []T, err error) {
	if !areTexts(args) {
		return nil, nil
	}
	rows, err := t.conn.Query(t.ctx, query, args...)
	if err != nil {
		return nil, t.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, t.fail(err)
		}
		list = append(list, value)
	}
	if err := rows.Err(); err != nil {
		return nil, t.fail(err)
	}
	return list, nil
}

// scanned reads a row of one column.
func scanned[T any](row scanner) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}
