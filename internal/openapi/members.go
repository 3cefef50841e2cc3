package openapi

import (
	"bytes"
	"encoding/json"
)

// members is a JSON object that keeps its order.
type members []member

type member struct {
	name  string
	value any
}

func (m *members) add(name string, value any) { *m = append(*m, member{name, value}) }

// addIf adds what there is: no empty text, and no nil.
func (m *members) addIf(name string, value any) {
	if value != nil && value != "" {
		m.add(name, value)
	}
}

// MarshalJSON writes the members in their order.
func (m members) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	err := m.write(&buf)
	return buf.Bytes(), err
}

// write writes objects within objects into one buffer: MarshalJSON's result is
// copied and checked at each level.
func (m members) write(buf *bytes.Buffer) error {
	buf.WriteByte('{')
	for i, one := range m {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := writeValue(buf, one.name); err != nil {
			return err
		}
		buf.WriteByte(':')
		if err := writeValue(buf, one.value); err != nil {
			return err
		}
	}
	buf.WriteByte('}')
	return nil
}

func writeValue(buf *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case members:
		return v.write(buf)
	case []members:
		return writeList(buf, v)
	case json.Marshaler: // what it writes is not looked at again
		text, err := v.MarshalJSON()
		buf.Write(text)
		return err
	}
	text, err := json.Marshal(value)
	buf.Write(text)
	return err
}

func writeList(buf *bytes.Buffer, list []members) error {
	if list == nil {
		buf.WriteString("null")
		return nil
	}
	buf.WriteByte('[')
	for i, one := range list {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := one.write(buf); err != nil {
			return err
		}
	}
	buf.WriteByte(']')
	return nil
}
