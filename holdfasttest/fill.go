package holdfasttest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"mime/multipart"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast"
)

// spec is what filling reads of an OpenAPI document.
type spec struct {
	Paths      map[string]pathItem `json:"paths"`
	Components struct {
		Schemas map[string]schemaObject `json:"schemas"`
	} `json:"components"`
}

// pathItem has the operations of a path by method, in lower case; those that
// OpenAPI has no place for are by method as it is sent.
type pathItem map[string]json.RawMessage

// otherMethods is the member with the latter.
const otherMethods = "x-additionalOperations"

// everyMethod is the method of a route for all of them. It is called with GET.
const everyMethod = "*"

func (p pathItem) operation(method string) (op operation, err error) {
	data, ok := p[strings.ToLower(method)]
	if others := p[otherMethods]; !ok && others != nil {
		var named map[string]json.RawMessage
		if err := json.Unmarshal(others, &named); err != nil {
			return op, err
		}
		data = named[method]
	}
	if data == nil {
		return op, nil // hidden
	}
	return op, json.Unmarshal(data, &op)
}

// sent is the method with which a route is called.
func sent(method string) string {
	if method == everyMethod {
		return "GET"
	}
	return method
}

type operation struct {
	Parameters []struct {
		Name     string       `json:"name"`
		In       string       `json:"in"`
		Required bool         `json:"required"`
		Schema   schemaObject `json:"schema"`
	} `json:"parameters"`
	Body struct {
		Required bool `json:"required"`
		Content  map[string]struct {
			Schema schemaObject `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

type schemaObject struct {
	Ref        string                  `json:"$ref"`
	Type       any                     `json:"type"` // a word, or a list of them
	Format     string                  `json:"format"`
	Pattern    string                  `json:"pattern"`
	Enum       []any                   `json:"enum"`
	Const      any                     `json:"const"`
	AnyOf      []schemaObject          `json:"anyOf"`
	OneOf      []schemaObject          `json:"oneOf"`
	Default    any                     `json:"default"`
	Examples   []any                   `json:"examples"`
	MinLength  int                     `json:"minLength"`
	Minimum    *float64                `json:"minimum"`
	Above      *float64                `json:"exclusiveMinimum"`
	Maximum    *float64                `json:"maximum"`
	Multiple   *float64                `json:"multipleOf"`
	MinItems   int                     `json:"minItems"`
	Items      *schemaObject           `json:"items"`
	Required   []string                `json:"required"`
	Properties map[string]schemaObject `json:"properties"`
}

func specOf(app *holdfast.App) (*spec, error) {
	data, err := app.OpenAPI()
	if err != nil {
		return nil, err
	}
	var s spec
	return &s, json.Unmarshal(data, &s)
}

// filled is a request that fits a route's schemas.
type filled struct {
	target string // path and query
	header map[string]string
	kind   string // of the body; "" for none
	body   string
}

// fill makes the least request that fits a route: everything that is required,
// and nothing else. own are values of path parameters.
func (s *spec) fill(method, path string, own map[string]string) (filled, error) {
	out := filled{header: map[string]string{}}
	op, err := s.Paths[strings.ReplaceAll(path, "...}", "}")].operation(method)
	if err != nil {
		return out, err
	}
	values := map[string]string{}
	query := url.Values{}
	for _, p := range op.Parameters {
		if !p.Required && p.In != "path" {
			continue
		}
		value, err := s.value(p.Schema, 0)
		if err != nil {
			return out, fmt.Errorf("%s parameter %s: %w", p.In, p.Name, err)
		}
		switch text := textOf(value); p.In {
		case "path":
			values[p.Name] = text
		case "query":
			query.Set(p.Name, text)
		case "header":
			out.header[p.Name] = text
		case "cookie":
			out.header["Cookie"] = p.Name + "=" + text
		}
	}
	out.target = fillPath(path, values, own)
	if len(query) > 0 {
		out.target += "?" + query.Encode()
	}
	return out, s.fillBody(op, &out)
}

var wildcard = regexp.MustCompile(`\{([^}]+?)(\.\.\.)?\}`)

// fillPath puts values in the place of wildcards; "x" where no more is known.
func fillPath(path string, values, own map[string]string) string {
	return wildcard.ReplaceAllStringFunc(path, func(text string) string {
		name := wildcard.FindStringSubmatch(text)[1]
		if value, ok := own[name]; ok {
			return url.PathEscape(value)
		}
		if value := values[name]; value != "" {
			return url.PathEscape(value)
		}
		return "x"
	})
}

func (s *spec) fillBody(op operation, out *filled) error {
	for kind, content := range op.Body.Content {
		value, err := s.value(content.Schema, 0)
		if err != nil {
			return fmt.Errorf("body: %w", err)
		}
		out.kind = kind
		if kind == "application/json" {
			data, err := json.Marshal(value)
			out.body = string(data)
			return err
		}
		members, _ := value.(map[string]any)
		if kind == "multipart/form-data" {
			return s.fillParts(content.Schema, members, out)
		}
		form := url.Values{}
		for name, member := range members {
			form.Set(name, textOf(member))
		}
		out.body = form.Encode()
	}
	return nil
}

// fillParts makes a form in parts, with a file where the schema has one.
func (s *spec) fillParts(o schemaObject, members map[string]any, out *filled) error {
	if next, ok := s.Components.Schemas[o.Ref[strings.LastIndexByte(o.Ref, '/')+1:]]; ok {
		o = next
	}
	var body strings.Builder
	parts := multipart.NewWriter(&body)
	errs := []error{parts.SetBoundary("holdfasttest")}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		field := o.Properties[name]
		var part io.Writer
		var err error
		if field.Format == "binary" || field.Items != nil && field.Items.Format == "binary" {
			part, err = parts.CreateFormFile(name, "x")
		} else {
			part, err = parts.CreateFormField(name)
		}
		if err == nil {
			_, err = io.WriteString(part, textOf(members[name]))
		}
		errs = append(errs, err)
	}
	errs = append(errs, parts.Close())
	out.kind, out.body = parts.FormDataContentType(), body.String()
	return errors.Join(errs...)
}

func textOf(value any) string {
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	if n, ok := value.(float64); ok && n == math.Trunc(n) {
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprint(value)
}

const deepest = 32 // a schema that refers to itself has no least value

// value makes a value that fits a schema.
func (s *spec) value(o schemaObject, depth int) (any, error) {
	if depth > deepest {
		return nil, errors.New("its schema needs itself without end")
	}
	if o.Ref != "" {
		name := o.Ref[strings.LastIndexByte(o.Ref, '/')+1:]
		next, ok := s.Components.Schemas[name]
		if !ok {
			return nil, fmt.Errorf("its schema %s is not in the document", name)
		}
		return s.value(next, depth+1)
	}
	switch {
	case len(o.Examples) > 0:
		return o.Examples[0], nil
	case len(o.Enum) > 0:
		return o.Enum[0], nil
	case o.Const != nil:
		return o.Const, nil
	case o.Default != nil:
		return o.Default, nil
	case len(o.AnyOf)+len(o.OneOf) > 0:
		return s.value(append(o.AnyOf, o.OneOf...)[0], depth+1)
	}
	switch o.kind() {
	case "object":
		return s.object(o, depth)
	case "array":
		list := []any{}
		for range o.MinItems {
			one, err := s.value(*o.Items, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
		return list, nil
	case "integer", "number":
		return o.number(), nil
	case "boolean":
		return true, nil
	}
	return o.text()
}

// kind is the schema's type, or the first of several that is not null.
func (o schemaObject) kind() string {
	switch t := o.Type.(type) {
	case string:
		return t
	case []any:
		for _, one := range t {
			if one != "null" {
				return fmt.Sprint(one)
			}
		}
	}
	return "string"
}

func (s *spec) object(o schemaObject, depth int) (any, error) {
	members := map[string]any{}
	for _, name := range o.Required {
		value, err := s.value(o.Properties[name], depth+1)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		members[name] = value
	}
	return members, nil
}

func (o schemaObject) number() float64 {
	n := 1.0
	switch {
	case o.Minimum != nil:
		n = *o.Minimum
	case o.Above != nil:
		n = *o.Above + 1
	case o.Maximum != nil:
		n = min(n, *o.Maximum)
	}
	if o.Multiple != nil {
		n = math.Ceil(n / *o.Multiple) * *o.Multiple
	}
	return n
}

// formats has a value for each format that schemas check.
var formats = map[string]string{
	"date-time": "2030-01-02T03:04:05Z", "date": "2030-01-02", "time": "03:04:05Z", "email": "x@example.org",
	"uuid": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "uri": "https://example.org/", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
	"hostname": "example.org", "duration": "PT1S", "ip": "192.0.2.1", "regex": "x", "uri-reference": "/", "json-pointer": "/x",
}

func (o schemaObject) text() (any, error) {
	text := cmp.Or(formats[o.Format], "x")
	if o.Pattern != "" {
		parsed, err := syntax.Parse(o.Pattern, syntax.Perl)
		if err != nil {
			return nil, err
		}
		text = spell(parsed.Simplify())
	}
	for len(text) < o.MinLength && o.Format == "" {
		text += "x"
	}
	if o.Pattern != "" && !regexp.MustCompile(o.Pattern).MatchString(text) {
		return nil, fmt.Errorf("no text was found for the pattern %s; add an example to its schema", o.Pattern)
	}
	return text, nil
}

// spell writes a short text that an expression matches, as far as that can be
// seen without searching.
func spell(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if i := slices.Index(re.Rune, 'a'); i >= 0 {
			return "a"
		}
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return spell(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(spell(re.Sub[0]), max(re.Min, 0))
	case syntax.OpAlternate:
		return spell(re.Sub[0])
	case syntax.OpConcat:
		var out strings.Builder
		for _, sub := range re.Sub {
			out.WriteString(spell(sub))
		}
		return out.String()
	}
	return ""
}
