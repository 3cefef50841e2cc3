package schema

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// This file checks objects: structs, whose members are looked at in the order of
// their fields, and maps.

// membersIn lists the members of a decoded object, and their names in the order
// of the text where that is known.
func membersIn(v any) (names []string, members map[string]any, ok bool) {
	switch v := v.(type) {
	case *object:
		return v.names, v.members, true
	case map[string]any:
		return slices.Sorted(maps.Keys(v)), v, true
	}
	return nil, nil, false
}

func (c *check) object(s *huma.Schema, v any, loc []any, into reflect.Value) {
	names, members, ok := membersIn(v)
	switch more, _ := s.AdditionalProperties.(*huma.Schema); {
	case !ok && more != nil && len(s.Properties) == 0:
		c.add(s, loc, v, "dict_type", "Input should be a valid dictionary", nil)
		return
	case !ok:
		c.add(s, loc, v, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", nil)
		return
	}
	if into.IsValid() && into.Kind() == reflect.Map && !readsItself(into.Type()) && into.IsNil() {
		into.Set(reflect.MakeMapWithSize(into.Type(), min(len(members), 64)))
	}
	fields := c.r.fieldsOf(s, into)
	for i := range fields {
		if c.full() {
			return
		}
		c.property(s, &fields[i], members, loc, into)
	}
	for _, name := range names {
		if c.full() {
			return
		}
		if s.Properties[name] == nil {
			c.further(s, name, members[name], append(loc, short(name)), into)
		}
	}
	c.count(s, len(members), v, loc)
}

// model is a schema and the type that is read with it; nil for none.
type model struct {
	s *huma.Schema
	t reflect.Type
}

// fieldsOf lists the properties of a schema in the order in which they are
// checked: that of the fields, or else required ones first. The lists are kept;
// there are as many as schemas.
func (r *Registry) fieldsOf(s *huma.Schema, into reflect.Value) []member {
	of := model{s: s}
	if into.IsValid() && into.Kind() == reflect.Struct && !readsItself(into.Type()) {
		of.t = into.Type()
	}
	if made, ok := r.fields.Load(of); ok {
		return made.([]member)
	}
	made := of.fields()
	r.fields.Store(of, made)
	return made
}

func (of model) fields() []member {
	s := of.s
	var out []member
	known := map[string]bool{}
	if of.t != nil {
		for _, m := range membersOf(of.t) {
			if s.Properties[m.name] != nil {
				out, known[m.name] = append(out, m), true
			}
		}
		if len(out) == len(s.Properties) {
			return out
		}
	}
	for _, name := range slices.Concat(s.Required, slices.Sorted(maps.Keys(s.Properties))) {
		if !known[name] {
			out, known[name] = append(out, member{name: name, at: name}), true
		}
	}
	return out
}

// property checks one property, which may be missing.
func (c *check) property(s *huma.Schema, f *member, members map[string]any, loc []any, into reflect.Value) {
	property, loc := s.Properties[f.name], append(loc, f.at)
	v, ok := members[f.name]
	switch {
	case ok && f.quoted:
		c.quoted(property, v, loc, f.in(into))
	case ok && property == nil: // it may stand among the others, which are checked later
	case ok:
		c.value(property, v, loc, f.in(into))
	case slices.Contains(s.Required, f.name):
		c.add(s, loc, nil, "missing", "Field required", nil)
	case property.Default != nil && f.path != nil:
		c.byDefault(property, loc, f.in(into))
	}
}

// byDefault fills a property that is missing with its default. One whose type has
// the same default in it has no end; the start refuses it.
func (c *check) byDefault(property *huma.Schema, loc []any, into reflect.Value) {
	if c.defaults++; c.defaults > MaxDepth {
		c.add(property, loc, nil, "recursion_loop", "the default has itself in it, without an end", nil)
	} else {
		c.value(property, property.Default, loc, into)
	}
	c.defaults--
}

// in is the field in a struct; the zero Value if there is none. Embedded
// pointers on the way are filled.
func (m *member) in(v reflect.Value) reflect.Value {
	if m.path == nil || !v.IsValid() {
		return reflect.Value{}
	}
	for _, i := range m.path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// further checks a member that is none of the properties.
func (c *check) further(s *huma.Schema, name string, v any, loc []any, into reflect.Value) {
	switch more := s.AdditionalProperties.(type) {
	case *huma.Schema:
		c.entry(more, name, v, loc, into)
		return
	case bool:
		if more && !folds(s.Properties, name) {
			return
		}
	case nil:
		if !folds(s.Properties, name) {
			return
		}
	}
	c.add(&huma.Schema{WriteOnly: true}, loc, nil, "extra_forbidden", "Extra inputs are not permitted", nil)
}

// entry checks an entry of a map.
func (c *check) entry(s *huma.Schema, name string, v any, loc []any, into reflect.Value) {
	if !into.IsValid() || into.Kind() != reflect.Map || readsItself(into.Type()) {
		c.value(s, v, loc, reflect.Value{})
		return
	}
	key, value := reflect.New(into.Type().Key()).Elem(), reflect.New(into.Type().Elem()).Elem()
	if wrong := setKey(key, name); wrong != nil {
		c.wrong(s, loc, name, wrong)
		return
	}
	c.value(s, v, loc, value)
	into.SetMapIndex(key, value)
}

func (c *check) count(s *huma.Schema, n int, v any, loc []any) {
	switch {
	case s.MinProperties != nil && n < *s.MinProperties:
		c.few(s, v, loc, "Dictionary", n, *s.MinProperties)
	case s.MaxProperties != nil && n > *s.MaxProperties:
		c.many(s, v, loc, "Dictionary", n, *s.MaxProperties)
	}
}

// few says that a list or map has fewer items than it must have.
func (c *check) few(s *huma.Schema, v any, loc []any, what string, n, least int) {
	c.add(s, loc, v, "too_short", fmt.Sprintf("%s should have at least %s after validation, not %d", what, count(least, "item"), n),
		map[string]any{"field_type": what, "min_length": least, "actual_length": n})
}

// many says that a list or map has more items than it may have.
func (c *check) many(s *huma.Schema, v any, loc []any, what string, n, most int) {
	c.add(s, loc, v, "too_long", fmt.Sprintf("%s should have at most %s after validation, not %d", what, count(most, "item"), n),
		map[string]any{"field_type": what, "max_length": most, "actual_length": n})
}
