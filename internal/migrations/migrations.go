// Package migrations says which steps bring the tables of a database up to date.
package migrations

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// State is of which version the tables of a database are.
type State struct {
	Current int64    // that of the database; 0 where there are no tables
	Target  int64    // that of this program
	Pending []string // what would be done, by the names of the steps, in their order
}

// Of compares a version with the steps in a folder, as 00054_audit.sql.
func Of(steps fs.FS, current int64) (State, error) {
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return State{}, err
	}
	slices.Sort(names)
	s := State{Current: current}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return State{}, fmt.Errorf("migration %s has no number", name)
		}
		s.Target = max(s.Target, version)
		if version > current {
			s.Pending = append(s.Pending, strings.TrimSuffix(name, path.Ext(name)))
		}
	}
	return s, s.Err()
}

// Err says that a database is of a newer program.
func (s State) Err() error {
	if s.Current > s.Target {
		return fmt.Errorf("it was made by a newer version (its tables are of version %d, this program knows %d)", s.Current, s.Target)
	}
	return nil
}
