package tty

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"text/tabwriter"
)

// Listing are the flags of a command that lists something.
type Listing struct {
	Limit int  `default:"0" help:"How many at most; 0 for all."`
	JSON  bool `help:"Print JSON." name:"json"`
}

// Table is how a list is printed.
type Table[T any] struct {
	Name string         // of the list in JSON, as in "users"
	View func(T) any    // of one in JSON
	Head string         // the names of the columns, with tabs between them
	Row  func(T) string // the values of one, likewise
}

// Print prints those of a list that keep wants, or all if it is nil, up to the limit:
// as a table for people, or as JSON. No more is asked for than that.
func (t Table[T]) Print(out io.Writer, l Listing, list iter.Seq2[T, error], keep func(T) bool) error {
	if l.Limit < 0 {
		return errors.New("--limit is less than nothing")
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, t.Head)
	views, n := []any{}, 0
	for one, err := range list {
		if err != nil {
			return err
		}
		if keep != nil && !keep(one) {
			continue
		}
		if l.JSON {
			views = append(views, t.View(one))
		} else {
			fmt.Fprintln(w, t.Row(one))
		}
		if n++; n == l.Limit {
			break
		}
	}
	if l.JSON {
		return PrintJSON(out, map[string]any{t.Name: views})
	}
	return w.Flush()
}

// Row is the values of a row, with tabs between them.
func Row(values ...string) string { return strings.Join(values, "\t") }

// PrintJSON prints a value for programs, and for people who look at it.
func PrintJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// All goes through a list that is there already.
func All[T any](list []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range list {
			if !yield(one, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// Pages goes through the pages of a list. Each is asked for with what the one before
// says, the first with "", until one says "".
func Pages[T any](page func(after string) (list []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			list, next, err := page(after)
			for one, err := range All(list, err) {
				if !yield(one, err) || err != nil {
					return
				}
			}
			if next == "" {
				return
			}
			after = next
		}
	}
}
