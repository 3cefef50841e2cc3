package schema

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/shape"
	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// MaxDepth is how deep arrays and objects of a body may nest.
const MaxDepth = 64

// Decode reads one JSON value into into, which is a pointer to a zero value of
// the schema's type, and returns what is wrong with it. Duplicate members, names
// that differ in case, invalid UTF-8 and text after the value are wrong. ctx is
// given to the types' own Validate methods; the error is one of theirs that ends
// the request, see [Registry.Explain].
func (s *Schema) Decode(ctx context.Context, data []byte, into any, loc ...any) ([]Violation, error) {
	if err := strictjson.Check(data, MaxDepth); err != nil {
		return []Violation{notJSON(err, loc)}, nil
	}
	c := check{r: s.r, ctx: ctx}
	c.value(s.s, parse(data), slices.Clone(loc), reflect.ValueOf(into).Elem())
	return c.out, c.ends
}

// DecodeDefault is Decode where nothing was sent, of the default that the schema
// has.
func (s *Schema) DecodeDefault(ctx context.Context, into any, loc ...any) ([]Violation, error) {
	c := check{r: s.r, ctx: ctx}
	c.value(s.s, s.s.Default, slices.Clone(loc), reflect.ValueOf(into).Elem())
	return c.out, c.ends
}

func notJSON(err error, loc []any) Violation {
	at := 0
	var where *strictjson.Error
	if errors.As(err, &where) {
		at = where.Offset
	}
	return Violation{Type: "json_invalid", Loc: below(loc, at), Msg: "JSON decode error", Ctx: map[string]any{"error": err.Error()}}
}

// below is a place inside another one.
func below(loc []any, at ...any) []any { return append(slices.Clip(slices.Clone(loc)), at...) }

// null notes that a value is null, for the type that tells it from one that is
// absent.
func (c *check) null(into reflect.Value) {
	if !into.IsValid() {
		return
	}
	if traitsOf(into.Type()).inner != nil {
		into.Addr().Interface().(shape.Field).SetAny(nil)
	}
}

// inside checks a value for what holds it: a pointer, a field of a patch, or a
// union. It reports whether there was something of the kind.
func (c *check) inside(s *huma.Schema, v any, loc []any, into reflect.Value) bool {
	if !into.IsValid() {
		return false
	}
	if into.Kind() == reflect.Pointer {
		if v == nil && isAnything(s) {
			return true
		}
		own := reflect.New(into.Type().Elem())
		c.value(s, v, loc, own.Elem())
		into.Set(own)
		return true
	}
	what := traitsOf(into.Type())
	if inner := what.inner; inner != nil {
		own := reflect.New(inner).Elem()
		before := len(c.out)
		c.value(s, v, loc, own)
		if len(c.out) == before {
			into.Addr().Interface().(shape.Field).SetAny(own.Interface())
		}
		return true
	}
	if what.union && len(s.OneOf) > 0 {
		c.union(s, v, loc, into)
		return true
	}
	return false
}

// itemsOf lists the items of a decoded list.
func itemsOf(v any) ([]any, bool) {
	if list, ok := v.(*array); ok {
		return list.items, true
	}
	list, ok := v.([]any)
	return list, ok
}

// slots makes room for the items of a list.
func slots(into reflect.Value, n int) reflect.Value {
	switch {
	case !into.IsValid() || readsItself(into.Type()):
		return reflect.Value{}
	case into.Kind() == reflect.Slice:
		into.Set(reflect.MakeSlice(into.Type(), n, n))
		return into
	case into.Kind() == reflect.Array:
		return into
	}
	return reflect.Value{}
}

func slot(into reflect.Value, i int) reflect.Value {
	if !into.IsValid() || i >= into.Len() {
		return reflect.Value{}
	}
	return into.Index(i)
}

// keep fills into with a value that fits the schema, unless its items or members
// were filled already, and asks the type's own check.
func (c *check) keep(s *huma.Schema, v any, loc []any, into reflect.Value) {
	if !filledInside(s, into) {
		if wrong := set(into, v); wrong != nil {
			c.wrong(s, loc, v, wrong)
			return
		}
	}
	c.judge(s, v, loc, into)
}

// filledInside reports whether list or object has filled a value.
func filledInside(s *huma.Schema, into reflect.Value) bool {
	if readsItself(into.Type()) {
		return false
	}
	switch into.Kind() {
	case reflect.Slice, reflect.Array:
		return s.Type == huma.TypeArray
	case reflect.Struct, reflect.Map:
		return s.Type == huma.TypeObject
	}
	return false
}

// quoted checks a number or bool that is written as a string.
func (c *check) quoted(s *huma.Schema, v any, loc []any, into reflect.Value) {
	text, ok := v.(string)
	switch {
	case v == nil && nullable(s):
		return
	case !ok:
		c.add(s, loc, v, "string_type", "Input should be a valid string", nil)
		return
	case !into.IsValid():
		return
	}
	if json.Unmarshal([]byte(text), into.Addr().Interface()) != nil || text == "null" {
		c.wrong(s, loc, v, noFit)
	}
}
