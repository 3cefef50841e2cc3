package schema

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/duration"
	"github.com/holdfast-go/holdfast/internal/shape"
)

// This file writes durations in answers as bodies have them. encoding/json
// writes nanoseconds, at which no reader guesses, and has no way to be told otherwise;
// so what it wrote is gone through together with the type.

// rewriter goes through what was written of one type. It leads to the rewriters
// of what is in it, and so perhaps back to itself; nil is for a type without
// durations.
type rewriter struct {
	duration bool
	inner    *rewriter            // of items, and of the values of a map
	members  map[string]*rewriter // of a struct
	tell     *shape.Discriminator // of a union
	variants map[string]*rewriter
}

// hasDurations reports whether there may be durations in values of a type. seen
// are the types that were looked into.
func hasDurations(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == durationType {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	for _, inner := range insideOf(t, writesItself) {
		if hasDurations(inner, seen) {
			return true
		}
	}
	return false
}

// rewriters are those that were begun.
type rewriters map[reflect.Type]*rewriter

func (c rewriters) of(t reflect.Type) *rewriter {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if r, ok := c[t]; ok {
		return r
	}
	if !hasDurations(t, map[reflect.Type]bool{}) {
		return nil
	}
	if inner, ok := shape.InnerOf(t); ok {
		return c.of(inner) // itself, which may not be finished, and no copy
	}
	r := &rewriter{duration: t == durationType}
	c[t] = r
	if variants, ok := shape.VariantsOf(t); ok {
		c.union(r, t, variants)
		return r
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		r.inner = c.of(t.Elem())
	case reflect.Struct:
		r.members = map[string]*rewriter{}
		for _, m := range membersOf(t) {
			r.members[m.name] = c.of(m.StructField.Type)
		}
	}
	return r
}

func (c rewriters) union(r *rewriter, t reflect.Type, variants []reflect.Type) {
	how, err := shape.Tell(t)
	if err != nil {
		return // which is an error at start
	}
	r.tell, r.variants = how, map[string]*rewriter{}
	for i, one := range variants {
		r.variants[how.Tags[i]] = c.of(one)
	}
}

// rewriting is a text on its way. It was written by encoding/json, so it is
// known to be JSON, without spaces.
type rewriting struct {
	text string
	pos  int
	done int // how far out has it
	out  strings.Builder
}

func (w *rewriting) value(r *rewriter) {
	first := w.peek()
	switch {
	case r == nil:
		w.skip()
	case r.duration:
		w.replace()
	case first == '{' && r.tell != nil:
		w.object(w.variant(r))
	case first == '{':
		w.object(r)
	case first == '[':
		w.list(r.inner)
	default:
		w.skip()
	}
}

// variant is the rewriter of the type that the text of a union is of.
func (w *rewriting) variant(r *rewriter) *rewriter {
	ahead := rewriting{text: w.text, pos: w.pos}
	tag := ""
	ahead.members(func(name string) {
		from := ahead.pos
		ahead.skip()
		if name == r.tell.Name {
			tag = unquoted(ahead.text[from:ahead.pos])
		}
	})
	if one := r.variants[tag]; one != nil {
		return one
	}
	return &rewriter{} // there is nothing to do in it
}

func (w *rewriting) object(r *rewriter) {
	w.members(func(name string) {
		if r.members != nil {
			w.value(r.members[name])
			return
		}
		w.value(r.inner)
	})
}

// members calls value at the value of each member of an object.
func (w *rewriting) members(value func(name string)) {
	for w.pos++; w.peek() == '"' || w.peek() == ','; {
		if w.peek() == ',' {
			w.pos++
		}
		from := w.pos
		w.skip()
		name := unquoted(w.text[from:w.pos])
		w.pos++ // the colon
		value(name)
	}
	w.pos++
}

func (w *rewriting) list(inner *rewriter) {
	for w.pos++; w.pos < len(w.text) && w.peek() != ']'; {
		if w.peek() == ',' {
			w.pos++
		}
		w.value(inner)
	}
	w.pos++
}

// peek is the next byte; 0 at the end.
func (w *rewriting) peek() byte {
	if w.pos >= len(w.text) {
		return 0
	}
	return w.text[w.pos]
}

// skip passes a value.
func (w *rewriting) skip() {
	for depth := 0; w.pos < len(w.text); {
		switch w.text[w.pos] {
		case '"':
			w.str()
		case '{', '[':
			depth++
			w.pos++
			continue
		case '}', ']':
			depth--
			w.pos++
		case ',', ':':
			w.pos++
			continue
		default:
			w.word()
		}
		if depth == 0 {
			return
		}
	}
}

func (w *rewriting) str() {
	for w.pos++; w.peek() != '"' && w.pos < len(w.text); w.pos++ {
		if w.peek() == '\\' {
			w.pos++
		}
	}
	w.pos++
}

func (w *rewriting) word() {
	for w.pos < len(w.text) && !strings.ContainsRune(",:]}\n", rune(w.text[w.pos])) {
		w.pos++
	}
}

// replace writes nanoseconds as a duration. What is null stays so.
func (w *rewriting) replace() {
	from := w.pos
	w.skip()
	n, err := strconv.ParseInt(strings.Trim(w.text[from:w.pos], `"`), 10, 64)
	if err != nil {
		return
	}
	w.out.WriteString(w.text[w.done:from])
	w.out.WriteString(`"` + duration.Format(time.Duration(n)) + `"`)
	w.done = w.pos
}

func unquoted(text string) string {
	if !strings.Contains(text, `\`) {
		return strings.Trim(text, `"`)
	}
	var out string
	_ = json.Unmarshal([]byte(text), &out) // encoding/json wrote it
	return out
}

// rewrite is the text with its durations as bodies have them.
func (r *rewriter) rewrite(text []byte) []byte {
	w := rewriting{text: string(text)}
	w.value(r)
	if w.done == 0 {
		return text
	}
	return append([]byte(w.out.String()), w.text[w.done:]...)
}
