// Package schema turns Go types into JSON Schema and checks values against it.
// What the OpenAPI document shows of a request is the schema that the check
// enforces, and what it shows of an answer is how encoding/json writes the type,
// so that they cannot disagree.
//
// The schemas are Huma's, and so are the struct tags that constrain a value
// (minLength, maximum, pattern, enum, default, format, doc …). No other package
// may import Huma.
package schema

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

const refPrefix = "#/components/schemas/"

// Registry names the schemas of an application's types. Use it while routes
// are being registered; it is not safe for concurrent use before the last
// registration, and read-only after.
type Registry struct {
	inputs  *shapes
	outputs *shapes
	named   map[string]*huma.Schema // made by Name
	once    map[string]*Schema      // made by Once
	explain func(error) ([]Violation, error)
	fields  sync.Map // of a model, in the order in which they are checked

	apart   apart // what is two components, when there were apartOf
	apartOf int
}

// NewRegistry returns an empty registry. No type gets one of the reserved
// names, which are for [Registry.Name].
func NewRegistry(reserved ...string) *Registry {
	n := &names{of: map[reflect.Type]string{}, taken: map[string]bool{violationName: true}}
	for _, name := range reserved {
		n.taken[name] = true
	}
	named := map[string]*huma.Schema{}
	return &Registry{
		inputs:  newShapes(n, refPrefix, true, named),
		outputs: newShapes(n, outputPrefix, false, named),
		named:   named,
		once:    map[string]*Schema{},
	}
}

// Input returns the schema of what [Schema.Decode] reads into a type; a struct
// becomes a reference to a component of the type's name, or of the hint's if
// the type has none. It panics for a type that JSON cannot hold.
func (r *Registry) Input(t reflect.Type, hint string) *Schema {
	return r.Body(reflect.StructField{Type: t}, hint)
}

// Body is Input for a field that is read as a whole, with what its tags say. It
// panics for a tag that does not fit, too.
func (r *Registry) Body(f reflect.StructField, hint string) *Schema {
	s := r.inputs.tagged(f, hint)
	if s == nil {
		panic(fmt.Sprintf("schema: type %v: JSON cannot hold it", f.Type))
	}
	if err := errors.Join(r.tryDefault(s, f.Type), r.tryDefaults(f.Type, map[reflect.Type]bool{})); err != nil {
		panic(err.Error())
	}
	return &Schema{s, r}
}

// Output returns the schema of what encoding/json writes of a type, after
// [Filler.Fill]. A struct becomes a reference as with Input: the same, unless
// what is read is not what is sent. The error is about the type's tags.
func (r *Registry) Output(t reflect.Type, hint string) (out *Schema, err error) {
	defer func() {
		if cause := recover(); cause != nil { // Huma's word for a tag that does not fit
			err = fmt.Errorf("type %v: %v", t, cause)
		}
	}()
	if err := checkTags(t, map[reflect.Type]bool{}, checkKnown); err != nil {
		return nil, fmt.Errorf("type %v: %w", t, err)
	}
	if s := r.outputs.Schema(t, true, hint); s != nil {
		return &Schema{s, r}, nil
	}
	return nil, fmt.Errorf("type %v: JSON cannot hold it", t)
}

// Field returns the schema of a struct's field that is read from text, with the
// constraints of its tags. Text is never null. It panics for a type that JSON
// cannot hold or a tag that does not fit the type.
func (r *Registry) Field(f reflect.StructField) *Schema {
	s := fieldSchema(r.inputs, f, f.Name)
	if s == nil {
		panic(fmt.Sprintf("schema: field %s has type %v, which JSON cannot hold", f.Name, f.Type))
	}
	s.Nullable = false
	if s.Items != nil {
		s.Items.Nullable = false
	}
	if s.Format == "date-time-http" {
		s.Format = "date-time" // a header is read as every other text
	}
	s.PrecomputeMessages()
	return &Schema{s, r}
}

// Property is one member of an object made by [Registry.Object].
type Property struct {
	Name     string
	Doc      string
	Schema   *Schema
	Required bool
}

// Object makes an object of properties. It may have others.
func (r *Registry) Object(properties []Property) *Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for _, p := range properties {
		one := *p.Schema.s
		if p.Doc != "" {
			one.Description = p.Doc
		}
		s.Properties[p.Name] = &one
		if p.Required {
			s.Required = append(s.Required, p.Name)
		}
	}
	s.PrecomputeMessages()
	return &Schema{s, r}
}

// InParts is an object whose members are parts of a form: a name that is empty,
// or has control characters, is none of a part.
func (s *Schema) InParts() *Schema {
	out := *s.s
	out.Extensions = map[string]any{"propertyNames": map[string]any{"pattern": `^[^\x00-\x1f\x7f]+$`}}
	return &Schema{&out, s.r}
}

// Name makes a schema a component, and returns the reference to it.
func (r *Registry) Name(name string, s *Schema) *Schema {
	r.named[name] = s.s
	return &Schema{&huma.Schema{Ref: refPrefix + name}, r}
}

// Once is Name for a schema that every route has: it is made for the first.
func (r *Registry) Once(name string, first func() *Schema) *Schema {
	if r.once[name] == nil {
		r.once[name] = r.Name(name, first())
	}
	return r.once[name]
}

// Text is the schema of a string.
func (r *Registry) Text() *Schema { return &Schema{&huma.Schema{Type: huma.TypeString}, r} }

// List is the schema of a list.
func (r *Registry) List(items *Schema) *Schema {
	return &Schema{&huma.Schema{Type: huma.TypeArray, Items: items.s}, r}
}

// Schema is what a value must look like. It is read-only and safe for
// concurrent use once registration is over.
type Schema struct {
	s *huma.Schema
	r *Registry
}

// Default returns the default of the field's tag.
func (s *Schema) Default() (any, bool) { return s.s.Default, s.s.Default != nil }

// Secret reports whether values must not be shown again: passwords, and what
// is only ever written.
func (s *Schema) Secret() bool { return secret(s.s) }

func secret(s *huma.Schema) bool { return s.Format == "password" || s.WriteOnly }

// resolve follows a reference.
func (r *Registry) resolve(s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		if name, ok := strings.CutPrefix(s.Ref, outputPrefix); ok {
			s = r.outputs.schemas[name]
			continue
		}
		if named, ok := r.named[s.Ref[len(refPrefix):]]; ok {
			return named
		}
		s = r.inputs.SchemaFromRef(s.Ref)
	}
	return s
}
