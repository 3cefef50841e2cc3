package schema

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// outputs describes what encoding/json writes of a type. Huma's own registry
// describes what bodies are checked against, which is not the same: other
// things may be null or left out, and a type whose methods write it has no
// members of its own.
//
// It is a [huma.Registry], so that Huma's reading of tags asks it about the
// types of fields.
type outputs struct {
	names   *names
	schemas map[string]*huma.Schema
	types   map[string]reflect.Type
	named   map[string]*huma.Schema // the registry's
}

// outputPrefix begins references to what outputs has named.
const outputPrefix = "#/outputs/"

var (
	providerType    = reflect.TypeFor[huma.SchemaProvider]()
	transformerType = reflect.TypeFor[huma.SchemaTransformer]()
	timeType        = reflect.TypeFor[time.Time]()
	addrType        = reflect.TypeFor[netip.Addr]()
	numberType      = reflect.TypeFor[json.Number]()
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
func (o *outputs) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
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
	case t.Kind() == reflect.Struct && !writesItself(t):
		return o.component(t, allowRef, hint)
	}
	return o.transformed(t, o.plain(t))
}

// component names the schema of a struct, before its fields are looked at,
// since they may lead back to it.
func (o *outputs) component(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	name := o.names.name(t, hint)
	if _, ok := o.schemas[name]; !ok {
		o.schemas[name], o.types[name] = &huma.Schema{}, t
		o.schemas[name] = o.transformed(t, o.object(t))
	}
	if allowRef {
		return &huma.Schema{Ref: outputPrefix + name}
	}
	return o.schemas[name]
}

// transformed lets a type change its schema, where it has a method for that.
func (o *outputs) transformed(t reflect.Type, s *huma.Schema) *huma.Schema {
	if s == nil || !has(t, transformerType) {
		return s
	}
	return reflect.New(t).Interface().(huma.SchemaTransformer).TransformSchema(o, s)
}

// plain is the schema of a type that becomes no component. Nothing is said of
// what a type's own MarshalJSON writes.
func (o *outputs) plain(t reflect.Type) *huma.Schema {
	switch {
	case t == timeType:
		return huma.SchemaFromType(o, t)
	case has(t, jsonMarshaler), t.Kind() == reflect.Interface:
		return &huma.Schema{}
	case t == addrType:
		return &huma.Schema{Type: huma.TypeString, Format: "ip"}
	case t.Implements(textMarshaler):
		return &huma.Schema{Type: huma.TypeString}
	case has(t, textMarshaler):
		return &huma.Schema{} // a string only where the value has an address
	case t == numberType:
		return &huma.Schema{Type: huma.TypeNumber}
	case isBytes(t):
		return &huma.Schema{Type: huma.TypeString, ContentEncoding: "base64"}
	}
	return o.ofKind(t)
}

func (o *outputs) ofKind(t reflect.Type) *huma.Schema {
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
func (o *outputs) object(t reflect.Type) *huma.Schema {
	out := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	if all, ok := t.FieldByName("_"); ok && all.Tag.Get("additionalProperties") == "true" {
		out.AdditionalProperties = true
	}
	for _, m := range membersOf(t) {
		one := o.property(t, m)
		switch {
		case one == nil:
			continue
		case m.Tag.Get("hidden") == "true":
			out.AdditionalProperties = nil // it is sent all the same
		case !m.omits && !m.loose:
			out.Required = append(out.Required, m.name)
		}
		out.Properties[m.name] = one
	}
	return out
}

// property is the schema of a member with what its tags say. A pointer that is
// left out when it is nil is never null.
func (o *outputs) property(t reflect.Type, m member) *huma.Schema {
	f := m.StructField
	pointer, null := f.Type.Kind() == reflect.Pointer, f.Tag.Get("nullable")
	switch {
	case m.sealed:
		return &huma.Schema{}
	case m.quoted && pointer && !m.omits:
		return &huma.Schema{Type: huma.TypeString, Nullable: true, Description: f.Tag.Get("doc")}
	case m.quoted:
		return &huma.Schema{Type: huma.TypeString, Description: f.Tag.Get("doc")}
	case pointer && (m.omits || null == "false"):
		f.Type = f.Type.Elem()
	case !pointer && null == "true":
		f.Type = reflect.PointerTo(f.Type)
	}
	out := huma.SchemaFromField(o, f, t.Name()+f.Name+"Struct")
	if out != nil && out.Type == "" {
		out.Nullable = false // it says so in another way, or allows everything
	}
	return out
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
	case s.Type == "":
		return &huma.Schema{AnyOf: []*huma.Schema{s, {Type: "null"}}}
	}
	out := *s // which may belong to its type
	out.Nullable = true
	return &out
}

// SchemaFromRef finds what outputs has named.
func (o *outputs) SchemaFromRef(ref string) *huma.Schema {
	if len(ref) < len(outputPrefix) {
		return nil
	}
	return o.schemas[ref[len(outputPrefix):]]
}

// TypeFromRef finds the type of what outputs has named.
func (o *outputs) TypeFromRef(ref string) reflect.Type {
	if len(ref) < len(outputPrefix) {
		return nil
	}
	return o.types[ref[len(outputPrefix):]]
}

// Map is what outputs has named.
func (o *outputs) Map() map[string]*huma.Schema { return o.schemas }

// RegisterTypeAlias does nothing: the types of this package's callers have no
// aliases.
func (o *outputs) RegisterTypeAlias(reflect.Type, reflect.Type) {}
