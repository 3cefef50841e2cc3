package schema

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/shape"
)

// rule says what a tag may stand at, and what its value is.
type rule struct {
	constrains string   // what an error calls it; "" for any value
	kinds      []string // that it constrains, see kindOf
	inside     bool     // at a list or a map it is about what is in it
	value      value    // any text if zero
}

// value is what a tag's text must be.
type value struct {
	words string
	is    func(text string) bool
}

var (
	truth  = value{"true or false", func(text string) bool { return text == "true" || text == "false" }}
	number = value{"a number", func(text string) bool {
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}}
	step  = value{"a number above 0", func(text string) bool { n, err := strconv.ParseFloat(text, 64); return err == nil && n > 0 }}
	some  = value{"a value", func(text string) bool { return text != "" }}
	size  = value{"a whole number", func(text string) bool { _, err := strconv.ParseUint(text, 10, 31); return err == nil }}
	regex = value{"a regular expression as package regexp reads it", func(text string) bool { _, err := regexp.Compile(text); return err == nil }}
)

var (
	anything = rule{}
	yesOrNo  = rule{value: truth}
	ofNumber = rule{"number", []string{"number"}, true, number}
	ofText   = rule{"string", []string{"string", "bytes"}, true, value{}}
	length   = rule{"string", []string{"string", "bytes"}, true, size}
	ofList   = rule{"list", []string{"list"}, false, size}
	ofMap    = rule{"map", []string{"map"}, false, size}
	ofFile   = rule{constrains: "file"} // or a list of them
)

// writtenAs are the kinds of types that do not read themselves.
var writtenAs = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "bool", reflect.Slice: "list", reflect.Array: "array", reflect.Map: "map",
	reflect.Struct: "struct", reflect.Interface: "any", reflect.Float32: "number", reflect.Float64: "number",
	reflect.Int: "number", reflect.Int8: "number", reflect.Int16: "number", reflect.Int32: "number", reflect.Int64: "number",
	reflect.Uint: "number", reflect.Uint8: "number", reflect.Uint16: "number", reflect.Uint32: "number", reflect.Uint64: "number",
}

// rules are the tags that this package and its callers understand.
var rules = map[string]rule{
	"path": anything, "query": anything, "header": anything, "cookie": anything, "form": anything, "json": anything,

	"minimum": ofNumber, "exclusiveMinimum": ofNumber, "maximum": ofNumber, "exclusiveMaximum": ofNumber,
	"multipleOf": {"number", []string{"number"}, true, step},
	"minLength":  length, "maxLength": length,
	"pattern":            {"string", []string{"string", "bytes"}, true, regex},
	"patternDescription": ofText, "timeFormat": ofText, "encoding": ofText,
	"format":   {"string or number", []string{"string", "bytes", "number"}, true, value{}},
	"enum":     {"string or number", []string{"string", "bytes", "number", "date", "duration", "time"}, true, some},
	"const":    {"string, number or bool", []string{"string", "bytes", "number", "bool", "date", "duration", "time"}, true, some},
	"minItems": ofList, "maxItems": ofList,
	"uniqueItems":   {"list", []string{"list", "array"}, false, truth},
	"minProperties": ofMap, "maxProperties": ofMap,
	"maxSize": ofFile, "accept": ofFile,

	"additionalProperties": yesOrNo,
	"required":             yesOrNo, "nullable": yesOrNo, "default": anything,
	"doc": anything, "example": anything, "deprecated": yesOrNo, "hidden": yesOrNo, "readOnly": yesOrNo, "writeOnly": yesOrNo,
}

// refused are tags of Huma's that nothing enforces.
var refused = map[string]string{
	"dependentRequired": `tag "dependentRequired" has no effect: say it in the struct's method Validate`,
}

// usualFormats are what the document says of types by itself, and so may a tag.
var usualFormats = map[string]string{"time": "date-time", "date": "date", "duration": "duration"}

// check says why a tag cannot stand at a field; nil if it can.
func (r rule) check(tag string, f reflect.StructField) error {
	text := f.Tag.Get(tag)
	switch {
	case r.value.is != nil && !r.value.is(text):
		return fmt.Errorf("tag %q is %s, not %q", tag, r.value.words, text)
	case tag == "additionalProperties" && f.Name != "_":
		return errors.New(`tag "additionalProperties" is about a whole struct: write it at a field _ struct{} in that`)
	case r.constrains == "", r.constrains == "file" && parts.IsField(f.Type), r.fits(f.Type):
		return nil
	case tag == "format" && text == usualFormats[kindOf(f.Type)]:
		return nil
	}
	return fmt.Errorf("tag %q constrains a %s, and %v is none%s", tag, r.constrains, f.Type, hintFor(tag, f.Type))
}

// fits reports whether values of a type are what a tag constrains, or what is in
// them is.
func (r rule) fits(t reflect.Type) bool {
	for inner := elementOf(t); r.inside && inner != nil; inner = elementOf(t) {
		t = inner
	}
	kind := kindOf(t)
	return kind == unknown || slices.Contains(r.kinds, kind)
}

// hintFor says what may be meant where a tag does not fit a type.
func hintFor(tag string, t reflect.Type) string {
	switch kind := kindOf(t); {
	case kind == "map" && (tag == "minItems" || tag == "maxItems"):
		return "; a map has minProperties and maxProperties"
	case kind == "list" && (tag == "minProperties" || tag == "maxProperties"):
		return "; a list has minItems and maxItems"
	case kind == "array" && rules[tag].constrains == "list":
		return "; its length is always the same"
	case kind == "struct" || kind == "union":
		return "; say it at the fields in it, or in its method Validate"
	}
	return ""
}

// unknown is the kind of types that say for themselves what they are written as.
const unknown = "unknown"

// kindOf is what a type is written as, as far as tags go.
func kindOf(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if inner, ok := shape.InnerOf(t); ok {
		return kindOf(inner)
	}
	if _, ok := shape.VariantsOf(t); ok {
		return "union"
	}
	switch {
	case t == durationType:
		return "duration"
	case t == timeType:
		return "time"
	case shape.IsDate(t):
		return "date"
	case parts.IsFile(t):
		return "file"
	case t == rawType:
		return "any"
	case t == numberType:
		return "number"
	case has(t, providerType), has(t, transformerType):
		return unknown
	case t == urlType, readsText(t):
		return "string"
	case isBytes(t):
		return "bytes"
	}
	return writtenAs[t.Kind()]
}

// elementOf is the type of what is in a list or a map; nil for other types.
func elementOf(t reflect.Type) reflect.Type {
	switch kindOf(t) {
	case "list", "array", "map":
	default:
		return nil
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if inner, ok := shape.InnerOf(t); ok {
		return elementOf(inner)
	}
	return t.Elem()
}

// insideTags parts a tag of a list or a map in what is about that and what is
// about each item or entry.
func insideTags(tag reflect.StructTag) (own, inside reflect.StructTag) {
	own, inside = tag, tag
	for _, key := range TagKeys(tag) {
		if rules[key].inside {
			own = without(own, key)
		} else {
			inside = without(inside, key)
		}
	}
	return own, inside
}
