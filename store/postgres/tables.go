package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/internal/tables"
)

// Tables that are not copied: goose's own, what is derived from others, what those
// who hear of changes have heard already, who serves at this moment, and what may be
// lost.
var notCopied = []string{"goose_db_version", "password_kinds", "changes", "changes_pruned", "turns", "attempts", "failures", "refusals", "servers"}

// ReadTables runs a function with all that the store keeps, as rows, in one
// snapshot.
func (s *Store) ReadTables(ctx context.Context, fn func(tables.Reader) error) error {
	return s.view(ctx, func(t *tx) error { return fn(rawTables{t, nil}) })
}

// WriteTables runs a function that may replace all that the store keeps, and keeps
// what it has done if it returns nil. Servers that run on the database do not hear
// of it: stop them first. The function is run again if others get in its way.
func (s *Store) WriteTables(ctx context.Context, fn func(tables.Writer) error) error {
	return s.update(ctx, func(t *tx) error { return fn(rawTables{t, map[string]bool{}}) })
}

// rawTables are the tables in a transaction. For one that writes, it knows which
// columns are true or false.
type rawTables struct {
	t     *tx
	bools map[string]bool // by table and column
}

// column is one of a table.
type column struct{ table, name, kind string }

func scanColumn(row scanner) (c column, err error) {
	err = row.Scan(&c.table, &c.name, &c.kind)
	return c, err
}

func (r rawTables) Tables(context.Context) (list []tables.Table, err error) {
	all, err := many(r.t, scanColumn, `
		SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
		WHERE table_schema = current_schema() ORDER BY table_name, column_name COLLATE "C"`)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if slices.Contains(notCopied, c.table) {
			continue
		}
		if r.bools != nil && c.kind == "boolean" {
			r.bools[c.table+" "+c.name] = true
		}
		if len(list) == 0 || list[len(list)-1].Name != c.table {
			list = append(list, tables.Table{Name: c.table, Seeded: c.table == "audit_chain"})
		}
		last := &list[len(list)-1]
		last.Columns = append(last.Columns, c.name)
	}
	references, err := many(r.t, scanColumn, "SELECT conrelid::regclass::text, confrelid::regclass::text, '' FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace")
	refers := map[string][]string{}
	for _, c := range references {
		refers[c.table] = append(refers[c.table], c.name)
	}
	return tables.Order(list, refers), err
}

func (r rawTables) Rows(_ context.Context, t tables.Table, each func(row []any) error) error {
	quoted := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	rows, err := r.t.conn.Query(r.t.ctx, "SELECT "+strings.Join(quoted, ", ")+" FROM "+pgx.Identifier{t.Name}.Sanitize())
	if err != nil {
		return r.t.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return r.t.fail(err)
		}
		for i, value := range row {
			row[i] = plain(value)
		}
		if err := each(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return r.t.fail(err)
	}
	return nil
}

// plain is a value as SQLite has it.
func plain(value any) any {
	switch value := value.(type) {
	case bool:
		if value {
			return int64(1)
		}
		return int64(0)
	case int32:
		return int64(value)
	}
	return value
}

func (r rawTables) Clear(_ context.Context, t tables.Table) error {
	return r.t.exec("DELETE FROM " + pgx.Identifier{t.Name}.Sanitize())
}

func (r rawTables) Insert(_ context.Context, t tables.Table, rows [][]any) error {
	for _, row := range rows {
		if !areTexts(row) {
			return errNoText
		}
		for i, name := range t.Columns {
			if r.bools[t.Name+" "+name] {
				row[i] = row[i] != int64(0)
			}
		}
	}
	n, err := r.t.conn.CopyFrom(r.t.ctx, pgx.Identifier{t.Name}, t.Columns, pgx.CopyFromRows(rows))
	if err == nil && int(n) != len(rows) {
		err = fmt.Errorf("%d of %d rows were written", n, len(rows))
	}
	if err != nil {
		return r.t.fail(err)
	}
	return nil
}

// Finish has no id given twice. Triggers have counted what is counted.
func (r rawTables) Finish(context.Context) error {
	return r.t.exec(`SELECT setval('audit_id', 1 + greatest((SELECT coalesce(max(id), 0) FROM audit),
		(SELECT coalesce(max(seq), 0) FROM audit_chain), (SELECT last_value FROM audit_id)), false)`)
}
