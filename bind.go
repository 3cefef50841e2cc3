package holdfast

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// messages are the sentences of violations that arise from reading text.
var messages = map[string]string{
	"missing":          "Field required",
	"repeated":         "Field given more than once",
	"string_unicode":   "Input should be valid UTF-8",
	"bool_parsing":     "Input should be a valid boolean, unable to interpret input",
	"int_parsing":      "Input should be a valid integer, unable to parse string as an integer",
	"float_parsing":    "Input should be a valid number, unable to parse string as a number",
	"datetime_parsing": "Input should be a valid datetime, as RFC 3339 writes it",
	"value_error":      "Value error",
}

// bind fills dst from the request, the body last.
func (in *input) bind(x *exchange, dst reflect.Value) error {
	if in == nil {
		return nil
	}
	bad := in.bindParams(x, dst)
	more, err := in.bindBody(x, dst)
	if err != nil {
		return err
	}
	if bad = append(bad, more...); len(bad) > 0 {
		return &invalidInput{bad}
	}
	return nil
}

// bindParams fills what does not come from the body.
func (in *input) bindParams(x *exchange, dst reflect.Value) []Violation {
	var bad []Violation
	var query url.Values
	for i := range in.params {
		f := &in.params[i]
		if f.in == "query" && query == nil && x.request.URL.RawQuery != "" {
			parsed, err := url.ParseQuery(x.request.URL.RawQuery)
			if err != nil {
				return []Violation{{Type: "query_parsing", Loc: []any{"query"}, Msg: "Query string is malformed"}}
			}
			query = parsed
		}
		bad = f.bind(dst, f.texts(x, query), bad)
	}
	return bad
}

// texts returns what the request says for the field; nil when it says nothing.
func (f *field) texts(x *exchange, query url.Values) []string {
	switch f.in {
	case "path":
		value, ok := x.pathValue(f.name, f.segment)
		if !ok {
			return nil
		}
		return []string{value}
	case "query":
		return query[f.name]
	case "header":
		return x.request.Header.Values(f.name)
	case "cookie":
		var out []string
		for _, c := range x.request.CookiesNamed(f.name) {
			out = append(out, c.Value)
		}
		return out
	}
	return nil
}

// pathValue is the decoded value of a wildcard: of the router that found the
// route, which may be another one.
func (x *exchange) pathValue(name string, at int) (string, bool) {
	if x.mounted {
		value := x.request.PathValue(name)
		return value, value != ""
	}
	return x.route.pattern.value(x.request, at)
}

// bind parses and checks one field and appends what is wrong with it.
func (f *field) bind(dst reflect.Value, texts []string, bad []Violation) []Violation {
	if len(texts) == 0 {
		if f.required {
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
		bad = append(bad, f.schema.Validate(f.plain(target, texts), f.in0(), f.name)...)
	}
	return bad
}

func (f *field) fill(target reflect.Value, texts []string) (kind, text string) {
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

// in0 is the first element of a violation's place: a form field is in the body.
func (f *field) in0() string {
	if f.in == "form" {
		return "body"
	}
	return f.in
}

func (f *field) violation(kind string, input any) Violation {
	v := Violation{Type: kind, Loc: []any{f.in0(), f.name}, Msg: messages[kind]}
	if text, ok := input.(string); ok && !f.schema.Secret() {
		v.Input = strings.ToValidUTF8(text, "\uFFFD")
	}
	return v
}

// plain is the field's value as decoded JSON would hold it: the text itself, for
// types that read texts in their own way.
func (f *field) plain(target reflect.Value, texts []string) any {
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

// bindBody reads the body, of which no byte was read before.
func (in *input) bindBody(x *exchange, dst reflect.Value) ([]Violation, error) {
	switch {
	case in.form != nil:
		return in.bindForm(x, dst)
	case in.body != nil:
		return in.body.bind(x, dst)
	}
	return nil, nil
}

func (b *bodyField) bind(x *exchange, dst reflect.Value) ([]Violation, error) {
	data, err := readBody(x)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		if !b.required {
			return nil, nil
		}
		return []Violation{{Type: "missing", Loc: []any{"body"}, Msg: messages["missing"]}}, nil
	}
	if kind := mediaType(x.request); kind != "application/json" && !isJSONSuffix(kind) {
		return nil, Errorf(http.StatusUnsupportedMediaType, "Content-Type must be application/json")
	}
	return b.schema.Decode(data, dst.FieldByIndex(b.index).Addr().Interface(), "body"), nil
}

func isJSONSuffix(kind string) bool {
	return strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

func mediaType(r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

func readBody(x *exchange) ([]byte, error) {
	if x.request.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(x.writer, x.request.Body, x.maxBody()))
	return data, bodyError(err)
}

// maxBody is how many bytes of the body may be read.
func (x *exchange) maxBody() int64 { return cmp.Or(x.route.options.maxBody, x.app.config.MaxBody) }

// bodyError keeps the error of a body that is too large, and makes any other
// one the caller's: the body stopped short.
func bodyError(err error) error {
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return &Error{Status: http.StatusBadRequest, Detail: "There was an error reading the body", Cause: err}
}

func (in *input) bindForm(x *exchange, dst reflect.Value) ([]Violation, error) {
	values, err := readForm(x)
	if err != nil {
		return nil, err
	}
	var bad []Violation
	for i := range in.form {
		f := &in.form[i]
		bad = f.bind(dst, filled(values[f.name]), bad)
	}
	return bad, nil
}

// filled drops empty values: an empty form field is one that was left out.
func filled(texts []string) []string {
	if len(texts) == 1 && texts[0] == "" {
		return nil
	}
	return texts
}

func readForm(x *exchange) (url.Values, error) {
	r := x.request
	switch kind := mediaType(r); kind {
	case "application/x-www-form-urlencoded":
		data, err := readBody(x)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(data))
		if err != nil {
			return nil, &Error{Status: http.StatusBadRequest, Detail: "There was an error parsing the body", Cause: err}
		}
		return values, nil
	case "multipart/form-data":
		return readMultipart(x)
	}
	return nil, nil //nolint:nilnil // no form: every field of it is missing
}

func readMultipart(x *exchange) (url.Values, error) {
	limit := x.maxBody()
	r := x.request
	r.Body = http.MaxBytesReader(x.writer, r.Body, limit)
	if err := r.ParseMultipartForm(limit); err != nil {
		return nil, bodyError(err)
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // files are not kept; nothing to do when that fails
	return r.MultipartForm.Value, nil
}
