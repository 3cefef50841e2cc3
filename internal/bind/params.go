package bind

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// messages are the sentences of violations that arise from reading text.
var messages = map[string]string{
	"missing":          "Field required",
	"string_type":      "Input should be a valid string",
	"repeated":         "Field given more than once",
	"string_unicode":   "Input should be valid UTF-8",
	"bool_parsing":     "Input should be a valid boolean, unable to interpret input",
	"int_parsing":      "Input should be a valid integer, unable to parse string as an integer",
	"float_parsing":    "Input should be a valid number, unable to parse string as a number",
	"datetime_parsing": "Input should be a valid datetime, as RFC 3339 writes it",
	"value_error":      "Value error",
}

// Params fills what does not come from the body. dst is a struct of the type
// that the input was compiled for. Its error is an [Invalid].
func (in *Input) Params(src Source, dst reflect.Value) error {
	if in == nil {
		return nil
	}
	if bad := in.readParams(src, dst); len(bad) > 0 {
		return &Invalid{bad}
	}
	return nil
}

func (in *Input) readParams(src Source, dst reflect.Value) []schema.Violation {
	var bad []schema.Violation
	var query url.Values
	sent := src.Sent()
	for i := range in.Fields {
		f := &in.Fields[i]
		if f.In == "query" && query == nil && sent.URL.RawQuery != "" {
			parsed, err := url.ParseQuery(sent.URL.RawQuery)
			if err != nil {
				return []schema.Violation{{Type: "query_parsing", Loc: []any{"query"}, Msg: "Query string is malformed"}}
			}
			query = parsed
		}
		bad = f.read(dst, f.texts(src, query), bad)
	}
	return bad
}

// texts returns what the request says for the field; nil when it says nothing.
func (f *Field) texts(src Source, query url.Values) []string {
	switch f.In {
	case "path":
		value, ok := src.PathValue(f.Name)
		if !ok {
			return nil
		}
		return []string{value}
	case "query":
		return query[f.Name]
	case "header":
		return src.Sent().Header.Values(f.Name)
	case "cookie":
		var out []string
		for _, c := range src.Sent().CookiesNamed(f.Name) {
			out = append(out, c.Value)
		}
		return out
	}
	return nil
}

// read parses and checks one field and appends what is wrong with it.
func (f *Field) read(dst reflect.Value, texts []string, bad []schema.Violation) []schema.Violation {
	if len(texts) == 0 {
		if f.Required {
			return append(bad, f.violation("missing", nil))
		}
		texts = f.def
	}
	if len(texts) == 0 {
		return bad
	}
	if len(texts) > 1 && !f.list {
		return append(bad, f.violation("repeated", nil))
	}
	target, err := dst.FieldByIndexErr(f.index)
	if err != nil {
		return append(bad, f.violation("value_error", nil))
	}
	if kind, text := f.fill(target, texts); kind != "" {
		return append(bad, f.violation(kind, text))
	}
	if f.checked {
		bad = append(bad, f.Schema.Validate(f.plain(target, texts), f.place(), f.Name)...)
	}
	return bad
}

func (f *Field) fill(target reflect.Value, texts []string) (kind, text string) {
	if !f.list {
		return f.set(target, texts[0]), texts[0]
	}
	list := reflect.MakeSlice(target.Type(), len(texts), len(texts))
	for i, text := range texts {
		if kind := f.set(list.Index(i), text); kind != "" {
			return kind, text
		}
	}
	target.Set(list)
	return "", ""
}

// place is the first element of a violation's place: a form field is in the
// body.
func (f *Field) place() string {
	if f.In == "form" {
		return "body"
	}
	return f.In
}

func (f *Field) violation(kind string, input any) schema.Violation {
	v := schema.Violation{Type: kind, Loc: []any{f.place(), f.Name}, Msg: messages[kind]}
	if text, ok := input.(string); ok && !f.Schema.Secret() {
		v.Input = strings.ToValidUTF8(text, "\uFFFD")
	}
	return v
}

// plain is the field's value as decoded JSON would hold it: the text itself, for
// types that read texts in their own way.
func (f *Field) plain(target reflect.Value, texts []string) any {
	switch {
	case !f.asText:
		return plain(target)
	case !f.list:
		return texts[0]
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// plain is a value as decoded JSON would hold it.
func plain(v reflect.Value) any {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	}
	return v.Interface()
}
