package schema_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// ownViolation is the violation of another package, which writes itself as ours.
type ownViolation schema.Violation

func (v ownViolation) MarshalJSON() ([]byte, error) { return json.Marshal(schema.Violation(v)) }

// untagged has the fields of a violation, and other names for them.
type untagged struct {
	Type  string
	Loc   []any
	Msg   string
	Input any
	Ctx   map[string]any
}

func (untagged) MarshalJSON() ([]byte, error) { return []byte("{}"), nil }

// silent has the fields and names of a violation, and is written as a struct is.
type silent schema.Violation

func TestAViolationInAnAnswerIsTheComponent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		of   reflect.Type
		want string
	}{
		"ours":              {reflect.TypeFor[schema.Violation](), `{"$ref":"#/components/schemas/ValidationError"}`},
		"one made of it":    {reflect.TypeFor[ownViolation](), `{"$ref":"#/components/schemas/ValidationError"}`},
		"a list of them":    {reflect.TypeFor[[]ownViolation](), `{"type":"array","items":{"$ref":"#/components/schemas/ValidationError"}}`},
		"other names":       {reflect.TypeFor[untagged](), `{}`},
		"without a method":  {reflect.TypeFor[silent](), `{"$ref":"#/components/schemas/Silent"}`},
		"something smaller": {reflect.TypeFor[struct{}](), `{"$ref":"#/components/schemas/Hint"}`},
	} {
		r := schema.NewRegistry()
		s, err := r.Output(test.of, "Hint")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := json.Marshal(s)
		if err != nil || !sameJSON(string(got), test.want) {
			t.Errorf("%s is %s, %v; want %s", name, got, err, test.want)
		}
		all, err := json.Marshal(r)
		var named map[string]any
		if err != nil || json.Unmarshal(all, &named) != nil {
			t.Fatalf("%s: %s, %v", name, all, err)
		}
		if _, has := named["ValidationError"]; has != (name == "ours" || name == "one made of it" || name == "a list of them") {
			t.Errorf("%s: the components are %s", name, all)
		}
	}
}
