package schema

import (
	"cmp"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// notInNames is what OpenAPI does not allow in the name of a component. The name
// of a generic type may have it.
var notInNames = regexp.MustCompile(`[^a-zA-Z0-9._-]+`)

// names gives each struct type one name: the one that was chosen for it; else
// its own or, for a type without one, the hint; with the package's in front,
// then a number behind, when another type has it already.
type names struct {
	of     map[reflect.Type]string
	taken  map[string]bool
	choose func(t reflect.Type, usual string) string // nil for none
	faults []error                                   // about names that were chosen
}

// componentName is a whole name that OpenAPI allows.
var componentName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// chosen is the name that the type or the application has chosen, if it can be
// had; "" for none.
func (n *names) chosen(t reflect.Type, usual string) string {
	name := ""
	if named, ok := reflect.New(t).Interface().(interface{ ComponentName() string }); ok {
		name = named.ComponentName()
	} else if n.choose != nil {
		name = n.choose(t, usual)
	}
	switch {
	case name == "" || name == usual && !n.taken[name]:
		return ""
	case !componentName.MatchString(name):
		n.faults = append(n.faults, fmt.Errorf("type %v is named %q in the document: OpenAPI allows letters, digits, and . _ -", t, name))
	case n.taken[name]:
		n.faults = append(n.faults, fmt.Errorf("type %v is named %q in the document, which is the name of %s", t, name, n.holder(name)))
	default:
		return name
	}
	return ""
}

// holder is what has a name already.
func (n *names) holder(name string) string {
	for t, have := range n.of {
		if have == name {
			return fmt.Sprintf("type %v already; ComponentName says another", t)
		}
	}
	return "something of the framework"
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
	name := cmp.Or(n.chosen(t, plain), plain)
	if n.taken[name] && t.PkgPath() != "" {
		name = huma.DefaultSchemaNamer(reflect.TypeFor[struct{}](), path.Base(t.PkgPath())) + plain
	}
	for i, base := 2, name; n.taken[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	n.of[t], n.taken[name] = name, true
	return name
}
