// Package schema turns Go types into JSON Schema and checks values against it.
// One schema is what the OpenAPI document shows and what the check enforces,
// so that they cannot disagree.
//
// The schemas are Huma's, and so are the struct tags that constrain a value
// (minLength, maximum, pattern, enum, default, format, doc …). No other package
// may import Huma.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const refPrefix = "#/components/schemas/"

// Registry names the schemas of an application's types. Use it while routes
// are being registered; it is not safe for concurrent use before the last
// registration, and read-only after.
type Registry struct {
	types huma.Registry
	named map[string]*huma.Schema // made by Object
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	n := &names{of: map[reflect.Type]string{}, taken: map[string]bool{}}
	return &Registry{
		types: huma.NewMapRegistry(refPrefix, n.name),
		named: map[string]*huma.Schema{},
	}
}

// Of returns the schema of a type; a struct becomes a reference to a component
// of the type's name, or of the hint's if the type has none. It panics for a
// type that JSON cannot hold.
func (r *Registry) Of(t reflect.Type, hint string) *Schema {
	return &Schema{r.types.Schema(t, true, hint), r}
}

// Field returns the schema of a struct's field, with the constraints of its
// tags. It panics for a type that JSON cannot hold or a tag that does not fit
// the type.
func (r *Registry) Field(f reflect.StructField) *Schema {
	s := huma.SchemaFromField(r.types, f, f.Name)
	if s == nil {
		panic(fmt.Sprintf("schema: field %s has type %v, which JSON cannot hold", f.Name, f.Type))
	}
	s.PrecomputeMessages()
	return &Schema{s, r}
}

// Property is one member of an object made by [Registry.Object].
type Property struct {
	Name     string
	Schema   *Schema
	Required bool
}

// Object names an object made of properties, as forms are.
func (r *Registry) Object(name string, properties []Property) *Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, p := range properties {
		s.Properties[p.Name] = p.Schema.s
		if p.Required {
			s.Required = append(s.Required, p.Name)
		}
	}
	s.PrecomputeMessages()
	r.named[name] = s
	return &Schema{&huma.Schema{Ref: refPrefix + name}, r}
}

// Len returns how many schemas have a name.
func (r *Registry) Len() int { return len(r.types.Map()) + len(r.named) }

// MarshalJSON writes the named schemas, sorted by name.
func (r *Registry) MarshalJSON() ([]byte, error) {
	all := map[string]*huma.Schema{}
	for name, s := range r.types.Map() {
		all[name] = s
	}
	for name, s := range r.named {
		all[name] = s
	}
	return json.Marshal(all)
}

// Schema is what a value must look like. It is read-only and safe for
// concurrent use once registration is over.
type Schema struct {
	s *huma.Schema
	r *Registry
}

// MarshalJSON writes the schema as JSON Schema 2020-12.
func (s *Schema) MarshalJSON() ([]byte, error) { return json.Marshal(s.s) }

// Default returns the default of the field's tag.
func (s *Schema) Default() (any, bool) { return s.s.Default, s.s.Default != nil }

// Secret reports whether values must not be shown again: passwords, and what
// is only ever written.
func (s *Schema) Secret() bool { return secret(s.s) }

func secret(s *huma.Schema) bool { return s.Format == "password" || s.WriteOnly }

func (r *Registry) resolve(s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		if named, ok := r.named[s.Ref[len(refPrefix):]]; ok {
			return named
		}
		s = r.types.SchemaFromRef(s.Ref)
	}
	return s
}
