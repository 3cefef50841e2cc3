package schema

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/holdfast-go/holdfast/internal/duration"
)

// Validate checks v, which is decoded JSON or a Go scalar, and returns what is
// wrong with it. loc is where v stands in the request.
func (s *Schema) Validate(v any, loc ...any) []Violation {
	c := check{r: s.r}
	c.value(s.s, v, loc, reflect.Value{})
	return c.out
}

// check collects the violations of one value.
type check struct {
	r    *Registry
	ctx  context.Context // of the request, for the methods of models
	out  []Violation
	ends error // with which a model ends the request; nil for none

	defaults int // in how many defaults the value is
}

// maxViolations is how many mistakes an answer names, and maxName how long a
// member's name in it is: a hostile body must not make an answer larger than
// itself.
const (
	maxViolations = 100
	maxName       = 64
)

// full reports whether enough is wrong.
func (c *check) full() bool { return len(c.out) >= maxViolations || c.ends != nil }

func (c *check) add(s *huma.Schema, loc []any, v any, kind, msg string, ctx map[string]any) {
	if c.full() {
		return
	}
	one := Violation{Type: kind, Loc: slices.Clone(loc), Msg: msg, Ctx: ctx}
	switch {
	case secret(s), kind == "missing": // where null says that there is none
	case v == nil:
		one.Input = Null
	case scalar(v):
		one.Input = v
	}
	c.out = append(c.out, one)
}

// wrong adds a problem. Where the value is a secret, so are words that repeat
// it.
func (c *check) wrong(s *huma.Schema, loc []any, v any, p *Problem) {
	if text, ok := v.(string); ok && secret(s) {
		p = p.Without(text)
	}
	c.add(s, loc, v, p.Type, p.Msg, p.Ctx)
}

func scalar(v any) bool {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Map, reflect.Slice, reflect.Struct, reflect.Invalid, reflect.Pointer:
		return false
	}
	return true
}

// value checks v and, where nothing is wrong with it, fills into with it, unless
// that is the zero Value. into must be settable.
func (c *check) value(s *huma.Schema, v any, loc []any, into reflect.Value) {
	if s == nil || v == nil && nullable(s) {
		c.null(into)
		return
	}
	if s.Type == "" && nullable(s) {
		s = s.AnyOf[0]
	}
	if s = c.r.resolve(s); s == nil || v == nil && s.Nullable {
		return
	}
	if done := c.inside(s, v, loc, into); done {
		return
	}
	before := len(c.out)
	c.typed(s, v, loc, into)
	if s.Const != nil && len(c.out) == before && !equal(s.Const, v) {
		expected := quoted(s.Const)
		c.add(s, loc, v, "literal_error", "Input should be "+expected, map[string]any{"expected": expected})
	}
	if len(c.out) == before && into.IsValid() {
		c.keep(s, v, loc, into)
	}
}

// equal compares a value of a tag with decoded JSON or a Go scalar.
func equal(tag, v any) bool {
	n, _, number := numeric(tag)
	m, _, ok := numeric(v)
	if number && ok {
		return n == m
	}
	return reflect.DeepEqual(tag, v)
}

// typed is what a value must be by its type.
func (c *check) typed(s *huma.Schema, v any, loc []any, into reflect.Value) {
	switch s.Type {
	case huma.TypeString:
		c.text(s, v, loc, into)
	case huma.TypeInteger, huma.TypeNumber:
		c.number(s, v, loc)
	case huma.TypeBoolean:
		if _, ok := v.(bool); !ok {
			c.add(s, loc, v, "bool_type", "Input should be a valid boolean", nil)
		}
	case huma.TypeArray:
		c.list(s, v, loc, into)
	case huma.TypeObject:
		c.object(s, v, loc, into)
	case "":
		c.several(s, v, loc)
	}
}

func (c *check) text(s *huma.Schema, v any, loc []any, into reflect.Value) {
	text, ok := v.(string)
	switch {
	case !ok && s.Enum != nil:
		c.enum(s, v, loc)
		return
	case !ok:
		c.noText(s, v, loc, into)
		return
	}
	n := utf8.RuneCountInString(text)
	switch {
	case s.MinLength != nil && n < *s.MinLength:
		c.add(s, loc, v, "string_too_short", fmt.Sprintf("String should have at least %s", count(*s.MinLength, "character")), map[string]any{"min_length": *s.MinLength})
	case s.MaxLength != nil && n > *s.MaxLength:
		c.add(s, loc, v, "string_too_long", fmt.Sprintf("String should have at most %s", count(*s.MaxLength, "character")), map[string]any{"max_length": *s.MaxLength})
	case s.Pattern != "" && !expression(s.Pattern).MatchString(text):
		c.add(s, loc, v, "string_pattern_mismatch", fmt.Sprintf("String should match pattern '%s'", s.Pattern), map[string]any{"pattern": s.Pattern})
	case s.Enum != nil && !slices.Contains(s.Enum, v):
		c.enum(s, v, loc)
	default:
		if !into.IsValid() || !readsText(into.Type()) { // which checks it
			c.format(s, text, loc)
		}
	}
}

// noText says of something that is no text what it should be.
func (c *check) noText(s *huma.Schema, v any, loc []any, into reflect.Value) {
	kind, msg := "string_type", "Input should be a valid string"
	switch {
	case s.Format == "uuid":
		kind, msg = "uuid_type", "UUID input should be a string, bytes or UUID object"
	case into.IsValid():
		kind, msg = noText(into.Type())
	}
	c.add(s, loc, v, kind, msg, nil)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// expressions holds compiled patterns; there are as many as tags say.
var expressions sync.Map

func expression(pattern string) *regexp.Regexp {
	if re, ok := expressions.Load(pattern); ok {
		return re.(*regexp.Regexp)
	}
	re := regexp.MustCompile(pattern)
	expressions.Store(pattern, re)
	return re
}

func (c *check) enum(s *huma.Schema, v any, loc []any) {
	expected := ""
	for i, one := range s.Enum {
		switch i {
		case 0:
		case len(s.Enum) - 1:
			expected += " or "
		default:
			expected += ", "
		}
		expected += quoted(one)
	}
	c.add(s, loc, v, "enum", "Input should be "+expected, map[string]any{"expected": expected})
}

// quoted is a value as Python writes it.
func quoted(v any) string {
	if text, ok := v.(string); ok {
		return "'" + text + "'"
	}
	return fmt.Sprint(v)
}

// format leaves the formats that are checked to Huma, which knows them.
func (c *check) format(s *huma.Schema, text string, loc []any) {
	switch s.Format {
	case "", "password":
		return
	case "duration": // Huma knows Go's alone
		if _, err := duration.Parse(text); err != nil {
			c.wrong(s, loc, text, problemOf(err))
		}
		return
	}
	only := &huma.Schema{Type: huma.TypeString, Format: s.Format}
	res := &huma.ValidateResult{}
	huma.Validate(c.r.inputs, only, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, text, res)
	switch {
	case len(res.Errors) == 0:
	case s.Format == "uuid":
		c.add(s, loc, text, "uuid_parsing", "Input should be a valid UUID", nil)
	default:
		c.add(s, loc, text, "value_error", "Value error, input is no "+s.Format, nil)
	}
}

func (c *check) number(s *huma.Schema, v any, loc []any) {
	n, whole, ok := numeric(v)
	switch {
	case s.Type == huma.TypeInteger && (!ok || whole && !plainInteger(v)):
		c.add(s, loc, v, "int_type", "Input should be a valid integer", nil)
	case !ok:
		c.add(s, loc, v, "float_type", "Input should be a valid number", nil)
	case s.Type == huma.TypeInteger && !whole:
		c.add(s, loc, v, "int_from_float", "Input should be a valid integer, got a number with a fractional part", nil)
	case s.Enum != nil && !slices.ContainsFunc(s.Enum, func(one any) bool { return equal(one, v) }):
		c.enum(s, v, loc)
	default:
		c.bounds(s, n, v, loc)
	}
}

func (c *check) bounds(s *huma.Schema, n float64, v any, loc []any) {
	switch {
	case s.Minimum != nil && n < *s.Minimum:
		c.bound(s, v, loc, "greater_than_equal", "greater than or equal to", "ge", *s.Minimum)
	case s.ExclusiveMinimum != nil && n <= *s.ExclusiveMinimum:
		c.bound(s, v, loc, "greater_than", "greater than", "gt", *s.ExclusiveMinimum)
	case s.Maximum != nil && n > *s.Maximum:
		c.bound(s, v, loc, "less_than_equal", "less than or equal to", "le", *s.Maximum)
	case s.ExclusiveMaximum != nil && n >= *s.ExclusiveMaximum:
		c.bound(s, v, loc, "less_than", "less than", "lt", *s.ExclusiveMaximum)
	case s.MultipleOf != nil && math.Mod(n, *s.MultipleOf) != 0:
		c.bound(s, v, loc, "multiple_of", "a multiple of", "multiple_of", *s.MultipleOf)
	}
}

// plainInteger reports whether a whole number is written as one: 1, not 1.0 or
// 1e0, which encoding/json does not read into an integer either.
func plainInteger(v any) bool {
	text, ok := v.(json.Number)
	return !ok || !strings.ContainsAny(text.String(), ".eE")
}

func (c *check) bound(s *huma.Schema, v any, loc []any, kind, words, name string, bound float64) {
	c.add(s, loc, v, kind, fmt.Sprintf("Input should be %s %v", words, bound), map[string]any{name: bound})
}

func numeric(v any) (n float64, whole, ok bool) {
	if text, isText := v.(json.Number); isText {
		n, err := text.Float64()
		return n, err == nil && n == math.Trunc(n), err == nil
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.CanInt():
		return float64(rv.Int()), true, true
	case rv.CanUint():
		return float64(rv.Uint()), true, true
	case rv.CanFloat():
		n := rv.Float()
		return n, n == math.Trunc(n), true
	}
	return 0, false, false
}

func (c *check) list(s *huma.Schema, v any, loc []any, into reflect.Value) {
	if _, ok := v.(string); ok && s.ContentEncoding == "base64" {
		return
	}
	list, ok := itemsOf(v)
	switch {
	case !ok:
		c.add(s, loc, v, "list_type", "Input should be a valid list", nil)
		return
	case s.MaxItems != nil && len(list) > *s.MaxItems:
		c.many(s, v, loc, "List", len(list), *s.MaxItems)
		return
	}
	before := len(c.out)
	into = slots(into, len(list))
	seen := map[[sha256.Size]byte]bool{}
	for i, one := range list {
		if c.full() {
			return
		}
		if s.UniqueItems && repeated(seen, one) {
			c.add(s, append(loc, i), one, "unique_items", "Item is there already", nil)
		}
		c.value(s.Items, one, append(loc, i), slot(into, i))
	}
	if s.MinItems != nil && len(list) < *s.MinItems && len(c.out) == before {
		c.few(s, v, loc, "List", len(list), *s.MinItems)
	}
}

// repeated reports whether a value was seen before, and remembers it, by a hash:
// lists in lists would keep the same text once for each of them.
func repeated(seen map[[sha256.Size]byte]bool, v any) bool {
	sum := sha256.Sum256(appendCanonical(nil, v))
	before := seen[sum]
	seen[sum] = true
	return before
}

// short cuts a name that the caller chose.
func short(name string) string {
	if len(name) <= maxName {
		return name
	}
	return strings.ToValidUTF8(name[:maxName], "") + "…"
}

// folds reports whether name is a property but for its case. encoding/json
// would take it for that property.
func folds(properties map[string]*huma.Schema, name string) bool {
	for have := range properties {
		if strings.EqualFold(have, name) {
			return true
		}
	}
	return false
}
