// Package union has values that are one of several types, in bodies and in
// answers.
//
//	type Cat struct {
//		Kind string `json:"kind" const:"cat"`
//		Name string `json:"name"`
//	}
//
//	type Dog struct {
//		Kind string `json:"kind" const:"dog"`
//		Bark int    `json:"bark"`
//	}
//
//	type input struct {
//		Body union.Of2[Cat, Dog]
//	}
//
// The types are structs, and told apart by the one member that has a tag const
// in each of them, with another text in each: the discriminator. A union whose
// types cannot be told apart is an error when the application starts. The
// document has its schema: oneOf, with the discriminator and its mapping.
package union

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// Of2 is one of two types. At most one of its fields is not nil; a switch over
// the type of Value is the other way to ask. The zero Of2 is none of them, and
// cannot be written: use a pointer, or the option omitzero, where there may be
// none.
type Of2[A, B any] struct {
	_ shape.Union

	A *A
	B *B
}

// Value returns the A or B that there is, not a pointer to it; nil if there is
// none.
func (u Of2[A, B]) Value() any { return valueOf(reflect.ValueOf(u)) }

// MarshalJSON writes the value there is. A discriminator that was left empty is
// filled in. A wrong one is an error, and so is any number of values but one.
func (u Of2[A, B]) MarshalJSON() ([]byte, error) { return marshal(reflect.ValueOf(u)) }

// UnmarshalJSON reads null or one of the types, as the discriminator says. It is
// for programs that read such JSON with encoding/json; bodies of a route are
// checked as well.
func (u *Of2[A, B]) UnmarshalJSON(data []byte) error {
	return unmarshal(reflect.ValueOf(u).Elem(), data)
}

// Of3 is one of three types. At most one of its fields is not nil; a switch over
// the type of Value is the other way to ask. The zero Of3 is none of them, and
// cannot be written: use a pointer, or the option omitzero, where there may be
// none.
type Of3[A, B, C any] struct {
	_ shape.Union

	A *A
	B *B
	C *C
}

// Value returns the A or B or C that there is, not a pointer to it; nil if there is
// none.
func (u Of3[A, B, C]) Value() any { return valueOf(reflect.ValueOf(u)) }

// MarshalJSON writes the value there is. A discriminator that was left empty is
// filled in. A wrong one is an error, and so is any number of values but one.
func (u Of3[A, B, C]) MarshalJSON() ([]byte, error) { return marshal(reflect.ValueOf(u)) }

// UnmarshalJSON reads null or one of the types, as the discriminator says. It is
// for programs that read such JSON with encoding/json; bodies of a route are
// checked as well.
func (u *Of3[A, B, C]) UnmarshalJSON(data []byte) error {
	return unmarshal(reflect.ValueOf(u).Elem(), data)
}

// Of4 is one of four types. At most one of its fields is not nil; a switch over
// the type of Value is the other way to ask. The zero Of4 is none of them, and
// cannot be written: use a pointer, or the option omitzero, where there may be
// none.
type Of4[A, B, C, D any] struct {
	_ shape.Union

	A *A
	B *B
	C *C
	D *D
}

// Value returns the A or B or C or D that there is, not a pointer to it; nil if there is
// none.
func (u Of4[A, B, C, D]) Value() any { return valueOf(reflect.ValueOf(u)) }

// MarshalJSON writes the value there is. A discriminator that was left empty is
// filled in. A wrong one is an error, and so is any number of values but one.
func (u Of4[A, B, C, D]) MarshalJSON() ([]byte, error) { return marshal(reflect.ValueOf(u)) }

// UnmarshalJSON reads null or one of the types, as the discriminator says. It is
// for programs that read such JSON with encoding/json; bodies of a route are
// checked as well.
func (u *Of4[A, B, C, D]) UnmarshalJSON(data []byte) error {
	return unmarshal(reflect.ValueOf(u).Elem(), data)
}

// chosen is the index of the one field that is not nil.
func chosen(u reflect.Value) (at int, err error) {
	for i := 1; i < u.NumField(); i++ {
		switch {
		case u.Field(i).IsNil():
		case at != 0:
			return 0, fmt.Errorf("union: %v has more than one value", u.Type())
		default:
			at = i
		}
	}
	if at == 0 {
		return 0, fmt.Errorf("union: %v has no value", u.Type())
	}
	return at, nil
}

func valueOf(u reflect.Value) any {
	for i := 1; i < u.NumField(); i++ {
		if one := u.Field(i); !one.IsNil() {
			return one.Elem().Interface()
		}
	}
	return nil
}

func marshal(u reflect.Value) ([]byte, error) {
	at, err := chosen(u)
	if err != nil {
		return nil, err
	}
	how, err := shape.Tell(u.Type())
	if err != nil {
		return nil, fmt.Errorf("union: %w", err)
	}
	value, tag := u.Field(at).Elem(), how.Tags[at-1]
	switch said := value.FieldByIndex(how.Field[at-1]).String(); said {
	case tag:
	case "":
		own := reflect.New(value.Type()).Elem()
		own.Set(value)
		value = own
		value.FieldByIndex(how.Field[at-1]).SetString(tag)
	default:
		return nil, fmt.Errorf("union: the %s of a %v is %q, want %q", how.Name, value.Type(), said, tag)
	}
	return json.Marshal(value.Interface())
}

func unmarshal(u reflect.Value, data []byte) error {
	u.SetZero()
	if string(data) == "null" {
		return nil
	}
	how, err := shape.Tell(u.Type())
	if err != nil {
		return fmt.Errorf("union: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	var tag string
	if err := json.Unmarshal(members[how.Name], &tag); err != nil {
		return fmt.Errorf("union: %s: %w", how.Name, err)
	}
	for i, one := range how.Tags {
		if one == tag {
			value := reflect.New(u.Field(i + 1).Type().Elem())
			u.Field(i + 1).Set(value)
			return json.Unmarshal(data, value.Interface())
		}
	}
	return fmt.Errorf("union: no type has the %s %q", how.Name, tag)
}
