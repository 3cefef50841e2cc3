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
