package schema_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Error has the name of a type of another package.
type Error struct {
	Op string `json:"op"`
}

func TestComponentsHaveOneNameEach(t *testing.T) {
	t.Parallel()
	r := schema.NewRegistry()
	for range 2 { // the second time is the same
		r.Input(reflect.TypeFor[Error](), "")
		r.Input(reflect.TypeFor[*url.Error](), "")
		r.Input(reflect.TypeFor[struct {
			A int `json:"a"`
		}](), "NewUser")
		r.Input(reflect.TypeFor[struct {
			B int `json:"b"`
		}](), "NewUser")
		r.Input(reflect.TypeFor[struct {
			C int `json:"c"`
		}](), "")
		r.Input(reflect.TypeFor[[]http.Cookie](), "cookies")
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var components map[string]any
	if err := json.Unmarshal(data, &components); err != nil {
		t.Fatal(err)
	}
	want := "Cookie Error NewUser NewUser2 Object UrlError"
	if got := strings.Join(slices.Sorted(maps.Keys(components)), " "); got != want {
		t.Errorf("components = %s, want %s", got, want)
	}
}
