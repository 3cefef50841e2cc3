// Package openapi writes OpenAPI 3.1 documents. It is told what the operations
// are, who may call them in words, and what the schemas look like; it knows no
// policy.
package openapi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Document is what a document says.
type Document struct {
	Title       string
	Version     string
	Description string

	// Path is where the document itself stands, such as "/openapi.json", so that
	// the address of the server can be said relative to it.
	Path string

	Operations []Operation
	Schemes    []Scheme
	Types      *schema.Registry
}

// Scheme is a way to present a credential: a security scheme object.
type Scheme struct {
	Name   string
	Object map[string]any
}

// Operation is one method of one path.
type Operation struct {
	Method      string
	Path        string // with its wildcards, as routes write them
	Handler     string // the name of its function; a function literal has none
	Tags        []string
	Summary     string // made of the handler's name if empty
	Description string
	ID          string // made of the handler's name and the path if empty

	Parameters []Parameter
	Body       *Body
	Responses  []Response
	Security   []Requirement // any of them; no requirement at all if there are none
	WhoMayCall string        // the policy in words; not written if empty
}

// Parameter is a value in the path, query, headers or cookies. Its schema is a
// string's if nil.
type Parameter struct {
	In       string
	Name     string
	Required bool
	Schema   *schema.Schema
}

// Body is what a request holds. Without a schema it is any content of the media
// type.
type Body struct {
	MediaType string
	Schema    *schema.Schema
	Required  bool

	// PartTypes are the media types that parts of a form may have, by their names.
	PartTypes []PartType
}

// PartType says which media types a part may have.
type PartType struct {
	Name  string
	Types []string
}

// Response is an answer. The status 0 stands for all that are not named.
type Response struct {
	Status      int
	Description string
	Headers     []Header // that it may have
	MediaType   string   // application/json if empty, where there is a schema
	Schema      *schema.Schema
}

// Header is a header of an answer, of a type of JSON Schema such as "string".
type Header struct {
	Name        string
	Description string
	Type        string
}

// Requirement is one way in: a credential of every scheme. An empty one needs
// no credential.
type Requirement []Needed

// Needed is the name of a scheme with the scopes that its credential must have.
type Needed struct {
	Scheme string
	Scopes []string
}

// Marshal writes the document as JSON.
func (d *Document) Marshal() ([]byte, error) {
	info := members{{"title", d.Title}, {"version", d.Version}}
	if d.Description != "" {
		info.add("description", d.Description)
	}
	paths := d.paths()
	components := members{{"schemas", d.Types}}
	if len(d.Schemes) > 0 {
		var named members
		for _, s := range d.Schemes {
			named.add(s.Name, s.Object)
		}
		components.add("securitySchemes", named)
	}
	return json.Marshal(members{{"openapi", "3.1.0"}, {"info", info}, {"servers", d.servers()}, {"paths", paths}, {"components", components}})
}

// servers names this server: where the application's root is, as seen from the
// document, also when a proxy serves all of it under a prefix.
func (d *Document) servers() []map[string]string {
	root := "."
	if depth := strings.Count(d.Path, "/"); depth > 1 {
		root = strings.Repeat("../", depth-1)
	}
	return []map[string]string{{"url": root, "description": "this server"}}
}

func (d *Document) paths() members {
	var paths members
	at := map[string]int{}
	for i := range d.Operations {
		op := &d.Operations[i]
		path := PathOf(op.Path)
		i, ok := at[path]
		if !ok {
			i = len(paths)
			at[path] = i
			paths.add(path, members{})
		}
		paths[i].value = append(paths[i].value.(members), member{strings.ToLower(op.Method), op.object()})
	}
	return paths
}

// PathOf is how the document writes a route's path: it cannot say that a
// wildcard takes everything that is left.
func PathOf(path string) string { return strings.ReplaceAll(path, "...}", "}") }

func (op *Operation) object() members {
	var out members
	if op.Tags != nil {
		out.add("tags", op.Tags)
	}
	out.add("summary", op.summary())
	if op.Description != "" {
		out.add("description", op.Description)
	}
	out.add("operationId", op.id())
	if len(op.Parameters) > 0 {
		out.add("parameters", parameters(op.Parameters))
	}
	if op.Body != nil {
		out.add("requestBody", members{{"content", op.Body.content()}, {"required", op.Body.Required}})
	}
	out.add("responses", responses(op.Responses))
	if op.Security != nil {
		out.add("security", security(op.Security))
	}
	if op.WhoMayCall != "" {
		out.add("x-who-may-call", op.WhoMayCall)
	}
	return out
}

func (b *Body) content() members {
	out := content(b.MediaType, b.Schema)
	if len(b.PartTypes) == 0 {
		return out
	}
	var encoding members
	for _, part := range b.PartTypes {
		encoding.add(part.Name, members{{"contentType", strings.Join(part.Types, ", ")}})
	}
	kind := out[0].value.(members)
	kind.add("encoding", encoding)
	out[0].value = kind
	return out
}

func parameters(list []Parameter) []members {
	var out []members
	for _, p := range list {
		one := members{{"name", p.Name}, {"in", p.In}, {"required", p.Required}}
		if p.Schema == nil {
			one.add("schema", map[string]string{"type": "string"})
		} else {
			one.add("schema", p.Schema)
		}
		out = append(out, one)
	}
	return out
}

func responses(list []Response) members {
	var out members
	for _, r := range list {
		body := members{{"description", r.Description}}
		if len(r.Headers) > 0 {
			body.add("headers", headers(r.Headers))
		}
		switch {
		case r.MediaType != "":
			body.add("content", content(r.MediaType, r.Schema))
		case r.Schema != nil:
			body.add("content", content("application/json", r.Schema))
		}
		status := "default"
		if r.Status != 0 {
			status = strconv.Itoa(r.Status)
		}
		out.add(status, body)
	}
	return out
}

func headers(list []Header) members {
	var out members
	for _, h := range list {
		out.add(h.Name, members{{"description", h.Description}, {"schema", map[string]string{"type": h.Type}}})
	}
	return out
}

func content(kind string, s *schema.Schema) members {
	if s == nil {
		return members{{kind, members{}}}
	}
	return members{{kind, members{{"schema", s}}}}
}

func security(list []Requirement) []members {
	out := []members{}
	for _, way := range list {
		one := members{}
		for _, n := range way {
			one.add(n.Scheme, n.Scopes)
		}
		out = append(out, one)
	}
	return out
}

var notWord = regexp.MustCompile(`\W`)

// OperationID is the id of an operation that has none of its own.
func OperationID(method, path, handler string) string {
	if handler == "" {
		return notWord.ReplaceAllString(strings.ToLower(method)+path, "_")
	}
	return notWord.ReplaceAllString(handler+path, "_") + "_" + strings.ToLower(method)
}

func (op *Operation) id() string {
	if op.ID != "" {
		return op.ID
	}
	return OperationID(op.Method, op.Path, op.Handler)
}

// summary makes "Read Own Item" of readOwnItem.
func (op *Operation) summary() string {
	if op.Summary != "" {
		return op.Summary
	}
	if op.Handler == "" {
		return op.Method + " " + op.Path
	}
	var out strings.Builder
	for i, c := range strings.ReplaceAll(op.Handler, "_", " ") {
		if i > 0 && unicode.IsUpper(c) {
			out.WriteByte(' ')
		}
		if i == 0 {
			c = unicode.ToUpper(c)
		}
		out.WriteRune(c)
	}
	return out.String()
}
