// Package openapi writes OpenAPI 3.1 documents. It is told what the operations
// are, who may call them in words, and what the schemas look like; it knows no
// policy.
package openapi

import (
	"net/http"
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

	// More about the API, each as the document has it; left out if empty or nil.
	Summary, TermsOfService                       string
	Contact, License, Servers, Tags, ExternalDocs any
	Webhooks                                      []Call

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

	Deprecated   bool
	ExternalDocs any // as the document has it; nil for none
	Callbacks    []Call

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
	Examples []Example
}

// Body is what a request holds. Without a schema it is any content of the media
// type.
type Body struct {
	MediaType string
	Schema    *schema.Schema
	Required  bool
	Examples  []Example

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
	Examples    []Example
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
	paths := d.paths()
	components := members{{"schemas", d.Types}}
	if len(d.Schemes) > 0 {
		var named members
		for _, s := range d.Schemes {
			named.add(s.Name, s.Object)
		}
		components.add("securitySchemes", named)
	}
	out := members{{"openapi", "3.1.0"}, {"info", d.info()}, {"servers", d.servers()}, {"paths", paths}, {"components", components}}
	if len(d.Webhooks) > 0 {
		out.add("webhooks", webhooks(d.Webhooks))
	}
	out.addIf("tags", d.Tags)
	out.addIf("externalDocs", d.ExternalDocs)
	return out.MarshalJSON()
}

func (d *Document) info() members {
	out := members{{"title", d.Title}, {"version", d.Version}}
	out.addIf("summary", d.Summary)
	out.addIf("description", d.Description)
	out.addIf("termsOfService", d.TermsOfService)
	out.addIf("contact", d.Contact)
	out.addIf("license", d.License)
	return out
}

// servers names this server, unless others are named: where the application's
// root is, as seen from the document, also when a proxy serves all of it under a
// prefix.
func (d *Document) servers() any {
	if d.Servers != nil {
		return d.Servers
	}
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
		paths[i].value = within(paths[i].value.(members), op)
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
	out.addIf("description", op.Description)
	out.addIf("externalDocs", op.ExternalDocs)
	out.add("operationId", op.id())
	if len(op.Parameters) > 0 {
		out.add("parameters", parameters(op.Parameters))
	}
	if op.Body != nil {
		out.add("requestBody", op.Body.object())
	}
	out.add("responses", responses(op.Responses, op.Method == http.MethodHead))
	if len(op.Callbacks) > 0 {
		out.add("callbacks", callbacks(op.Callbacks))
	}
	if op.Deprecated {
		out.add("deprecated", true)
	}
	if op.Security != nil {
		out.add("security", security(op.Security))
	}
	if op.WhoMayCall != "" {
		out.add("x-who-may-call", op.WhoMayCall)
	}
	return out
}

func (b *Body) content() members {
	out := content(b.MediaType, b.Schema, b.Examples)
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
			one.describe(p.Schema)
			one.add("schema", p.Schema)
		}
		if len(p.Examples) > 0 {
			one.add("examples", examples(p.Examples))
		}
		out = append(out, one)
	}
	return out
}

// describe says of a parameter what its schema says: a page shows what stands
// beside the schema, not what stands in it.
func (m *members) describe(s *schema.Schema) {
	description, deprecated := s.Words()
	m.addIf("description", description)
	if deprecated {
		m.add("deprecated", true)
	}
}

// responses are answers by status. Those to HEAD have headers alone.
func responses(list []Response, bodiless bool) members {
	var out members
	for _, r := range list {
		body := members{{"description", r.Description}}
		if len(r.Headers) > 0 {
			body.add("headers", headers(r.Headers))
		}
		switch {
		case bodiless:
		case r.MediaType != "":
			body.add("content", content(r.MediaType, r.Schema, r.Examples))
		case r.Schema != nil:
			body.add("content", content("application/json", r.Schema, r.Examples))
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

func (b *Body) object() members {
	return members{{"content", b.content()}, {"required", b.Required}}
}

func content(kind string, s *schema.Schema, list []Example) members {
	one := members{}
	if s != nil {
		one.add("schema", s)
	}
	if len(list) > 0 {
		one.add("examples", examples(list))
	}
	return members{{kind, one}}
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
	if method == "*" {
		method = "any"
	}
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

// summary makes "Read Own Item" of readOwnItem, and "Read User ID" of
// readUserID.
func (op *Operation) summary() string {
	if op.Summary != "" {
		return op.Summary
	}
	if op.Handler == "" {
		return op.Method + " " + op.Path
	}
	var out strings.Builder
	name := []rune(strings.ReplaceAll(op.Handler, "_", " "))
	for i, c := range name {
		switch {
		case i == 0:
			c = unicode.ToUpper(c)
		case unicode.IsUpper(c) && begins(name, i):
			out.WriteByte(' ')
		}
		out.WriteRune(c)
	}
	return out.String()
}

// begins reports whether a word begins at a capital: behind a small letter or
// a digit, or as the last of several capitals, as in "userIDList".
func begins(name []rune, i int) bool {
	before := name[i-1]
	return unicode.IsLower(before) || unicode.IsDigit(before) ||
		unicode.IsUpper(before) && i+1 < len(name) && unicode.IsLower(name[i+1]) && !plural(name[i+1:])
}

// plural reports whether what follows capitals makes them several: "listURLs".
func plural(rest []rune) bool {
	return rest[0] == 's' && (len(rest) == 1 || unicode.IsUpper(rest[1]))
}
