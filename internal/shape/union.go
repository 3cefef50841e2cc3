package shape

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Discriminator is how the types of a union are told apart: by a member that
// each of them has, with another constant in each.
type Discriminator struct {
	Name  string   // of the member
	Tags  []string // the constants, one for each type
	Field [][]int  // the indexes of the member's field, in each type
}

// told are the discriminators that were found; there are as many as types.
var told sync.Map

// Tell finds the discriminator of a union: the one member, a text that is always
// there, whose field has a const tag in every type. The error says what is
// missing.
func Tell(union reflect.Type) (*Discriminator, error) {
	if known, ok := told.Load(union); ok {
		return known.(*Discriminator), nil
	}
	variants, _ := VariantsOf(union)
	var found []*Discriminator
	for name := range constants(variants[0]) {
		if one := discriminator(name, variants); one != nil {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("the types of %v cannot be told apart: give each a text with another constant, such as Kind string `json:\"kind\" const:\"cat\"`, which is never left out", union)
	case 1:
	default:
		return nil, fmt.Errorf("the types of %v are told apart by several members, among them %s and %s; let one be the one", union, found[0].Name, found[1].Name)
	}
	for i, tag := range found[0].Tags {
		for j := range i {
			if found[0].Tags[j] == tag {
				return nil, fmt.Errorf("two types of %v, %v and %v, have the same %s: %q", union, variants[j], variants[i], found[0].Name, tag)
			}
		}
	}
	told.Store(union, found[0])
	return found[0], nil
}

func discriminator(name string, variants []reflect.Type) *Discriminator {
	out := &Discriminator{Name: name}
	for _, t := range variants {
		one, ok := constants(t)[name]
		if !ok {
			return nil
		}
		out.Tags, out.Field = append(out.Tags, one.tag), append(out.Field, one.index)
	}
	return out
}

type constant struct {
	tag   string
	index []int
}

// constants lists the members of a struct that can tell it from others.
func constants(t reflect.Type) map[string]constant {
	out := map[string]constant{}
	if t.Kind() != reflect.Struct {
		return out
	}
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("const")
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !ok || tag == "" || !f.IsExported() || f.Type.Kind() != reflect.String || options != "" || name == "-" || f.Tag.Get("required") == "false" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if _, defaulted := f.Tag.Lookup("default"); !defaulted && !throughPointer(t, f.Index) {
			out[name] = constant{tag, f.Index}
		}
	}
	return out
}

func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}
