package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/schema"
)

func TestMisspeltTagsAreFound(t *testing.T) {
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
		}{}, `field A: unknown tag "minimun"; did you mean "minimum"?`}, //nolint:govet // wrong on purpose
		"the case is": {struct {
			A int `Minimum:"1"`
		}{}, `did you mean "minimum"?`}, //nolint:govet // wrong on purpose
		"two letters changed": {struct {
			A string `minLenght:"1"`
		}{}, `did you mean "minLength"?`}, //nolint:govet // wrong on purpose
		"a source": {struct {
			A string `qeury:"a"`
		}{}, `did you mean "query"?`}, //nolint:govet // wrong on purpose
		"json": {struct {
			A string `jsn:"a"`
		}{}, `did you mean "json"?`}, //nolint:govet // wrong on purpose
		"pydantic's words": {struct {
			A int `ge:"1"`
		}{}, `did you mean "minimum"?`}, //nolint:govet // wrong on purpose
		"a tag without quotes": {struct {
			A int `minimum:1`
		}{}, "malformed tag"}, //nolint:govet // wrong on purpose
		"a string has no minimum": {struct {
			A string `minimum:"1"`
		}{}, `tag "minimum" constrains a number, and string is none`}, //nolint:govet // wrong on purpose
		"a number has no length": {struct {
			A *int `minLength:"1"`
		}{}, `constrains a string`}, //nolint:govet // wrong on purpose
		"deep inside": {struct {
			A []struct {
				B map[string]*struct {
					C int `maximun:"1"`
				}
			} //nolint:govet // wrong on purpose
		}{}, `field C: unknown tag "maximun"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
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

type tree struct {
	Left, Right *tree
	Value       int `json:"value" minimum:"0"`
}

func TestTagsOfRecursiveTypes(t *testing.T) {
	if err := schema.CheckTags(reflect.TypeFor[tree]()); err != nil {
		t.Errorf("CheckTags = %v, want nil", err)
	}
}
