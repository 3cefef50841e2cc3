package schema_test

import (
	"encoding/json"
	"maps"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// published is a schema as a document shows it.
func published(t *testing.T, r *schema.Registry, s *schema.Schema) *openapitest.Schema {
	t.Helper()
	document, err := json.Marshal(map[string]any{
		"openapi": "3.1.0", "info": map[string]string{"title": "x", "version": "1"}, "paths": map[string]any{},
		"components": map[string]any{"schemas": r}, "x-schema": s,
	})
	if err != nil {
		t.Fatal(err)
	}
	return openapitest.Parse(t, document).Schema(t, "x-schema")
}

// fillRandomly gives a settable value whatever its type can hold: pointers,
// lists and maps may be nil or empty.
func fillRandomly(t *rapid.T, v reflect.Value, depth int) {
	small := func(most int) int { return rapid.IntRange(0, most).Draw(t, v.Type().String()) }
	if !v.CanSet() { // an embedded struct, whose fields can be set
		fillFields(t, v, depth)
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(int64(small(1_000_000)), 0).UTC()))
		return
	case netip.Addr:
		v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(small(255))})))
		return
	case net.IP:
		v.Set(reflect.ValueOf(net.IP{10, 0, 0, byte(small(255))}))
		return
	case json.RawMessage:
		v.SetBytes([]byte(rapid.SampledFrom([]string{`null`, `1`, `{"a":[]}`}).Draw(t, "raw")))
		return
	case json.Number:
		v.SetString(rapid.SampledFrom([]string{"0", "-1.5", "12"}).Draw(t, "number"))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(small(1) == 1)
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "text"))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(small(100) - 50))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(small(100)))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(small(100)) / 4)
	case reflect.Interface:
		if v.NumMethod() == 0 && small(2) > 0 {
			v.Set(reflect.ValueOf(rapid.SampledFrom([]any{1, "a", []int(nil), map[string]any{"x": nil}}).Draw(t, "any")))
		}
	case reflect.Struct:
		fillFields(t, v, depth)
	case reflect.Array:
		for i := range v.Len() {
			fillRandomly(t, v.Index(i), depth)
		}
	default:
		fillContainer(t, v, depth+1, small(3)-1)
	}
}

func fillFields(t *rapid.T, v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct {
			fillRandomly(t, v.Field(i), depth)
		}
	}
	if s, ok := addressOf(v).(*sealed); ok && rapid.Bool().Draw(t, "sealed") {
		s.base = &base{}
		fillRandomly(t, reflect.ValueOf(s.base).Elem(), depth)
	}
}

func addressOf(v reflect.Value) any {
	if !v.CanSet() {
		return nil
	}
	return v.Addr().Interface()
}

// fillContainer leaves a negative number of elements to be nil.
func fillContainer(t *rapid.T, v reflect.Value, depth, n int) {
	if n < 0 || depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillRandomly(t, v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fillRandomly(t, v.Index(i), depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range n {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillRandomly(t, key, depth)
			fillRandomly(t, value, depth)
			v.SetMapIndex(key, value)
		}
	}
}

// mutated is a JSON value in which something is replaced, left out or added.
func mutated(t *rapid.T, value any) any {
	if rapid.IntRange(0, 5).Draw(t, "here") == 0 {
		return rapid.SampledFrom([]any{nil, nil, nil, true, 7, -7, 2.5, []any{}, []any{nil}, map[string]any{}}).Draw(t, "instead")
	}
	switch v := value.(type) {
	case map[string]any:
		out := maps.Clone(v)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch rapid.IntRange(0, 9).Draw(t, name) {
			case 0:
				delete(out, name)
			case 1, 2, 3:
				out[name] = mutated(t, v[name])
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "one more") == 0 {
			out["more"] = 1
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = mutated(t, out[i])
		}
		return out
	}
	return value
}
