package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/duration"
)

// fieldSchema is the schema of a field's type with what its tags say. A default
// is read here: Huma knows none of types that read text, or of objects.
func fieldSchema(o *shapes, f reflect.StructField, hint string) *huma.Schema {
	text, has := f.Tag.Lookup("default")
	if has {
		f.Tag = without(f.Tag, "default")
	}
	out := huma.SchemaFromField(o, f, hint)
	if out == nil {
		return nil
	}
	if out.Type == "" {
		out.Nullable = false // it says so in another way, or allows everything
	}
	if has {
		value, err := o.value(out, text)
		if err != nil {
			panic(fmt.Sprintf("the default %q is no %v", text, f.Type))
		}
		out.Default = asFormatted(f.Type, value)
	}
	return out
}

// asFormatted is a default as the schema's format has it: durations as ISO 8601
// writes them, whatever the tag does.
func asFormatted(t reflect.Type, value any) any {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t != durationType {
		return value
	}
	switch value := value.(type) {
	case string:
		if d, err := duration.Parse(value); err == nil { // else it is found where defaults are tried
			return duration.Format(d)
		}
	case []any:
		for i := range value {
			value[i] = asFormatted(t, value[i])
		}
	}
	return value
}

// value reads a tag's text: as it is for a string, separated by commas for a
// list unless it is one in JSON, and as JSON for the rest.
func (o *shapes) value(s *huma.Schema, text string) (any, error) {
	for s.Ref != "" || s.Type == "" && nullable(s) {
		if s.Ref == "" {
			s = s.AnyOf[0]
		} else if s = o.SchemaFromRef(s.Ref); s == nil {
			return nil, errors.New("no such component")
		}
	}
	switch {
	case s.Type == huma.TypeString:
		return text, nil
	case s.Type == huma.TypeArray && !strings.HasPrefix(text, "["):
		out := []any{}
		if text == "" {
			return out, nil
		}
		for one := range strings.SplitSeq(text, ",") {
			value, err := o.value(s.Items, one)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var out any
	if err := dec.Decode(&out); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return out, nil
}

// without is a tag without one of its keys.
func without(tag reflect.StructTag, key string) reflect.StructTag {
	keys, _ := tagKeys(tag) // a malformed tag was refused before
	var kept []string
	for _, one := range keys {
		if one != key {
			kept = append(kept, one+":"+strconv.Quote(tag.Get(one)))
		}
	}
	return reflect.StructTag(strings.Join(kept, " "))
}
