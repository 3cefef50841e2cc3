package schema

import (
	"context"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Explain sets what an error of a Validate method says: several violations,
// whose places are below the model's, or that the request ends with the error.
// Of an error that is neither, the words are the violation.
func (r *Registry) Explain(explain func(err error) (found []Violation, ends error)) {
	r.explain = explain
}

// Judge asks the method Validate of an input as a whole. into must be
// addressable. The words of an error are a violation at loc, the violations that
// it lists say for themselves where they are. The error ends the request.
func (r *Registry) Judge(ctx context.Context, into reflect.Value, loc []any) ([]Violation, error) {
	c := check{r: r, ctx: ctx}
	c.judge(&huma.Schema{}, &object{}, nil, into) // which is not shown
	for i := range c.out {
		if len(c.out[i].Loc) == 0 {
			c.out[i].Loc = loc
		}
	}
	return c.out, c.ends
}

// Judge asks the method Validate of a value that was read from text.
func (s *Schema) Judge(ctx context.Context, into reflect.Value, text string, loc ...any) ([]Violation, error) {
	for into.Kind() == reflect.Pointer {
		into = into.Elem()
	}
	c := check{r: s.r, ctx: ctx}
	c.judge(s.s, strings.ToValidUTF8(text, "\uFFFD"), loc, into)
	return c.out, c.ends
}

func (c *check) judge(s *huma.Schema, v any, loc []any, into reflect.Value) {
	if c.ctx == nil || c.ends != nil || !traitsOf(into.Type()).judges {
		return // there is no request, or none that goes on; or no method
	}
	if traitsOf(into.Type()).lends {
		lend(into)
	}
	err := into.Addr().Interface().(judge).Validate(c.ctx)
	if err == nil {
		return
	}
	var found []Violation
	if c.r.explain != nil {
		found, c.ends = c.r.explain(err)
	}
	if c.ends == nil && len(found) == 0 {
		c.wrong(s, loc, v, valueError(err))
	}
	for _, more := range found {
		if c.full() {
			return
		}
		more.Loc = below(loc, more.Loc...)
		c.out = append(c.out, more)
	}
}

// lend fills embedded pointers that have a method Validate, since the struct's may
// be theirs: of a body with none of their members they are nil, and who leaves out
// all of them is to be checked, too.
func lend(into reflect.Value) {
	for _, f := range embedded(into.Type()) { // an outer one comes before those in it
		if at, err := into.FieldByIndexErr(f.Index); err == nil && at.Kind() == reflect.Pointer && at.IsNil() && at.CanSet() {
			at.Set(reflect.New(at.Type().Elem()))
		}
	}
}
