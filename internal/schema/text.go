package schema

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/holdfast-go/holdfast/internal/duration"
	"github.com/holdfast-go/holdfast/internal/shape"
)

// Problem is a violation without its place.
type Problem struct {
	Type, Msg string
	Ctx       map[string]any
}

// Without is the problem of a secret: its words must not repeat it.
func (p *Problem) Without(text string) *Problem {
	if strings.Contains(p.Msg, text) {
		return noFit
	}
	return p
}

// noFit says of a value only that its Go type cannot hold it.
var noFit = &Problem{Type: "value_error", Msg: "Value error, input does not fit the type"}

// durationWords describe durations in the document.
const durationWords = "Such as 1h30m, or PT1H30M as ISO 8601 writes it"

// ReadsText reports whether [SetText] reads a type: a time, a duration, or what
// has the method UnmarshalText.
func ReadsText(t reflect.Type) bool { return readsText(t) }

// SetText reads a text into a value whose type ReadsText, and says what is wrong
// with it; nil for nothing.
func SetText(into reflect.Value, text string) *Problem {
	if into.Type() == durationType {
		d, err := duration.Parse(text)
		into.SetInt(int64(d))
		return problemOf(err)
	}
	err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	if err != nil && into.Type() == timeType {
		return &Problem{Type: "datetime_parsing", Msg: "Input should be a valid datetime, as RFC 3339 writes it"}
	}
	return problemOf(err)
}

// problemOf is what a type's own reading says: its words, which are the
// program's, unless they are those of encoding/json.
func problemOf(err error) *Problem {
	if err == nil {
		return nil
	}
	if one, ok := errors.AsType[*shape.Mismatch](err); ok {
		return &Problem{Type: one.Type, Msg: one.Error(), Ctx: map[string]any{"error": one.Reason}}
	}
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	if _, wrongText := errors.AsType[*json.SyntaxError](err); wrongType || wrongText {
		return noFit
	}
	return valueError(err)
}

// valueError is the problem that FastAPI makes of a program's own error.
func valueError(err error) *Problem {
	return &Problem{Type: "value_error", Msg: "Value error, " + err.Error(), Ctx: map[string]any{"error": map[string]any{}}}
}

// noText says of something that is no text what it should be.
func noText(t reflect.Type) (kind, msg string) {
	switch {
	case t == durationType:
		return "time_delta_type", "Input should be a valid timedelta"
	case t == timeType:
		return "datetime_type", "Input should be a valid datetime"
	case shape.IsDate(t):
		return "date_type", "Input should be a valid date"
	}
	return "string_type", "Input should be a valid string"
}

// set fills into with a decoded value, as encoding/json does.
func set(into reflect.Value, v any) *Problem {
	t := into.Type()
	text, isText := v.(string)
	switch {
	case isText && (t == timeType || t == durationType || readsText(t) && !traitsOf(t).json):
		return SetText(into, text)
	case readsItself(t):
	case isText && t.Kind() == reflect.String && t != numberType:
		into.SetString(text)
		return nil
	case t.Kind() == reflect.Bool:
		if yes, ok := v.(bool); ok {
			into.SetBool(yes)
			return nil
		}
	}
	if n, ok := v.(json.Number); ok && !readsItself(t) {
		if setNumber(into, string(n)) {
			return nil
		}
	}
	raw, err := rawOf(v)
	if err == nil {
		err = json.Unmarshal(raw, into.Addr().Interface())
	}
	return problemOf(err)
}

// setNumber reports whether a number fits a value that holds numbers.
func setNumber(into reflect.Value, text string) bool {
	switch {
	case into.CanInt():
		n, err := strconv.ParseInt(text, 10, into.Type().Bits())
		if err == nil {
			into.SetInt(n)
		}
		return err == nil
	case into.CanUint():
		n, err := strconv.ParseUint(text, 10, into.Type().Bits())
		if err == nil {
			into.SetUint(n)
		}
		return err == nil
	}
	return false
}

// setKey reads the key of a map, as encoding/json does.
func setKey(into reflect.Value, text string) *Problem {
	switch {
	case reflect.PointerTo(into.Type()).Implements(textUnmarshaler):
		return SetText(into, text)
	case into.Kind() == reflect.String:
		into.SetString(text)
		return nil
	case setNumber(into, text):
		return nil
	}
	return noFit
}

// Judges reports whether values of a type check themselves. The error is about a
// method Validate that is something else.
func Judges(t reflect.Type) (bool, error) {
	if traitsOf(t).judges {
		for _, f := range embedded(t) {
			if f.Type.Kind() == reflect.Pointer && !f.IsExported() {
				return false, fmt.Errorf("type %v embeds the pointer %s, whose method Validate it may have, and which nothing can fill: embed the struct itself", t, f.Name)
			}
		}
		return true, nil
	}
	if _, other := reflect.PointerTo(t).MethodByName("Validate"); other && t.Kind() != reflect.Interface {
		return false, fmt.Errorf("type %v has a method Validate that is not func(context.Context) error, which checks what was read", t)
	}
	return false, nil
}
