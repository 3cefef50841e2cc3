package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// NameBy lets an application name the components of types: "" stands for the
// usual name. It must be called before any type is described.
func (r *Registry) NameBy(choose func(t reflect.Type, usual string) string) {
	r.outputs.names.choose = choose
}

// NameFaults says which names were chosen that cannot be had.
func (r *Registry) NameFaults() []error { return r.outputs.names.faults }

// Either is the schema of what fits one of two.
func (r *Registry) Either(a, b *Schema) *Schema {
	return &Schema{&huma.Schema{AnyOf: []*huma.Schema{a.s, b.s}}, r}
}

// Example is a value as JSON has it, and an error if it does not fit the schema.
// A nil schema takes every value that JSON can hold.
func (s *Schema) Example(value any) (json.RawMessage, error) {
	data, err := encoded(value)
	if err != nil || s == nil {
		return data, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var plain any
	if err := dec.Decode(&plain); err != nil {
		return nil, err
	}
	if bad := s.Validate(plain); len(bad) > 0 {
		return nil, fmt.Errorf("%s%s", place(bad[0].Loc), bad[0].Msg)
	}
	return data, nil
}

// Closed is the schema of an object without members that it does not name, for
// examples of what is read: one that nothing reads was misspelt. A schema that says
// for itself what others there may be stays as it is.
func (s *Schema) Closed() *Schema {
	if s == nil {
		return nil
	}
	own := s.r.resolve(s.s)
	if own == nil || own.Type != huma.TypeObject || own.AdditionalProperties != nil {
		return s
	}
	closed := *own
	closed.AdditionalProperties = false
	return &Schema{&closed, s.r}
}

// encoded is the value as it is sent: nil lists and maps are empty ones.
func encoded(value any) (json.RawMessage, error) {
	var filler *Filler
	if v := reflect.ValueOf(value); v.IsValid() {
		kept := reflect.New(v.Type())
		kept.Elem().Set(v)
		if filler = FillerOf(v.Type()); filler != nil {
			filler.Fill(kept.Elem())
		}
		value = kept.Interface()
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	text := out.Bytes()
	if filler != nil && err == nil {
		text = filler.Rewrite(text)
	}
	return bytes.TrimSuffix(text, []byte("\n")), err
}

func place(loc []any) string {
	if len(loc) == 0 {
		return ""
	}
	words := make([]string, len(loc))
	for i, one := range loc {
		words[i] = fmt.Sprint(one)
	}
	return strings.Join(words, ".") + ": "
}
