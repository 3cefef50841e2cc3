package holdfast

import (
	"encoding"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// input is how a struct is filled from a request: made once per route from the
// struct's tags.
//
//	path:"id" query:"skip" header:"X-Trace" cookie:"theme" form:"username"
//
// and a field called Body, which is the JSON body. The tags that constrain a
// value (minLength, maximum, pattern, enum, default, format, doc …) are Huma's.
type input struct {
	params []field // path, query, header and cookie, in this order
	form   []field
	body   *bodyField
}

type bodyField struct {
	index    []int
	schema   *schema.Schema
	required bool
}

// field is one value of the input that arrives as text.
type field struct {
	in       string
	name     string
	index    []int
	segment  int // for path
	schema   *schema.Schema
	required bool
	checked  bool // the schema constrains more than the type
	def      []string
	list     bool
	asText   bool // the type reads its text itself
	set      setter
}

// setter parses text into a value of the field's type. The kind is the
// violation's type when the text does not fit.
type setter func(dst reflect.Value, text string) (kind string)

type bodyUse bool

const (
	noBody  bodyUse = false
	mayBody bodyUse = true
)

var sources = []string{"path", "query", "header", "cookie", "form"}

// newInput reads the tags of t. It returns nil for a type that takes nothing.
func (rt *route) newInput(t reflect.Type, use bodyUse) (*input, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input %v: an input is a struct whose fields say where they come from", t)
	}
	in := &input{}
	var bad []error
	for _, f := range reflect.VisibleFields(t) {
		if err := rt.addField(in, t, f); err != nil {
			bad = append(bad, fmt.Errorf("input %v: field %s: %w", t, f.Name, err))
		}
	}
	if bad != nil {
		return nil, errors.Join(bad...)
	}
	if use == noBody && (in.body != nil || in.form != nil) {
		return nil, fmt.Errorf("input %v: a dependency may not read the body; the handler's input may", t)
	}
	if in.body != nil && in.form != nil {
		return nil, fmt.Errorf("input %v: a request has a form or a JSON body, not both", t)
	}
	if in.body == nil && in.form == nil && in.params == nil {
		return nil, nil //nolint:nilnil // nothing to read is not an error
	}
	in.sort()
	return in, nil
}

func (in *input) sort() {
	var sorted []field
	for _, source := range sources {
		for _, f := range in.params {
			if f.in == source {
				sorted = append(sorted, f)
			}
		}
	}
	in.params = sorted
}

func (rt *route) addField(in *input, t reflect.Type, f reflect.StructField) (err error) {
	defer func() {
		if cause := recover(); cause != nil { // the schema package's word for a type it cannot describe
			err = fmt.Errorf("%v", cause)
		}
	}()
	source, name, err := sourceOf(f)
	switch {
	case err != nil:
		return err
	case source == "" && f.Name == "Body" && len(f.Index) == 1:
		if err := schema.CheckBody(f.Type); err != nil {
			return err
		}
		in.body = &bodyField{index: f.Index, schema: rt.app.types.Of(f.Type, t.Name()), required: f.Tag.Get("required") != "false"}
		return nil
	case source == "" && (f.Anonymous || len(f.Index) > 1):
		return nil
	case source == "":
		return errors.New("no tag says where it comes from; say path, query, header, cookie or form, or call it Body")
	case !f.IsExported():
		return errors.New("it is not exported")
	}
	if throughPointer(t, f.Index) {
		return errors.New("it is in an embedded pointer, which nobody makes; embed the struct itself")
	}
	if source == "header" && http.CanonicalHeaderKey(name) == "Host" {
		return errors.New("the header Host is not among the headers; read it with FromRequest")
	}
	one := field{in: source, name: name, index: f.Index, schema: rt.app.types.Field(f), checked: constrained(f)}
	if err := one.prepare(f, rt.pattern); err != nil {
		return err
	}
	return in.add(one)
}

// throughPointer reports whether the way to a field leads through an embedded
// pointer.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// add adds a field, unless another one has its place already.
func (in *input) add(one field) error {
	list := &in.params
	if one.in == "form" {
		list = &in.form
	}
	for _, have := range *list {
		if have.in == one.in && have.key() == one.key() {
			return fmt.Errorf("another field is the %s %s already", one.in, one.name)
		}
	}
	*list = append(*list, one)
	return nil
}

// key is what tells the field's name from others of its source.
func (f *field) key() string {
	if f.in == "header" {
		return http.CanonicalHeaderKey(f.name)
	}
	return f.name
}

// sourceOf finds the one tag that says where a field comes from; none is no
// error here.
func sourceOf(f reflect.StructField) (source, name string, err error) {
	if err := schema.CheckField(f); err != nil {
		return "", "", err
	}
	for _, one := range sources {
		tag, ok := f.Tag.Lookup(one)
		switch {
		case !ok:
			continue
		case source != "":
			return "", "", fmt.Errorf("it has two tags, %s and %s; say one", source, one)
		}
		source = one
		name, _, _ = strings.Cut(tag, ",")
		if name == "" {
			return "", "", fmt.Errorf("the tag %s has no name", one)
		}
	}
	return source, name, nil
}

func constrained(f reflect.StructField) bool {
	for _, tag := range []string{"minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "format", "minItems", "maxItems", "uniqueItems"} {
		if _, ok := f.Tag.Lookup(tag); ok {
			return true
		}
	}
	return false
}

func (f *field) prepare(sf reflect.StructField, p pattern) error {
	t := sf.Type
	f.required = sf.Tag.Get("required") == "true"
	if f.in == "path" {
		at, ok := p.names[f.name]
		if !ok {
			return fmt.Errorf("the path has no {%s}; it has %s", f.name, p.wildcards())
		}
		f.segment, f.required = at, true
	}
	if def, ok := sf.Tag.Lookup("default"); ok {
		f.def = strings.Split(def, ",")
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		f.list = true
		t = t.Elem()
	} else if f.def != nil {
		f.def = []string{sf.Tag.Get("default")}
	}
	set, err := setterFor(t)
	if err != nil {
		return err
	}
	f.set, f.asText = set, readsText(t)
	return f.tryDefault(sf.Type)
}

// tryDefault refuses a default that would be refused of a caller.
func (f *field) tryDefault(t reflect.Type) error {
	if f.def == nil {
		return nil
	}
	target := reflect.New(t).Elem()
	if kind, text := f.fill(target, f.def); kind != "" {
		return fmt.Errorf("the default %q is no %v", text, t)
	}
	if !f.checked {
		return nil
	}
	if bad := f.schema.Validate(f.plain(target, f.def)); len(bad) > 0 {
		return fmt.Errorf("the default does not fit: %s", bad[0].Msg)
	}
	return nil
}

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	timeType = reflect.TypeFor[time.Time]()
)

// readsText reports whether a type reads its text in its own way.
func readsText(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t == timeType || reflect.PointerTo(t).Implements(textType)
}

func setterFor(t reflect.Type) (setter, error) {
	if t.Kind() == reflect.Pointer {
		inner, err := setterFor(t.Elem())
		return func(dst reflect.Value, text string) string {
			v := reflect.New(t.Elem())
			kind := inner(v.Elem(), text)
			dst.Set(v)
			return kind
		}, err
	}
	if t == timeType {
		return setTime, nil
	}
	if reflect.PointerTo(t).Implements(textType) {
		return setText, nil
	}
	switch t.Kind() {
	case reflect.String:
		return setString, nil
	case reflect.Bool:
		return setBool, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return setInt, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return setUint, nil
	case reflect.Float32, reflect.Float64:
		return setFloat, nil
	}
	return nil, fmt.Errorf("type %v cannot be read from text", t)
}

func setString(dst reflect.Value, text string) string {
	if !utf8.ValidString(text) {
		return "string_unicode"
	}
	dst.SetString(text)
	return ""
}

func setBool(dst reflect.Value, text string) string {
	switch strings.ToLower(text) {
	case "true", "1", "on", "yes", "y", "t":
		dst.SetBool(true)
	case "false", "0", "off", "no", "n", "f":
		dst.SetBool(false)
	default:
		return "bool_parsing"
	}
	return ""
}

func setInt(dst reflect.Value, text string) string {
	n, err := strconv.ParseInt(text, 10, dst.Type().Bits())
	dst.SetInt(n)
	return failedAs(err, "int_parsing")
}

func setUint(dst reflect.Value, text string) string {
	n, err := strconv.ParseUint(text, 10, dst.Type().Bits())
	dst.SetUint(n)
	return failedAs(err, "int_parsing")
}

func setFloat(dst reflect.Value, text string) string {
	if strings.ContainsAny(text, "_xXnN") { // Go's own spellings, NaN and infinity
		return "float_parsing"
	}
	n, err := strconv.ParseFloat(text, dst.Type().Bits())
	dst.SetFloat(n)
	return failedAs(err, "float_parsing")
}

func setTime(dst reflect.Value, text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	dst.Set(reflect.ValueOf(at))
	return failedAs(err, "datetime_parsing")
}

func setText(dst reflect.Value, text string) string {
	err := dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	return failedAs(err, "value_error")
}

func failedAs(err error, kind string) string {
	if err != nil {
		return kind
	}
	return ""
}
