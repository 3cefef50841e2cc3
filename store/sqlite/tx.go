package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// tx is a transaction with the context it was begun with; both live as long as
// the function they are made for.
type tx struct {
	ctx  context.Context
	sql  *sql.Tx
	told bool // it has written into the log of changes
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.affect(query, args...)
	return err
}

// affect returns how many rows a statement has changed.
func (t *tx) affect(query string, args ...any) (rows int64, err error) {
	result, err := t.sql.ExecContext(t.ctx, query, args...)
	if err == nil {
		rows, err = result.RowsAffected()
	}
	if err != nil {
		return 0, fmt.Errorf("sqlite: %w", err)
	}
	return rows, nil
}

// scanner is a row, alone or one of many.
type scanner interface{ Scan(dst ...any) error }

// one returns the row that a query finds, or missing if there is none.
func one[T any](t *tx, missing error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	value, err := scan(t.sql.QueryRowContext(t.ctx, query, args...))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return value, missing
	case err != nil:
		return value, fmt.Errorf("sqlite: %w", err)
	}
	return value, nil
}

// many returns all rows that a query finds.
func many[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.sql.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return collect(rows, scan)
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("sqlite: %w", err)
		}
		list = append(list, value)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	return list, nil
}

// scanned reads a row of one column.
func scanned[T any](row scanner) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}
