package strictjson

import "slices"

// Object reads a JSON object's members one after the other. The text must be
// one value as [Check] has it. The zero Object is an error.
//
//	o := strictjson.NewObject(text, 16)
//	for o.Next() {
//		… o.Name(), o.Value() …
//	}
//	if err := o.Err(); err != nil { … } // also when Next ended early
//
// It is meant for the stack, and allocates only for names with escapes, for objects
// of many members, and for errors.
type Object struct {
	s           scanner
	seen        names
	name, value string
	state       state
}

type state int8

const (
	unread state = iota
	reading
	done
)

// NewObject makes a reader of an object that nests at most maxDepth deep.
func NewObject(text string, maxDepth int) Object {
	return Object{s: scanner{text: text, depth: maxDepth}}
}

// Next goes to the next member. It returns false at the end of the text, all
// of which has been checked then, and at the first thing that is wrong.
func (o *Object) Next() bool {
	first := o.state == unread
	if o.s.err != nil || o.state == done || first && !o.open() {
		return false
	}
	name, more := o.s.member(first)
	if !more {
		if o.s.err == nil && o.s.end() {
			o.state = done
		}
		return false
	}
	if !o.seen.add(name) {
		return o.s.fail("duplicate member")
	}
	if !o.s.colon() {
		return false
	}
	o.s.space()
	from := o.s.pos
	if !o.s.value() {
		return false
	}
	o.name, o.value = name, o.s.text[from:o.s.pos]
	return true
}

func (o *Object) open() bool {
	o.state = reading
	if !o.s.start() {
		return false
	}
	if o.s.next() != '{' {
		return o.s.fail("not an object")
	}
	return o.s.down()
}

// Name is the member's name, without its quotes and escapes.
func (o *Object) Name() string { return o.name }

// Value is the member's value as it is written, without space around it.
func (o *Object) Value() string { return o.value }

// Err is what is wrong with the text, or nil if it was read to its end. It is
// an *Error.
func (o *Object) Err() error {
	switch {
	case o.s.err != nil:
		return o.s.err
	case o.state != done:
		return &Error{o.s.pos, "not read to the end"}
	}
	return nil
}

// LooksLike reports whether the member's name differs from an ASCII name in
// case alone, so that some parser would take it for that one.
func (o *Object) LooksLike(ascii string) bool { return o.name != ascii && fold(o.name, ascii) }

// String is the meaning of a value that is a string, and false for any other.
func String(value string) (text string, ok bool) {
	if value == "" || value[0] != '"' {
		return "", false
	}
	return unquote(value), true
}

// Strings is the meaning of a value that is an array of strings, and false for
// any other.
func Strings(value string) (list []string, ok bool) {
	if value == "" || value[0] != '[' {
		return nil, false
	}
	s := scanner{text: value, pos: 1}
	list = []string{}
	for s.next() != ']' {
		if s.next() == ',' {
			s.pos++
		}
		if s.next() != '"' {
			return nil, false
		}
		raw, ok := s.str()
		if !ok {
			return nil, false
		}
		list = append(list, unquote(raw))
	}
	return list, true
}

// few is how many names are compared one by one, without a map.
const few = 16

// names are those of one object so far.
type names struct {
	first [few]string
	n     int
	more  map[string]bool
	marks uint64 // of the names in first: a name whose mark is missing is new
}

// mark is one of 64 bits, the same for the same name.
func mark(name string) uint64 {
	if name == "" {
		return 1
	}
	last := len(name) - 1
	return 1 << ((uint(name[0])*7 + uint(name[last/2])*5 + uint(name[last])*3 + uint(last)) % 64)
}

// add reports whether the name is new.
func (n *names) add(name string) bool {
	m := mark(name)
	if n.marks&m != 0 && slices.Contains(n.first[:n.n], name) || n.more[name] {
		return false
	}
	if n.n < few {
		n.marks |= m
		n.first[n.n] = name
		n.n++
		return true
	}
	if n.more == nil {
		n.more = map[string]bool{}
	}
	n.more[name] = true
	return true
}
