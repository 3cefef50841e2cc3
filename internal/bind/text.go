package bind

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// setter parses text into a value of the field's type. The kind is the
// violation's type when the text does not fit.
type setter func(dst reflect.Value, text string) (kind string)

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
