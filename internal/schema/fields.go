package schema

import (
	"cmp"
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// This file knows how encoding/json writes values: for the schemas of what is
// sent, and for finding the lists that must not be null in it.

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	judgeType    = reflect.TypeFor[judge]()
	addrType     = reflect.TypeFor[netip.Addr]()
	numberType   = reflect.TypeFor[json.Number]()
	rawType      = reflect.TypeFor[json.RawMessage]()
	ipType       = reflect.TypeFor[net.IP]()
	urlType      = reflect.TypeFor[url.URL]()

	providerType    = reflect.TypeFor[huma.SchemaProvider]() // types that say their schema
	transformerType = reflect.TypeFor[huma.SchemaTransformer]()
)

// has reports whether values of a type have the methods of an interface, or
// pointers to them have.
func has(t, methods reflect.Type) bool {
	return t.Implements(methods) || reflect.PointerTo(t).Implements(methods)
}

// writesItself reports whether the type's own methods write it. Those of a
// union write what is in it.
func writesItself(t reflect.Type) bool {
	if _, union := shape.VariantsOf(t); union {
		return false
	}
	return has(t, jsonMarshaler) || has(t, textMarshaler)
}

// judge is a type that checks itself after its own members fit.
type judge interface {
	Validate(ctx context.Context) error
}

// traits are what is asked of a type for each value of it that is read.
type traits struct {
	text, json bool         // it reads its text, or JSON, in its own way
	itself     bool         // it is read as a whole, by one of these or by encoding/json
	inner      reflect.Type // of an optional
	union      bool
	judges     bool // it has a method Validate
	lends      bool // which may be that of an embedded pointer
}

// known are the traits that were asked for; there are as many as types.
var known sync.Map

func traitsOf(t reflect.Type) *traits {
	if have, ok := known.Load(t); ok {
		return have.(*traits)
	}
	out := &traits{
		text:   t == timeType || t == durationType || t.Kind() != reflect.Interface && has(t, textUnmarshaler),
		json:   has(t, jsonUnmarshaler),
		judges: t.Kind() != reflect.Interface && has(t, judgeType),
	}
	out.itself = out.text || out.json || isBytes(t)
	out.inner, _ = shape.InnerOf(t)
	_, out.union = shape.VariantsOf(t)
	out.lends = out.judges && slices.ContainsFunc(embedded(t), func(f reflect.StructField) bool { return f.Type.Kind() == reflect.Pointer })
	known.Store(t, out)
	return out
}

// embedded lists the embedded fields of a struct that have a method Validate.
func embedded(t reflect.Type) []reflect.StructField {
	if t.Kind() != reflect.Struct {
		return nil
	}
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return !f.Anonymous || !has(f.Type, judgeType) })
}

// readsText reports whether a type is read from text in its own way.
func readsText(t reflect.Type) bool { return traitsOf(t).text }

// readsItself reports whether a type is read as a whole: by a method of its
// own, or by encoding/json.
func readsItself(t reflect.Type) bool { return traitsOf(t).itself }

// required reports whether a member must be in what is read.
func (m member) required() bool {
	if said, ok := m.Tag.Lookup("required"); ok {
		return said == "true"
	}
	_, byDefault := m.Tag.Lookup("default")
	_, optional := shape.InnerOf(m.Type)
	return !byDefault && !optional && !m.may("omitempty") && !m.may("omitzero")
}

// may reports whether the member's tag has an option.
func (m member) may(option string) bool {
	_, options, _ := strings.Cut(m.Tag.Get("json"), ",")
	return slices.Contains(strings.Split(options, ","), option)
}

// isBytes reports whether a list is written as a string in base64.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && !writesItself(t.Elem())
}

// member is a field of a struct as a member of a JSON object.
type member struct {
	reflect.StructField
	name   string
	at     any   // the name, as a part of a place
	path   []int // the indexes that lead to it, through embedded structs
	tagged bool  // the name is a tag's
	depth  int   // in how many embedded structs it is

	omits  bool // it is left out when it is empty
	loose  bool // behind an embedded pointer: left out when that is nil
	quoted bool // a number or bool that is written as a string
	sealed bool // behind an embedded pointer that reflection cannot replace
}

// omits reports whether encoding/json leaves a field out when it is empty.
func omits(f reflect.StructField) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	for option := range strings.SplitSeq(options, ",") {
		switch {
		case option == "omitzero":
			return true
		case option == "omitempty":
			return f.Type.Kind() != reflect.Struct && (f.Type.Kind() != reflect.Array || f.Type.Len() == 0)
		}
	}
	return false
}

// membersOf lists the members that encoding/json writes for a struct. Of
// several fields with one name that is the field of the outermost struct; of
// several there, the one whose name is a tag's; of several of those, none.
func membersOf(t reflect.Type) []member {
	var all []member
	seen := map[reflect.Type]bool{}
	level := []member{{StructField: reflect.StructField{Type: t}}}
	for depth := 0; len(level) > 0; depth++ {
		var next []member
		for _, outer := range level {
			seen[outer.Type] = true
		}
		for _, outer := range level {
			fields, embedded := outer.split(depth)
			all = append(all, fields...)
			next = append(next, embedded...)
		}
		level = slices.DeleteFunc(next, func(m member) bool { return seen[m.Type] })
	}
	out := make([]member, 0, len(all))
	for _, m := range all {
		if m.wins(all) {
			out = append(out, m)
		}
	}
	return out
}

// split lists the fields of a struct that are members, and the embedded structs
// whose fields are.
func (m member) split(depth int) (fields, embedded []member) {
	for i := range m.Type.NumField() {
		f := m.Type.Field(i)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		joins := f.Anonymous && inner.Kind() == reflect.Struct
		if f.Tag.Get("json") == "-" || !f.IsExported() && !joins {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		pointer := inner != f.Type
		one := member{
			StructField: f, name: name, path: append(slices.Clone(m.path), i), tagged: name != "", depth: depth,
			omits: omits(f), loose: m.loose, sealed: m.sealed || pointer && !f.IsExported(),
			quoted: writtenAsString(f),
		}
		if joins && name == "" {
			one.Type, one.loose = inner, m.loose || pointer
			embedded = append(embedded, one)
			continue
		}
		one.name = cmp.Or(name, f.Name)
		one.at = one.name
		fields = append(fields, one)
	}
	return fields, embedded
}

// wins reports whether the field is the member of its name.
func (m member) wins(all []member) bool {
	same := 0
	for _, other := range all {
		if other.name != m.name {
			continue
		}
		switch {
		case other.depth < m.depth, other.depth == m.depth && other.tagged && !m.tagged:
			return false
		case other.depth == m.depth && other.tagged == m.tagged:
			same++
		}
	}
	return same == 1
}

// writtenAsString reports whether a field's tag has the option "string", and that
// has a meaning.
func writtenAsString(f reflect.StructField) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return slices.Contains(strings.Split(options, ","), "string") && isScalar(t)
}

// isScalar reports whether a tag's option "string" has a meaning for a type.
func isScalar(t reflect.Type) bool {
	k := t.Kind()
	return t != durationType && (k == reflect.Bool || k == reflect.String || k >= reflect.Int && k <= reflect.Float64)
}

// Judges reports whether values of a type check themselves. The error is about a
// method Validate that is something else.
func Judges(t reflect.Type) (bool, error) {
	if traitsOf(t).judges {
		for _, f := range embedded(t) {
			if f.Type.Kind() == reflect.Pointer && !f.IsExported() {
				return false, fmt.Errorf("type %v embeds the pointer %s, whose method Validate it may have, and which nothing can fill: embed the struct itself", t, f.Name)
			}
		}
		return true, nil
	}
	if _, other := reflect.PointerTo(t).MethodByName("Validate"); other && t.Kind() != reflect.Interface {
		return false, fmt.Errorf("type %v has a method Validate that is not func(context.Context) error, which checks what was read", t)
	}
	return false, nil
}

// insideOf lists the types of what is in a type. Of one that is read or written by
// a method of its own, which itself reports, nothing is known.
func insideOf(t reflect.Type, itself func(reflect.Type) bool) []reflect.Type {
	if inner, ok := shape.InnerOf(t); ok {
		return []reflect.Type{inner}
	}
	if variants, ok := shape.VariantsOf(t); ok {
		return variants
	}
	if itself(t) && t.Kind() != reflect.Pointer {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return []reflect.Type{t.Elem()}
	case reflect.Struct:
		var out []reflect.Type
		for _, m := range membersOf(t) {
			out = append(out, m.StructField.Type)
		}
		return out
	}
	return nil
}
