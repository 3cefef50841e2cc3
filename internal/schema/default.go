package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/duration"
)

// fieldSchema is the schema of a field's type with what its tags say. A default
// is read here: Huma knows none of types that read text, or of objects. What a tag
// says of the items of a list or the values of a map is said of them, however deep
// they are.
func fieldSchema(o *shapes, f reflect.StructField, hint string) *huma.Schema {
	var inside *huma.Schema
	if element := elementOf(f.Type); element != nil {
		own, about := insideTags(f.Tag)
		f.Tag = own
		if about != "" {
			inside = fieldSchema(o, reflect.StructField{Name: f.Name, Type: element, Tag: about}, hint)
		}
	}
	text, has := f.Tag.Lookup("default")
	if has {
		f.Tag = without(f.Tag, "default")
	}
	out := huma.SchemaFromField(o, f, hint)
	if out == nil {
		return nil
	}
	switch _, isMap := out.AdditionalProperties.(*huma.Schema); {
	case inside == nil:
	case out.Items != nil:
		out.Items = inside
	case isMap:
		out.AdditionalProperties = inside
	}
	if out.Type == "" {
		out.Nullable = false // it says so in another way, or allows everything
	}
	if has {
		value, err := o.value(out, text)
		if err != nil {
			panic(fmt.Sprintf("the default %q is no %v", text, f.Type))
		}
		out.Default = asFormatted(f.Type, value)
	}
	return out
}

// asFormatted is a default as the schema's format has it: durations as ISO 8601
// writes them, whatever the tag does.
func asFormatted(t reflect.Type, value any) any {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t != durationType {
		return value
	}
	switch value := value.(type) {
	case string:
		if d, err := duration.Parse(value); err == nil { // else it is found where defaults are tried
			return duration.Format(d)
		}
	case []any:
		for i := range value {
			value[i] = asFormatted(t, value[i])
		}
	}
	return value
}

// value reads a tag's text: as it is for a string, separated by commas for a
// list unless it is one in JSON, and as JSON for the rest.
func (o *shapes) value(s *huma.Schema, text string) (any, error) {
	for s.Ref != "" || s.Type == "" && nullable(s) {
		if s.Ref == "" {
			s = s.AnyOf[0]
		} else if s = o.SchemaFromRef(s.Ref); s == nil {
			return nil, errors.New("no such component")
		}
	}
	switch {
	case s.Type == huma.TypeString:
		return text, nil
	case s.Type == huma.TypeArray && !strings.HasPrefix(text, "["):
		out := []any{}
		if text == "" {
			return out, nil
		}
		for one := range strings.SplitSeq(text, ",") {
			value, err := o.value(s.Items, one)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var out any
	if err := dec.Decode(&out); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return out, nil
}

// tryDefaults refuses defaults of a type, and of the types in it, that would be
// refused of a caller.
func (r *Registry) tryDefaults(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if t.Kind() == reflect.Struct && len(insideOf(t, readsItself)) > 0 {
		if err := r.tryMembers(t); err != nil {
			return err
		}
	}
	for _, inner := range insideOf(t, readsItself) {
		if err := r.tryDefaults(inner, seen); err != nil {
			return err
		}
	}
	return nil
}

func (r *Registry) tryMembers(t reflect.Type) error {
	s := r.resolve(r.inputs.Schema(t, true, ""))
	for _, m := range membersOf(t) {
		property := s.Properties[m.name]
		if property == nil || property.Default == nil {
			continue
		}
		if m.quoted {
			return fmt.Errorf("field %s: a value that is written as a string has no default", m.Name)
		}
		if err := r.tryDefault(property, m.StructField.Type); err != nil {
			return fmt.Errorf("field %s: %w", m.Name, err)
		}
	}
	return nil
}

func (r *Registry) tryDefault(s *huma.Schema, t reflect.Type) error {
	c := check{r: r}
	if s.Default == nil {
		return nil
	}
	if c.value(s, s.Default, nil, reflect.New(t).Elem()); len(c.out) > 0 {
		return fmt.Errorf("the default %v does not fit: %s", s.Default, c.out[0].Msg)
	}
	return nil
}
