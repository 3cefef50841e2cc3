package schema

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// plain is a decoded value as encoding/json has it.
func plain(t *testing.T, v any, data []byte) any {
	t.Helper()
	raw, err := rawOf(v)
	if err != nil {
		t.Fatal(err)
	}
	var same any
	if err := json.Unmarshal(raw, &same); err != nil {
		t.Errorf("the text of a value in %s is %s: %v", data, raw, err)
	}
	switch v := v.(type) {
	case *object:
		out := map[string]any{}
		for _, name := range v.names {
			out[name] = plain(t, v.members[name], data)
		}
		if len(out) != len(v.members) {
			t.Errorf("%s has %d names and %d members", data, len(v.names), len(v.members))
		}
		return out
	case *array:
		out := make([]any, len(v.items))
		for i, one := range v.items {
			out[i] = plain(t, one, data)
		}
		return out
	case json.Number:
		n, _ := v.Float64()
		return n
	}
	return v
}

// What strictjson accepts is parsed as encoding/json parses it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e+3,true,false,null,"x"],"b":{}}`, ` [ ] `, "{ \"a\" : [ 1 , { } ] ,\t\"b\" :\n\"\\\"\\\\\\u00e9\\ud83d\\ude00\" } ", `"a"`, `12`, `null`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strictjson.Check(data, MaxDepth) != nil {
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			return // a number that is too large for a float
		}
		if got := plain(t, parse(data), data); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %v, want %v", data, got, want)
		}
	})
}
