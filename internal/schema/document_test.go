package schema_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// shown is a schema as JSON.
func shown(t *testing.T, s *schema.Schema, err error) string {
	t.Helper()
	data, wrong := json.Marshal(s)
	if err != nil || wrong != nil {
		t.Fatal(err, wrong)
	}
	return string(data)
}

// components are the named schemas as JSON.
func components(t *testing.T, r *schema.Registry) map[string]json.RawMessage {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

type point struct {
	X int `json:"x"`
}

func TestWhatMayBeNull(t *testing.T) {
	t.Parallel()
	const ref = `{"$ref":"#/components/schemas/Point"}`
	tests := map[string]struct {
		of         reflect.Type
		read, sent string
	}{
		"a text":              {reflect.TypeFor[string](), `{"type":"string"}`, `{"type":"string"}`},
		"a pointer":           {reflect.TypeFor[*string](), `{"type":["string","null"]}`, `{"type":["string","null"]}`},
		"a struct":            {reflect.TypeFor[point](), ref, ref},
		"a pointer to one":    {reflect.TypeFor[*point](), `{"anyOf":[` + ref + `,{"type":"null"}]}`, `{"anyOf":[` + ref + `,{"type":"null"}]}`},
		"a list":              {reflect.TypeFor[[]string](), `{"items":{"type":"string"},"type":"array"}`, `{"items":{"type":"string"},"type":"array"}`},
		"a list of pointers":  {reflect.TypeFor[[]*string](), `{"items":{"type":["string","null"]},"type":"array"}`, `{"items":{"type":["string","null"]},"type":"array"}`},
		"a pointer to a list": {reflect.TypeFor[*[]string](), `{"items":{"type":"string"},"type":["array","null"]}`, `{"items":{"type":"string"},"type":["array","null"]}`},
		"a map":               {reflect.TypeFor[map[string]bool](), `{"additionalProperties":{"type":"boolean"},"type":"object"}`, `{"additionalProperties":{"type":"boolean"},"type":"object"}`},
		"a pointer to a map":  {reflect.TypeFor[*map[string]bool](), `{"additionalProperties":{"type":"boolean"},"type":["object","null"]}`, `{"additionalProperties":{"type":"boolean"},"type":["object","null"]}`},
		"bytes":               {reflect.TypeFor[[]byte](), `{"contentEncoding":"base64","type":"string"}`, `{"contentEncoding":"base64","type":"string"}`},
		"a time":              {reflect.TypeFor[*time.Time](), `{"format":"date-time","type":["string","null"]}`, `{"format":"date-time","type":["string","null"]}`},
		"anything":            {reflect.TypeFor[any](), `{}`, `{}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := schema.NewRegistry()
			if got := shown(t, r.Input(test.of, ""), nil); got != test.read {
				t.Errorf("what is read of %v = %s, want %s", test.of, got, test.read)
			}
			s, err := r.Output(test.of, "")
			if got := shown(t, s, err); got != test.sent {
				t.Errorf("what is sent of %v = %s, want %s", test.of, got, test.sent)
			}
		})
	}
}

type (
	same struct {
		Name string `json:"name"`
		At   *int   `json:"at"`
	}
	differs struct {
		Name string `json:"name"`
		Same same   `json:"same"`
		Next *point `json:"next,omitempty"`
	}
	holder struct {
		Inner map[string]differs `json:"inner"`
	}
	answer struct {
		Lists []string `json:"lists"`
	}
)

// A type that is read and sent is one component where that is the same, and two
// where it is not, as in FastAPI's documents.
func TestTypesThatAreReadAndSent(t *testing.T) {
	t.Parallel()
	r := schema.NewRegistry()
	in := r.Input(reflect.TypeFor[holder](), "")
	before := shown(t, in, nil)
	out, err := r.Output(reflect.TypeFor[holder](), "")
	sent := shown(t, out, err)
	shown(t, r.Input(reflect.TypeFor[same](), ""), nil)
	answered, err := r.Output(reflect.TypeFor[answer](), "")
	if got, want := shown(t, answered, err), `{"$ref":"#/components/schemas/Answer"}`; got != want {
		t.Errorf("what is only sent = %s, want %s", got, want)
	}
	want := "Answer Differs-Input Differs-Output Holder-Input Holder-Output Point Same"
	all := components(t, r)
	if got := strings.Join(slices.Sorted(maps.Keys(all)), " "); got != want {
		t.Errorf("components = %s, want %s", got, want)
	}
	for _, test := range []struct{ text, want string }{
		{before, `{"$ref":"#/components/schemas/Holder"}`}, // nothing was sent yet
		{shown(t, in, nil), `{"$ref":"#/components/schemas/Holder-Input"}`},
		{sent, `{"$ref":"#/components/schemas/Holder-Output"}`},
		{string(all["Holder-Input"]), `#/components/schemas/Differs-Input"`},
		{string(all["Holder-Output"]), `#/components/schemas/Differs-Output"`},
		{string(all["Differs-Input"]), `"next":{"anyOf":[{"$ref":"#/components/schemas/Point"},{"type":"null"}]}`},
		{string(all["Differs-Output"]), `"next":{"$ref":"#/components/schemas/Point"}`},
		{string(all["Differs-Output"]), `"same":{"$ref":"#/components/schemas/Same"}`},
	} {
		if !strings.Contains(test.text, test.want) {
			t.Errorf("%s, want %s in it", test.text, test.want)
		}
	}
}

// What must be sent is not what must be there: a member that is never left out
// is there in every answer.
func TestWhatIsAlwaysThere(t *testing.T) {
	t.Parallel()
	type item struct {
		A string  `json:"a" required:"false"`
		B string  `json:"b,omitempty" required:"true"`
		C point   `json:"c,omitempty"`
		D point   `json:"d,omitzero"`
		E *string `json:"e,omitempty"`
	}
	r := schema.NewRegistry()
	r.Input(reflect.TypeFor[item](), "")
	if _, err := r.Output(reflect.TypeFor[item](), ""); err != nil {
		t.Fatal(err)
	}
	all := components(t, r)
	for name, want := range map[string]string{"Item-Input": `"required":["b"]`, "Item-Output": `"required":["a","c"]`} {
		if !strings.Contains(string(all[name]), want) {
			t.Errorf("%s = %s, want %s in it", name, all[name], want)
		}
	}
}

// coin describes itself, and rate changes what is said of it.
type (
	coin int
	rate int
)

func (coin) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[point](), true, "")}}
}

func (rate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Title = "Rate"
	return s
}

func TestWhatIsSentOfAMember(t *testing.T) {
	t.Parallel()
	type item struct {
		_       struct{} `additionalProperties:"true"`
		Left    *string  `json:"left,omitempty"`
		Never   *string  `json:"never" nullable:"false"`
		Always  string   `json:"always" nullable:"true"`
		Point   *point   `json:"point" nullable:"true" doc:"Where"`
		Point2  point    `json:"point2" nullable:"true"`
		Point3  *point   `json:"point3" nullable:"false"`
		Any     any      `json:"any" nullable:"true"`
		Word    word     `json:"word"`
		Sly     *sly     `json:"sly"`
		Slies   []sly    `json:"slies"`
		Level   *level   `json:"level" doc:"How high"`
		Coin    coin     `json:"coin"`
		Coins   []*coin  `json:"coins"`
		Rate    rate     `json:"rate"`
		Numbers []int    `json:"numbers" minItems:"1" nullable:"true"`
	}
	const ref = `{"$ref":"#/components/schemas/Point"}`
	r := schema.NewRegistry()
	s, err := r.Output(reflect.TypeFor[item](), "")
	if err != nil {
		t.Fatal(err)
	}
	published(t, r, s)
	var got struct {
		Properties           map[string]json.RawMessage
		AdditionalProperties bool
	}
	if err := json.Unmarshal(components(t, r)["Item"], &got); err != nil {
		t.Fatal(err)
	}
	if !got.AdditionalProperties {
		t.Error("there may be no others, which its tag says")
	}
	for name, want := range map[string]string{
		"left":    `{"type":"string"}`,
		"never":   `{"type":"string"}`,
		"always":  `{"type":["string","null"]}`,
		"point":   `{"description":"Where","anyOf":[` + ref + `,{"type":"null"}]}`,
		"point2":  `{"anyOf":[` + ref + `,{"type":"null"}]}`,
		"point3":  ref,
		"any":     `{}`,
		"word":    `{"type":"string"}`,
		"sly":     `{"type":["string","null"]}`,
		"slies":   `{"items":{},"type":"array"}`,
		"level":   `{"description":"How high"}`,
		"coin":    `{"oneOf":[` + ref + `]}`,
		"coins":   `{"items":{"anyOf":[{"oneOf":[` + ref + `]},{"type":"null"}]},"type":"array"}`,
		"rate":    `{"format":"int64","title":"Rate","type":"integer"}`,
		"numbers": `{"items":{"format":"int64","type":"integer"},"minItems":1,"type":["array","null"]}`,
	} {
		if !sameJSON(string(got.Properties[name]), want) {
			t.Errorf("%s = %s, want %s", name, got.Properties[name], want)
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

func TestTypesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for of, want := range map[reflect.Type]string{
		reflect.TypeFor[chan int](): "JSON cannot hold it",
		reflect.TypeFor[struct {
			A int `json:"a" minimum:"x"`
		}](): "minimum",
	} {
		if _, err := schema.NewRegistry().Output(of, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Output(%v) = %v, want an error with %q", of, err, want)
		}
	}
}

// Text is never null, whatever the field is, and a time in a header is written
// as everywhere else.
func TestFieldsThatAreReadFromText(t *testing.T) {
	t.Parallel()
	type input struct {
		A *int        `query:"a" enum:"1,2"`
		B []string    `query:"b"`
		C []*int      `query:"c"`
		D *time.Time  `header:"D"`
		E []time.Time `header:"E" format:"date"`
	}
	want := []string{
		`{"enum":[1,2],"format":"int64","type":"integer"}`,
		`{"items":{"type":"string"},"type":"array"}`,
		`{"items":{"format":"int64","type":"integer"},"type":"array"}`,
		`{"format":"date-time","type":"string"}`,
		`{"items":{"format":"date","type":"string"},"type":"array"}`,
	}
	r := schema.NewRegistry()
	for i, want := range want {
		f := reflect.TypeFor[input]().Field(i)
		if got := shown(t, r.Field(f), nil); got != want {
			t.Errorf("field %s = %s, want %s", f.Name, got, want)
		}
	}
}

// A reserved name is for what is named by hand.
func TestReservedNames(t *testing.T) {
	t.Parallel()
	r := schema.NewRegistry("Point")
	r.Input(reflect.TypeFor[point](), "")
	named := r.Name("Point", r.Object([]schema.Property{{Name: "detail", Doc: "What is wrong", Schema: r.Text(), Required: true}, {Name: "all", Schema: r.List(r.Text())}}))
	if got, want := shown(t, named, nil), `{"$ref":"#/components/schemas/Point"}`; got != want {
		t.Errorf("Name = %s, want %s", got, want)
	}
	all := components(t, r)
	want := `{"properties":{"all":{"items":{"type":"string"},"type":"array"},"detail":{"description":"What is wrong","type":"string"}},"required":["detail"],"type":"object"}`
	if got := string(all["Point"]); got != want {
		t.Errorf("Point = %s, want %s", got, want)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(all)), " "); got != "Point Schema_testPoint" {
		t.Errorf("components = %s, want the type's own with its package in front", got)
	}
}

type page[T any] struct {
	Items []T `json:"items"`
}

// OpenAPI allows letters, digits and . _ - in the name of a component.
func TestNamesOfGenericTypes(t *testing.T) {
	t.Parallel()
	r := schema.NewRegistry()
	published(t, r, r.Input(reflect.TypeFor[page[map[string]any]](), ""))
	published(t, r, r.Input(reflect.TypeFor[page[struct {
		A []int `json:"a"`
	}]](), ""))
	published(t, r, r.Input(reflect.TypeFor[page[func(int) chan<- bool]](), ""))
}

// Values and null are one or the other, and not an enum with null in it, of which
// generators of clients make several types.
func TestValuesThatMayBeNull(t *testing.T) {
	t.Parallel()
	type item struct {
		Kind  *string `json:"kind" enum:"a,b" doc:"Which"`
		Fixed *string `json:"fixed" const:"x"`
		Plain string  `json:"plain" enum:"a,b"`
	}
	r := schema.NewRegistry()
	r.Input(reflect.TypeFor[item](), "")
	var got struct{ Properties map[string]json.RawMessage }
	if err := json.Unmarshal(components(t, r)["Item"], &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"kind":  `{"description":"Which","anyOf":[{"enum":["a","b"],"type":"string"},{"type":"null"}]}`,
		"fixed": `{"anyOf":[{"const":"x","type":"string"},{"type":"null"}]}`,
		"plain": `{"enum":["a","b"],"type":"string"}`,
	} {
		if !sameJSON(string(got.Properties[name]), want) {
			t.Errorf("%s = %s, want %s", name, got.Properties[name], want)
		}
	}
}

// The default of a duration is written as the format says, however its tag does.
func TestDefaultsOfDurations(t *testing.T) {
	t.Parallel()
	type item struct {
		One  time.Duration   `json:"one" default:"1h30m"`
		Many []time.Duration `json:"many" default:"5s,PT2M"`
		Text string          `json:"text" default:"5s"`
	}
	r := schema.NewRegistry()
	r.Input(reflect.TypeFor[item](), "")
	var got struct {
		Properties map[string]struct{ Default any }
	}
	if err := json.Unmarshal(components(t, r)["Item"], &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"one": "PT1H30M", "many": []any{"PT5S", "PT2M"}, "text": "5s"}
	for name := range want {
		if !reflect.DeepEqual(got.Properties[name].Default, want[name]) {
			t.Errorf("%s = %v, want %v", name, got.Properties[name].Default, want[name])
		}
	}
}
