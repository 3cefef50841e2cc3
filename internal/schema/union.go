package schema

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// union checks a value that is one of several types.
func (c *check) union(s *huma.Schema, v any, loc []any, into reflect.Value) {
	_, members, ok := membersIn(v)
	if !ok {
		c.add(s, loc, v, "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", nil)
		return
	}
	how, err := shape.Tell(into.Type())
	if err != nil {
		panic(err) // which it did at start
	}
	quoted := "'" + how.Name + "'"
	tag, ok := members[how.Name]
	if !ok {
		c.add(s, loc, v, "union_tag_not_found", "Unable to extract tag using discriminator "+quoted, map[string]any{"discriminator": quoted})
		return
	}
	for i, one := range how.Tags {
		if tag == one {
			own := reflect.New(into.Field(i + 1).Type().Elem())
			c.value(s.OneOf[i], v, append(loc, one), own.Elem())
			into.Field(i + 1).Set(own)
			return
		}
	}
	expected := "'" + strings.Join(how.Tags, "', '") + "'"
	said := short(written(tag))
	c.add(s, loc, v, "union_tag_invalid",
		fmt.Sprintf("Input tag '%s' found using %s does not match any of the expected tags: %s", said, quoted, expected),
		map[string]any{"discriminator": quoted, "tag": said, "expected_tags": expected})
}

// several checks a value that is read into nothing, such as an example, and may be
// of several types. Where it is none of them, what is wrong is said of the one that
// it is closest to, the last of several.
func (c *check) several(s *huma.Schema, v any, loc []any) {
	all := s.AnyOf
	if s.Discriminator != nil {
		_, members, _ := membersIn(v)
		tag, _ := members[s.Discriminator.PropertyName].(string)
		ref, ok := s.Discriminator.Mapping[tag]
		if !ok {
			c.add(s, loc, v, "union_tag_invalid", fmt.Sprintf("%s is none of %s", s.Discriminator.PropertyName,
				strings.Join(slices.Sorted(maps.Keys(s.Discriminator.Mapping)), ", ")), nil)
			return
		}
		all = []*huma.Schema{{Ref: ref}}
	}
	var closest []Violation
	for _, one := range all {
		try := check{r: c.r}
		try.value(one, v, loc, reflect.Value{})
		if len(try.out) == 0 {
			return
		}
		if closest == nil || len(try.out) <= len(closest) {
			closest = try.out
		}
	}
	c.out = append(c.out, closest...)
}

// written is a tag as a caller wrote it.
func written(tag any) string {
	switch tag := tag.(type) {
	case *object, *array:
		return "…"
	case nil:
		return "None" // as FastAPI writes it
	default:
		return fmt.Sprint(tag)
	}
}
