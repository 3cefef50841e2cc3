package bind_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/strictform"
)

// asked is a form of a protocol.
type asked struct {
	strictform.Strict
	From     string   `header:"From"`
	Kind     string   `form:"kind" required:"true"`
	Code     string   `form:"code" maxLength:"3"`
	Resource []string `form:"resource"`
}

func TestAStrictForm(t *testing.T) {
	t.Parallel()
	const form = strictform.MediaType
	for name, test := range map[string]struct {
		kind, body string
		want       asked
		err        string
	}{
		"what is asked for":    {form, "kind=a&resource=b&resource=c&more=d&more=e", asked{Kind: "a", Resource: []string{"b", "c"}}, ""},
		"a repeated parameter": {form, "kind=a&kind=a", asked{}, "the form: the parameter kind is given more than once"},
		"a missing one":        {form, "kind=", asked{}, "the form: the parameter kind is missing"},
		"one that is too long": {form, "kind=a&code=1234", asked{}, "the form: the parameter code does not fit: string should have at most 3 characters"},
		"JSON":                 {"application/json", `{"kind":"a"}`, asked{}, "the form: the body is JSON, and a form is wanted: send name=value pairs, joined by &, as " + form},
		"no type":              {"", "kind=a", asked{}, "the form: the Content-Type is missing; it must be " + form},
		"no form encoding":     {form, "kind=%", asked{}, "the form: the value of the parameter kind is not form-encoded (a % without two hexadecimal digits)"},
		"too much":             {form, "kind=" + strings.Repeat("a", 2<<10), asked{}, "the form: the form is larger than 1024 bytes"},
	} {
		in := compile(t, reflect.TypeFor[asked]())
		var got asked
		err := in.Read(post(test.kind, test.body), reflect.ValueOf(&got).Elem())
		broken, _ := errors.AsType[*bind.BodyError](err)
		switch {
		case !in.Strict():
			t.Errorf("%s: the form is not known to be strict", name)
		case test.err == "" && (err != nil || !reflect.DeepEqual(got, test.want)):
			t.Errorf("%s: Read = %+v, %v, want %+v", name, got, err, test.want)
		case test.err != "" && (broken == nil || broken.Problem != map[bool]bind.Problem{true: bind.TooLarge, false: bind.NotStrict}[name == "too much"] || err.Error() != test.err):
			t.Errorf("%s: Read = %v, want %s", name, err, test.err)
		}
		if _, large := errors.AsType[*http.MaxBytesError](err); large != (name == "too much") {
			t.Errorf("%s: Read = %v; it is an error of size: %v", name, err, large)
		}
	}
}

// What else does not fit in such a request is said in the same way.
func TestAStrictFormWithABadHeader(t *testing.T) {
	t.Parallel()
	r := post(strictform.MediaType, "kind=a")
	r.Header.Add("From", "a")
	r.Header.Add("From", "b")
	var got asked
	err := compile(t, reflect.TypeFor[asked]()).Read(r, reflect.ValueOf(&got).Elem())
	if err == nil || err.Error() != "the form: the parameter From does not fit: field given more than once" {
		t.Errorf("Read = %v", err)
	}
}
