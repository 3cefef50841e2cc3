package schema_test

import (
	"encoding/json"
	"net"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Types that bodies are read into: a member that must be there, and one that may
// be left out.
type (
	of[T any] struct {
		Value T `json:"value"`
		Other T `json:"other,omitempty"`
	}
	line struct {
		_    struct{} `additionalProperties:"true"`
		Name string   `json:"name"`
		Next *line    `json:"next,omitempty"`
	}
	chosen struct {
		Kind  *string   `json:"kind,omitempty" nullable:"true" enum:"a,b"`
		Tags  []*string `json:"tags,omitempty" uniqueItems:"true" maxItems:"2" enum:"a,b"`
		Level string    `json:"level,omitempty" const:"a"`
	}
	counted struct {
		Count *int  `json:"count" minimum:"-40" multipleOf:"2"`
		Flag  *bool `json:"flag,omitempty" const:"true"`
	}
	nulls struct {
		Secret *string  `json:"secret" nullable:"false"`
		Given  string   `json:"given" nullable:"true"`
		Lines  []string `json:"lines" nullable:"false"`
		Maybe  *string  `json:"maybe,omitempty" nullable:"true"`
		Late   *string  `json:"late" required:"false"`
		Further
	}
	Further struct {
		More []string `json:"more"`
	}
	inQuotes struct {
		N int   `json:"n,string"`
		B *bool `json:"b,string,omitempty"`
		C *int  `json:"c,string"`
	}
	private struct {
		hidden
		*Further
		Name string `json:"name,omitempty"`
	}
	hidden struct {
		Name  int     `json:"name"`
		Deep  *line   `json:"deep"`
		Array [1]*int `json:"array,omitempty"`
	}
)

var read = []reflect.Type{
	reflect.TypeFor[of[string]](), reflect.TypeFor[of[*string]](), reflect.TypeFor[of[*int]](), reflect.TypeFor[of[*bool]](), reflect.TypeFor[of[*float64]](),
	reflect.TypeFor[of[[]string]](), reflect.TypeFor[of[[]*string]](), reflect.TypeFor[of[*[]string]](), reflect.TypeFor[of[[][]int]](), reflect.TypeFor[of[[2]string]](),
	reflect.TypeFor[of[map[string]int]](), reflect.TypeFor[of[map[string]*int]](), reflect.TypeFor[of[*map[string]int]](), reflect.TypeFor[of[map[string][]int]](),
	reflect.TypeFor[of[line]](), reflect.TypeFor[of[*line]](), reflect.TypeFor[of[[]line]](), reflect.TypeFor[of[[]*line]](), reflect.TypeFor[of[map[string]*line]](),
	reflect.TypeFor[of[any]](), reflect.TypeFor[of[json.RawMessage]](), reflect.TypeFor[of[time.Time]](), reflect.TypeFor[of[*time.Time]](), reflect.TypeFor[of[*netip.Addr]](),
	reflect.TypeFor[inQuotes](), reflect.TypeFor[private](), reflect.TypeFor[of[net.IP]](), reflect.TypeFor[of[json.Number]](), reflect.TypeFor[of[[]byte]](),
	reflect.TypeFor[chosen](), reflect.TypeFor[counted](), reflect.TypeFor[nulls](),
	reflect.TypeFor[*line](), reflect.TypeFor[[]line](), reflect.TypeFor[map[string][]*int](), reflect.TypeFor[*string](), reflect.TypeFor[[]string](),
}

// What the decoder accepts and what the document says are the same, null and
// all. JSON Schema cannot say that 1.0 is no integer or how large one may be,
// and does not look into formats, so the numbers here are small, and texts are
// replaced by null alone.
func TestTheDocumentSaysWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, typ := range read {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			r := schema.NewRegistry()
			s := r.Input(typ, "Hint")
			shown := published(t, r, s)
			accepted, refused := 0, 0
			check := func(t *rapid.T) {
				v := reflect.New(typ)
				fillRandomly(t, v.Elem(), 0)
				var value any
				if err := json.Unmarshal([]byte(text(t, v)), &value); err != nil {
					t.Fatal(err)
				}
				body, err := json.Marshal(mutated(t, value))
				if err != nil {
					t.Fatal(err)
				}
				bad, says := decode(s, body, reflect.New(typ).Interface(), "body"), shown.Check(body)
				if (bad == nil) != (says == nil) {
					t.Errorf("Decode(%s) = %s; the document says %v", body, words(bad), says)
				}
				if bad == nil {
					sameAsEncodingJSON(t, s, body, typ)
					accepted++
				} else {
					refused++
				}
			}
			rapid.Check(t, check)
			for range 20 { // of the few of -short, all may be of one kind
				if accepted == 0 || refused == 0 {
					rapid.Check(t, check)
				}
			}
			if accepted == 0 || refused == 0 {
				t.Errorf("%d bodies were accepted and %d refused, want some of both", accepted, refused)
			}
		})
	}
}

// sameAsEncodingJSON says that a body which is accepted is read as encoding/json
// reads it.
func sameAsEncodingJSON(t *rapid.T, s *schema.Schema, body []byte, typ reflect.Type) {
	got, want := reflect.New(typ), reflect.New(typ)
	decode(s, body, got.Interface())
	if err := json.Unmarshal(body, want.Interface()); err != nil {
		t.Fatalf("%s is accepted, and encoding/json says %v", body, err)
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%s is read as %s, and by encoding/json as %s", body, text(t, got), text(t, want))
	}
}
