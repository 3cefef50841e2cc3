package schema

import (
	"reflect"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// Filler makes lists and maps that are nil empty ones, so that a value is sent
// as its schema says: encoding/json writes null for them. Durations it writes as
// numbers, which Rewrite mends.
type Filler struct {
	f         *filler
	durations *rewriter
}

// FillerOf returns the filler for values of a type, or nil if there is nothing
// in them to fill or to rewrite.
func FillerOf(t reflect.Type) *Filler {
	out := &Filler{durations: rewriters{}.of(t)}
	if wants(t, map[reflect.Type]bool{}) {
		out.f = fillers{}.of(t)
	}
	if *out == (Filler{}) {
		return nil
	}
	return out
}

// Fill fills a value, which must be settable. What it points to is left as it
// is, since others may be reading it: what must change there is copied first.
func (f *Filler) Fill(v reflect.Value) { f.f.fill(v, &walk{}) }

// Rewrite is what encoding/json wrote of a value, with durations as bodies have
// them. It may be the same memory.
func (f *Filler) Rewrite(text []byte) []byte {
	if f.durations == nil {
		return text
	}
	return f.durations.rewrite(text)
}

// filler fills values of one type. It leads to the fillers of what is in them,
// and so perhaps back to itself.
type filler struct {
	t      reflect.Type
	empty  reflect.Value // of a list or map; read-only, as it is put into every answer
	inner  *filler       // of elements, or of an optional's value; nil if there is nothing to fill in them
	maybe  bool          // it is an optional
	fields []fieldFiller // of a struct
	parts  []part        // of a struct, for its copy; nil to copy all of it
}

// fieldFiller fills a field of a struct.
type fieldFiller struct {
	*filler
	index int
	omits bool // a nil list, or with omitzero a zero value, is left out
}

// wants reports whether there may be something to fill in values of a type.
// seen are the structs that were looked into.
func wants(t reflect.Type, seen map[reflect.Type]bool) bool {
	if inner, ok := shape.InnerOf(t); ok {
		return wants(inner, seen)
	}
	if writesItself(t) || judgesItself(t) || seen[t] {
		return false
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return true
	case reflect.Pointer, reflect.Array:
		return wants(t.Elem(), seen)
	case reflect.Struct:
		seen[t] = true
		for i := range t.NumField() {
			if wantsField(t.Field(i), seen) {
				return true
			}
		}
	}
	return false
}

// wantsField is wants for a field that is sent. Where a nil list is left out,
// there may still be something in the elements of one that is not.
func wantsField(f reflect.StructField, seen map[reflect.Type]bool) bool {
	k := f.Type.Kind()
	switch {
	case f.Tag.Get("json") == "-", !f.IsExported() && (!f.Anonymous || k != reflect.Struct):
		return false
	case (k == reflect.Slice || k == reflect.Map) && omits(f):
		return !writesItself(f.Type) && wants(f.Type.Elem(), seen)
	}
	return wants(f.Type, seen)
}

// fillers are those that were begun.
type fillers map[reflect.Type]*filler

func (c fillers) of(t reflect.Type) *filler {
	if f, ok := c[t]; ok {
		return f
	}
	f := &filler{t: t}
	c[t] = f
	if inner, ok := shape.InnerOf(t); ok {
		f.inner, f.maybe = c.of(inner), true
		return f
	}
	switch t.Kind() {
	case reflect.Slice:
		f.empty = reflect.MakeSlice(t, 0, 0)
	case reflect.Map:
		f.empty = reflect.MakeMap(t)
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Array:
		if wants(t.Elem(), map[reflect.Type]bool{}) {
			f.inner = c.of(t.Elem())
		}
	case reflect.Struct:
		f.parts, _ = partsOf(t)
		for i := range t.NumField() {
			field := t.Field(i)
			if wantsField(field, map[reflect.Type]bool{}) {
				f.fields = append(f.fields, fieldFiller{c.of(field.Type), i, omits(field)})
			}
		}
	}
	return f
}

// walk is how far one value was looked into. A value that contains itself has
// no end, and encoding/json will say so.
type walk struct {
	depth   int
	lost    bool // too deep, so that nothing is looked at any more
	copying bool // all below is copied, so that nothing is looked at twice
}

const maxWalk = 1000

// down goes one level down, if there is one.
func (w *walk) down() bool {
	w.lost = w.lost || w.depth >= maxWalk
	if !w.lost {
		w.depth++
	}
	return !w.lost
}

func (w *walk) up() { w.depth-- }

// lacks reports whether there is something to fill in a value.
func (f *filler) lacks(v reflect.Value, w *walk) bool {
	if f == nil || !w.down() {
		return false
	}
	defer w.up()
	switch v.Kind() {
	case reflect.Slice:
		return v.IsNil() || f.lacksElement(v, w)
	case reflect.Array:
		return f.lacksElement(v, w)
	case reflect.Map:
		return v.IsNil() || f.lacksValue(v, w)
	case reflect.Pointer:
		return !v.IsNil() && f.inner.lacks(v.Elem(), w)
	}
	if value, ok := f.optional(v); ok {
		return f.inner.lacks(value, w)
	}
	for i := range f.fields {
		one := &f.fields[i]
		if field := v.Field(one.index); !one.skips(field) && one.lacks(field, w) {
			return true
		}
	}
	return false
}

// skips reports whether a field is left out as it is.
func (f *fieldFiller) skips(v reflect.Value) bool { return f.omits && v.IsZero() }

// judgesItself reports whether a type says for itself when it is zero, which
// may rest on fields that are not sent. Values of it are sent as they are.
func judgesItself(t reflect.Type) bool {
	_, by := t.MethodByName("IsZero")
	_, at := reflect.PointerTo(t).MethodByName("IsZero")
	return by || at
}

func (f *filler) lacksElement(v reflect.Value, w *walk) bool {
	if f.inner == nil {
		return false
	}
	for i := range v.Len() {
		if f.inner.lacks(v.Index(i), w) {
			return true
		}
	}
	return false
}

func (f *filler) lacksValue(v reflect.Value, w *walk) bool {
	if f.inner == nil {
		return false
	}
	one := reflect.New(f.inner.t).Elem()
	for entries := v.MapRange(); entries.Next(); {
		if one.SetIterValue(entries); f.inner.lacks(one, w) {
			return true
		}
	}
	return false
}

// fill fills a value that nothing else refers to.
func (f *filler) fill(v reflect.Value, w *walk) {
	if f == nil || !w.down() {
		return
	}
	defer w.up()
	switch v.Kind() {
	case reflect.Slice:
		f.fillSlice(v, w)
	case reflect.Map:
		f.fillMap(v, w)
	case reflect.Array:
		for i := range v.Len() {
			f.inner.fill(v.Index(i), w)
		}
	case reflect.Pointer:
		if !v.IsNil() && (w.copying || f.inner.lacks(v.Elem(), w)) {
			own := reflect.New(f.inner.t)
			f.inner.copy(own.Elem(), v.Elem(), w)
			v.Set(own)
		}
	case reflect.Struct:
		f.fillFields(v, w)
	}
}

// fillFields fills a struct, or what it holds if that is an optional.
func (f *filler) fillFields(v reflect.Value, w *walk) {
	if value, ok := f.optional(v); ok && (w.copying || f.inner.lacks(value, w)) {
		own := reflect.New(f.inner.t).Elem()
		f.inner.copy(own, value, w)
		v.Addr().Interface().(shape.Field).SetAny(own.Interface())
	}
	for i := range f.fields {
		one := &f.fields[i]
		if field := v.Field(one.index); !one.skips(field) {
			one.fill(field, w)
		}
	}
}

// optional is the value of an optional; false if there is none.
func (f *filler) optional(v reflect.Value) (reflect.Value, bool) {
	if !f.maybe {
		return v, false
	}
	kept := reflect.New(f.t) // v may have no address
	kept.Elem().Set(v)
	value := reflect.ValueOf(kept.Interface().(shape.Field).GetAny())
	return value, value.IsValid()
}

func (f *filler) fillSlice(v reflect.Value, w *walk) {
	switch {
	case v.IsNil():
		v.Set(f.empty)
	case f.inner != nil && (w.copying || f.lacksElement(v, w)):
		own := reflect.MakeSlice(f.t, v.Len(), v.Len())
		for i := range v.Len() {
			f.inner.copy(own.Index(i), v.Index(i), w)
		}
		v.Set(own)
	}
}

func (f *filler) fillMap(v reflect.Value, w *walk) {
	switch {
	case v.IsNil():
		v.Set(f.empty)
	case f.inner != nil && (w.copying || f.lacksValue(v, w)):
		own := reflect.MakeMapWithSize(f.t, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			one := reflect.New(f.inner.t).Elem()
			f.inner.copy(one, entries.Value(), w)
			own.SetMapIndex(entries.Key(), one)
		}
		v.Set(own)
	}
}

// copy makes a filled copy of a value.
func (f *filler) copy(to, from reflect.Value, w *walk) {
	copyParts(to, from, f.parts)
	was := w.copying
	w.copying = true
	f.fill(to, w)
	w.copying = was
}

// part is a field that a copy of a struct has: one that is sent. What is not
// sent, such as a mutex, may be changing meanwhile.
type part struct {
	index int
	parts []part // of a struct inside; nil to copy all of it
}

// partsOf lists the parts of a struct, and reports whether its copy can be made
// of them: nothing can be put into an embedded pointer that is not exported.
func partsOf(t reflect.Type) (out []part, ok bool) {
	out = []part{}
	for i := range t.NumField() {
		f := t.Field(i)
		one, apart := part{index: i}, false
		if f.Type.Kind() == reflect.Struct && !writesItself(f.Type) && !judgesItself(f.Type) {
			one.parts, apart = partsOf(f.Type)
		}
		switch {
		case f.IsExported(), f.Anonymous && apart:
			out = append(out, one)
		case f.Anonymous && (f.Type.Kind() == reflect.Struct || f.Type.Kind() == reflect.Pointer):
			return nil, false
		}
	}
	return out, true
}

func copyParts(to, from reflect.Value, parts []part) {
	if parts == nil {
		to.Set(from)
		return
	}
	for _, one := range parts {
		copyParts(to.Field(one.index), from.Field(one.index), one.parts)
	}
}
