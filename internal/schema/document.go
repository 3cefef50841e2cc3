package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// This file writes schemas for the document. A type that is read and sent is
// one component where both look alike. Where they do not, it is two, of the
// names that FastAPI gives them: Item-Input and Item-Output.

// apart are the names of components that are two.
type apart map[string]bool

// MarshalJSON writes the named schemas, sorted by name.
func (r *Registry) MarshalJSON() ([]byte, error) {
	split := r.split()
	all := map[string]*huma.Schema{}
	for name, s := range r.inputs.Map() {
		all[split.input(name)] = split.written(s)
	}
	for name, s := range r.outputs.Map() {
		all[split.output(name)] = split.written(s)
	}
	for name, s := range r.named {
		all[name] = split.written(s)
	}
	return json.Marshal(all)
}

// MarshalJSON writes the schema as JSON Schema 2020-12. What it says of a type
// that is read and sent is final when both were asked for.
func (s *Schema) MarshalJSON() ([]byte, error) {
	out := s.r.split().written(s.s)
	if out.Ref != "" && reflect.DeepEqual(out, &huma.Schema{Ref: out.Ref}) { // as nearly all that a route answers
		return json.Marshal(map[string]string{"$ref": out.Ref})
	}
	return out.MarshalJSON()
}

// Words are what the schema says to people: its description, and whether what it
// describes is deprecated.
func (s *Schema) Words() (description string, deprecated bool) {
	return s.s.Description, s.s.Deprecated
}

// split finds the components that are two: whose schemas differ, or have one
// inside that is two.
func (r *Registry) split() apart {
	size := len(r.inputs.Map()) + len(r.outputs.Map())
	if r.apartOf == size && r.apart != nil {
		return r.apart
	}
	out := apart{}
	for before := -1; before < len(out); {
		before = len(out)
		for name, sent := range r.outputs.Map() {
			if read, both := r.inputs.Map()[name]; both && !out.alike(read, sent) {
				out[name] = true
			}
		}
	}
	r.apart, r.apartOf = out, size
	return out
}

func (a apart) alike(read, sent *huma.Schema) bool {
	x, err := json.Marshal(a.written(read))
	y, err2 := json.Marshal(a.written(sent))
	return err == nil && err2 == nil && bytes.Equal(x, y)
}

func (a apart) input(name string) string {
	if a[name] {
		return name + "-Input"
	}
	return name
}

func (a apart) output(name string) string {
	if a[name] {
		return name + "-Output"
	}
	return name
}

// written is a copy of a schema for the document: with the final names of
// components, and with null beside the values of what may be null.
func (a apart) written(s *huma.Schema) *huma.Schema {
	if s == nil {
		return nil
	}
	out := *s
	out.Ref = a.reference(s.Ref)
	if s.Nullable && (s.Const != nil || s.Enum != nil && !slices.Contains(s.Enum, nil)) {
		return valuesOrNull(out)
	}
	out.Items, out.Not = a.written(s.Items), a.written(s.Not)
	out.OneOf, out.AnyOf, out.AllOf = a.all(s.OneOf), a.all(s.AnyOf), a.all(s.AllOf)
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		out.AdditionalProperties = a.written(more)
	}
	if s.Discriminator != nil {
		out.Discriminator = &huma.Discriminator{PropertyName: s.Discriminator.PropertyName, Mapping: map[string]string{}}
		for tag, ref := range s.Discriminator.Mapping {
			out.Discriminator.Mapping[tag] = a.reference(ref)
		}
	}
	out.Properties = maps.Clone(s.Properties)
	for name, one := range out.Properties {
		out.Properties[name] = a.written(one)
	}
	return &out
}

// valuesOrNull is one of some values or null. As an enum of all of them, which means the
// same, openapi-python-client makes three types of it.
func valuesOrNull(one huma.Schema) *huma.Schema {
	out := &huma.Schema{Description: one.Description, Default: one.Default, Examples: one.Examples, Deprecated: one.Deprecated}
	one.Nullable, one.Description, one.Default, one.Examples, one.Deprecated = false, "", nil, nil, false
	out.AnyOf = []*huma.Schema{&one, {Type: "null"}}
	return out
}

// reference is a reference with the final name of its component.
func (a apart) reference(ref string) string {
	if name, ok := strings.CutPrefix(ref, outputPrefix); ok {
		return refPrefix + a.output(name)
	}
	if name, ok := strings.CutPrefix(ref, refPrefix); ok {
		return refPrefix + a.input(name)
	}
	return ref
}

func (a apart) all(list []*huma.Schema) []*huma.Schema {
	out := slices.Clone(list)
	for i, one := range out {
		out[i] = a.written(one)
	}
	return out
}
