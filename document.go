package holdfast

import (
	"net/http"
	"reflect"

	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// documentOf says what the OpenAPI document says, from the plans that the
// runner follows.
func documentOf(config Config, routes []*route, types *schema.Registry) *openapi.Document {
	out := &openapi.Document{
		Title: config.Title, Version: config.Version, Description: config.Description,
		Path: config.Docs.DocumentPath, Types: types,
	}
	for _, s := range schemesOf(routes) {
		out.Schemes = append(out.Schemes, openapi.Scheme{Name: s.Name, Object: schemeObject(s)})
	}
	for _, rt := range routes {
		if !rt.options.hidden {
			out.Operations = append(out.Operations, rt.operation(types))
		}
	}
	return out
}

// schemeObject is the security scheme object with its description and, for
// OAuth2, the scopes in every flow.
func schemeObject(s *plan.Scheme) map[string]any {
	out := map[string]any{}
	for k, v := range s.OpenAPI {
		out[k] = v
	}
	if s.Text != "" {
		out["description"] = s.Text
	}
	flows, ok := out["flows"].(map[string]any)
	if !ok {
		return out
	}
	scopes := map[string]any{}
	for _, one := range s.Scopes {
		scopes[one.Name] = one.Text
	}
	full := map[string]any{}
	for name, flow := range flows {
		one := map[string]any{"scopes": scopes}
		for k, v := range flow.(map[string]any) {
			one[k] = v
		}
		full[name] = one
	}
	out["flows"] = full
	return out
}

func (rt *route) operation(types *schema.Registry) openapi.Operation {
	o := rt.options
	out := openapi.Operation{
		Method: rt.method, Path: rt.pattern.Path, Handler: rt.endpoint.name,
		Tags: o.tags, Summary: o.summary, Description: o.description, ID: o.id,
		Parameters: rt.parameters(), Body: rt.body(types), Responses: rt.responses(types), Security: rt.security(),
	}
	if row := rt.compiled.row(); row.Policy != "anyone" {
		out.WhoMayCall = row.Policy
	}
	return out
}

// parameters lists each parameter once: one that is read in several places is
// required if it is required anywhere.
func (rt *route) parameters() []openapi.Parameter {
	var out []openapi.Parameter
	at := map[string]int{}
	add := func(in, name string, required bool, s *schema.Schema) {
		i, ok := at[in+name]
		if !ok {
			i = len(out)
			at[in+name] = i
			out = append(out, openapi.Parameter{In: in, Name: name, Schema: s})
		}
		out[i].Required = out[i].Required || required
	}
	for _, input := range rt.compiled.inputs {
		for _, f := range input.Fields {
			add(f.In, f.Name, f.Required, f.Schema)
		}
	}
	for _, name := range rt.pattern.Names() {
		add("path", name, true, nil)
	}
	return out
}

func (rt *route) body(types *schema.Registry) *openapi.Body {
	switch input := rt.compiled.input; {
	case input != nil && input.Form != nil:
		return &openapi.Body{MediaType: "application/x-www-form-urlencoded", Schema: rt.form(types, input.Form), Required: true}
	case input != nil && input.Body != nil:
		return &openapi.Body{MediaType: "application/json", Schema: input.Body.Schema, Required: input.Body.Required}
	case rt.options.accepts != "":
		return &openapi.Body{MediaType: rt.options.accepts, Required: true}
	}
	return nil
}

func (rt *route) form(types *schema.Registry, fields []bind.Field) *schema.Schema {
	id := rt.options.id
	if id == "" {
		id = openapi.OperationID(rt.method, rt.pattern.Path, rt.endpoint.name)
	}
	var properties []schema.Property
	for _, f := range fields {
		properties = append(properties, schema.Property{Name: f.Name, Schema: f.Schema, Required: f.Required})
	}
	return types.Object("Body_"+id, properties)
}

// errorBody is how refusals look in the document.
type errorBody struct {
	Detail any `json:"detail" doc:"What is wrong"`
}

func (rt *route) responses(types *schema.Registry) []openapi.Response {
	out := []openapi.Response{rt.success(types)}
	refusal := types.Of(reflect.TypeFor[errorBody](), "")
	unauthorized, forbidden := rt.refuses()
	if unauthorized {
		out = append(out, openapi.Response{Status: http.StatusUnauthorized, Description: "No credential, or one that is not accepted", Schema: refusal})
	}
	if forbidden {
		out = append(out, openapi.Response{Status: http.StatusForbidden, Description: "Who may call: " + rt.compiled.row().Policy, Schema: refusal})
	}
	if len(rt.compiled.inputs) > 0 {
		out = append(out, openapi.Response{Status: http.StatusUnprocessableEntity, Description: "The input does not fit", Schema: refusal})
	}
	if b := rt.options.bounds; b.any() {
		out = append(out, openapi.Response{
			Status: http.StatusServiceUnavailable, Description: "Too much is going on, or it took too long; come again",
			RetryAfter: b.atOnce != nil || b.lane != nil, Schema: refusal,
		})
	}
	return out
}

// success is the answer of a handler that did what was asked.
func (rt *route) success(types *schema.Registry) openapi.Response {
	out := openapi.Response{Status: rt.status(), Description: "Successful Response", MediaType: rt.options.answers}
	switch t := rt.endpoint.out; {
	case rt.options.status == http.StatusSwitchingProtocols:
		out.Description = "The connection becomes a WebSocket"
	case t == nil && rt.options.status == 0 && rt.options.answers == "":
		return openapi.Response{Description: "What the handler writes"}
	case t != nil && t != noContentType && !t.Implements(handlerType):
		out.Schema = types.Of(t, rt.endpoint.name+"Response")
	}
	return out
}

// refuses reports whether a 401 and whether a 403 can happen.
func (rt *route) refuses() (unauthorized, forbidden bool) {
	for _, b := range rt.compiled.plan.Ways {
		unauthorized = unauthorized || len(b.Schemes) > 0
		for _, one := range b.Schemes {
			forbidden = forbidden || len(one.Scopes) > 0
		}
		for i := range b.Steps {
			forbidden = forbidden || b.Steps[i].Kind == plan.AskRoles
		}
	}
	return unauthorized, forbidden
}

// security is the operation's requirement: one object for each way,
// with every scheme that it needs. A way in without a credential is the empty
// object.
func (rt *route) security() []openapi.Requirement {
	var out []openapi.Requirement
	needed := false
	for _, b := range rt.compiled.plan.Ways {
		one := openapi.Requirement{}
		for _, s := range b.Schemes {
			one = append(one, openapi.Needed{Scheme: s.Scheme.Name, Scopes: s.Scopes.Names()})
			needed = true
		}
		out = append(out, one)
	}
	if !needed {
		return nil
	}
	return out
}
