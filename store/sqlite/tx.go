package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// tx is a transaction with the context it was begun with; both live as long as
// the function they are made for.
type tx struct {
	ctx  context.Context
	sql  *sql.Tx
	kept *statements // nil for none
	told bool        // it has written into the log of changes
}

// prepared is the statement of a text within the transaction; nil if it is not
// prepared yet.
func (t *tx) prepared(query string) *sql.Stmt {
	if t.kept == nil {
		return nil
	}
	if stmt := t.kept.find(query); stmt != nil {
		return t.sql.StmtContext(t.ctx, stmt)
	}
	return nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.affect(query, args...)
	return err
}

// affect returns how many rows a statement has changed.
func (t *tx) affect(query string, args ...any) (int64, error) {
	return t.run(sql.Result.RowsAffected, query, args...)
}

// insert returns the id of the row that a statement has added.
func (t *tx) insert(query string, args ...any) (int64, error) {
	return t.run(sql.Result.LastInsertId, query, args...)
}

func (t *tx) run(of func(sql.Result) (int64, error), query string, args ...any) (n int64, err error) {
	var result sql.Result
	if stmt := t.prepared(query); stmt != nil {
		result, err = stmt.ExecContext(t.ctx, args...)
	} else {
		result, err = t.sql.ExecContext(t.ctx, query, args...)
	}
	if err == nil {
		n, err = of(result)
	}
	if err != nil {
		return 0, fail(err)
	}
	return n, nil
}

// scanner is a row, alone or one of many.
type scanner interface{ Scan(dst ...any) error }

// one returns the row that a query finds, or missing if there is none.
func one[T any](t *tx, missing error, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	var row *sql.Row
	if stmt := t.prepared(query); stmt != nil {
		row = stmt.QueryRowContext(t.ctx, args...)
	} else {
		row = t.sql.QueryRowContext(t.ctx, query, args...)
	}
	value, err := scan(row)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return value, missing
	case err != nil:
		return value, fail(err)
	}
	return value, nil
}

// many returns all rows that a query finds.
func many[T any](t *tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var rows *sql.Rows
	var err error
	if stmt := t.prepared(query); stmt != nil {
		rows, err = stmt.QueryContext(t.ctx, args...) //nolint:sqlclosecheck // collect closes them
	} else {
		rows, err = t.sql.QueryContext(t.ctx, query, args...)
	}
	if err != nil {
		return nil, fail(err)
	}
	return collect(rows, scan)
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, fail(err)
		}
		list = append(list, value)
	}
	if err := rows.Err(); err != nil {
		return nil, fail(err)
	}
	return list, nil
}

// scanned reads a row of one column.
func scanned[T any](row scanner) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}
