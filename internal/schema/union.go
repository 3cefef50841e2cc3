package schema

import (
	"fmt"
	"reflect"
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
