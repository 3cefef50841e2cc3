package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// document is an OpenAPI document, as far as it is compared.
type document struct {
	Info         any                       `json:"info"`
	Servers      any                       `json:"servers"`
	Tags         any                       `json:"tags"`
	ExternalDocs any                       `json:"externalDocs"`
	Webhooks     map[string]map[string]any `json:"webhooks"`
	Paths        map[string]map[string]any `json:"paths"`
	Components   struct {
		Schemas         map[string]any `json:"schemas"`
		SecuritySchemes map[string]any `json:"securitySchemes"`
	} `json:"components"`
}

func readDocument(ctx context.Context, app, server string) (*document, error) {
	sent, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/openapi.json", nil)
	if err != nil {
		return nil, err
	}
	sent.Header.Set("X-App", app)
	got, err := client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer func() { _ = got.Body.Close() }()
	out := &document{}
	if err := json.NewDecoder(got.Body).Decode(out); err != nil {
		return nil, fmt.Errorf("%s: its document: %w", app, err)
	}
	return out, nil
}

// documents compares what both say of each route of an application.
func (r *report) documents(ctx context.Context, app, theirs, ours, only string) error {
	a, err := readDocument(ctx, app, theirs)
	if err != nil {
		return err
	}
	b, err := readDocument(ctx, app, ours)
	if err != nil {
		return err
	}
	r.documented(app+": document", only, a.about(), b.about())
	for _, all := range []struct {
		name         string
		theirs, ours map[string]map[string]any
	}{{"", a.Paths, b.Paths}, {"webhook ", a.Webhooks, b.Webhooks}} {
		for _, path := range slices.Sorted(maps.Keys(all.theirs)) {
			for _, method := range slices.Sorted(maps.Keys(all.theirs[path])) {
				name := app + ": document of " + all.name + strings.ToUpper(method) + " " + path
				r.documented(name, only, a.said(all.theirs[path][method], app), b.said(all.ours[path][method], app))
			}
		}
	}
	return nil
}

// documented compares two parts of documents.
func (r *report) documented(name, only string, theirs, ours map[string]any) {
	if !strings.Contains(name, only) {
		return
	}
	untyped(theirs, ours)
	for rule := range r.reasons.rules {
		if change := documentRules[rule]; change != nil && change(theirs, ours) {
			r.reasons.met["everywhere: "+rule] = true
		}
	}
	r.compare(&request{name: name, method: http.MethodGet, target: "/openapi.json"}, shown(theirs), shown(ours))
}

// about is what the document says about the API as a whole.
func (d *document) about() map[string]any {
	return map[string]any{"info": d.Info, "servers": d.Servers, "tags": d.Tags, "externalDocs": d.ExternalDocs}
}

// described adds the members of an operation that people read. They are compared where
// the application is about them.
func described(out, operation map[string]any) {
	for _, key := range []string{"tags", "summary", "description", "operationId", "deprecated", "externalDocs"} {
		if value, ok := operation[key]; ok {
			out[key] = value
		}
	}
	for _, one := range list(operation["parameters"]) {
		p := object(one)
		out[fmt.Sprint(p["in"], " ", p["name"], " is")] = []any{p["description"], p["deprecated"]}
	}
	for kind, one := range object(object(operation["requestBody"])["content"]) {
		out["examples of "+kind] = object(one)["examples"]
	}
	for name, one := range object(operation["callbacks"]) {
		out["callback "+name] = slices.Sorted(maps.Keys(object(one)))
	}
}

// untyped drops what an answer is made of where FastAPI was not told. It knows
// no more than that there is one.
func untyped(theirs, ours map[string]any) {
	for key, one := range theirs {
		for _, schema := range object(one) {
			if _, told := ours[key]; told && strings.HasPrefix(key, "answer ") && fmt.Sprint(schema) == fmt.Sprint(map[string]any{"types": []any(nil)}) {
				theirs[key], ours[key] = "something", "something"
			}
		}
	}
}

// said is the part of the document about a route: parameters and bodies, their schemas, and the answers of success.
func (d *document) said(of any, app string) map[string]any {
	operation, ok := of.(map[string]any)
	if !ok {
		return nil
	}
	out := map[string]any{}
	for _, one := range list(operation["parameters"]) {
		p := object(one)
		out[fmt.Sprint(p["in"], " ", p["name"])] = map[string]any{"required": p["required"] == true, "schema": d.schema(p["schema"], nil)}
	}
	if body := object(operation["requestBody"]); len(body) > 0 {
		out["body"] = map[string]any{"required": body["required"] == true, "content": d.content(body)}
	}
	for _, one := range list(operation["security"]) {
		for name, scopes := range object(one) {
			out["scheme "+name] = map[string]any{"scopes": scopes, "is": d.Components.SecuritySchemes[name]}
		}
		if len(object(one)) == 0 {
			out["anyone"] = true
		}
	}
	out["ways"] = len(list(operation["security"]))
	statuses := []string{}
	if app == "metadata" {
		described(out, operation)
	}
	for status, one := range object(operation["responses"]) {
		if status[0] == '2' || status[0] == '3' || status == "404" || status == "418" {
			out["answer "+status] = d.content(object(one))
		} else if status == "422" {
			statuses = append(statuses, status)
		}
	}
	out["refuses"] = statuses
	return out
}

// shown is what was said, as if it were an answer.
func shown(said map[string]any) *reply {
	body, err := json.Marshal(said)
	if err != nil {
		body = []byte(err.Error())
	}
	return &reply{http.StatusOK, http.Header{}, body}
}

func (d *document) content(of map[string]any) map[string]any {
	out := map[string]any{}
	for kind, one := range object(of["content"]) {
		out[kind] = d.schema(object(one)["schema"], nil)
	}
	return out
}

// told are the members of a schema that are compared. Titles, descriptions and
// examples say nothing about what is accepted.
var told = []string{
	"const", "default", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength", "maximum", "maxProperties",
	"minItems", "minLength", "minProperties", "minimum", "multipleOf", "pattern", "required", "uniqueItems", "contentMediaType",
}

// schema writes one schema as both write it, with components in their places.
// within are the components it is in.
func (d *document) schema(of any, within []string) any {
	s := object(of)
	if ref, ok := s["$ref"].(string); ok {
		name := ref[strings.LastIndex(ref, "/")+1:]
		if slices.Contains(within, name) {
			return "itself"
		}
		return d.schema(d.Components.Schemas[name], append(slices.Clone(within), name))
	}
	out := map[string]any{}
	for _, key := range told {
		if value, ok := s[key]; ok {
			out[key] = value
		}
	}
	types := list(s["type"])
	if one, ok := s["type"].(string); ok {
		types = []any{one}
	}
	out["types"] = words(types)
	d.insides(out, s, within)
	return d.alternatives(out, s, within)
}

// insides writes the schemas in a schema.
func (d *document) insides(out, s map[string]any, within []string) {
	if items, ok := s["items"]; ok {
		out["items"] = d.schema(items, within)
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok {
		out["others"] = d.schema(more, within)
	}
	for name, one := range object(s["properties"]) {
		out["."+name] = d.schema(one, within)
	}
	if required, ok := out["required"].([]any); ok {
		out["required"] = words(required)
	}
	if values, ok := out["enum"].([]any); ok {
		out["enum"] = slices.DeleteFunc(slices.Clone(values), func(v any) bool { return v == nil })
	}
	if format, _ := out["format"].(string); slices.Contains([]string{"int64", "double"}, format) {
		delete(out, "format")
	}
}

// alternatives writes anyOf and oneOf. What may also be null is one schema with
// null among its types.
func (d *document) alternatives(out, s map[string]any, within []string) any {
	var all []any
	null := false
	for _, one := range append(list(s["anyOf"]), list(s["oneOf"])...) {
		if object(one)["type"] == "null" {
			null = true
			continue
		}
		all = append(all, d.schema(one, within))
	}
	switch {
	case len(all) == 1 && null:
		one, ok := all[0].(map[string]any)
		if !ok {
			return []any{"null", all[0]}
		}
		one = maps.Clone(one)
		one["types"] = words(append(slices.Clone(one["types"].([]any)), "null"))
		for _, key := range []string{"default"} {
			if value, ok := out[key]; ok {
				one[key] = value
			}
		}
		return one
	case len(all) > 0:
		out["either"] = all
	}
	if mapping, ok := object(s["discriminator"])["propertyName"]; ok {
		out["told apart by"] = mapping
	}
	return out
}

func object(v any) map[string]any {
	out, _ := v.(map[string]any)
	return out
}

func list(v any) []any {
	out, _ := v.([]any)
	return out
}

// words sorts a list of words.
func words(of []any) []any {
	out := slices.Clone(of)
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// documentRules change what FastAPI says of a route to what it would be without
// a difference on purpose, as rules do for answers.
var documentRules = map[string]func(theirs, ours map[string]any) bool{
	"an answer has all its members": func(theirs, ours map[string]any) bool {
		changed := false
		for key := range theirs {
			if strings.HasPrefix(key, "answer ") {
				changed = strip(theirs[key], "required", "default") || changed
				strip(ours[key], "required", "default")
			}
		}
		return changed
	},
	"a parameter is never null": func(theirs, _ map[string]any) bool {
		changed := false
		for key, one := range theirs {
			if key != "body" {
				changed = notNull(object(object(one)["schema"])) || changed
			}
		}
		for kind, form := range object(object(theirs["body"])["content"]) {
			for _, field := range object(form) {
				changed = kind != "application/json" && notNull(object(field)) || changed
			}
		}
		return changed
	},
	"a file has the format binary": func(theirs, _ map[string]any) bool {
		return binary(theirs["body"])
	},
	"the server is named": func(theirs, ours map[string]any) bool {
		servers, ok := theirs["servers"]
		if !ok || servers != nil {
			return false
		}
		theirs["servers"] = ours["servers"]
		return true
	},
	"an empty default is not written": func(theirs, _ map[string]any) bool {
		changed := false
		for _, one := range theirs {
			changed = dropEmpty(one) || changed
		}
		return changed
	},
}

// binary gives files the format binary, and reports whether there is one.
func binary(schema any) bool {
	_, changed := object(schema)["contentMediaType"]
	if changed {
		object(schema)["format"] = "binary"
	}
	for _, one := range object(schema) {
		changed = binary(one) || changed
	}
	return changed
}

// notNull takes null out of the types of a schema.
func notNull(s map[string]any) bool {
	types := list(s["types"])
	if !slices.Contains(types, any("null")) {
		return false
	}
	s["types"] = slices.DeleteFunc(types, func(v any) bool { return v == "null" })
	return true
}

// dropEmpty takes the defaults of empty lists, objects and texts out of a schema
// and all in it.
func dropEmpty(schema any) bool {
	changed := false
	for key, one := range object(schema) {
		if said := fmt.Sprint(one); key == "default" && (said == "[]" || said == "map[]" || said == "") {
			delete(object(schema), key)
			changed = true
		}
		changed = dropEmpty(one) || changed
	}
	for _, one := range list(schema) {
		changed = dropEmpty(one) || changed
	}
	return changed
}

// strip takes members out of a schema and all in it.
func strip(schema any, members ...string) bool {
	changed := false
	for key, one := range object(schema) {
		if slices.Contains(members, key) {
			delete(object(schema), key)
			changed = true
		}
		changed = strip(one, members...) || changed
	}
	for _, one := range list(schema) {
		changed = strip(one, members...) || changed
	}
	return changed
}
