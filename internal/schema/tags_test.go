package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/schema"
)

func TestMisspeltTagsAreFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		of   any
		want string // "" if nothing is wrong
	}{
		"ours are known": {struct {
			A string   `json:"a,omitempty" minLength:"1" maxLength:"2" pattern:"^a" doc:"x" format:"email" example:"y" enum:"a,b"`
			B *int     `query:"b" minimum:"1" maximum:"2" multipleOf:"1" default:"1" required:"true"`
			C []string `header:"C" minItems:"1" maxItems:"2" uniqueItems:"true"`
		}{}, ""},
		"those of others are left alone": {struct {
			A string `xml:"a" yaml:"a" db:"a" bson:"a" validate:"required" gorm:"x" env:"A" url:"a" kong:"x" mapstructure:"a"`
		}{}, ""},
		"a letter is wrong": {struct {
			A int `minimun:"1"`
		}{}, `field A: unknown tag "minimun"; did you mean "minimum"?`},
		"the case is": {struct {
			A int `Minimum:"1"`
		}{}, `did you mean "minimum"?`},
		"two letters changed": {struct {
			A string `minLenght:"1"`
		}{}, `did you mean "minLength"?`},
		"a source": {struct {
			A string `qeury:"a"`
		}{}, `did you mean "query"?`},
		"json": {struct {
			A string `jsn:"a"`
		}{}, `did you mean "json"?`},
		"pydantic's words": {struct {
			A int `ge:"1"`
		}{}, `did you mean "minimum"?`},
		"a string has no minimum": {struct {
			A string `minimum:"1"`
		}{}, `tag "minimum" constrains a number, and string is none`},
		"a number has no length": {struct {
			A *int `minLength:"1"`
		}{}, `constrains a string`},
		"deep inside": {struct {
			A []struct {
				B map[string]*struct {
					C int `maximun:"1"`
				}
			}
		}{}, `field C: unknown tag "maximun"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := schema.CheckTags(reflect.TypeOf(test.of)); err != nil {
				got = err.Error()
			}
			if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
				t.Errorf("CheckTags = %q, want %q", got, test.want)
			}
		})
	}
}

func TestMalformedTagsAreFound(t *testing.T) {
	t.Parallel()
	for _, tag := range []reflect.StructTag{`minimum:1`, `minimum`, `minimum: "1"`, `:"1"`, `query:"a"x`} {
		of := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeFor[int](), Tag: tag}})
		if err := schema.CheckTags(of); err == nil || !strings.Contains(err.Error(), "malformed tag") {
			t.Errorf("CheckTags of %s = %v, want malformed tag", tag, err)
		}
	}
}

func TestHostileBodiesGetSmallAnswers(t *testing.T) {
	t.Parallel()
	lists := schema.NewRegistry().Input(reflect.TypeFor[map[string][]int](), "")
	name := strings.Repeat("k", 40_000)
	body := `{"` + name + `":["` + strings.Repeat(`","`, 10_000) + `"]}`
	var into map[string][]int
	bad := decode(lists, []byte(body), &into)
	text, err := json.Marshal(bad)
	if err != nil || len(bad) != 100 || len(text) > len(body)/2 {
		t.Errorf("%d violations in %d bytes for a body of %d, want 100 and few", len(bad), len(text), len(body))
	}
}

func TestRepeatedItems(t *testing.T) {
	t.Parallel()
	type body struct {
		Items []map[string]int `json:"items" uniqueItems:"true"`
	}
	s := schema.NewRegistry().Input(reflect.TypeFor[body](), "")
	var into body
	if got := words(decode(s, []byte(`{"items":[{"a":1,"b":2},{"b":2,"a":1},{"a":1}]}`), &into, "body")); got != "unique_items body.items.1" {
		t.Errorf("Decode = %s, want the second item", got)
	}
}

func TestBodiesHaveNoTagsThatNobodyEnforces(t *testing.T) {
	t.Parallel()
	type body struct {
		A int `json:"a" readOnly:"true"`
	}
	if err := schema.CheckBody(reflect.StructField{Type: reflect.TypeFor[body]()}); err == nil || !strings.Contains(err.Error(), "readOnly") {
		t.Errorf("CheckBody = %v, want readOnly", err)
	}
	if err := schema.CheckTags(reflect.TypeFor[body]()); err != nil {
		t.Errorf("CheckTags = %v, want nil: what is written may have one", err)
	}
}

func TestNumbersThatAGoTypeCannotHold(t *testing.T) {
	t.Parallel()
	type body struct {
		Small int8  `json:"small,omitempty"`
		Big   int64 `json:"big,omitempty"`
	}
	s := schema.NewRegistry().Input(reflect.TypeFor[body](), "")
	for text, want := range map[string]string{
		`{"small":1.0}`:                "int_type body.small",
		`{"small":1e1}`:                "int_type body.small",
		`{"small":1.5}`:                "int_from_float body.small",
		`{"small":300}`:                "value_error body.small",
		`{"big":99999999999999999999}`: "value_error body.big",
	} {
		var into body
		if got := words(decode(s, []byte(text), &into, "body")); got != want {
			t.Errorf("Decode(%s) = %s, want %s", text, got, want)
		}
	}
}

type node struct {
	Left, Right *node
	Value       int `json:"value" minimum:"0"`
}

func TestTagsOfRecursiveTypes(t *testing.T) {
	t.Parallel()
	if err := schema.CheckTags(reflect.TypeFor[node]()); err != nil {
		t.Errorf("CheckTags = %v, want nil", err)
	}
}
