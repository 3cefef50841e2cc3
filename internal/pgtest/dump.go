package pgtest

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Dump is every row of every table of a database as text, by the table's name: for
// tests that look for what must be in none.
func Dump(t testing.TB, url string) map[string][]byte {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	texts := func(query string) []string {
		rows, err := db.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	out := map[string][]byte{}
	const named = "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
	for _, name := range texts(named) {
		out[name] = []byte(strings.Join(texts("SELECT t::text FROM "+name+" AS t"), "\n"))
	}
	return out
}
