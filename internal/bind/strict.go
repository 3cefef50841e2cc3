package bind

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
	"github.com/holdfast-go/holdfast/internal/strictform"
)

// Strict reports whether the input is a form that is read by the rules of a
// protocol, which says in its own words what does not fit.
func (in *Input) Strict() bool { return in.strict && in.Form != nil }

// readStrictly reads a form by the rules of package strictform. Its error is a
// [BodyError], or that with which a type's own check ends the request.
func (in *Input) readStrictly(src BodySource, dst reflect.Value) error {
	if err := strictform.CheckType(src.Sent()); err != nil {
		return &BodyError{NotStrict, err}
	}
	data, err := readAll(src)
	if err != nil {
		return strictReadError(err)
	}
	values, err := strictform.Parse(string(data), in.parameter)
	if err != nil {
		return &BodyError{NotStrict, err}
	}
	for i := range in.Form {
		f := &in.Form[i]
		bad, err := f.readAndAsk(src, dst, values[f.Name], nil)
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			return &BodyError{NotStrict, strictViolation(bad[0])}
		}
	}
	return nil
}

// parameter reports whether a form has a field of a name, and whether it is a list.
func (in *Input) parameter(name string) (is, many bool) {
	for i := range in.Form {
		if in.Form[i].Name == name {
			return true, in.Form[i].list
		}
	}
	return false, false
}

// tooLarge says so in words for the caller, and is the error of the reader.
type tooLarge struct{ *http.MaxBytesError }

func (e tooLarge) Error() string { return fmt.Sprintf("the form is larger than %d bytes", e.Limit) }
func (e tooLarge) Unwrap() error { return e.MaxBytesError }

func strictReadError(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &BodyError{TooLarge, tooLarge{large}}
	}
	if _, ours := errors.AsType[*NoRoomError](err); ours {
		return err
	}
	return &BodyError{NotStrict, &strictform.Error{Text: "the form could not be read to its end"}}
}

// strictViolation says what does not fit, without the value.
func strictViolation(v schema.Violation) error {
	name := fmt.Sprint(v.Loc[min(1, len(v.Loc)-1)])
	if v.Type == "missing" {
		return &strictform.Error{Text: "the parameter " + name + " is missing"}
	}
	return &strictform.Error{Text: "the parameter " + name + " does not fit: " + strings.ToLower(v.Msg[:1]) + v.Msg[1:]}
}
