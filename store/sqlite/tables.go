package sqlite

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/tables"
)

// Tables that are not copied: goose's own, what is derived from others, what those who
// hear of changes have heard already, and who serves at this moment.
var notCopied = []string{"goose_db_version", "password_kinds", "changes", "servers"}

// ReadTables runs a function with all that the store keeps, as rows, in one
// snapshot.
func (s *Store) ReadTables(ctx context.Context, fn func(tables.Reader) error) error {
	return s.view(ctx, func(t *tx) error { return fn(rawTables{t}) })
}

// WriteTables runs a function that may replace all that the store keeps, and keeps
// what it has done if it returns nil. Servers that run on the file do not hear of
// it: stop them first.
func (s *Store) WriteTables(ctx context.Context, fn func(tables.Writer) error) error {
	return s.update(ctx, func(t *tx) error { return fn(rawTables{t}) })
}

// rawTables are the tables in a transaction.
type rawTables struct{ t *tx }

func (r rawTables) Tables(context.Context) (list []tables.Table, err error) {
	names, err := many(r.t, scanned[string], "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	refers := map[string][]string{}
	for _, name := range names {
		if err != nil || slices.Contains(notCopied, name) {
			continue
		}
		t := tables.Table{Name: name, Seeded: name == "audit_chain"}
		var err2 error
		t.Columns, err = many(r.t, scanned[string], "SELECT name FROM pragma_table_info(?) ORDER BY name", name)
		refers[name], err2 = many(r.t, scanned[string], "SELECT \"table\" FROM pragma_foreign_key_list(?)", name)
		err = errors.Join(err, err2)
		list = append(list, t)
	}
	return tables.Order(list, refers), err
}

// columns names all, as SQL.
func columns(t tables.Table) string { return `"` + strings.Join(t.Columns, `", "`) + `"` }

func (r rawTables) Rows(_ context.Context, t tables.Table, each func(row []any) error) (err error) {
	rows, err := r.t.sql.QueryContext(r.t.ctx, "SELECT "+columns(t)+" FROM "+t.Name) //nolint:gosec // names of the database's own
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return fail(err)
		}
		for i, value := range row {
			if data, ok := value.([]byte); ok && data == nil {
				row[i] = []byte{} // an empty one, which the driver tells from NULL by its type alone
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r rawTables) Clear(_ context.Context, t tables.Table) error {
	return r.t.exec("DELETE FROM " + t.Name)
}

func (r rawTables) Insert(_ context.Context, t tables.Table, rows [][]any) error {
	places := strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ")
	for _, row := range rows {
		if err := r.t.exec("INSERT INTO "+t.Name+" ("+columns(t)+") VALUES ("+places+")", row...); err != nil {
			return err
		}
	}
	return nil
}

func (r rawTables) Finish(context.Context) error {
	if err := r.t.exec("DELETE FROM password_kinds"); err != nil {
		return err
	}
	return r.t.exec("INSERT INTO password_kinds SELECT password_kind, count(*) FROM users WHERE password_kind <> '' GROUP BY password_kind")
}
