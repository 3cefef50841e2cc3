package schema

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Violation is one thing that is wrong with an input, in the words that
// FastAPI's callers know.
type Violation struct {
	Type  string         `json:"type"`            // what kind of mistake, for programs
	Loc   []any          `json:"loc"`             // where: "body", then member names and indexes
	Msg   string         `json:"msg"`             // what is wrong, for people
	Input any            `json:"input,omitempty"` // the value, if it is a scalar and no secret; [Null] for null
	Ctx   map[string]any `json:"ctx,omitempty"`   // the bound that was missed
}

// Null is the input of a violation whose input is null: one that is nil has
// none.
var Null any = null{}

type null struct{}

func (null) String() string { return "null" }

func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// MarshalJSON writes the violation as FastAPI does: a value that is missing has
// the input null, others have none if it must not be shown.
func (v Violation) MarshalJSON() ([]byte, error) {
	type plain Violation // without this method
	if v.Type != "missing" {
		return json.Marshal(plain(v))
	}
	return json.Marshal(struct {
		Type  string `json:"type"`
		Loc   []any  `json:"loc"`
		Msg   string `json:"msg"`
		Input any    `json:"input"`
	}{v.Type, v.Loc, v.Msg, nil})
}

// Violations is the schema of a list of violations, each the component
// ValidationError, as FastAPI calls it.
func (r *Registry) Violations() *Schema {
	return r.List(r.Name(violationName, &Schema{violation(), r}))
}

// isViolation reports whether a type is Violation, or is declared as that is and
// written by a method, as it is.
func isViolation(t reflect.Type) bool {
	ours := reflect.TypeFor[Violation]()
	if t.Kind() != reflect.Struct || !t.ConvertibleTo(ours) || !t.Implements(jsonMarshaler) {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).Tag != ours.Field(i).Tag {
			return false
		}
	}
	return true
}

// violation is the schema of one.
func violation() *huma.Schema {
	place := &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}}}
	return &huma.Schema{
		Type: huma.TypeObject,
		Properties: map[string]*huma.Schema{
			"type":  {Type: huma.TypeString, Description: "What kind of mistake, for programs"},
			"loc":   {Type: huma.TypeArray, Items: place, Description: "Where: path, query, header, cookie or body, then names and indexes"},
			"msg":   {Type: huma.TypeString, Description: "What is wrong, for people"},
			"input": {Description: "The value, if it may be shown"},
			"ctx":   {Type: huma.TypeObject, Description: "The bound that was missed"},
		},
		Required: []string{"type", "loc", "msg"},
	}
}

const violationName = "ValidationError"
