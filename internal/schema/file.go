package schema

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// FileField is Field for a file in a form, or a list of them. The schema says it
// in both ways that tools know, so that docs pages show a file picker and generated
// clients take a file: by the format "binary", as in OpenAPI 3.0, and by
// contentMediaType. Where the document names media types for the part, these
// count (OpenAPI 3.1 section 4.8.14.2).
func (r *Registry) FileField(f reflect.StructField) *Schema {
	list := f.Type.Kind() == reflect.Slice
	f.Type = reflect.TypeFor[string]()
	if list {
		f.Type = reflect.TypeFor[[]string]()
	}
	s := huma.SchemaFromField(r.inputs, f, f.Name)
	s.Nullable = false
	one := s
	if list {
		one = s.Items
		one.Nullable = false
	}
	one.Format = "binary"
	s.Description = strings.Join(append(filled(s.Description), bounds(f)...), "; ")
	s.PrecomputeMessages()
	return &Schema{s, r}
}

func filled(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// bounds says what JSON Schema has no words for.
func bounds(f reflect.StructField) []string {
	var out []string
	if size := f.Tag.Get("maxSize"); size != "" {
		out = append(out, "at most "+size)
	}
	if types := f.Tag.Get("accept"); types != "" {
		out = append(out, types)
	}
	return out
}
