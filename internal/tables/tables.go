// Package tables copies what one database keeps into another of another kind, table
// by table: both have the same tables, which nobody here has to know.
package tables

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table is a table by its name and those of its columns, sorted.
type Table struct {
	Name    string
	Columns []string
	Seeded  bool // a new database has something in it, which says nothing
}

// Reader reads tables, in one snapshot. A value is nil, an int64, a string or
// []byte; what is true is 1.
type Reader interface {
	Tables(ctx context.Context) ([]Table, error) // those to which others refer come before these
	Rows(ctx context.Context, t Table, each func(row []any) error) error
}

// Writer changes tables, in one transaction.
type Writer interface {
	Reader
	Clear(ctx context.Context, t Table) error
	Insert(ctx context.Context, t Table, rows [][]any) error
	Finish(ctx context.Context) error // after all of them: what the database itself derives from them
}

// Sum is how much there is in a table, and what: in whatever order it is read.
type Sum struct {
	Rows int64
	Hash [4]uint64
}

// add takes in a row.
func (s *Sum) add(row []any) error {
	hash := sha256.New()
	for _, value := range row {
		var kind byte
		var data []byte
		switch value := value.(type) {
		case nil:
		case int64:
			kind, data = 'i', binary.BigEndian.AppendUint64(nil, uint64(value)) //nolint:gosec // its bits
		case string:
			kind, data = 't', []byte(value)
		case []byte:
			kind, data = 'b', value
		default:
			return fmt.Errorf("a value is a %T", value)
		}
		hash.Write(binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(data))))
		hash.Write(data)
	}
	sum := hash.Sum(nil)
	for i := range s.Hash {
		s.Hash[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	s.Rows++
	return nil
}

// Order sorts tables so that those to which others refer come before these.
func Order(list []Table, refers map[string][]string) []Table {
	slices.SortFunc(list, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	var out []Table
	placed := map[string]bool{}
	var place func(t Table)
	place = func(t Table) {
		if placed[t.Name] {
			return
		}
		placed[t.Name] = true
		for _, other := range list {
			if slices.Contains(refers[t.Name], other.Name) {
				place(other)
			}
		}
		out = append(out, t)
	}
	for _, t := range list {
		place(t)
	}
	return out
}

// ErrNotEmpty says that there is something in the target already.
var ErrNotEmpty = errors.New("there is something in it already")

// ErrDryRun ends a transaction that was only to be tried.
var ErrDryRun = errors.New("it was only tried")

// Options say how to copy.
type Options struct {
	Replace bool                      // what is in the target goes
	Done    func(table string, s Sum) // is called after each table; nil for nothing

	// Progress is called now and then with what is done, "copying" or "comparing", and how
	// many of a table's rows it has been done to; nil for nothing.
	Progress func(what, table string, rows int64)
}

// batch is how many rows are written at once.
const batch = 500

// Copy copies all tables and compares what was read with what is in the target
// then. An error must undo all that was written.
func Copy(ctx context.Context, from Reader, to Writer, o Options) error {
	list, err := from.Tables(ctx)
	if err != nil {
		return err
	}
	there, err := to.Tables(ctx)
	if err != nil {
		return err
	}
	if err := same(list, there); err != nil {
		return err
	}
	if err := makeRoom(ctx, to, there, o.Replace); err != nil {
		return err
	}
	sums := map[string]Sum{}
	for _, t := range there {
		if sums[t.Name], err = copyTable(ctx, from, to, t, o.Progress); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	if err := to.Finish(ctx); err != nil {
		return err
	}
	for _, t := range there {
		got, err := sumOf(ctx, to, t, o.Progress)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		if want := sums[t.Name]; got != want {
			return fmt.Errorf("table %s: %d rows were read and %d are there, or they are others", t.Name, want.Rows, got.Rows)
		}
		if o.Done != nil {
			o.Done(t.Name, got)
		}
	}
	return nil
}

// same reports tables that only one of them has, or has in another form.
func same(from, to []Table) error {
	columns := map[string]string{}
	for _, t := range from {
		columns[t.Name] = strings.Join(t.Columns, " ")
	}
	for _, t := range to {
		if columns[t.Name] != strings.Join(t.Columns, " ") {
			return fmt.Errorf("table %s is not the same in both", t.Name)
		}
		delete(columns, t.Name)
	}
	for name := range columns {
		return fmt.Errorf("table %s is not in both", name)
	}
	return nil
}

// makeRoom makes sure that nothing is there. Those that refer to others go first.
func makeRoom(ctx context.Context, to Writer, list []Table, replace bool) error {
	for _, t := range slices.Backward(list) {
		if replace || t.Seeded {
			if err := to.Clear(ctx, t); err != nil {
				return err
			}
			continue
		}
		sum, err := SumOf(ctx, to, t)
		if err != nil {
			return err
		}
		if sum.Rows > 0 {
			return fmt.Errorf("%w: table %s has %d rows", ErrNotEmpty, t.Name, sum.Rows)
		}
	}
	return nil
}

func copyTable(ctx context.Context, from Reader, to Writer, t Table, progress func(what, table string, rows int64)) (sum Sum, err error) {
	var rows [][]any
	err = from.Rows(ctx, t, func(row []any) error {
		if err := sum.add(row); err != nil {
			return err
		}
		if rows = append(rows, row); len(rows) < batch {
			return nil
		}
		full := rows
		rows = nil
		if progress != nil {
			progress("copying", t.Name, sum.Rows)
		}
		return to.Insert(ctx, t, full)
	})
	if err == nil && len(rows) > 0 {
		err = to.Insert(ctx, t, rows)
	}
	return sum, err
}

// SumOf reads a table.
func SumOf(ctx context.Context, from Reader, t Table) (Sum, error) {
	return sumOf(ctx, from, t, nil)
}

func sumOf(ctx context.Context, from Reader, t Table, progress func(what, table string, rows int64)) (sum Sum, err error) {
	err = from.Rows(ctx, t, func(row []any) error {
		err := sum.add(row)
		if progress != nil && sum.Rows%batch == 0 {
			progress("comparing", t.Name, sum.Rows)
		}
		return err
	})
	return sum, err
}
