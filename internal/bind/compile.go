package bind

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/parts"
	"github.com/holdfast-go/holdfast/internal/schema"
	"github.com/holdfast-go/holdfast/internal/strictform"
)

// Input is how a struct is filled from a request. It is read-only and safe for
// concurrent use. A nil Input reads nothing.
type Input struct {
	Fields []Field // path, query, header and cookie, in this order
	Form   []Field
	Body   *Body // nil if no JSON body is read

	limits Limits // of the form
	strict bool   // the form is read by the rules of a protocol
	types  *schema.Registry
	judges bool  // the struct checks itself when all of it fits
	place  []any // where that stands in the request
}

// Field is one value of the input that arrives as text.
type Field struct {
	In       string // "path", "query", "header", "cookie" or "form"
	Name     string
	Schema   *schema.Schema
	Required bool

	index   []int
	checked bool // the schema constrains more than the type
	def     []string
	list    bool
	asText  bool // the type reads its text itself
	judges  bool // the type checks itself
	set     setter
	files   *files // nil if it is no file
}

// Options says what the fields of a struct may refer to.
type Options struct {
	Types *schema.Registry // where the schemas of fields are named
	Path  []string         // the names of the path's wildcards
	Body  bool             // the body may be read
	Form  Limits           // of a form

	// MaxBody is how many bytes the body may have, 0 for any number: no file can
	// be larger.
	MaxBody int64
}

// sources are the tags that say where a field comes from, in the order in
// which they are read.
var sources = []string{"path", "query", "header", "cookie", "form"}

// Compile reads the tags of t. It returns nil for a struct that takes nothing.
func Compile(t reflect.Type, options Options) (*Input, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input %v: an input is a struct whose fields say where they come from", t)
	}
	in := &Input{limits: options.Form.orUsual(), strict: strictform.Marks(t)}
	var bad []error
	for _, f := range reflect.VisibleFields(t) {
		if err := in.addField(t, f, options); err != nil {
			bad = append(bad, fmt.Errorf("input %v: field %s: %w", t, f.Name, err))
		}
	}
	switch {
	case bad != nil:
		return nil, errors.Join(bad...)
	case !options.Body && (in.Body != nil || in.Form != nil):
		return nil, fmt.Errorf("input %v: a dependency may not read the body; the handler's input may", t)
	case in.Body != nil && in.Form != nil:
		return nil, fmt.Errorf("input %v: a request has a form or a JSON body, not both", t)
	case in.Body == nil && in.Form == nil && in.Fields == nil:
		return nil, nil //nolint:nilnil // nothing to read is not an error
	}
	slices.SortStableFunc(in.Fields, func(a, b Field) int { return slices.Index(sources, a.In) - slices.Index(sources, b.In) })
	judges, err := schema.Judges(t)
	if err != nil {
		return nil, fmt.Errorf("input %v: %w", t, err)
	}
	in.types, in.judges, in.place = options.Types, judges, in.only()
	return in, nil
}

// only is the place of a struct whose fields are all read from one: none if they
// are not.
func (in *Input) only() []any {
	var places []string
	for _, f := range slices.Concat(in.Fields, in.Form) {
		places = append(places, f.place())
	}
	if in.Body != nil {
		places = append(places, "body")
	}
	if len(slices.Compact(places)) == 1 {
		return []any{places[0]}
	}
	return []any{}
}

func (in *Input) addField(t reflect.Type, f reflect.StructField, options Options) (err error) {
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
		in.Body, err = bodyOf(f, t.Name(), options.Types)
		return err
	case source == "" && f.Name == "Body" && !f.Anonymous:
		return errors.New("it is in an embedded struct, where it would not be read; a Body stands in the input itself")
	case source == "" && (f.Anonymous || len(f.Index) > 1):
		return nil
	case source == "" && f.Tag.Get("json") != "":
		return errors.New("it has a json tag: members of a JSON body stand in a struct called Body; for other places say path, query, header, cookie or form")
	case source == "":
		return errors.New("no tag says where it comes from; say path, query, header, cookie or form, or call it Body")
	case !f.IsExported():
		return errors.New("it is not exported")
	}
	if throughPointer(t, f.Index) {
		return errors.New("it is in an embedded pointer, which stays nil; embed the struct itself")
	}
	if source == "header" && http.CanonicalHeaderKey(name) == "Host" {
		return errors.New("the header Host is not among the headers; read it with FromRequest")
	}
	one, err := fieldOf(f, source, name, options)
	if err != nil {
		return err
	}
	return in.add(one)
}

// fieldOf makes a field of what its tags say.
func fieldOf(f reflect.StructField, source, name string, options Options) (Field, error) {
	one := Field{In: source, Name: name, index: f.Index, checked: constrained(f)}
	switch {
	case parts.IsField(f.Type):
		if err := one.prepareFile(f, options.MaxBody); err != nil {
			return one, err
		}
		one.Schema = options.Types.FileField(f)
		return one, nil
	case parts.Hold(f.Type):
		return one, fmt.Errorf("%v is no file; take an upload.File, whose Present tells whether it was sent, or a list of them", f.Type)
	}
	one.Schema = options.Types.Field(f)
	return one, one.prepare(f, options.Path)
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
func (in *Input) add(one Field) error {
	list := &in.Fields
	if one.In == "form" {
		list = &in.Form
	}
	for _, have := range *list {
		if have.In == one.In && have.key() == one.key() {
			return fmt.Errorf("another field is the %s %s already", one.In, one.Name)
		}
	}
	*list = append(*list, one)
	return nil
}

// key is what tells the field's name from others of its source.
func (f *Field) key() string {
	if f.In == "header" {
		return http.CanonicalHeaderKey(f.Name)
	}
	return f.Name
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
	for _, tag := range []string{"minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const", "format", "minItems", "maxItems", "uniqueItems"} {
		if _, ok := f.Tag.Lookup(tag); ok {
			return true
		}
	}
	return false
}

func (f *Field) prepare(sf reflect.StructField, path []string) error {
	t := sf.Type
	f.Required = sf.Tag.Get("required") == "true"
	if f.In == "path" {
		if !slices.Contains(path, f.Name) {
			return fmt.Errorf("the path has no {%s}; it has %s", f.Name, wildcards(path))
		}
		f.Required = true
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
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if f.judges, err = schema.Judges(t); err != nil {
		return err
	}
	return f.tryDefault(sf.Type)
}

func wildcards(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "{" + strings.Join(names, "}, {") + "}"
}

// tryDefault refuses a default that would be refused of a caller.
func (f *Field) tryDefault(t reflect.Type) error {
	if f.def == nil {
		return nil
	}
	target := reflect.New(t).Elem()
	if bad := f.fill(target, f.def); len(bad) > 0 {
		return fmt.Errorf("the default %q is no %v", strings.Join(f.def, ","), t)
	}
	if !f.checked {
		return nil
	}
	if bad := f.Schema.Validate(f.plain(target, f.def)); len(bad) > 0 {
		return fmt.Errorf("the default does not fit: %s", bad[0].Msg)
	}
	return nil
}
