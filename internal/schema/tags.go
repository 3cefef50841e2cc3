package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/shape"
)

// synonyms are what other libraries call the same.
var synonyms = map[string]string{
	"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "min": "minimum", "max": "maximum",
	"min_length": "minLength", "max_length": "maxLength", "multiple_of": "multipleOf", "regex": "pattern", "description": "doc",
}

// foreign are tags of others that are spelt almost like one of ours.
var foreign = map[string]bool{"bson": true, "gorm": true, "norm": true}

// CheckBody is CheckTags for a field that is a body and for all types in it, which
// also have none of the tags that would be documented and not enforced, no default
// that never counts, and no method Validate that nothing calls.
func CheckBody(f reflect.StructField) error {
	return errors.Join(checkMember(f), checkJudges(f.Type, map[reflect.Type]bool{}), checkTags(f.Type, map[reflect.Type]bool{}, func(f reflect.StructField) error {
		return errors.Join(CheckField(f), checkMember(f))
	}))
}

// checkMember is CheckField for what is special about bodies.
func checkMember(f reflect.StructField) error {
	_, byDefault := f.Tag.Lookup("default")
	_, optional := shape.InnerOf(f.Type)
	switch {
	case byDefault && f.Tag.Get("required") == "true":
		return errors.New("it is required, so its default never counts")
	case byDefault && optional:
		return errors.New("a patch.Field with a default would never be absent")
	case parts.Hold(f.Type):
		return errors.New("a body in JSON has no files; they come in a form")
	}
	for _, key := range TagKeys(f.Tag) {
		switch {
		case key == "readOnly":
			return errors.New(`tag "readOnly" has no effect in a body`)
		case rules[key].kinds != nil && writtenAsString(f):
			return fmt.Errorf("tag %q has no effect on a value that is written as a string", key)
		}
	}
	return nil
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
	for _, inner := range insideOf(t, readsItself) {
		bad = append(bad, checkJudges(inner, seen))
	}
	return errors.Join(bad...)
}

// CheckTags reports tags of a struct type, and of the types in it, that look
// like one of ours but are not, and constraints on values that they cannot
// constrain. Tags of other libraries are left alone.
func CheckTags(t reflect.Type) error {
	return checkTags(t, map[reflect.Type]bool{}, CheckField)
}

func checkTags(t reflect.Type, seen map[reflect.Type]bool, check func(reflect.StructField) error) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	var bad []error
	if inner, ok := shape.InnerOf(t); ok {
		return checkTags(inner, seen, check)
	}
	if variants, ok := shape.VariantsOf(t); ok {
		for _, one := range variants {
			bad = append(bad, checkTags(one, seen, check))
		}
		return errors.Join(bad...)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && f.Name != "_" {
			continue
		}
		if err := check(f); err != nil {
			bad = append(bad, fmt.Errorf("field %s: %w", f.Name, err))
		}
		bad = append(bad, checkTags(f.Type, seen, check))
	}
	return errors.Join(bad...)
}

// CheckField is CheckTags for one field.
func CheckField(f reflect.StructField) error {
	keys, err := tagKeys(f.Tag)
	if err != nil {
		return err
	}
	bad := []error{checkKnown(f)}
	for _, key := range keys {
		if words, ok := refused[key]; ok {
			bad = append(bad, errors.New(words))
		} else if !Known(key) {
			bad = append(bad, misspelt(key))
		}
	}
	return errors.Join(bad...)
}

// checkKnown is CheckField for tags that are ours alone: a type that is only sent
// may be another library's, with tags that are spelt almost like ours.
func checkKnown(f reflect.StructField) error {
	var bad []error
	for _, key := range TagKeys(f.Tag) {
		if one, ok := rules[key]; ok {
			bad = append(bad, one.check(key, f))
		}
	}
	return errors.Join(bad...)
}

// Known reports whether a tag is one of those that mean something here.
func Known(tag string) bool {
	_, ok := rules[tag]
	return ok
}

// misspelt says which tag was probably meant, if one was.
func misspelt(key string) error {
	if meant := nearest(key); meant != "" {
		return fmt.Errorf("unknown tag %q; did you mean %q?", key, meant)
	}
	return nil
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
	for known := range rules {
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
