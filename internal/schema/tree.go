package schema

import (
	"bytes"
	"encoding/json"
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

// MarshalJSON writes the members sorted by name, so that equal objects have
// equal texts.
func (o *object) MarshalJSON() ([]byte, error) { return json.Marshal(o.members) }

// MarshalJSON writes the items.
func (a *array) MarshalJSON() ([]byte, error) { return json.Marshal(a.items) }

// parse reads one JSON value that strictjson has checked, which bounds how deep
// it is.
func parse(data []byte) (any, error) {
	p := &parser{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	return p.value()
}

type parser struct {
	data []byte
	dec  *json.Decoder
}

func (p *parser) value() (any, error) {
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	from := p.dec.InputOffset() - 1
	switch token {
	case json.Delim('{'):
		return p.object(from)
	case json.Delim('['):
		return p.array(from)
	}
	return token, nil
}

func (p *parser) object(from int64) (any, error) {
	out := &object{members: map[string]any{}}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		out.names, out.members[name] = append(out.names, name), value
	}
	_, err := p.dec.Token()
	out.raw = p.data[from:p.dec.InputOffset()]
	return out, err
}

func (p *parser) array(from int64) (any, error) {
	out := &array{items: []any{}}
	for p.dec.More() {
		one, err := p.value()
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, one)
	}
	_, err := p.dec.Token()
	out.raw = p.data[from:p.dec.InputOffset()]
	return out, err
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
