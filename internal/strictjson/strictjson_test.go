package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // a part of the reason; empty when accepted
	}{
		"an object":                     {`{"a":[1,{"a":2}],"b":null}`, ""},
		"a scalar":                      {` "x" `, ""},
		"a pair of surrogates":          {`"\ud83d\ude00"`, ""},
		"an escaped backslash and a u":  {`"\\ud83d"`, ""},
		"nothing":                       {``, "unexpected end"},
		"a value cut short":             {`{"a":1`, "unexpected"},
		"a duplicate member":            {`{"a":1,"a":2}`, "duplicate"},
		"a duplicate below":             {`[{"b":{"a":1,"\u0061":2}}]`, "duplicate"},
		"a second value":                {`{} {}`, "after the value"},
		"too deep":                      {strings.Repeat("[", 9) + strings.Repeat("]", 9), "too deep"},
		"invalid UTF-8":                 {"\"\xff\"", "UTF-8"},
		"a lone high surrogate":         {`"\ud83d"`, "surrogate"},
		"a lone low surrogate":          {`"\ude00"`, "surrogate"},
		"a high surrogate and a letter": {`"\ud83d\u0061"`, "surrogate"},
		"no JSON":                       {`{a:1}`, "invalid"},
		"a trailing comma":              {`[1,]`, "invalid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := strictjson.Check([]byte(test.text), 8)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check(%q) = %v, want %q", test.text, err, test.want)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `[1,2]`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, ` 1e5 `, `nul`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strictjson.Check(data, 32) == nil && !json.Valid(data) {
			t.Errorf("Check(%q) = nil, but it is not JSON", data)
		}
	})
}
