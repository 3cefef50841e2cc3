package bind

import (
	"context"
	"net/url"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// messages are the sentences of violations that arise from reading text.
var messages = map[string]string{
	"missing":        "Field required",
	"string_type":    "Input should be a valid string",
	"repeated":       "Field given more than once",
	"string_unicode": "Input should be valid UTF-8",
	"bool_parsing":   "Input should be a valid boolean, unable to interpret input",
	"int_parsing":    "Input should be a valid integer, unable to parse string as an integer",
	"float_parsing":  "Input should be a valid number, unable to parse string as a number",
	"value_error":    "Value error, input does not fit the type",
}

// Params fills a struct that takes nothing from the body. dst is a struct of the
// type that the input was compiled for. Its error is an [Invalid], or that with
// which a type's own check ends the request.
func (in *Input) Params(src Source, dst reflect.Value) error {
	if in == nil {
		return nil
	}
	bad, err := in.readParams(src, dst)
	return in.finish(src, dst, bad, err)
}

// Inspect is Params without the body, and without the check of the struct as a
// whole, which is not read.
func (in *Input) Inspect(src Source, dst reflect.Value) error {
	if in == nil {
		return nil
	}
	bad, err := in.readParams(src, dst)
	return invalid(bad, err)
}

// finish asks the struct's own check, if all of it fits.
func (in *Input) finish(src Source, dst reflect.Value, bad []schema.Violation, err error) error {
	if in.judges && err == nil && len(bad) == 0 {
		bad, err = in.types.Judge(src, dst, in.place)
	}
	return invalid(bad, err)
}

func invalid(bad []schema.Violation, err error) error {
	if err == nil && len(bad) > 0 {
		return &Invalid{bad}
	}
	return err
}

func (in *Input) readParams(src Source, dst reflect.Value) (bad []schema.Violation, err error) {
	var query url.Values
	sent := src.Sent()
	for i := range in.Fields {
		f := &in.Fields[i]
		if f.In == "query" && query == nil && sent.URL.RawQuery != "" {
			parsed, err := url.ParseQuery(sent.URL.RawQuery)
			if err != nil {
				return []schema.Violation{{Type: "query_parsing", Loc: []any{"query"}, Msg: "Query string is malformed"}}, nil
			}
			query = parsed
		}
		if bad, err = f.readAndAsk(src, dst, f.texts(src, query), bad); err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// readAndAsk is read, and the check of the type's own where what was read fits.
func (f *Field) readAndAsk(ctx context.Context, dst reflect.Value, texts []string, bad []schema.Violation) ([]schema.Violation, error) {
	before := len(bad)
	bad = f.read(dst, texts, bad)
	if !f.judges || len(texts) == 0 || len(bad) > before {
		return bad, nil
	}
	target := dst.FieldByIndex(f.index)
	if !f.list {
		more, err := f.Schema.Judge(ctx, target, texts[0], f.place(), f.Name)
		return append(bad, more...), err
	}
	for i, text := range texts {
		more, err := f.Schema.Judge(ctx, target.Index(i), text, f.place(), f.Name, i)
		if bad = append(bad, more...); err != nil || len(bad)-before >= maxWrong {
			return bad, err
		}
	}
	return bad, nil
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
			return append(bad, f.violation(problem("missing"), nil))
		}
		texts = f.def
	}
	if len(texts) == 0 {
		return bad
	}
	if len(texts) > 1 && !f.list {
		return append(bad, f.violation(problem("repeated"), nil))
	}
	target, err := dst.FieldByIndexErr(f.index)
	if err != nil {
		return append(bad, f.violation(problem("value_error"), nil))
	}
	if wrong := f.fill(target, texts); len(wrong) > 0 {
		return append(bad, wrong...)
	}
	if f.checked {
		bad = append(bad, f.asSent(f.Schema.Validate(f.plain(target, texts), f.place(), f.Name), texts)...)
	}
	return bad
}

// asSent shows the texts that were sent in the place of what they say: "07", not
// 7.
func (f *Field) asSent(bad []schema.Violation, texts []string) []schema.Violation {
	for i := range bad {
		v := &bad[i]
		at, isItem := v.Loc[len(v.Loc)-1].(int)
		switch {
		case v.Input == nil:
		case isItem && at < len(texts):
			v.Input = texts[at]
		case !f.list:
			v.Input = texts[0]
		}
	}
	return bad
}

// maxWrong is how many items of one list an answer names.
const maxWrong = 100

// fill reads the texts into the field, and names the items that do not fit.
func (f *Field) fill(target reflect.Value, texts []string) (bad []schema.Violation) {
	if !f.list {
		if wrong := f.set(target, texts[0]); wrong != nil {
			bad = append(bad, f.violation(wrong, texts[0]))
		}
		return bad
	}
	list := reflect.MakeSlice(target.Type(), len(texts), len(texts))
	for i, text := range texts {
		if wrong := f.set(list.Index(i), text); wrong != nil && len(bad) < maxWrong {
			bad = append(bad, f.violation(wrong, text, i))
		}
	}
	target.Set(list)
	return bad
}

// place is the first element of a violation's place: a form field is in the
// body.
func (f *Field) place() string {
	if f.In == "form" {
		return "body"
	}
	return f.In
}

// violation is a problem with the field, or with an item of its list.
func (f *Field) violation(p *schema.Problem, input any, item ...any) schema.Violation {
	text, ok := input.(string)
	if ok && f.Schema.Secret() {
		p, ok = p.Without(text), false
	}
	v := schema.Violation{Type: p.Type, Loc: append([]any{f.place(), f.Name}, item...), Msg: p.Msg, Ctx: p.Ctx}
	if ok {
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
