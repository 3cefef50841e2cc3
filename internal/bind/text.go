package bind

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// setter parses text into a value of the field's type, and says what is wrong
// when it does not fit.
type setter func(dst reflect.Value, text string) *schema.Problem

// readsText reports whether a type reads its text in its own way.
func readsText(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return schema.ReadsText(t)
}

func setterFor(t reflect.Type) (setter, error) {
	if t.Kind() == reflect.Pointer {
		inner, err := setterFor(t.Elem())
		return func(dst reflect.Value, text string) *schema.Problem {
			v := reflect.New(t.Elem())
			kind := inner(v.Elem(), text)
			dst.Set(v)
			return kind
		}, err
	}
	if schema.ReadsText(t) {
		return schema.SetText, nil
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

func setString(dst reflect.Value, text string) *schema.Problem {
	if !utf8.ValidString(text) {
		return problem("string_unicode")
	}
	dst.SetString(text)
	return nil
}

func setBool(dst reflect.Value, text string) *schema.Problem {
	switch strings.ToLower(text) {
	case "true", "1", "on", "yes", "y", "t":
		dst.SetBool(true)
	case "false", "0", "off", "no", "n", "f":
		dst.SetBool(false)
	default:
		return problem("bool_parsing")
	}
	return nil
}

func setInt(dst reflect.Value, text string) *schema.Problem {
	n, err := strconv.ParseInt(text, 10, dst.Type().Bits())
	dst.SetInt(n)
	return failedAs(err, "int_parsing")
}

func setUint(dst reflect.Value, text string) *schema.Problem {
	n, err := strconv.ParseUint(text, 10, dst.Type().Bits())
	dst.SetUint(n)
	return failedAs(err, "int_parsing")
}

func setFloat(dst reflect.Value, text string) *schema.Problem {
	if strings.ContainsAny(text, "_xXnN") { // Go's own spellings, NaN and infinity
		return problem("float_parsing")
	}
	n, err := strconv.ParseFloat(text, dst.Type().Bits())
	dst.SetFloat(n)
	return failedAs(err, "float_parsing")
}

func failedAs(err error, kind string) *schema.Problem {
	if err != nil {
		return problem(kind)
	}
	return nil
}

// problem is one of those that arise from reading text.
func problem(kind string) *schema.Problem { return &schema.Problem{Type: kind, Msg: messages[kind]} }
