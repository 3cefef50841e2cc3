package schema

import (
	"cmp"
	"path"
	"reflect"
	"regexp"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// notInNames is what OpenAPI does not allow in the name of a component. The name
// of a generic type may have it.
var notInNames = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

// names gives each struct type one name: its own or, for a type without one,
// the hint; with the package's in front, then a number behind, when another
// type has it already.
type names struct {
	of    map[reflect.Type]string
	taken map[string]bool
}

func (n *names) name(t reflect.Type, hint string) string {
	plain := cmp.Or(notInNames.ReplaceAllString(huma.DefaultSchemaNamer(t, hint), ""), "Object")
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return plain // no component
	}
	if name, ok := n.of[t]; ok {
		return name
	}
	name := plain
	if n.taken[name] && t.PkgPath() != "" {
		name = huma.DefaultSchemaNamer(reflect.TypeFor[struct{}](), path.Base(t.PkgPath())) + plain
	}
	for i, base := 2, name; n.taken[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	n.of[t], n.taken[name] = name, true
	return name
}
