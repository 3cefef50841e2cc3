// Package apidoc has the words of an API's OpenAPI document that no declaration
// of a route knows: who to ask, under which licence, what a tag means, which
// answers a handler gives beside its own, and examples.
//
// Everything here is plain data, read once when the application starts. What is
// wrong with it is an error of the application then, and an example that does
// not fit the type it is an example of is one, too.
package apidoc

import (
	"reflect"
)

// API is what the document says about the whole API. The zero API says nothing.
type API struct {
	// Summary is one line about the API; the longer text is the application's
	// description.
	Summary string

	// Contact says who to ask, License on which terms the API may be used.
	Contact        Contact
	License        License
	TermsOfService string // an address

	// Servers are where the API can be reached. If there are none, it is the
	// server that the document came from, behind whatever prefix.
	Servers []Server

	// Tags describes tags, and orders them: the docs page shows operations by
	// tag in this order, and then the tags that are not listed.
	Tags []Tag

	// ExternalDocs is where more is written.
	ExternalDocs ExternalDocs

	// Resource is what clients are told that have no token yet; nothing is told
	// if it is zero.
	Resource Resource

	// Webhooks are requests that the API makes by itself.
	Webhooks []Call

	// OperationID makes the ids of operations that have none of their own. They
	// are the names of functions in generated clients, so an id that is made of
	// what stays, such as tag and handler, keeps clients as they are when a path
	// changes. "" stands for the usual id: handler, path and method. It is called
	// while routes are registered, and must return the same for the same.
	OperationID func(Endpoint) string

	// ComponentName names the schemas of types. Usual is the type's own name,
	// which changes when the type is renamed, and with it what clients
	// generate. "" stands for the usual name. A type with a method ComponentName
	// is not asked about: see [Named].
	ComponentName func(t reflect.Type, usual string) string
}

// Named is a type that says what its schema is called in the document, whatever
// the type is called in Go. It is asked of the zero value. Names consist of
// letters, digits, and . _ -
type Named interface{ ComponentName() string }

// Endpoint is what [API.OperationID] makes an id of.
type Endpoint struct {
	Method  string
	Path    string   // as it was registered, with the prefixes of its groups
	Handler string   // the name of its function or method; "" of a function literal
	Tags    []string // with those of its groups
}

// Contact is who to ask about the API.
type Contact struct {
	Name  string `json:"name,omitempty"`
	URL   string `json:"url,omitempty"`
	Email string `json:"email,omitempty"`
}

// License is on which terms the API may be used: an SPDX identifier such as
// "MIT" or an address, not both.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier,omitempty"`
	URL        string `json:"url,omitempty"`
}

// ExternalDocs is an address where more is written.
type ExternalDocs struct {
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
}

// Server is where the API can be reached. The docs page may send its requests
// there. The address may have variables: "https://{region}.example.org".
type Server struct {
	URL         string              `json:"url"`
	Description string              `json:"description,omitempty"`
	Variables   map[string]Variable `json:"variables,omitempty"`
}

// Variable is a part of a server's address that callers choose.
type Variable struct {
	Default     string   `json:"default"`
	Enum        []string `json:"enum,omitempty"` // what may be chosen; anything if empty
	Description string   `json:"description,omitempty"`
}

// Tag describes a tag.
type Tag struct {
	Name         string       `json:"name"`
	Description  string       `json:"description,omitempty"`
	ExternalDocs ExternalDocs `json:"externalDocs,omitzero"`
}

// Model is a type for the document, made by [Type]. The zero Model is none.
type Model struct{ t reflect.Type }

// Type is T for the document.
func Type[T any]() Model { return Model{reflect.TypeFor[T]()} }

// Go is the type; nil of the zero Model.
func (m Model) Go() reflect.Type { return m.t }
