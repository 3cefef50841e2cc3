package holdfast

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// members is a JSON object that keeps its order.
type members []member

type member struct {
	name  string
	value any
}

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

// errorBody is how refusals look in the document.
type errorBody struct {
	Detail any `json:"detail" doc:"What is wrong"`
}

// openapi writes the document from the plans that the runner follows.
func (a *App) openapi() ([]byte, error) {
	info := members{{"title", a.config.Title}, {"version", a.config.Version}}
	if a.config.Description != "" {
		info = append(info, member{"description", a.config.Description})
	}
	paths := a.paths()
	components := members{{"schemas", a.types}}
	if list := a.schemes(); len(list) > 0 {
		var named members
		for _, s := range list {
			named = append(named, member{s.name, s.document()})
		}
		components = append(components, member{"securitySchemes", named})
	}
	return json.Marshal(members{{"openapi", "3.1.0"}, {"info", info}, {"servers", a.here()}, {"paths", paths}, {"components", components}})
}

// here is the server of the document: where the application's root is, as seen
// from the document, also when a proxy serves all of it under a prefix.
func (a *App) here() []map[string]string {
	root := "."
	if depth := strings.Count(a.config.Docs.DocumentPath, "/"); depth > 1 {
		root = strings.Repeat("../", depth-1)
	}
	return []map[string]string{{"url": root, "description": "this server"}}
}

// documentFaults reports routes that the document could not tell apart: of one
// method and path there, as /files/{p} and /files/{p...} are, or of one
// operation id.
func (a *App) documentFaults() []error {
	var out []error
	places, ids := map[string]place{}, map[string]place{}
	for _, rt := range a.routes {
		if rt.options.hidden {
			continue
		}
		key := rt.method + " " + strings.ReplaceAll(rt.path, "...}", "}")
		if other, ok := places[key]; ok {
			out = append(out, fmt.Errorf("%v: %s is %s in the document, as the route at %v is; make one of them Hidden()", rt.at, rt.path, key, other))
		}
		if other, ok := ids[rt.options.id]; ok && rt.options.id != "" {
			out = append(out, fmt.Errorf("%v: operation id %q is also the route's at %v", rt.at, rt.options.id, other))
		}
		places[key], ids[rt.options.id] = rt.at, rt.at
	}
	return out
}

func (a *App) paths() members {
	var paths members
	at := map[string]int{}
	for _, rt := range a.routes {
		if rt.options.hidden {
			continue
		}
		path := strings.ReplaceAll(rt.path, "...}", "}")
		i, ok := at[path]
		if !ok {
			i = len(paths)
			at[path] = i
			paths = append(paths, member{path, members{}})
		}
		paths[i].value = append(paths[i].value.(members), member{strings.ToLower(rt.method), a.operation(rt)})
	}
	return paths
}

func (a *App) operation(rt *route) members {
	var op members
	add := func(name string, value any) { op = append(op, member{name, value}) }
	if rt.options.tags != nil {
		add("tags", rt.options.tags)
	}
	add("summary", rt.summary())
	if rt.options.description != "" {
		add("description", rt.options.description)
	}
	add("operationId", rt.operationID())
	if params := rt.parameters(); len(params) > 0 {
		add("parameters", params)
	}
	if body := a.requestBody(rt); body != nil {
		add("requestBody", body)
	}
	add("responses", a.responses(rt))
	if security := rt.security(); security != nil {
		add("security", security)
	}
	if access := rt.access(); access.Policy != "anyone" {
		add("x-who-may-call", access.Policy)
	}
	return op
}

var (
	notWord = regexp.MustCompile(`\W`)
	unnamed = regexp.MustCompile(`^(func)?\d+$`) // a function literal
)

func (rt *route) operationID() string {
	if rt.options.id != "" {
		return rt.options.id
	}
	if unnamed.MatchString(rt.endpoint.name) {
		return notWord.ReplaceAllString(strings.ToLower(rt.method)+rt.path, "_")
	}
	return notWord.ReplaceAllString(rt.endpoint.name+rt.path, "_") + "_" + strings.ToLower(rt.method)
}

func (rt *route) summary() string {
	if rt.options.summary != "" {
		return rt.options.summary
	}
	if unnamed.MatchString(rt.endpoint.name) {
		return rt.method + " " + rt.path
	}
	var out strings.Builder
	for i, c := range strings.ReplaceAll(rt.endpoint.name, "_", " ") {
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

// inputs lists what the route reads: the dependencies' parameters and the
// handler's own.
func (rt *route) inputs() []*input {
	var out []*input
	seen := map[*input]bool{}
	add := func(in *input) {
		if in != nil && !seen[in] {
			seen[in] = true
			out = append(out, in)
		}
	}
	for _, b := range rt.plan.branches {
		for _, s := range b.steps {
			add(s.input)
		}
	}
	for _, s := range rt.plan.params {
		add(s.input)
	}
	add(rt.input)
	return out
}

// requiredParameters are those that some input of the route requires.
func (rt *route) requiredParameters() map[string]bool {
	out := map[string]bool{}
	for _, in := range rt.inputs() {
		for _, f := range in.params {
			out[f.in+f.name] = out[f.in+f.name] || f.required
		}
	}
	return out
}

func (rt *route) parameters() []members {
	var out []members
	seen := map[string]bool{}
	required := rt.requiredParameters()
	for _, in := range rt.inputs() {
		for _, f := range in.params {
			if seen[f.in+f.name] {
				continue
			}
			seen[f.in+f.name] = true
			out = append(out, members{{"name", f.name}, {"in", f.in}, {"required", required[f.in+f.name]}, {"schema", f.schema}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rt.pattern.names)) {
		if !seen["path"+name] {
			out = append(out, members{{"name", name}, {"in", "path"}, {"required", true}, {"schema", map[string]string{"type": "string"}}})
		}
	}
	return out
}

func (a *App) requestBody(rt *route) any {
	switch {
	case rt.input == nil:
		return nil
	case rt.input.form != nil:
		var properties []schema.Property
		for _, f := range rt.input.form {
			properties = append(properties, schema.Property{Name: f.name, Schema: f.schema, Required: f.required})
		}
		return content("application/x-www-form-urlencoded", a.types.Object("Body_"+rt.operationID(), properties), true)
	case rt.input.body != nil:
		return content("application/json", rt.input.body.schema, rt.input.body.required)
	}
	return nil
}

func content(kind string, s *schema.Schema, required bool) members {
	return members{{"content", members{{kind, members{{"schema", s}}}}}, {"required", required}}
}

func (a *App) responses(rt *route) members {
	var out members
	answer := func(status int, text string, s *schema.Schema) {
		body := members{{"description", text}}
		if s != nil {
			body = append(body, member{"content", members{{"application/json", members{{"schema", s}}}}})
		}
		out = append(out, member{strconv.Itoa(status), body})
	}
	var result *schema.Schema
	if rt.endpoint.out != nil && rt.endpoint.out != reflect.TypeFor[NoContent]() && !writesItself(rt.endpoint.out) {
		result = a.types.Of(rt.endpoint.out, rt.endpoint.name+"Response")
	}
	answer(rt.status(), "Successful Response", result)
	refusal := a.types.Of(reflect.TypeFor[errorBody](), "")
	unauthorized, forbidden := rt.refuses()
	if unauthorized {
		answer(http.StatusUnauthorized, "No credential, or one that is not accepted", refusal)
	}
	if forbidden {
		answer(http.StatusForbidden, "Who may call: "+rt.access().Policy, refusal)
	}
	if len(rt.inputs()) > 0 {
		answer(http.StatusUnprocessableEntity, "The input does not fit", refusal)
	}
	return append(out, rt.busyResponse(refusal)...)
}

// refuses reports whether a 401 and whether a 403 can happen.
func (rt *route) refuses() (unauthorized, forbidden bool) {
	for _, b := range rt.plan.branches {
		unauthorized = unauthorized || len(b.schemes) > 0
		forbidden = forbidden || len(b.roles) > 0
		for _, one := range b.schemes {
			forbidden = forbidden || len(one.scopes) > 0
		}
	}
	return unauthorized, forbidden
}

// security is the operation's requirement: one object for each alternative,
// with every scheme that it needs. A way in without a credential is the empty
// object.
func (rt *route) security() []members {
	var out []members
	needed := false
	for _, b := range rt.plan.branches {
		one := members{}
		for _, s := range b.schemes {
			names := []string{}
			for _, scope := range s.scopes {
				names = append(names, scope.Name())
			}
			one = append(one, member{s.scheme.name, names})
			needed = true
		}
		out = append(out, one)
	}
	if !needed {
		return nil
	}
	return out
}
