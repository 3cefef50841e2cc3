// Package openapitest tells tests whether an OpenAPI document is one, and
// whether values fit what it says.
//
// The files in oas31 are the OpenAPI Initiative's JSON Schemas for OpenAPI 3.1,
// iteration 2022-10-07, as the folder schemas/v3.1 of the repository
// OAI/OpenAPI-Specification has them at its commit 1f0334d1 (Apache License 2.0,
// see oas31/LICENSE).
package openapitest

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed oas31/*.json
var oas31 embed.FS

// metaSchema is the schema of OpenAPI documents with that of their schemas.
var metaSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	for address, file := range map[string]string{
		"https://spec.openapis.org/oas/3.1/schema/2022-10-07":      "schema.json",
		"https://spec.openapis.org/oas/3.1/schema-base/2022-10-07": "schema-base.json",
		"https://spec.openapis.org/oas/3.1/dialect/base":           "dialect-base.schema.json",
		"https://spec.openapis.org/oas/3.1/meta/base":              "meta-base.schema.json",
	} {
		data, err := oas31.ReadFile("oas31/" + file)
		if err != nil {
			return nil, err
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		if err := c.AddResource(address, value); err != nil {
			return nil, err
		}
	}
	return c.Compile("https://spec.openapis.org/oas/3.1/schema-base/2022-10-07")
})

// Document is an OpenAPI document.
type Document struct {
	root any

	mu       sync.Mutex // a compiler is for one goroutine at a time
	compiler *jsonschema.Compiler
}

// Parse reads a document, and fails the test if it is none: by the schema of
// OpenAPI 3.1, or by what that cannot say, such as references that lead nowhere.
func Parse(t testing.TB, data []byte) *Document {
	t.Helper()
	d, err := parse(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	for _, fault := range d.faults() {
		t.Error(fault)
	}
	return d
}

func parse(data []byte) (*Document, error) {
	meta, err := metaSchema()
	if err != nil {
		return nil, err
	}
	d := &Document{compiler: jsonschema.NewCompiler()}
	if d.root, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	if err := meta.Validate(d.root); err != nil {
		return nil, err
	}
	return d, d.compiler.AddResource(address, d.root)
}

// address is where the compiler finds the document.
const address = "https://example.org/openapi.json"

// Has reports whether the document has something at a path of names.
func (d *Document) Has(names ...string) bool { return d.At(names...) != nil }

// At is what the document has at a path of names; nil for nothing.
func (d *Document) At(names ...string) any {
	at := d.root
	for _, name := range names {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[name]
	}
	return at
}

// Schema returns the schema at a path of names.
func (d *Document) Schema(t testing.TB, names ...string) *Schema {
	t.Helper()
	pointer := ""
	for _, name := range names {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.compiler.Compile(address + "#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return &Schema{s}
}

// Answer returns the schema of an answer as JSON.
func (d *Document) Answer(t testing.TB, method, path, status string) *Schema {
	t.Helper()
	return d.Schema(t, "paths", path, strings.ToLower(method), "responses", status, "content", "application/json", "schema")
}

// Schema is a schema of a document.
type Schema struct{ s *jsonschema.Schema }

// Check says why a JSON text does not fit; nil if it does.
func (s *Schema) Check(data []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.s.Validate(value)
}

// faults lists what is wrong with the document and the meta-schema cannot see.
func (d *Document) faults() []string {
	var out []string
	walk(d.root, func(object map[string]any) {
		if ref, ok := object["$ref"].(string); ok && !d.resolves(ref) {
			out = append(out, fmt.Sprintf("the reference %s leads nowhere", ref))
		}
	})
	ids := map[string]string{}
	paths, _ := d.At("paths").(map[string]any)
	for path, item := range paths {
		for method, value := range operations(item) {
			operation, name := value.(map[string]any), strings.ToUpper(method)+" "+path
			id := fmt.Sprint(operation["operationId"])
			if other, twice := ids[id]; twice {
				out = append(out, fmt.Sprintf("%s and %s have the operationId %s", name, other, id))
			}
			ids[id] = name
			out = append(out, d.parameterFaults(name, path, operation)...)
			out = append(out, d.securityFaults(name, operation)...)
		}
	}
	slices.Sort(out)
	return out
}

// otherMethods is the member of a path that has the operations of methods which
// OpenAPI 3.1 has no place for.
const otherMethods = "x-additionalOperations"

// operations are those of a path, by method.
func operations(item any) map[string]any {
	out := maps.Clone(item.(map[string]any))
	if others, ok := out[otherMethods].(map[string]any); ok {
		delete(out, otherMethods)
		maps.Copy(out, others)
	}
	return out
}

var wildcard = regexp.MustCompile(`\{([^}]*)\}`)

// parameterFaults compares the parameters of an operation with its path.
func (d *Document) parameterFaults(name, path string, operation map[string]any) []string {
	var out []string
	seen := map[string]bool{}
	list, _ := operation["parameters"].([]any)
	for _, one := range list {
		p := one.(map[string]any)
		key := fmt.Sprint(p["in"], " ", p["name"])
		if seen[key] {
			out = append(out, fmt.Sprintf("%s has the parameter %s twice", name, key))
		}
		seen[key] = true
	}
	for _, match := range wildcard.FindAllStringSubmatch(path, -1) {
		if !seen["path "+match[1]] {
			out = append(out, fmt.Sprintf("%s says nothing of the parameter %s in its path", name, match[0]))
		}
		delete(seen, "path "+match[1])
	}
	for key := range seen {
		if strings.HasPrefix(key, "path ") {
			out = append(out, fmt.Sprintf("%s has the parameter %s, which is not in its path", name, key))
		}
	}
	return out
}

// securityFaults finds requirements of schemes that the document does not have.
func (d *Document) securityFaults(name string, operation map[string]any) []string {
	var out []string
	list, _ := operation["security"].([]any)
	for _, one := range list {
		for scheme := range one.(map[string]any) {
			if !d.Has("components", "securitySchemes", scheme) {
				out = append(out, fmt.Sprintf("%s needs the scheme %s, which is not there", name, scheme))
			}
		}
	}
	return out
}

func (d *Document) resolves(ref string) bool {
	pointer, ok := strings.CutPrefix(ref, "#/")
	return ok && d.Has(strings.Split(pointer, "/")...)
}

// walk visits every object in a value.
func walk(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, one := range v {
			walk(one, visit)
		}
	case []any:
		for _, one := range v {
			walk(one, visit)
		}
	}
}
