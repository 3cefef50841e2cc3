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
	buf.WriteByte('{')
	for i, one := range m {
		if i > 0 {
			buf.WriteByte(',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		buf.Write(name)
		buf.WriteByte(':')
		buf.Write(value)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}
