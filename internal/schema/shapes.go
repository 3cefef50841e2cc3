package schema

import (
	"fmt"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// shapes describes types: what encoding/json writes of them or, if it reads,
// what bodies and parameters are checked against. That is not the same: other
// things may be null or left out, and a type whose methods write it has no
// members of its own.
//
// It is a [huma.Registry], so that Huma's reading of tags asks it about the
// types of fields. Huma's own registry would not do: in it an object is never
// null, and a list always may be.
type shapes struct {
	names   *names
	reads   bool
	prefix  string // of references to what it has named
	schemas map[string]*huma.Schema
	types   map[string]reflect.Type
	named   map[string]*huma.Schema // the registry's
}

func newShapes(n *names, prefix string, reads bool, named map[string]*huma.Schema) *shapes {
	return &shapes{named: named, names: n, prefix: prefix, reads: reads, schemas: map[string]*huma.Schema{}, types: map[string]reflect.Type{}}
}

// outputPrefix begins references to what is sent.
const outputPrefix = "#/outputs/"

var (
	providerType    = reflect.TypeFor[huma.SchemaProvider]()
	transformerType = reflect.TypeFor[huma.SchemaTransformer]()
)

// scalars are the types of which Huma says how their kind is written.
var scalars = kinds(true, "", 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), float32(0), 0.0)

func kinds(values ...any) map[reflect.Kind]reflect.Type {
	out := map[reflect.Kind]reflect.Type{}
	for _, v := range values {
		out[reflect.TypeOf(v).Kind()] = reflect.TypeOf(v)
	}
	return out
}

// Schema is the schema of a type; nil for one that JSON cannot hold.
func (o *shapes) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	switch {
	case t.Kind() == reflect.Pointer:
		inner := o.Schema(t.Elem(), allowRef, hint)
		if t.Implements(textMarshaler) && !t.Implements(jsonMarshaler) && isAnything(inner) {
			inner = &huma.Schema{Type: huma.TypeString} // the method wants the pointer
		}
		return orNull(inner)
	case isViolation(t):
		o.named[violationName] = violation()
		return &huma.Schema{Ref: refPrefix + violationName}
	case has(t, providerType):
		return huma.SchemaFromType(o, t)
	}
	if inner, ok := shape.InnerOf(t); ok {
		return orNull(o.Schema(inner, true, hint))
	}
	if variants, ok := shape.VariantsOf(t); ok {
		return o.oneOf(t, variants)
	}
	if t.Kind() == reflect.Struct && !o.itself(t) {
		return o.component(t, allowRef, hint)
	}
	return o.transformed(t, o.plain(t))
}

// oneOf is the schema of a union, told apart by a discriminator. It panics where
// the types cannot be.
func (o *shapes) oneOf(t reflect.Type, variants []reflect.Type) *huma.Schema {
	how, err := shape.Tell(t)
	if err != nil {
		panic(err.Error())
	}
	out := &huma.Schema{Discriminator: &huma.Discriminator{PropertyName: how.Name, Mapping: map[string]string{}}}
	for i, variant := range variants {
		ref := o.Schema(variant, true, "")
		out.OneOf = append(out.OneOf, ref)
		out.Discriminator.Mapping[how.Tags[i]] = ref.Ref
	}
	return out
}

// itself reports whether a type's own methods read or write it.
func (o *shapes) itself(t reflect.Type) bool {
	if o.reads {
		return t == urlType || readsText(t)
	}
	return writesItself(t)
}

// component names the schema of a struct, before its fields are looked at,
// since they may lead back to it.
func (o *shapes) component(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	name := o.names.name(t, hint)
	if _, ok := o.schemas[name]; !ok {
		o.schemas[name], o.types[name] = &huma.Schema{}, t
		o.schemas[name] = o.transformed(t, o.object(t))
	}
	if allowRef {
		return &huma.Schema{Ref: o.prefix + name}
	}
	return o.schemas[name]
}

// transformed lets a type change its schema, where it has a method for that.
func (o *shapes) transformed(t reflect.Type, s *huma.Schema) *huma.Schema {
	if s == nil || !has(t, transformerType) {
		return s
	}
	return reflect.New(t).Interface().(huma.SchemaTransformer).TransformSchema(o, s)
}

// plain is the schema of a type that becomes no component. Nothing is said of
// what a type's own MarshalJSON writes.
func (o *shapes) plain(t reflect.Type) *huma.Schema {
	switch {
	case t == timeType:
		return huma.SchemaFromType(o, t)
	case t == durationType:
		return &huma.Schema{Type: huma.TypeString, Format: "duration", Description: durationWords}
	case shape.IsDate(t):
		return &huma.Schema{Type: huma.TypeString, Format: "date"}
	case o.reads:
		return o.read(t)
	case has(t, jsonMarshaler), t.Kind() == reflect.Interface:
		return &huma.Schema{}
	case t == addrType:
		return &huma.Schema{Type: huma.TypeString, Format: "ip"}
	case t.Implements(textMarshaler):
		return &huma.Schema{Type: huma.TypeString}
	case has(t, textMarshaler):
		return &huma.Schema{} // a string only where the value has an address
	}
	return o.basic(t)
}

// read is plain for what is read.
func (o *shapes) read(t reflect.Type) *huma.Schema {
	switch {
	case t == rawType || t.Kind() == reflect.Interface:
		return &huma.Schema{}
	case t == urlType:
		return huma.SchemaFromType(o, t)
	case t == ipType || t == addrType:
		return &huma.Schema{Type: huma.TypeString, Format: "ip"}
	case readsText(t):
		return &huma.Schema{Type: huma.TypeString}
	}
	return o.basic(t)
}

// basic is the schema of a type that no method reads or writes.
func (o *shapes) basic(t reflect.Type) *huma.Schema {
	switch {
	case t == numberType:
		return &huma.Schema{Type: huma.TypeNumber}
	case isBytes(t):
		return &huma.Schema{Type: huma.TypeString, ContentEncoding: "base64"}
	}
	return o.ofKind(t)
}

func (o *shapes) ofKind(t reflect.Type) *huma.Schema {
	if basic, ok := scalars[t.Kind()]; ok {
		return huma.SchemaFromType(o, basic)
	}
	switch t.Kind() {
	case reflect.Slice:
		return &huma.Schema{Type: huma.TypeArray, Items: o.Schema(t.Elem(), true, t.Name()+"Item")}
	case reflect.Array:
		n := t.Len()
		return &huma.Schema{Type: huma.TypeArray, Items: o.Schema(t.Elem(), true, t.Name()+"Item"), MinItems: &n, MaxItems: &n}
	case reflect.Map:
		out := &huma.Schema{Type: huma.TypeObject}
		if values := o.Schema(t.Elem(), true, t.Name()+"Value"); values != nil {
			out.AdditionalProperties = values
		}
		return out
	}
	return nil
}

// object is the schema of a struct.
func (o *shapes) object(t reflect.Type) *huma.Schema {
	out := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	if all, ok := t.FieldByName("_"); ok && all.Tag.Get("additionalProperties") == "true" {
		out.AdditionalProperties = true
	}
	if all, ok := t.FieldByName("_"); ok && o.reads {
		out.Nullable = all.Tag.Get("nullable") == "true"
	}
	for _, m := range membersOf(t) {
		one := o.property(t, m)
		hidden := m.Tag.Get("hidden") == "true"
		switch {
		case one == nil, o.reads && m.sealed:
			continue
		case hidden && !o.reads:
			out.AdditionalProperties = nil // it is sent all the same
		case !hidden && o.required(m):
			out.Required = append(out.Required, m.name)
		}
		out.Properties[m.name] = one
	}
	return out
}

// required reports whether a member is always there.
func (o *shapes) required(m member) bool {
	if o.reads {
		return m.required()
	}
	return !m.omits && !m.loose
}

// property is the schema of a member with what its tags say. A pointer may be
// null; one that is left out when it is nil is never sent as that.
func (o *shapes) property(t reflect.Type, m member) *huma.Schema {
	f := m.StructField
	never := m.omits && !o.reads // null
	switch {
	case m.sealed:
		return &huma.Schema{}
	case m.quoted:
		return &huma.Schema{Type: huma.TypeString, Nullable: f.Type.Kind() == reflect.Pointer && !never, Description: f.Tag.Get("doc")}
	case never && f.Type.Kind() == reflect.Pointer:
		f.Type, f.Tag = f.Type.Elem(), without(f.Tag, "nullable")
	}
	return o.tagged(f, t.Name()+f.Name+"Struct")
}

// tagged is the schema of a field with what its tags say, also of null.
func (o *shapes) tagged(f reflect.StructField, hint string) *huma.Schema {
	pointer := f.Type.Kind() == reflect.Pointer
	switch null := f.Tag.Get("nullable"); {
	case null == "false" && pointer:
		f.Type = f.Type.Elem()
	case null == "false":
		if inner, ok := shape.InnerOf(f.Type); ok {
			f.Type = inner
		}
	case null == "true" && !pointer:
		f.Type = reflect.PointerTo(f.Type)
	case null != "" && null != "true":
		panic(fmt.Sprintf("invalid bool tag %q for field %q: nullable", null, f.Name))
	}
	f.Tag = without(f.Tag, "nullable") // Huma knows no object that is null
	return fieldSchema(o, f, hint)
}

// isAnything reports whether a schema allows every value.
func isAnything(s *huma.Schema) bool {
	return s != nil && s.Type == "" && s.Ref == "" && s.OneOf == nil && s.AnyOf == nil && s.AllOf == nil && s.Not == nil
}

// orNull is a schema that also allows null.
func orNull(s *huma.Schema) *huma.Schema {
	switch {
	case s == nil || isAnything(s):
		return s
	case s.Type == "" && nullable(s):
		return s
	case s.Type == "":
		return &huma.Schema{AnyOf: []*huma.Schema{s, {Type: "null"}}}
	}
	out := *s // which may belong to its type
	out.Nullable = true
	return &out
}

// SchemaFromRef finds what has been named.
func (o *shapes) SchemaFromRef(ref string) *huma.Schema {
	if len(ref) < len(o.prefix) {
		return nil
	}
	return o.schemas[ref[len(o.prefix):]]
}

// TypeFromRef finds the type of what has been named.
func (o *shapes) TypeFromRef(ref string) reflect.Type {
	if len(ref) < len(o.prefix) {
		return nil
	}
	return o.types[ref[len(o.prefix):]]
}

// Map is what has been named.
func (o *shapes) Map() map[string]*huma.Schema { return o.schemas }

// RegisterTypeAlias does nothing: the types of this package's callers have no
// aliases.
func (o *shapes) RegisterTypeAlias(reflect.Type, reflect.Type) {}

// nullable reports whether a schema that orNull has made, or a tag, allows null.
func nullable(s *huma.Schema) bool {
	return s.Nullable || len(s.AnyOf) == 2 && s.AnyOf[1].Type == "null"
}
