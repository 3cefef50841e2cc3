package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/shape"
)

// tagKinds are the tags that this package and its callers understand, with the
// kind of value that each constrains; "" is any.
var tagKinds = map[string]string{
	"minimum": "number", "exclusiveMinimum": "number", "maximum": "number", "exclusiveMaximum": "number", "multipleOf": "number",
	"minLength": "string", "maxLength": "string", "pattern": "string", "patternDescription": "string",
	"minItems": "list", "maxItems": "list", "uniqueItems": "list",
	"minProperties": "", "maxProperties": "", "additionalProperties": "", "dependentRequired": "",
	"json": "", "path": "", "query": "", "header": "", "cookie": "", "form": "",
	"required": "", "default": "", "enum": "", "const": "", "format": "", "timeFormat": "", "encoding": "", "nullable": "",
	"maxSize": "file", "accept": "file",
	"doc": "", "example": "", "readOnly": "", "writeOnly": "", "deprecated": "", "hidden": "",
}

// synonyms are what other libraries call the same.
var synonyms = map[string]string{
	"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "min": "minimum", "max": "maximum",
	"min_length": "minLength", "max_length": "maxLength", "multiple_of": "multipleOf", "regex": "pattern", "description": "doc",
}

// foreign are tags of others that are spelt almost like one of ours.
var foreign = map[string]bool{"bson": true, "gorm": true, "norm": true}

// unenforced are tags that Huma documents and nothing here enforces on what is read
// from a body.
var unenforced = []string{"dependentRequired", "readOnly"}

// CheckBody is CheckTags for the type of a body, which also has none of the tags
// that would be documented and not enforced, no default that never counts, and
// no method Validate that nothing calls.
func CheckBody(t reflect.Type) error {
	return errors.Join(checkJudges(t, map[reflect.Type]bool{}), checkTags(t, map[reflect.Type]bool{}, func(f reflect.StructField) error {
		if _, ok := f.Tag.Lookup("default"); ok && f.Tag.Get("required") == "true" {
			return errors.New("it is required, so its default never counts")
		} else if _, optional := shape.InnerOf(f.Type); ok && optional {
			return errors.New("a patch.Field with a default would never be absent")
		}
		if parts.Hold(f.Type) {
			return errors.New("a body in JSON has no files; they come in a form")
		}
		for _, key := range unenforced {
			if _, ok := f.Tag.Lookup(key); ok {
				return fmt.Errorf("tag %q has no effect in a body", key)
			}
		}
		return nil
	}))
}

// checkJudges reports methods Validate that are something else, of a type and
// all types in it.
func checkJudges(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	_, err := Judges(t)
	bad := []error{err}
	for _, inner := range insideOf(t) {
		bad = append(bad, checkJudges(inner, seen))
	}
	return errors.Join(bad...)
}

// insideOf lists the types of what is in a type, as far as it is read here.
func insideOf(t reflect.Type) []reflect.Type {
	if inner, ok := shape.InnerOf(t); ok {
		return []reflect.Type{inner}
	}
	if variants, ok := shape.VariantsOf(t); ok {
		return variants
	}
	if readsItself(t) && t.Kind() != reflect.Pointer {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return []reflect.Type{t.Elem()}
	case reflect.Struct:
		var out []reflect.Type
		for _, m := range membersOf(t) {
			out = append(out, m.StructField.Type)
		}
		return out
	}
	return nil
}

// CheckTags reports tags of a struct type, and of the types in it, that look
// like one of ours but are not, and constraints on values that they cannot
// constrain. Tags of other libraries are left alone.
func CheckTags(t reflect.Type) error {
	return checkTags(t, map[reflect.Type]bool{}, func(reflect.StructField) error { return nil })
}

func checkTags(t reflect.Type, seen map[reflect.Type]bool, also func(reflect.StructField) error) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	var bad []error
	if inner, ok := shape.InnerOf(t); ok {
		return checkTags(inner, seen, also)
	}
	if variants, ok := shape.VariantsOf(t); ok {
		for _, one := range variants {
			bad = append(bad, checkTags(one, seen, also))
		}
		return errors.Join(bad...)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		if err := errors.Join(CheckField(f), also(f)); err != nil {
			bad = append(bad, fmt.Errorf("field %s: %w", f.Name, err))
		}
		bad = append(bad, checkTags(f.Type, seen, also))
	}
	return errors.Join(bad...)
}

// CheckField is CheckTags for one field.
func CheckField(f reflect.StructField) error {
	keys, err := tagKeys(f.Tag)
	if err != nil {
		return err
	}
	var bad []error
	for _, key := range keys {
		kind, known := tagKinds[key]
		switch {
		case !known:
			if meant := nearest(key); meant != "" {
				bad = append(bad, fmt.Errorf("unknown tag %q; did you mean %q?", key, meant))
			}
		case kind == "file" && !parts.IsField(f.Type), kind != "" && kind != "file" && kindOf(f.Type) != "" && kindOf(f.Type) != kind:
			bad = append(bad, fmt.Errorf("tag %q constrains a %s, and %v is none", key, kind, f.Type))
		}
	}
	return errors.Join(bad...)
}

// Known reports whether a tag is one of those that mean something here.
func Known(tag string) bool {
	_, ok := tagKinds[tag]
	return ok
}

// TagKeys lists the keys of a tag that CheckField has found well-formed.
func TagKeys(tag reflect.StructTag) []string {
	keys, err := tagKeys(tag)
	if err != nil {
		return nil
	}
	return keys
}

// tagKeys lists the keys of a tag, in the form that [reflect.StructTag]
// describes.
func tagKeys(tag reflect.StructTag) ([]string, error) {
	var keys []string
	for rest := strings.TrimLeft(string(tag), " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		key, value, ok := strings.Cut(rest, ":")
		quoted, err := strconv.QuotedPrefix(value)
		if !ok || err != nil || key == "" || strings.ContainsAny(key, " \"") {
			return nil, fmt.Errorf("malformed tag `%s`: write key:\"value\" key:\"value\"", tag)
		}
		keys = append(keys, key)
		rest = value[len(quoted):]
	}
	return keys, nil
}

// kindOf is what a type holds as far as constraints go; "" if that is not
// known.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if inner, ok := shape.InnerOf(t); ok {
		return kindOf(inner)
	}
	switch {
	case t == durationType:
		return "duration"
	case shape.IsDate(t):
		return "date"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "" // bytes, which are written as a string
		}
		return "list"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "number"
	case reflect.Bool:
		return "bool"
	case reflect.Struct:
		if parts.IsFile(t) {
			return "file"
		}
	}
	return ""
}

// nearest is the tag that was probably meant, or "".
func nearest(key string) string {
	if meant, ok := synonyms[key]; ok {
		return meant
	}
	if foreign[key] {
		return ""
	}
	best, least := "", 3
	for known := range tagKinds {
		allowed := 1
		if len(known) > 4 {
			allowed = 2
		}
		n := distance(strings.ToLower(key), strings.ToLower(known))
		if n <= allowed && (n < least || n == least && known < best) {
			best, least = known, n
		}
	}
	return best
}

// distance is how many letters must be changed, added or left out (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
