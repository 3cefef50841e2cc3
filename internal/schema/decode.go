package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// MaxDepth is how deep arrays and objects of a body may nest.
const MaxDepth = 64

// Decode reads one JSON value into into, which is a pointer to the schema's
// type, and returns what is wrong with it. Duplicate members, names that
// differ in case, invalid UTF-8 and text after the value are wrong.
func (s *Schema) Decode(data []byte, into any, loc ...any) []Violation {
	if err := strictjson.Check(data, MaxDepth); err != nil {
		return []Violation{notJSON(err, loc)}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return []Violation{notJSON(err, loc)}
	}
	if bad := s.Validate(value, loc...); len(bad) > 0 {
		return bad
	}
	if err := json.Unmarshal(data, into); err != nil {
		return []Violation{{Type: "value_error", Loc: append(slices.Clone(loc), where(err)...), Msg: "Value error, input does not fit the type"}}
	}
	return nil
}

// where is the member that a Go type cannot hold: a number too large for it.
func where(err error) []any {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || wrong.Field == "" {
		return nil
	}
	var loc []any
	for name := range strings.SplitSeq(wrong.Field, ".") {
		loc = append(loc, name)
	}
	return loc
}

func notJSON(err error, loc []any) Violation {
	at := 0
	var where *strictjson.Error
	if errors.As(err, &where) {
		at = where.Offset
	}
	return Violation{Type: "json_invalid", Loc: append(append([]any{}, loc...), at), Msg: "JSON decode error", Ctx: map[string]any{"error": err.Error()}}
}
