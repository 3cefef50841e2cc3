// Package strictform reads forms of which a protocol says that every parameter
// stands in them at most once, as RFC 6749 section 3.2 does. Two readers of such
// a form, such as a proxy that checks it and a server that acts on it, cannot
// take it to say different things.
package strictform

import (
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Strict is embedded in an input whose form is read strictly: what cannot be read
// is a 400 and never a 422, in words of ASCII that say what to do.
type Strict struct{}

// Marks reports whether a struct embeds Strict.
func Marks(t reflect.Type) bool {
	for f := range fieldsOf(t) {
		if f.Anonymous && f.Type == reflect.TypeFor[Strict]() {
			return true
		}
	}
	return false
}

func fieldsOf(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

// Error says what cannot be read, in a sentence for the caller: printable ASCII
// without quotes and backslashes, as RFC 6749 section 5.2 has it.
type Error struct{ Text string }

// Error is the sentence.
func (e *Error) Error() string { return e.Text }

// MediaType is what a form is said to be.
const MediaType = "application/x-www-form-urlencoded"

// CheckType says what is wrong with the headers of a form. A request without a
// body and without a type is an empty form.
func CheckType(r *http.Request) error {
	values := r.Header.Values("Content-Type")
	if len(values) == 0 && (r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0) {
		return nil
	}
	if len(values) > 1 {
		return &Error{"there is more than one Content-Type"}
	}
	kind, params, err := mime.ParseMediaType(strings.Join(values, ""))
	switch {
	case len(values) == 0:
		return &Error{"the Content-Type is missing; it must be " + MediaType}
	case err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		return &Error{"the body is JSON, and a form is wanted: send name=value pairs, joined by &, as " + MediaType}
	case err == nil && kind == "multipart/form-data":
		return &Error{"the body is multipart/form-data, and a plain form is wanted: send name=value pairs, joined by &, as " + MediaType}
	case err != nil || kind != MediaType:
		return &Error{"the Content-Type must be " + MediaType}
	case params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8"):
		return &Error{"the charset of the form must be UTF-8"}
	case r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity"):
		return &Error{"the body must not be encoded or compressed"}
	}
	return nil
}

// Parse reads a form, or a query, and returns the parameters that are known.
// Those without a value are as if they were left out (RFC 6749 sections 3.1 and
// 3.2), and unknown ones are ignored. known says of a name whether there is such
// a parameter, and whether it may stand there more than once.
func Parse(text string, known func(name string) (is, many bool)) (url.Values, error) {
	out := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, err := decode(pair)
		if err != nil {
			return nil, err
		}
		is, many := known(name)
		switch {
		case !is || value == "":
		case !many && out.Has(name):
			return nil, &Error{"the parameter " + name + " is given more than once"}
		default:
			out.Add(name, value)
		}
	}
	return out, nil
}

// decode reads one pair.
func decode(pair string) (name, value string, err error) {
	name, value, _ = strings.Cut(pair, "=")
	if name, err = url.QueryUnescape(name); err != nil {
		return "", "", &Error{"the name of a parameter is not form-encoded (a % without two hexadecimal digits)"}
	}
	if !utf8.ValidString(name) {
		return "", "", &Error{"the name of a parameter is not UTF-8"}
	}
	if value, err = url.QueryUnescape(value); err != nil {
		return "", "", &Error{"the value of " + shown(name) + " is not form-encoded (a % without two hexadecimal digits)"}
	}
	if !utf8.ValidString(value) {
		return "", "", &Error{"the value of " + shown(name) + " is not UTF-8"}
	}
	return name, value, nil
}

// shown is a parameter's name, if it is one that may be shown.
func shown(name string) string {
	const longest = 40
	for i := range len(name) {
		if c := name[i]; c != '_' && (c < 'a' || c > 'z') {
			return "a parameter"
		}
	}
	if name == "" || len(name) > longest {
		return "a parameter"
	}
	return "the parameter " + name
}
