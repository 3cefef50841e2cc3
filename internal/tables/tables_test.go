package tables_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/tables"
)

// database is one in memory, of which a value may be changed on its way.
type database struct {
	list   []tables.Table
	rows   map[string][][]any
	change func(row []any)
}

func (d *database) Tables(context.Context) ([]tables.Table, error) { return d.list, nil }

func (d *database) Rows(_ context.Context, t tables.Table, each func(row []any) error) error {
	for _, row := range d.rows[t.Name] {
		if err := each(slices.Clone(row)); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) Clear(_ context.Context, t tables.Table) error {
	delete(d.rows, t.Name)
	return nil
}

func (d *database) Insert(_ context.Context, t tables.Table, rows [][]any) error {
	for _, row := range rows {
		if d.change != nil {
			d.change(row)
		}
		d.rows[t.Name] = append([][]any{row}, d.rows[t.Name]...) // in another order
	}
	return nil
}

func (*database) Finish(context.Context) error { return nil }

func users() []tables.Table { return []tables.Table{{Name: "users", Columns: []string{"id", "name"}}} }

func filled() *database {
	return &database{list: users(), rows: map[string][][]any{"users": {{int64(1), "anna"}, {int64(2), nil}, {int64(3), []byte("x")}}}}
}

func empty() *database { return &database{list: users(), rows: map[string][][]any{}} }

// What a new database has in it is replaced, and keeps nothing from being copied.
func TestASeededTableIsReplaced(t *testing.T) {
	t.Parallel()
	to := filled()
	to.list[0].Seeded = true
	to.rows["users"] = [][]any{{int64(9), "of a new database"}}
	if err := tables.Copy(t.Context(), filled(), to, tables.Options{}); err != nil || len(to.rows["users"]) != 3 {
		t.Errorf("Copy = %v, and there is %v", err, to.rows)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to      *database
		replace bool
		want    string // of the error
	}{
		"into one that is empty":             {empty(), false, ""},
		"into one that is not":               {filled(), false, "there is something in it already: table users has 3 rows"},
		"into one that is not, all the same": {filled(), true, ""},
		"with another table":                 {&database{list: []tables.Table{{Name: "roles", Columns: []string{"name"}}}}, false, "table roles is not the same in both"},
		"with a table less":                  {&database{}, false, "table users is not in both"},
		"with another column":                {&database{list: []tables.Table{{Name: "users", Columns: []string{"id"}}}}, false, "table users is not the same in both"},
		"with a value that changes": {&database{list: users(), rows: map[string][][]any{}, change: func(row []any) {
			if row[1] == "anna" {
				row[1] = "Anna"
			}
		}}, false, "3 rows were read and 3 are there, or they are others"},
		"with a text that becomes bytes": {&database{list: users(), rows: map[string][][]any{}, change: func(row []any) {
			if row[1] == "anna" {
				row[1] = []byte("anna")
			}
		}}, false, "or they are others"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var done tables.Sum
			err := tables.Copy(t.Context(), filled(), test.to, tables.Options{Replace: test.replace, Done: func(_ string, s tables.Sum) { done = s }})
			switch {
			case test.want == "" && (err != nil || done.Rows != 3 || len(test.to.rows["users"]) != 3):
				t.Errorf("Copy = %v, and there are %v", err, test.to.rows)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("Copy = %v, want an error with %q", err, test.want)
			}
		})
	}
	if err := tables.Copy(t.Context(), filled(), filled(), tables.Options{}); !errors.Is(err, tables.ErrNotEmpty) {
		t.Errorf("Copy = %v, want ErrNotEmpty", err)
	}
}

// Who waits is told of every batch that is copied, and compared.
func TestProgress(t *testing.T) {
	t.Parallel()
	from, to := filled(), empty()
	for n := range 1300 {
		from.rows["users"] = append(from.rows["users"], []any{int64(4 + n), "more"})
	}
	var said []string
	o := tables.Options{Progress: func(what, table string, rows int64) { said = append(said, fmt.Sprint(what, " ", table, " ", rows)) }}
	if err := tables.Copy(t.Context(), from, to, o); err != nil {
		t.Fatal(err)
	}
	if want := []string{"copying users 500", "copying users 1000", "comparing users 500", "comparing users 1000"}; !slices.Equal(said, want) {
		t.Errorf("it says %q, want %q", said, want)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	list := []tables.Table{{Name: "users"}, {Name: "sessions"}, {Name: "a"}, {Name: "sweeps"}}
	var names []string
	for _, one := range tables.Order(list, map[string][]string{"a": {"sessions"}, "sessions": {"users", "sessions"}, "sweeps": {"users"}}) {
		names = append(names, one.Name)
	}
	if want := []string{"users", "sessions", "a", "sweeps"}; !slices.Equal(names, want) {
		t.Errorf("Order = %v, want %v", names, want)
	}
}
