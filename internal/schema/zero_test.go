package schema_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// price says for itself when it is zero, by a field that is not sent.
type price struct {
	Amounts []int
	set     bool
}

func (p price) IsZero() bool { return !p.set }

// What is left out because it is zero stays so, and what is not loses nothing.
func TestFillingLeavesZeroValuesOut(t *testing.T) {
	t.Parallel()
	type row struct {
		Left  struct{ Tags []string } `json:"left,omitzero"`
		Array [1][]int                `json:"array,omitzero"`
		Price price                   `json:"price,omitzero"`
		Tags  []string                `json:"tags"`
	}
	rows := []row{{}, {Price: price{Amounts: []int{1}, set: true}}}
	schema.FillerOf(reflect.TypeOf(rows)).Fill(reflect.ValueOf(&rows).Elem())
	got, err := json.Marshal(rows)
	const want = `[{"tags":[]},{"price":{"Amounts":[1]},"tags":[]}]`
	if err != nil || string(got) != want {
		t.Errorf("sent %s, %v, want %s", got, err, want)
	}
}

// nest is a value in values of its own type.
type nest struct {
	Below map[string]nest `json:"below"`
	List  []int           `json:"list"`
}

// TestFillingIsNoSquare: a value as deep as this is looked at once and copied
// once, not once for each level above it. What that costs is counted in
// allocations, of which each look into a map makes one.
func TestFillingIsNoSquare(t *testing.T) {
	filler := schema.FillerOf(reflect.TypeFor[nest]())
	cost := func(depth int) float64 {
		deep := nest{Below: map[string]nest{}} // the deepest has no list
		for range depth {
			deep = nest{Below: map[string]nest{"one": deep}, List: []int{}}
		}
		return testing.AllocsPerRun(5, func() {
			v := deep
			filler.Fill(reflect.ValueOf(&v).Elem())
		})
	}
	if half, whole := cost(200), cost(400); whole > 3*half {
		t.Errorf("filling a value twice as deep takes %v allocations, and %v before: more than three times as many", whole, half)
	}
}
