package openapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// Example is a value that shows what is meant, as JSON.
type Example struct {
	Name        string
	Summary     string
	Description string
	Value       json.RawMessage
}

func examples(list []Example) members {
	var out members
	for _, e := range list {
		one := members{}
		one.addIf("summary", e.Summary)
		one.addIf("description", e.Description)
		one.add("value", e.Value)
		out.add(e.Name, one)
	}
	return out
}

// Call is a request that the server makes: a callback where To says, or a
// webhook.
type Call struct {
	Name        string
	To          string
	Method      string // POST if empty
	Tags        []string
	Summary     string
	Description string
	Deprecated  bool
	Body        *Body
	Responses   []Response
}

func (c *Call) item() members {
	var out members
	if c.Tags != nil {
		out.add("tags", c.Tags)
	}
	out.addIf("summary", c.Summary)
	out.addIf("description", c.Description)
	if c.Body != nil {
		out.add("requestBody", c.Body.object())
	}
	out.add("responses", responses(c.Responses, c.Method == http.MethodHead))
	if c.Deprecated {
		out.add("deprecated", true)
	}
	method := "post"
	if c.Method != "" {
		method = strings.ToLower(c.Method)
	}
	return members{{method, out}}
}

func webhooks(list []Call) members {
	var out members
	for i := range list {
		out.add(list[i].Name, list[i].item())
	}
	return out
}

func callbacks(list []Call) members {
	var out members
	for i := range list {
		out.add(list[i].Name, members{{list[i].To, list[i].item()}})
	}
	return out
}

// fixed are the methods that OpenAPI 3.1 has a place for.
var fixed = []string{
	http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodHead, http.MethodPatch, http.MethodTrace,
}

// OtherMethods is the member of a path that has the operations of methods which
// OpenAPI 3.1 knows no place for, by method; "*" is any. OpenAPI 3.2 calls it
// additionalOperations.
const OtherMethods = "x-additionalOperations"

// within adds an operation to those of its path.
func within(item members, op *Operation) members {
	if slices.Contains(fixed, op.Method) {
		return append(item, member{strings.ToLower(op.Method), op.object()})
	}
	for i := range item {
		if item[i].name == OtherMethods {
			item[i].value = append(item[i].value.(members), member{op.Method, op.object()})
			return item
		}
	}
	return append(item, member{OtherMethods, members{{op.Method, op.object()}}})
}
