// Package shape marks the types of the public packages patch, union and date,
// so that those who read, write and describe JSON know them without importing
// them.
package shape

import "reflect"

// Optional marks a struct that is absent, null or a value: its first field is a
// blank one of this type. Its pointer is a [Field].
type Optional struct{}

// Field is the pointer to a struct that Optional marks.
type Field interface {
	// Inner is the type of the value.
	Inner() reflect.Type

	// GetAny returns the value, of the inner type, and nil if there is none.
	GetAny() any

	// SetAny makes it present: with a value of the inner type, or null if value
	// is nil.
	SetAny(value any)
}

// Union marks a struct that is one of several types: its first field is a blank
// one of this type, and its others are pointers, one of which is not nil.
type Union struct{}

// Date marks a struct that is the date of a day: its first field is a blank one
// of this type.
type Date struct{}

// Mismatch says why a text does not fit a type, in the words that FastAPI has
// for it.
type Mismatch struct {
	Type   string // of the violation
	Should string // what the input should be: "a valid date or datetime"
	Reason string
}

// Error is the sentence for people.
func (e *Mismatch) Error() string { return "Input should be " + e.Should + ", " + e.Reason }

func marked(t, mark reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Type == mark && t.Field(0).Name == "_"
}

var (
	optionalMark = reflect.TypeFor[Optional]()
	unionMark    = reflect.TypeFor[Union]()
	dateMark     = reflect.TypeFor[Date]()
)

// InnerOf returns the type of the value in an Optional; false for other types.
func InnerOf(t reflect.Type) (reflect.Type, bool) {
	if !marked(t, optionalMark) {
		return nil, false
	}
	field, ok := reflect.New(t).Interface().(Field)
	if !ok {
		return nil, false
	}
	return field.Inner(), true
}

// VariantsOf returns the types that a Union may hold, in the order of its
// fields; false for other types. The variant i is in field i+1.
func VariantsOf(t reflect.Type) ([]reflect.Type, bool) {
	if !marked(t, unionMark) {
		return nil, false
	}
	out := make([]reflect.Type, 0, t.NumField()-1)
	for i := 1; i < t.NumField(); i++ {
		out = append(out, t.Field(i).Type.Elem())
	}
	return out, true
}

// IsDate reports whether Date marks a type.
func IsDate(t reflect.Type) bool { return marked(t, dateMark) }
