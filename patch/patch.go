// Package patch has the type of a member that is absent, null or a value, as a
// PATCH needs it.
//
//	type change struct {
//		Text patch.Field[string] `json:"text,omitzero" maxLength:"200"`
//	}
//
// A pointer is nil in both of the first cases. In a body a Field may be left out
// and may be null; with the tag nullable:"false" it may only be left out. Tags
// that constrain a value constrain the Field's.
package patch

import (
	"encoding/json"
	"reflect"

	"github.com/holdfast-go/holdfast/internal/shape"
)

// Field is a member that is absent, null or a value. The zero Field is absent.
// With the option omitzero in its json tag it is written as it was read; without,
// an absent one is written as null.
type Field[T any] struct {
	_ shape.Optional

	value   T
	present bool
	null    bool
}

// Value is a Field that has a value.
func Value[T any](v T) Field[T] { return Field[T]{value: v, present: true} }

// Null is a Field that is null.
func Null[T any]() Field[T] { return Field[T]{present: true, null: true} }

// Present reports whether the member is there, as null or as a value.
func (f Field[T]) Present() bool { return f.present }

// Null reports whether the member is there as null.
func (f Field[T]) Null() bool { return f.null }

// Get returns the value, and whether there is one.
func (f Field[T]) Get() (T, bool) { return f.value, f.present && !f.null }

// Or returns what a change makes of a value: the Field's if it has one, the zero
// value if it is null, and otherwise the value as it was.
func (f Field[T]) Or(was T) T {
	if f.present {
		return f.value
	}
	return was
}

// IsZero reports whether the member is absent, for the option omitzero.
func (f Field[T]) IsZero() bool { return !f.present }

// MarshalJSON writes the value, or null if there is none.
func (f Field[T]) MarshalJSON() ([]byte, error) {
	if v, ok := f.Get(); ok {
		return json.Marshal(v)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads null or a value. It is for programs that read such JSON
// with encoding/json; bodies of a route are checked as well.
func (f *Field[T]) UnmarshalJSON(data []byte) error {
	*f = Null[T]()
	if string(data) == "null" {
		return nil
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*f = Value(v)
	return nil
}

// Inner is the type of the value. It is for the framework.
func (f *Field[T]) Inner() reflect.Type { return reflect.TypeFor[T]() }

// GetAny returns the value, and nil if there is none. It is for the framework.
func (f *Field[T]) GetAny() any {
	if v, ok := f.Get(); ok {
		return v
	}
	return nil
}

// SetAny makes the Field a value, a T, or null if it is nil. It is for the
// framework.
func (f *Field[T]) SetAny(value any) {
	*f = Null[T]()
	if v, ok := value.(T); ok {
		*f = Value(v)
	}
}
