package schema_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/schema"
)

type address struct {
	City string `json:"city" minLength:"2"`
}

type account struct {
	Name     string    `json:"name" minLength:"1" maxLength:"5" pattern:"^[a-z]*$"`
	Age      int       `json:"age,omitempty" minimum:"18"`
	Password string    `json:"password,omitempty" format:"password" minLength:"8"`
	Kind     string    `json:"kind,omitempty" enum:"free,paid"`
	Tags     []string  `json:"tags,omitempty" maxItems:"2"`
	Homes    []address `json:"homes,omitempty"`
	Big      int64     `json:"big,omitempty"`
	Version  int       `json:"version,omitempty" const:"2"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want string // type and place of each violation
	}{
		"what fits":                         {`{"name":"amy","homes":[{"city":"Rome"}]}`, ""},
		"a missing member":                  {`{}`, "missing body.name"},
		"a missing member below":            {`{"name":"a","homes":[{}]}`, "missing body.homes.0.city"},
		"a wrong type":                      {`{"name":1}`, "string_type body.name"},
		"too long":                          {`{"name":"abcdef"}`, "string_too_long body.name"},
		"a pattern":                         {`{"name":"A"}`, "string_pattern_mismatch body.name"},
		"too small":                         {`{"name":"a","age":17}`, "greater_than_equal body.age"},
		"no whole number":                   {`{"name":"a","age":18.5}`, "int_from_float body.age"},
		"no such choice":                    {`{"name":"a","kind":"x"}`, "enum body.kind"},
		"not the one":                       {`{"name":"a","version":3}`, "literal_error body.version"},
		"the one":                           {`{"name":"a","version":2}`, ""},
		"a constant of another type":        {`{"name":"a","version":"2"}`, "int_type body.version"},
		"too many":                          {`{"name":"a","tags":["a","b","c"]}`, "too_long body.tags"},
		"an unknown member":                 {`{"name":"a","is_admin":true}`, "extra_forbidden body.is_admin"},
		"a member in another case":          {`{"name":"a","Age":20}`, "extra_forbidden body.Age"},
		"a member in an odd case":           {`{"name":"a","ta\u017f":[]}`, "extra_forbidden body.taſ"},
		"a duplicate member":                {`{"name":"a","name":"b"}`, "json_invalid body.18"},
		"no object":                         {`[]`, "model_attributes_type body"},
		"no JSON":                           {`{`, "json_invalid body.1"},
		"everything wrong is in one answer": {`{"name":"","age":1}`, "string_too_short body.name, greater_than_equal body.age"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var into account
			bad := decode(schema.NewRegistry().Input(reflect.TypeFor[account](), ""), []byte(test.body), &into, "body")
			if got := words(bad); got != test.want {
				t.Errorf("Decode(%s) = %s, want %s", test.body, got, test.want)
			}
		})
	}
}

// decode decodes for a request of which nothing is asked.
func decode(s *schema.Schema, data []byte, into any, loc ...any) []schema.Violation {
	bad, err := s.Decode(context.Background(), data, into, loc...)
	if err != nil {
		panic(err)
	}
	return bad
}

func words(bad []schema.Violation) string {
	var out []string
	for _, one := range bad {
		place := make([]string, len(one.Loc))
		for i, at := range one.Loc {
			data, _ := json.Marshal(at)
			place[i] = strings.Trim(string(data), `"`)
		}
		out = append(out, one.Type+" "+strings.Join(place, "."))
	}
	return strings.Join(out, ", ")
}

func TestASecretIsNeverShownAgain(t *testing.T) {
	t.Parallel()
	var into account
	bad := decode(schema.NewRegistry().Input(reflect.TypeFor[account](), ""), []byte(`{"name":"a","password":"hunter2"}`), &into, "body")
	data, err := json.Marshal(bad)
	if err != nil || len(bad) != 1 || strings.Contains(string(data), "hunter2") {
		t.Errorf("violations = %s, want one without the password", data)
	}
}

func TestLargeIntegersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	var into account
	bad := decode(schema.NewRegistry().Input(reflect.TypeFor[account](), ""), []byte(`{"name":"a","big":9007199254740993}`), &into)
	if bad != nil || into.Big != 9007199254740993 {
		t.Errorf("Decode = %d, %v, want 9007199254740993", into.Big, bad)
	}
}

func FuzzDecode(f *testing.F) {
	s := schema.NewRegistry().Input(reflect.TypeFor[account](), "")
	f.Add([]byte(`{"name":"amy","age":20}`))
	f.Add([]byte(`{"name":"a","homes":[{"city":"Rome"}],"tags":["x"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var into, plain account
		if decode(s, data, &into) == nil {
			if err := json.Unmarshal(data, &plain); err != nil || !reflect.DeepEqual(into, plain) {
				t.Errorf("Decode(%q) accepts %+v; encoding/json says %+v, %v", data, into, plain, err)
			}
		}
	})
}
