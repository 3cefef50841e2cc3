package patch_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/holdfast-go/holdfast/patch"
)

func TestTheThreeStatesOfAField(t *testing.T) {
	t.Parallel()
	type note struct {
		Text   patch.Field[string] `json:"text,omitzero"`
		Always patch.Field[int]    `json:"always"`
	}
	for name, test := range map[string]struct {
		field         patch.Field[string]
		text          string
		present, null bool
		value, or     string
		written       string
	}{
		"absent":       {patch.Field[string]{}, `{}`, false, false, "", "was", `{"always":null}`},
		"null":         {patch.Null[string](), `{"text":null}`, true, true, "", "", `{"text":null,"always":null}`},
		"a value":      {patch.Value("x"), `{"text":"x"}`, true, false, "x", "x", `{"text":"x","always":null}`},
		"a zero value": {patch.Value(""), `{"text":""}`, true, false, "", "", `{"text":"","always":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := test.field
			value, ok := f.Get()
			if f.Present() != test.present || f.Null() != test.null || value != test.value || ok != (test.present && !test.null) || f.Or("was") != test.or || f.IsZero() == test.present {
				t.Errorf("%+v: Present %v, Null %v, Get %q %v, Or %q, IsZero %v", f, f.Present(), f.Null(), value, ok, f.Or("was"), f.IsZero())
			}
			if data, err := json.Marshal(note{Text: f}); err != nil || string(data) != test.written {
				t.Errorf("written as %s, %v, want %s", data, err, test.written)
			}
			read := note{Text: patch.Field[string]{}}
			if err := json.Unmarshal([]byte(test.text), &read); err != nil || !reflect.DeepEqual(read.Text, f) {
				t.Errorf("%s is read as %+v, %v, want %+v", test.text, read.Text, err, f)
			}
		})
	}
	var f patch.Field[int]
	if err := json.Unmarshal([]byte(`"x"`), &f); err == nil {
		t.Error(`"x" is read as a number`)
	}
	if f.SetAny(7); f != patch.Value(7) || f.Inner() != reflect.TypeFor[int]() {
		t.Errorf("SetAny(7) = %+v of %v", f, f.Inner())
	}
	if got := f.GetAny(); got != 7 {
		t.Errorf("GetAny() = %v, want 7", got)
	}
	if f.SetAny(nil); f != patch.Null[int]() || f.GetAny() != nil {
		t.Errorf("SetAny(nil) = %+v, want null", f)
	}
}
