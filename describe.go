package holdfast

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// describer writes the words of package apidoc into the document. It knows no
// routes.
type describer struct{ types *schema.Registry }

// api says what is said of the whole API.
func (d describer) api(out *openapi.Document, a apidoc.API) (err error) {
	out.Summary, out.TermsOfService = a.Summary, a.TermsOfService
	out.Contact, out.License, out.ExternalDocs = given(a.Contact), given(a.License), given(a.ExternalDocs)
	if len(a.Servers) > 0 {
		out.Servers = a.Servers
	}
	if len(a.Tags) > 0 {
		out.Tags = a.Tags
	}
	out.Webhooks, err = d.calls(a.Webhooks)
	return err
}

// given is a value that was given, and nil of the zero value.
func given[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}

// operation says what is said of one operation, whose body is read into one
// type and whose handler returns another.
func (d describer) operation(out *openapi.Operation, o apidoc.Operation, body, returned reflect.Type) error {
	out.Deprecated, out.ExternalDocs = o.Deprecated, given(o.ExternalDocs)
	var bad []error
	for _, e := range o.Examples {
		bad = append(bad, d.ofRequest(out, e, body))
	}
	for _, a := range o.Answers {
		bad = append(bad, d.answer(&out.Responses, a, returned))
	}
	calls, err := d.calls(o.Callbacks)
	out.Callbacks = calls
	return errors.Join(append(bad, err)...)
}

// ofRequest adds an example of a parameter or the body.
func (d describer) ofRequest(out *openapi.Operation, e apidoc.Example, body reflect.Type) error {
	switch {
	case e.Parameter == "" && out.Body == nil:
		return fmt.Errorf("example %q: the request has no body that the document knows", e.Name)
	case e.Parameter == "":
		return example(&out.Body.Examples, e, out.Body.Schema.Closed(), body)
	}
	found := false
	for i := range out.Parameters {
		p := &out.Parameters[i]
		if p.Name != e.Parameter {
			continue
		}
		found = true
		if err := example(&p.Examples, e, cmp.Or(p.Schema, d.types.Text()), nil); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("example %q: the request has no parameter %q", e.Name, e.Parameter)
	}
	return nil
}

// example adds an example. It must be of the type, if there is one, and fit the
// schema, if there is one.
func example(list *[]openapi.Example, e apidoc.Example, s *schema.Schema, t reflect.Type) error {
	if is := pointedTo(reflect.TypeOf(e.Value)); t != nil && t.Kind() != reflect.Interface && is != pointedTo(t) {
		return fmt.Errorf("example %q: it is of type %v, not %v", e.Name, is, pointedTo(t))
	}
	value, err := s.Example(e.Value)
	if err != nil {
		return fmt.Errorf("example %q: %w", e.Name, err)
	}
	*list = append(*list, openapi.Example{Name: e.Name, Summary: e.Summary, Description: e.Description, Value: value})
	return nil
}

func pointedTo(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// answer adds an answer, or says more about one that is there.
func (d describer) answer(list *[]openapi.Response, a apidoc.Answer, returned reflect.Type) error {
	if a.Status < http.StatusBadRequest { // then it is known what the handler writes
		*list = slices.DeleteFunc(*list, func(r openapi.Response) bool { return r.Status == 0 })
	}
	i := slices.IndexFunc(*list, func(r openapi.Response) bool { return r.Status == a.Status })
	if i < 0 {
		i = len(*list)
		*list = append(*list, openapi.Response{Status: a.Status, Description: cmp.Or(http.StatusText(a.Status), "Status")})
	}
	r := &(*list)[i]
	r.Description = cmp.Or(a.Text, r.Description)
	for _, h := range a.Headers {
		r.Headers = append(r.Headers, openapi.Header{Name: h.Name, Description: h.Text, Type: "string"})
	}
	t, err := d.body(r, a, returned)
	for _, e := range a.Examples {
		if err == nil {
			err = example(&r.Examples, e, r.Schema, t)
		}
	}
	if err != nil {
		return fmt.Errorf("answer %d: %w", a.Status, err)
	}
	return nil
}

// body says what an answer holds, and returns the type of its examples; nil for
// any that fits.
func (d describer) body(r *openapi.Response, a apidoc.Answer, returned reflect.Type) (reflect.Type, error) {
	t, success := a.Type.Go(), a.Status < http.StatusBadRequest
	known := r.Schema != nil && success
	switch {
	case t == nil && known:
		t = returned
	case known && (pointedTo(t) != pointedTo(returned) || a.MediaType != ""):
		return nil, fmt.Errorf("the handler returns %v as JSON, which says it already", returned)
	case t != nil && !known:
		s, err := d.types.Output(t, "")
		if err != nil {
			return nil, err
		}
		if r.Schema != nil { // of what the framework answers with this status
			s, t = d.types.Either(r.Schema, s), nil
		}
		r.Schema = s
	}
	if r.MediaType = cmp.Or(a.MediaType, r.MediaType); len(a.Examples) > 0 && r.Schema == nil && r.MediaType == "" {
		return nil, errors.New("it has examples and no body: say its Type or MediaType")
	}
	return t, nil
}

// calls are the requests that the server makes.
func (d describer) calls(list []apidoc.Call) ([]openapi.Call, error) {
	var out []openapi.Call
	var bad []error
	for _, c := range list {
		one, err := d.call(c)
		if err != nil {
			bad = append(bad, fmt.Errorf("call %s: %w", c.Name, err))
		}
		out = append(out, one)
	}
	return out, errors.Join(bad...)
}

func (d describer) call(c apidoc.Call) (openapi.Call, error) {
	out := openapi.Call{
		Name: c.Name, To: c.To, Method: strings.ToUpper(c.Method), Tags: c.Tags,
		Summary: c.Summary, Description: c.Description, Deprecated: c.Deprecated,
	}
	var bad []error
	if t := c.Body.Go(); t != nil {
		s, err := d.types.Output(t, "")
		bad = append(bad, err)
		out.Body = &openapi.Body{MediaType: "application/json", Schema: s, Required: true}
		for _, e := range c.Examples {
			bad = append(bad, example(&out.Body.Examples, e, s, t))
		}
	}
	for _, a := range c.Answers {
		bad = append(bad, d.answer(&out.Responses, a, nil))
	}
	if len(c.Answers) == 0 {
		out.Responses = []openapi.Response{{Description: "Any success is understood"}}
	}
	return out, errors.Join(bad...)
}
