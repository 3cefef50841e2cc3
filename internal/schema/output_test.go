package schema_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Types that are sent, with everything that encoding/json treats in a way of
// its own.
type (
	scalars struct {
		Bool   bool      `json:"bool"`
		Int    int8      `json:"int,omitempty"`
		Float  float32   `json:"float"`
		Text   *string   `json:"text"`
		Maybe  *int      `json:"maybe,omitempty"`
		Zero   *int      `json:"zero,omitzero"`
		Kind   *string   `json:"kind" enum:"a,b,"`
		At     time.Time `json:"at"`
		Ended  *time.Time
		Quoted int  `json:"quoted,string"`
		Wait   *int `json:"wait,string"`
		Hidden int  `json:"hidden" hidden:"true"`
		Never  int  `json:"-"`
		inside int  //nolint:unused // fields that are not sent are left alone
	}
	lists struct {
		Names  []string            `json:"names"`
		More   []string            `json:"more,omitempty"`
		Some   *[]string           `json:"some"`
		Any    *[]string           `json:"any,omitempty"`
		Deep   [][]int             `json:"deep"`
		Pairs  [2][]int            `json:"pairs"`
		Bytes  []byte              `json:"bytes"`
		Fixed  [3]byte             `json:"fixed"`
		Counts map[string]int      `json:"counts"`
		Groups map[string][]string `json:"groups"`
		Few    map[string][]string `json:"few,omitempty"`
		ByID   map[int]*leaf       `json:"by_id"`
		Leaves []*leaf             `json:"leaves"`
		Trees  []leaf              `json:"trees,omitempty"`
		Late   []leaf              `json:"late,omitzero"`
	}
	leaf struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	tree struct {
		Name string           `json:"name"`
		Tags []string         `json:"tags"`
		Left *tree            `json:"left"`
		Kids []tree           `json:"kids,omitempty"`
		Map  map[string]*tree `json:"map,omitempty"`
	}
	base struct {
		ID   int      `json:"id"`
		Tags []string `json:"tags"`
		Name string
	}
	Extra struct {
		More []int `json:"more"`
		Name string
	}
	embedding struct {
		base
		*Extra
		Named base `json:"named"`
		Tags  []int
	}
	tagged struct {
		base   `json:"base"`
		Extra  `json:",omitempty"`
		Name   string
		Number json.Number `json:"number"`
	}
	sealed struct {
		*base
		Kept []int
	}
	Left struct {
		Name string
		Same string
	}
	Right struct {
		Words []string `json:"Name"`
		Same  []string
	}
	rivals struct { // Right has the tag; of Same there is none
		Left
		Right
	}
	Knot struct {
		*Knot
		Ends []int
	}
	written struct {
		Raw    json.RawMessage `json:"raw"`
		Any    any             `json:"any"`
		Addr   netip.Addr      `json:"addr"`
		IP     net.IP          `json:"ip"`
		Own    level           `json:"own"`
		Levels []level         `json:"levels"`
		Word   word            `json:"word"`
		Words  []word          `json:"words"`
		ByWord map[word]word   `json:"by_word"`
		Sly    sly             `json:"sly"`
		Slies  map[string]sly  `json:"slies"`
		PSly   *sly            `json:"psly"`
		Err    error           `json:"err"`
		Own2   list            `json:"own2"`
	}
)

// level is written as an object, and is a number.
type level int

func (l level) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]int{"level": int(l)}) }

// word is written as text, and is a struct.
type word struct{ ID int }

func (w word) MarshalText() ([]byte, error) { return []byte(strings.Repeat("w", w.ID&3)), nil }

// sly is written as text where it has an address, and else as an object.
type sly struct{ ID int }

func (*sly) MarshalText() ([]byte, error) { return []byte("sly"), nil }

// list is a list that is written as text, also when it is nil.
type list []int

func (list) MarshalJSON() ([]byte, error) { return []byte(`"list"`), nil }

var sent = []reflect.Type{
	reflect.TypeFor[scalars](), reflect.TypeFor[lists](), reflect.TypeFor[tree](), reflect.TypeFor[embedding](),
	reflect.TypeFor[tagged](), reflect.TypeFor[sealed](), reflect.TypeFor[written](), reflect.TypeFor[rivals](), reflect.TypeFor[Knot](),
	reflect.TypeFor[*lists](), reflect.TypeFor[[]lists](), reflect.TypeFor[map[string][]*tree](), reflect.TypeFor[[][]*int](),
	reflect.TypeFor[string](), reflect.TypeFor[*string](), reflect.TypeFor[any](), reflect.TypeFor[map[string]string](), reflect.TypeFor[[2][]leaf](),
	reflect.TypeFor[struct{ Inline []struct{ A []int } }](),
}

func TestWhatIsSentFitsItsSchema(t *testing.T) {
	t.Parallel()
	for _, of := range sent {
		t.Run(of.String(), func(t *testing.T) {
			t.Parallel()
			r := schema.NewRegistry()
			s, err := r.Output(of, "Hint")
			if err != nil {
				t.Fatal(err)
			}
			shown, filler := published(t, r, s), schema.FillerOf(of)
			rapid.Check(t, func(t *rapid.T) {
				v := reflect.New(of)
				fillRandomly(t, v.Elem(), 0)
				before := text(t, v)
				if filler != nil {
					filler.Fill(v.Elem())
				}
				if err := shown.Check([]byte(text(t, v))); err != nil {
					t.Errorf("%s, before filling %s: %v", text(t, v), before, err)
				}
			})
		})
	}
}

func text(t *rapid.T, v reflect.Value) string {
	data, err := json.Marshal(v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWhatIsFilled(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value any // a pointer to it
		want  string
	}{
		"a list":                       {new([]string), `[]`},
		"a map":                        {new(map[string]int), `{}`},
		"bytes":                        {new([]byte), `""`},
		"a nil pointer is null":        {new(*leaf), `null`},
		"members":                      {&leaf{}, `{"name":"","tags":[]}`},
		"behind a pointer":             {new(&leaf{Name: "a"}), `{"name":"a","tags":[]}`},
		"in a list":                    {&[]leaf{{Name: "a", Tags: []string{"x"}}, {}}, `[{"name":"a","tags":["x"]},{"name":"","tags":[]}]`},
		"in a list of pointers":        {&[]*leaf{nil, {}}, `[null,{"name":"","tags":[]}]`},
		"in a list of lists":           {&[][]int{nil, {1}}, `[[],[1]]`},
		"in a map":                     {&map[string]leaf{"a": {}}, `{"a":{"name":"","tags":[]}}`},
		"in an array":                  {&[2][]int{{1}}, `[[1],[]]`},
		"in embedded structs":          {&embedding{Extra: &Extra{}}, `{"id":0,"more":[],"named":{"id":0,"tags":[],"Name":""},"Tags":[],"tags":[]}`},
		"beside what cannot be copied": {new(&sealed{base: &base{ID: 7, Tags: []string{}}}), `{"id":7,"tags":[],"Name":"","Kept":[]}`},
		"what is left out stays so":    {&lateness{}, `{}`},
		"in what is not left out":      {&lateness{Late: []leaf{{}}, More: map[string]leaf{"a": {}}}, `{"late":[{"name":"","tags":[]}],"more":{"a":{"name":"","tags":[]}}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := reflect.ValueOf(test.value).Elem()
			schema.FillerOf(v.Type()).Fill(v)
			if data, err := json.Marshal(test.value); err != nil || !sameJSON(string(data), test.want) {
				t.Errorf("sent %s, %v, want %s", data, err, test.want)
			}
		})
	}
}

// lateness has members that are left out.
type lateness struct {
	Late []leaf          `json:"late,omitzero"`
	More map[string]leaf `json:"more,omitempty"`
}

// A filler copies what it must change and others may hold.
func TestFillingLeavesSharedValuesAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := reflect.New(reflect.TypeFor[[]lists]())
		fillRandomly(t, v.Elem(), 0)
		shared := v.Elem().Interface().([]lists)
		before, err := json.Marshal(shared)
		if err != nil {
			t.Fatal(err)
		}
		schema.FillerOf(v.Type().Elem()).Fill(v.Elem())
		if after, _ := json.Marshal(shared); string(after) != string(before) {
			t.Errorf("the handler's own value is %s now, and was %s", after, before)
		}
	})
}

// room is what a handler may hand out while others work with it.
type room struct {
	Name  string   `json:"name"`
	Guest []string `json:"guests"`
	Door  door     `json:"door"`

	mu   sync.Mutex
	busy int
}

type door struct {
	Keys []string `json:"keys"`
	mu   sync.Mutex
}

// The race detector sees a copy of what is not sent.
func TestFillingReadsOnlyWhatIsSent(t *testing.T) {
	t.Parallel()
	one := &room{Name: "hall"}
	var group sync.WaitGroup
	group.Go(func() {
		for range 100 {
			one.mu.Lock()
			one.busy++
			one.mu.Unlock()
			one.Door.mu.Lock()
			one.Door.mu.Unlock() //nolint:staticcheck // the lock is all that is wanted
		}
	})
	for range 100 {
		out := one
		schema.FillerOf(reflect.TypeFor[*room]()).Fill(reflect.ValueOf(&out).Elem())
		data, err := json.Marshal(out)
		if want := `{"name":"hall","guests":[],"door":{"keys":[]}}`; err != nil || string(data) != want {
			t.Fatalf("sent %s, %v, want %s", data, err, want)
		}
	}
	group.Wait()
}

// A value that contains itself ends in an error of encoding/json, soon.
func TestFillingEndsWithValuesThatContainThemselves(t *testing.T) {
	t.Parallel()
	loop := &tree{Name: "loop", Tags: []string{}}
	loop.Left, loop.Map = loop, map[string]*tree{"a": loop, "b": loop}
	schema.FillerOf(reflect.TypeFor[*tree]()).Fill(reflect.ValueOf(&loop).Elem())
	var wrong *json.UnsupportedValueError
	if _, err := json.Marshal(loop); !errors.As(err, &wrong) {
		t.Errorf("Marshal = %v, want an error", err)
	}
}

func TestTypesWithoutListsHaveNoFiller(t *testing.T) {
	t.Parallel()
	for _, of := range []reflect.Type{
		reflect.TypeFor[scalars](), reflect.TypeFor[string](), reflect.TypeFor[any](), reflect.TypeFor[level](), reflect.TypeFor[list](), reflect.TypeFor[sealed2](),
	} {
		if schema.FillerOf(of) != nil {
			t.Errorf("FillerOf(%v) is not nil", of)
		}
	}
}

// sealed2 has nothing that a filler could put something into.
type sealed2 struct {
	*base
	Left []int `json:"left,omitempty"`
	Not  []int `json:"-"`
	not  []int //nolint:unused // as above
}
