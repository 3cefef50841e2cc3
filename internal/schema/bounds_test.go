package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/schema"
	"github.com/holdfast-go/holdfast/patch"
)

// Types whose defaults have themselves in them.
type (
	endless struct {
		Left  *endless `json:"left" default:"{}"`
		Right *endless `json:"right" default:"{}"`
	}
	endlessly struct {
		Inner []struct {
			Again endlessAgain `json:"again" default:"{}"`
		} `json:"inner" default:"[{}]"`
	}
	endlessAgain struct {
		Back *endlessly `json:"back" default:"{}"`
	}
	nested struct {
		Inner struct {
			Inner struct {
				N int `json:"n" default:"7"`
			} `json:"inner" default:"{}"`
		} `json:"inner" default:"{}"`
	}
)

// A default that has itself in it is said at start, and not by the end of the
// stack.
func TestADefaultWithoutAnEnd(t *testing.T) {
	t.Parallel()
	for _, of := range []reflect.Type{reflect.TypeFor[endless](), reflect.TypeFor[endlessly]()} {
		func() {
			defer func() {
				if cause, _ := recover().(string); !strings.Contains(cause, "without an end") {
					t.Errorf("%v: %q, want a word about the default", of, cause)
				}
			}()
			schema.NewRegistry().Input(of, "")
		}()
	}
	var got nested
	if bad, err := schema.NewRegistry().Input(reflect.TypeFor[nested](), "").Decode(t.Context(), []byte("{}"), &got); bad != nil || err != nil || got.Inner.Inner.N != 7 {
		t.Errorf("%v, %v: %+v, want the inner default", bad, err, got)
	}
}

type branch struct {
	Name     string   `json:"name"`
	Branches []branch `json:"branches" uniqueItems:"true" required:"false"`
}

// Lists in lists of unique items are compared with an effort that grows with the
// depth, and not with its square.
//
//nolint:paralleltest // it counts what the process allocates
func TestUniqueItemsInUniqueItems(t *testing.T) {
	s := schema.NewRegistry().Input(reflect.TypeFor[branch](), "")
	const depth = 31
	body := []byte(strings.Repeat(`{"name":"","branches":[`, depth) + `{"name":"` + strings.Repeat("x", 100_000) + `"}` + strings.Repeat(`]}`, depth))
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			var into branch
			if bad, err := s.Decode(b.Context(), body, &into); bad != nil || err != nil {
				b.Fatal(bad, err)
			}
		}
	})
	if per := result.AllocedBytesPerOp() / int64(len(body)); per > 8*depth {
		t.Errorf("%d bytes are allocated for each byte of the body, want at most %d", per, 8*depth)
	}
	for body, want := range map[string]bool{
		`{"name":"","branches":[{"name":"a"},{"name":"b"}]}`:                                               true,
		`{"name":"","branches":[{"name":"a","branches":[]},{"branches":[],"name":"\u0061"}]}`:              false,
		`{"name":"","branches":[{"name":"a","branches":[{"name":"a"}]},{"name":"a","branches":[]}]}`:       true,
		`{"name":"","branches":[{"name":"a\":\"b"},{"name":"a"},{"name":"b"},{"name":"a","branches":[]}]}`: true,
	} {
		var into branch
		if bad, _ := s.Decode(t.Context(), []byte(body), &into); (bad == nil) != want {
			t.Errorf("%s: %v", body, bad)
		}
	}
}

type (
	rooms []room2
	room2 struct {
		Inner patch.Field[rooms] `json:"inner,omitzero"`
		For   time.Duration      `json:"for"`
	}
)

// A type that leads back to itself through a Field has its durations written as
// all others.
func TestDurationsInFieldsThatLeadBack(t *testing.T) {
	t.Parallel()
	const text = `[{"inner":[{"inner":[{"for":1000000000}],"for":1000000000}],"for":1000000000}]`
	want := strings.ReplaceAll(text, "1000000000", `"PT1S"`)
	if got := schema.FillerOf(reflect.TypeFor[rooms]()).Rewrite([]byte(text)); string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// What a Field holds is sent as everything else: nil lists and maps are empty.
func TestAFieldThatIsSentIsFilled(t *testing.T) {
	t.Parallel()
	type inner struct {
		Tags []string           `json:"tags"`
		By   map[string][]int   `json:"by"`
		More patch.Field[[]int] `json:"more,omitzero"`
	}
	type sent struct {
		One  patch.Field[inner]            `json:"one"`
		List []patch.Field[*inner]         `json:"list"`
		Map  map[string]patch.Field[inner] `json:"map"`
		Nil  patch.Field[[]int]            `json:"nil"`
		None patch.Field[[]int]            `json:"none"`
	}
	shared := &inner{More: patch.Value[[]int](nil)}
	v := sent{
		One:  patch.Value(inner{By: map[string][]int{"a": nil}}),
		List: []patch.Field[*inner]{patch.Value(shared), patch.Value[*inner](nil), patch.Null[*inner]()},
		Map:  map[string]patch.Field[inner]{"x": patch.Value(inner{})},
		Nil:  patch.Value[[]int](nil),
	}
	schema.FillerOf(reflect.TypeFor[sent]()).Fill(reflect.ValueOf(&v).Elem())
	got, err := json.Marshal(v)
	const want = `{"one":{"tags":[],"by":{"a":[]}},"list":[{"tags":[],"by":{},"more":[]},null,null],"map":{"x":{"tags":[],"by":{}}},"nil":[],"none":null}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if shared.Tags != nil || shared.More.Or([]int{}) != nil {
		t.Errorf("%+v was changed, which others may be reading", shared)
	}
}
