package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

func TestCheck(t *testing.T) {
	t.Parallel()
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
		"a word that is none":           {`{"a":nil}`, "invalid character at byte 5"},
		"a word cut short":              {`[tru`, "invalid character at byte 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := strictjson.Check([]byte(test.text), 8)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Check(%q) = %v, want %q", test.text, err, test.want)
			}
		})
	}
}

// oracle decides as Check does, by encoding/json's tokens: another parser,
// written by others.
func oracle(data []byte, maxDepth int) bool {
	if !utf8.Valid(data) || !json.Valid(data) || surrogate.Match(escaped.ReplaceAll(data, nil)) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var open []map[string]bool // nil for an array
	name := true               // whether a string would be a name
	for {
		token, err := dec.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		switch delim, _ := token.(json.Delim); delim {
		case '{':
			open, name = append(open, map[string]bool{}), true
		case '[':
			open = append(open, nil)
		case '}', ']':
			open, name = open[:len(open)-1], true
		default:
			top := len(open) - 1
			if top < 0 || open[top] == nil {
				continue
			}
			if text, ok := token.(string); ok && name {
				if open[top][text] {
					return false
				}
				open[top][text], name = true, false
				continue
			}
			name = true
		}
		if len(open) > maxDepth {
			return false
		}
	}
}

var (
	// escaped is what a backslash begins but is no \u, and whole pairs.
	escaped   = regexp.MustCompile(`\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([^dD]...|[dD][0-7]..)`)
	surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F]`)
)

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same fails unless Check, Object and the oracle agree, also on what the
// members are.
func same(t failer, data []byte) {
	t.Helper()
	const depth = 8
	want := oracle(data, depth)
	if err := strictjson.Check(data, depth); (err == nil) != want {
		t.Fatalf("Check(%q) = %v, want it to agree with encoding/json's tokens: %v", data, err, want)
	}
	var members map[string]json.RawMessage
	object := want && json.Unmarshal(data, &members) == nil && members != nil
	read := map[string]json.RawMessage{}
	o := strictjson.NewObject(string(data), depth)
	for o.Next() {
		read[o.Name()] = json.RawMessage(o.Value())
	}
	if err := o.Err(); (err == nil) != object {
		t.Fatalf("Object(%q) = %v, want an object: %v", data, err, object)
	}
	if object && !reflect.DeepEqual(read, members) {
		t.Fatalf("Object(%q) has %s, want %s", data, read, members)
	}
	for _, raw := range members {
		sameStrings(t, raw)
	}
}

func sameStrings(t failer, raw []byte) {
	t.Helper()
	var text *string
	isText := json.Unmarshal(raw, &text) == nil && text != nil
	if got, ok := strictjson.String(string(raw)); ok != isText || ok && got != *text {
		t.Fatalf("String(%s) = %q, %v, want %v", raw, got, ok, isText)
	}
	var list []*string
	isList := json.Unmarshal(raw, &list) == nil && list != nil && !slices.Contains(list, nil)
	got, ok := strictjson.Strings(string(raw))
	if ok != isList || len(got) != len(list) && ok {
		t.Fatalf("Strings(%s) = %q, %v, want %v", raw, got, ok, isList)
	}
	for i := range got {
		if got[i] != *list[i] {
			t.Fatalf("Strings(%s) = %q", raw, got)
		}
	}
}

// pieces are what JSON is made of, and what it is not.
var pieces = []string{
	"{", "}", "[", "]", ":", ",", " ", "\n", "\t", "\v", `"a"`, `"b"`, `"\u0061"`, `"A"`, `"ſ"`, `""`, `"\n\/\"\\"`, `"\x"`, `"`, `\`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`, "\"\xff\"", "\"\x01\"", "\"\x7f\"", "0", "-", "1", "01", "-0", "1.5", ".5", "1.", "1e5", "1E+5",
	"1e", "+1", "true", "false", "null", "nul", "True", "NaN", `"a":1`, `{"a":[1,{"b":null}]}`, `[["x","y"],{}]`, "\xef\xbb\xbf", "\u2028", "//", "'a'",
}

func TestAgreesWithTokens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
		for _, data := range []string{text, "{" + text + "}", `{"a":` + text + `}`, `{"a":[` + text + `]}`} {
			same(t, []byte(data))
		}
	})
}

func TestManyMembers(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `,"m%d":%d`, i, i)
	}
	good := "{" + text.String()[1:]
	for name, data := range map[string]string{
		"all different":          good + "}",
		"the first one again":    good + `,"m0":1}`,
		"the hundredth again":    good + `,"m100":1}`,
		"the last again, as \\u": good + `,"\u006d999":1}`,
	} {
		want := name == "all different"
		if err := strictjson.Check([]byte(data), 8); (err == nil) != want {
			t.Errorf("%s: Check = %v", name, err)
		}
		same(t, []byte(data))
	}
}

func TestObjectAllocates(t *testing.T) {
	const text = `{"iss":"https://id.example","aud":["a"],"exp":1.5,"n":{"a":{"b":[1,2,3]}},"scope":"a b"}`
	n := testing.AllocsPerRun(100, func() {
		o := strictjson.NewObject(text, 8)
		for o.Next() {
			if o.LooksLike("sub") {
				t.Error("no member looks like sub")
			}
		}
		if o.Err() != nil {
			t.Error(o.Err())
		}
	})
	if n != 0 {
		t.Errorf("reading an object allocates %v times, want 0", n)
	}
}

func TestLooksLike(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"scope": false, "Scope": true, "ſcope": true, "SCOPE": true, "scop": false, "scopes": false, "ſſſſſ": false, "": false,
	} {
		o := strictjson.NewObject(`{"`+name+`":1}`, 1)
		if !o.Next() || o.LooksLike("scope") != want {
			t.Errorf("LooksLike of %q = %v, want %v", name, !want, want)
		}
	}
}

func TestAnObjectIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	o := strictjson.NewObject(`{"a":1} x`, 1)
	if o.Err() == nil {
		t.Error("Err before the end = nil, want an error")
	}
	if !o.Next() || o.Next() || o.Next() || o.Err() == nil {
		t.Errorf("Err = %v, want an error about what follows", o.Err())
	}
	if zero := (strictjson.Object{}); zero.Next() || zero.Err() == nil {
		t.Error("the zero Object has no error")
	}
}

func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `[1,2]`, `"\ud83d\ude00"`, `{"a":1,"a":2}`, ` 1e5 `, `nul`, `{"a":["b\u0063"]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) { same(t, data) })
}
