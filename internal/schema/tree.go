package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// A JSON value is decoded into what encoding/json has for it: string,
// json.Number, bool and nil, and these two for what has something inside. They
// keep their text, for types that read JSON in their own way.
type (
	object struct {
		names   []string // in the order of the text
		members map[string]any
		raw     []byte
	}
	array struct {
		items []any
		raw   []byte
	}
)

// parse reads one JSON value that strictjson has checked: it is well-formed, and
// not too deep.
func parse(data []byte) any {
	p := &parser{data: data}
	return p.value()
}

type parser struct {
	data []byte
	pos  int
}

// next is the next byte that is no space.
func (p *parser) next() byte {
	for p.data[p.pos] == ' ' || p.data[p.pos] == '\n' || p.data[p.pos] == '\r' || p.data[p.pos] == '\t' {
		p.pos++
	}
	return p.data[p.pos]
}

func (p *parser) value() any {
	switch p.next() {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.text()
	case 't':
		p.pos += len("true")
		return true
	case 'f':
		p.pos += len("false")
		return false
	case 'n':
		p.pos += len("null")
		return nil
	}
	from := p.pos
	for p.pos < len(p.data) && strings.IndexByte("+-.0123456789Ee", p.data[p.pos]) >= 0 {
		p.pos++
	}
	return json.Number(p.data[from:p.pos])
}

func (p *parser) object() any {
	from, out := p.pos, &object{members: map[string]any{}}
	for p.pos++; p.next() != '}'; {
		if p.data[p.pos] == ',' {
			p.pos++
			p.next()
		}
		name := p.text()
		p.next()
		p.pos++ // the colon
		out.names, out.members[name] = append(out.names, name), p.value()
	}
	p.pos++
	out.raw = p.data[from:p.pos]
	return out
}

func (p *parser) array() any {
	from, out := p.pos, &array{items: []any{}}
	for p.pos++; p.next() != ']'; {
		if p.data[p.pos] == ',' {
			p.pos++
		}
		out.items = append(out.items, p.value())
	}
	p.pos++
	out.raw = p.data[from:p.pos]
	return out
}

func (p *parser) text() string {
	from := p.pos
	for p.pos++; p.data[p.pos] != '"'; p.pos++ {
		if p.data[p.pos] == '\\' {
			p.pos++
		}
	}
	p.pos++
	text, _ := strictjson.String(string(p.data[from:p.pos]))
	return text
}

// rawOf is the text of a decoded value.
func rawOf(v any) ([]byte, error) {
	switch v := v.(type) {
	case *object:
		return v.raw, nil
	case *array:
		return v.raw, nil
	}
	return json.Marshal(v)
}

// appendCanonical appends a decoded value as a text that equal values have: the
// members of objects are sorted by name. It goes through the value once.
func appendCanonical(out []byte, v any) []byte {
	if names, members, ok := membersIn(v); ok {
		out = append(out, '{')
		for _, name := range slices.Sorted(slices.Values(names)) {
			out = append(appendCanonical(out, name), ':')
			out = append(appendCanonical(out, members[name]), ',')
		}
		return append(out, '}')
	}
	if items, ok := itemsOf(v); ok {
		out = append(out, '[')
		for _, one := range items {
			out = append(appendCanonical(out, one), ',')
		}
		return append(out, ']')
	}
	text, _ := json.Marshal(v) // strings, numbers, bools and nil
	return append(out, text...)
}
