package bind

import (
	"encoding"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/duration"
)

// links are the fields that addresses are made of, by type; there are as many
// as a program has inputs.
var links sync.Map

// link is a field of the path or the query.
type link struct {
	source, name string
	index        []int
	required     bool
}

// Write adds to the values of a path and a query what an input would be read
// from. in is a struct with the tags that [Compile] reads, or a pointer to one.
func Write(in any, path map[string]string, query url.Values) error {
	v := reflect.ValueOf(in)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return fmt.Errorf("%T is no struct with path and query tags", in)
	}
	kept := reflect.New(v.Type()).Elem() // some methods want an address
	kept.Set(v)
	v = kept
	list, err := linksOf(v.Type())
	if err != nil {
		return err
	}
	for _, one := range list {
		texts, err := one.texts(v.FieldByIndex(one.index))
		if err != nil {
			return fmt.Errorf("%s %s of %v: %w", one.source, one.name, v.Type(), err)
		}
		if one.source == "query" {
			for _, text := range texts {
				query.Add(one.name, text)
			}
			continue
		}
		if before, ok := path[one.name]; ok && before != texts[0] {
			return fmt.Errorf("{%s} is said to be %q and %q", one.name, before, texts[0])
		}
		path[one.name] = texts[0]
	}
	return nil
}

// linksOf reads the tags of a type, once.
func linksOf(t reflect.Type) ([]link, error) {
	if known, ok := links.Load(t); ok {
		return known.([]link), nil
	}
	var out []link
	for _, f := range reflect.VisibleFields(t) {
		source, name, err := sourceOf(f)
		switch {
		case err != nil:
			return nil, fmt.Errorf("input %v: field %s: %w", t, f.Name, err)
		case source != "path" && source != "query":
			continue
		case !f.IsExported() || throughPointer(t, f.Index):
			return nil, fmt.Errorf("input %v: field %s cannot be read", t, f.Name)
		}
		out = append(out, link{source, name, f.Index, source == "path" || f.Tag.Get("required") == "true"})
	}
	links.Store(t, out)
	return out, nil
}

// texts is what a request would say for the field: nothing for a zero value that
// need not be said.
func (l *link) texts(v reflect.Value) ([]string, error) {
	if l.source == "query" && v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
		var out []string
		for i := range v.Len() {
			text, err := textOf(v.Index(i))
			if err != nil {
				return nil, err
			}
			out = append(out, text)
		}
		return out, nil
	}
	if v.IsZero() && !l.required {
		return nil, nil
	}
	text, err := textOf(v)
	return []string{text}, err
}

// textOf is the text that [setterFor] reads the value from.
func textOf(v reflect.Value) (string, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", errors.New("it is nil")
		}
		return textOf(v.Elem())
	}
	switch it := v.Addr().Interface().(type) {
	case *time.Time:
		return it.Format(time.RFC3339Nano), nil
	case *time.Duration:
		return duration.Format(*it), nil // as answers write it
	case encoding.TextMarshaler:
		text, err := it.MarshalText()
		return string(text), err
	case encoding.TextUnmarshaler:
		return "", fmt.Errorf("type %v reads its text itself and writes none: it needs a method MarshalText", v.Type())
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), nil
	}
	return "", fmt.Errorf("type %v has no text", v.Type())
}
