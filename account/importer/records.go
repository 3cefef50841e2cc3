package importer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// record is a user as a file has it: values by the names of their columns, all
// as text. A record that could not be read has why instead.
type record struct {
	line   int // or the number of the element in a JSON array
	values map[string]string
	why    error
}

// first returns the value of the first of the columns that is there.
func (r record) first(names ...string) (string, bool) {
	for _, name := range names {
		if value, ok := r.values[name]; ok {
			return value, true
		}
	}
	return "", false
}

// yes reports whether a value says so in CSV, JSON or SQL.
func yes(value string) bool {
	switch strings.ToLower(value) {
	case "true", "t", "1", "yes", "y":
		return true
	}
	return false
}

// readRecords calls fn for every record of a file: CSV with a line of names, a
// JSON array, or JSON lines. It stops at fn's error and where the file cannot
// be read on; a line that is wrong does not stop it. Text is UTF-8, or UTF-16 with
// the mark that programs put before it.
func readRecords(in io.Reader, fn func(record) error) error {
	r := bufio.NewReaderSize(transform.NewReader(in, unicode.BOMOverride(transform.Nop)), 1<<16)
	if begin, _ := r.Peek(64); bytes.IndexByte(begin, 0) >= 0 {
		return fmt.Errorf("%w: it has NUL bytes, so it is no text in UTF-8; if it is UTF-16, save it as UTF-8", ErrBroken)
	}
	for {
		c, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '[':
			return readArray(r, fn)
		}
		if err := r.UnreadByte(); err != nil {
			return err
		}
		if c == '{' {
			return readLines(r, fn)
		}
		return readCSV(r, fn)
	}
}

// separatorOf finds what separates the names of columns: a comma, unless there is
// none and another one is used.
func separatorOf(r *bufio.Reader) rune {
	begin, _ := r.Peek(4096) // less, where the file is shorter
	head, _, _ := bytes.Cut(begin, []byte("\n"))
	for _, separator := range ",;\t|" {
		if bytes.ContainsRune(head, separator) {
			return separator
		}
	}
	return ','
}

// readCSV reads lines of values. Blanks around a value are none of it: neither
// names nor hashes begin or end with one.
func readCSV(in *bufio.Reader, fn func(record) error) error {
	r := csv.NewReader(in)
	r.ReuseRecord, r.TrimLeadingSpace, r.Comma = true, true, separatorOf(in)
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("the line of column names: %w", err)
	}
	var names []string
	for _, name := range head {
		names = append(names, strings.ToLower(strings.TrimSpace(name)))
	}
	for {
		row, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &wrong):
			why := wrong.Err
			if errors.Is(why, csv.ErrFieldCount) {
				why = fmt.Errorf("%d values for %d columns (a hash with %q in it needs quotes)", len(row), len(names), r.Comma)
			}
			if err := fn(record{line: wrong.StartLine, why: why}); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		line, _ := r.FieldPos(0)
		if err := fn(fromCSV(line, names, row)); err != nil {
			return err
		}
	}
}

func fromCSV(line int, names, row []string) record {
	one := record{line: line, values: map[string]string{}}
	for i, name := range names {
		if !utf8.ValidString(row[i]) {
			return record{line: line, why: fmt.Errorf("%s is not UTF-8; save the file as UTF-8", name)}
		}
		one.values[name] = strings.Clone(strings.TrimSpace(row[i]))
	}
	return one
}

func readLines(r *bufio.Reader, fn func(record) error) error {
	for line := 1; ; line++ {
		text, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) > 0 {
			if err := fn(fromJSON(line, text)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readArray reads the elements of an array whose bracket has been read.
func readArray(r io.Reader, fn func(record) error) error {
	dec := json.NewDecoder(io.MultiReader(strings.NewReader("["), r))
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	for n := 1; dec.More(); n++ {
		var element json.RawMessage
		if err := dec.Decode(&element); err != nil {
			return fmt.Errorf("%w: element %d: %w", ErrBroken, n, err)
		}
		if err := fn(fromJSON(n, element)); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

// fromJSON reads an object. The fields of Django's "fields" stand beside it.
func fromJSON(line int, text []byte) record {
	var object map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil {
		return record{line: line, why: errors.New("it is no JSON object")}
	}
	if fields, ok := object["fields"].(map[string]any); ok {
		fields["model"] = object["model"]
		object = fields
	}
	one := record{line: line, values: map[string]string{}}
	for name, value := range object {
		switch value := value.(type) {
		case nil:
		case string:
			one.values[strings.ToLower(name)] = value
		case bool, json.Number:
			one.values[strings.ToLower(name)] = fmt.Sprint(value)
		}
	}
	return one
}
