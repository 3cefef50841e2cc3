package holdfast

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/holdfast-go/holdfast/answer"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/openapi"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/resource"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// documentOf collects what goes into the OpenAPI document, from the plans that the
// runner follows. The errors are about what handlers return.
func documentOf(config Config, routes []*route, types *schema.Registry) (*openapi.Document, error) {
	out := &openapi.Document{
		Title: config.Title, Version: config.Version, Description: config.Description,
		Path: config.Docs.DocumentPath, Types: types,
	}
	describe := describer{types}
	bad := []error{describe.api(out, config.API), mineFault(config.Docs, routes)}
	shown := slices.DeleteFunc(slices.Clone(routes), func(rt *route) bool { return rt.options.hidden })
	for _, s := range schemesOf(shown) { // what hidden routes alone want is nobody's business who reads it
		out.Schemes = append(out.Schemes, openapi.Scheme{Name: s.Name, Object: schemeObject(s, flowsOff(config, routes))})
	}
	d := documenter{types, config.OnDecision != nil}
	bad = append(bad, d.formatFaults(routes)...)
	for _, rt := range routes {
		if rt.options.hidden {
			continue
		}
		one, err := d.operation(rt)
		if err != nil {
			bad = append(bad, fmt.Errorf("%v: %s: the answer: %w", rt.at, rt.name(), err))
		} else if err := describe.operation(&one, rt.options.about, rt.bodyType(), rt.endpoint.out); err != nil {
			bad = append(bad, fmt.Errorf("%v: %s: %w", rt.at, rt.name(), err))
		}
		one.Responses = d.otherErrors(rt, one.Responses)
		out.Operations = append(out.Operations, one)
	}
	return out, errors.Join(append(bad, types.NameFaults()...)...)
}

// mineFault says that the page would ask a route that is not there.
func mineFault(d Docs, routes []*route) error {
	for _, asked := range [][2]string{{"Mine", d.Mine}, {"Granted", d.Granted}} {
		if path := asked[1]; path != "" && !d.NoPage && !d.NoDocument && !slices.ContainsFunc(routes, func(rt *route) bool { return rt.method == http.MethodGet && rt.pattern.Path == path }) {
			return fmt.Errorf("Config.Docs.%s: there is no route GET %s, which the docs page would ask", asked[0], path)
		}
	}
	return nil
}

// metadataOf is what clients without a token are told of the application as a
// resource, from the plans that the runner follows.
func metadataOf(config Config, routes []*route) ([]byte, error) {
	var wanted resource.Wanted
	for _, rt := range routes {
		for _, way := range rt.compiled.plan.Ways {
			for _, one := range way.Schemes {
				if one.Scheme.Bearer {
					wanted.Token(one.Scopes.Names(), one.Scheme.OpenAPI)
				}
			}
		}
	}
	r := config.API.Resource
	return wanted.Metadata(resource.Metadata{
		Resource: r.URL, AuthorizationServers: r.AuthorizationServers, Scopes: r.Scopes,
		Name: cmp.Or(r.Name, config.Title), Documentation: cmp.Or(r.Documentation, config.API.ExternalDocs.URL), Terms: config.API.TermsOfService,
	})
}

// documenter documents the routes of one application.
type documenter struct {
	types *schema.Registry

	// explains says that refusals have a reference and what is missing.
	explains bool
}

// flowsOff reports which flows of OAuth2 the endpoint of a tokenUrl does not take,
// which is relative to the document.
func flowsOff(config Config, routes []*route) func(kind, tokenURL string) bool {
	off := map[[2]string]bool{}
	for _, rt := range routes {
		for _, kind := range rt.options.about.WithoutFlows {
			off[[2]string{kind, rt.pattern.Path}] = true
		}
	}
	return func(kind, tokenURL string) bool {
		at, err := (&url.URL{Path: config.Docs.DocumentPath}).Parse(tokenURL)
		return err == nil && off[[2]string{kind, at.Path}]
	}
}

// schemeObject is the security scheme object with its description and, for
// OAuth2, the scopes in every flow that is not off.
func schemeObject(s *plan.Scheme, off func(kind, tokenURL string) bool) map[string]any {
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
		if at, ok := one["tokenUrl"].(string); !ok || !off(name, at) {
			full[name] = one
		}
	}
	out["flows"] = full
	return out
}

func (d documenter) operation(rt *route) (openapi.Operation, error) {
	o := rt.options
	responses, err := d.responses(rt)
	out := openapi.Operation{
		Method: rt.method, Path: rt.pattern.Path, Handler: rt.endpoint.name,
		Tags: o.tags, Summary: o.summary, Description: o.description, ID: rt.operationID(),
		Parameters: rt.parameters(), Body: d.body(rt), Responses: responses, Security: rt.security(),
	}
	if row := rt.compiled.row(); row.Policy != anyone {
		out.WhoMayCall = row.Policy
	}
	return out, err
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

func (d documenter) body(rt *route) *openapi.Body {
	switch input := rt.compiled.input; {
	case input != nil && input.Form != nil:
		return d.form(rt, input.Form)
	case input != nil && input.Body != nil:
		return &openapi.Body{MediaType: "application/json", Schema: input.Body.Schema, Required: input.Body.Required}
	case rt.options.accepts != "":
		return &openapi.Body{MediaType: rt.options.accepts, Required: true}
	}
	return nil
}

// bodyType is the type of the JSON body; nil if there is none.
func (rt *route) bodyType() reflect.Type {
	if input := rt.compiled.input; input != nil && input.Body != nil {
		return input.Body.Type
	}
	return nil
}

// form is a body of fields, in parts if there are files among them. It may be
// absent if each of them may.
func (d documenter) form(rt *route, fields []bind.Field) *openapi.Body {
	out := &openapi.Body{MediaType: "application/x-www-form-urlencoded"}
	var properties []schema.Property
	for _, f := range fields {
		properties = append(properties, schema.Property{Name: f.Name, Schema: f.Schema, Required: f.Required})
		out.Required = out.Required || f.Required
		types, isFile := f.Files()
		if isFile {
			out.MediaType = "multipart/form-data"
		}
		if len(types) > 0 {
			out.PartTypes = append(out.PartTypes, openapi.PartType{Name: f.Name, Types: types})
		}
	}
	object := d.types.Object(properties)
	if out.MediaType == "multipart/form-data" {
		object = object.InParts()
	}
	out.Schema = d.types.Name("Body_"+rt.operationID(), object)
	return out
}

// The components for what error.go sends. The name of the 422's, and of the
// violations in it, is FastAPI's.
const (
	errorName   = "HTTPError"
	refusalName = "HTTPRefusal"
	invalidName = "HTTPValidationError"
	shapeName   = "HTTPFailure" // of a program's own shape whose type has no name
)

// plainError is how the answer looks to an error that no code chose.
func (d documenter) plainError() *schema.Schema {
	return d.types.Once(errorName, func() *schema.Schema {
		return d.types.Object([]schema.Property{{Name: "detail", Schema: d.types.Text(), Required: true}})
	})
}

// refusal is how a 401 or 403 looks.
func (d documenter) refusal() *schema.Schema {
	if !d.explains {
		return d.plainError()
	}
	return d.types.Once(refusalName, func() *schema.Schema {
		missing := d.types.Object([]schema.Property{
			{Name: "scopes", Doc: "All of them", Schema: d.types.List(d.types.Text())},
			{Name: "any_role_of", Doc: "One of them", Schema: d.types.List(d.types.Text())},
		})
		return d.types.Object([]schema.Property{
			{Name: "detail", Schema: d.types.Text(), Required: true},
			{Name: "request", Doc: "What to refer to when asking why", Schema: d.types.Text()},
			{Name: "missing", Doc: "What would have let the caller in", Schema: missing},
		})
	})
}

// invalid is how a 422 looks.
func (d documenter) invalid() *schema.Schema {
	return d.types.Once(invalidName, func() *schema.Schema {
		return d.types.Object([]schema.Property{{Name: "detail", Schema: d.types.Violations(), Required: true}})
	})
}

// responses are the answers of the handler and those that the declaration of
// the route leads to. What a handler or dependency answers with an error of its
// own is not known.
func (d documenter) responses(rt *route) ([]openapi.Response, error) {
	out, err := d.successes(rt)
	out = append(out, d.refusals(rt)...)
	if slices.ContainsFunc(rt.compiled.inputs, func(in *bind.Input) bool { return !in.Strict() }) {
		one := openapi.Response{Status: http.StatusUnprocessableEntity, Description: "The input does not fit"}
		out = append(out, d.shaped(rt, one, d.invalid))
	}
	bounded := rt.compiled.plan.Bounded()
	if b := rt.options.bounds; b.any() || bounded {
		busy := openapi.Response{Status: http.StatusServiceUnavailable, Description: "Too much is going on, or it took too long; come again"}
		if b.atOnce != nil || b.lane != nil || bounded {
			busy.Headers = []openapi.Header{{Name: "Retry-After", Description: "Seconds to wait", Type: "integer"}}
		}
		out = append(out, d.shaped(rt, busy, d.plainError))
	}
	out = append(out, d.failures(rt, out)...)
	return out, err
}

// failures are the errors that the program says it answers with and of whose
// body it says nothing: they look as the route's other errors do. A handler that
// writes for itself may send anything.
func (d documenter) failures(rt *route, known []openapi.Response) (out []openapi.Response) {
	answers := rt.options.about.Answers
	for i, a := range answers {
		same := func(one apidoc.Answer) bool { return one.Status == a.Status }
		described := func(one apidoc.Answer) bool { return same(one) && (one.Type.Go() != nil || one.MediaType != "") }
		has := func(r openapi.Response) bool { return r.Status == a.Status }
		switch {
		case a.Status < http.StatusBadRequest, rt.endpoint.writesItself():
		case slices.ContainsFunc(answers, described), slices.ContainsFunc(answers[:i], same), slices.ContainsFunc(known, has):
		default:
			out = append(out, d.shaped(rt, openapi.Response{Status: a.Status, Description: http.StatusText(a.Status)}, d.plainError))
		}
	}
	return out
}

// otherErrors says how the errors look that are not named, where they have a shape
// of the program's own. What a handler writes by itself is not known.
func (d documenter) otherErrors(rt *route, list []openapi.Response) []openapi.Response {
	if rt.compiled.format.Type() == nil || rt.endpoint.writesItself() {
		return list
	}
	return append(list, d.shaped(rt, openapi.Response{Description: "Any other error"}, nil))
}

// shaped is an error in the shape that the route's errors have: usual, or that
// of a program's own.
func (d documenter) shaped(rt *route, one openapi.Response, usual func() *schema.Schema) openapi.Response {
	switch format := rt.compiled.format; {
	case format.Type() != nil:
		one.MediaType = format.MediaType()
		one.Schema, _ = d.types.Output(format.Type(), shapeName) // formatFaults has the error
	case usual != nil:
		one.Schema = usual()
	}
	return one
}

// formatFaults says what is wrong with the types of the shapes of errors.
func (d documenter) formatFaults(routes []*route) []error {
	var out []error
	seen := map[answer.Format]bool{}
	for _, rt := range routes {
		if f := rt.compiled.format; f.Type() != nil && !seen[f] {
			seen[f] = true
			if _, err := d.types.Output(f.Type(), shapeName); err != nil {
				out = append(out, fmt.Errorf("Errors.Format: the shape: %w", err))
			}
		}
	}
	return out
}

// successes are the answers of a handler that did what was asked.
func (d documenter) successes(rt *route) (out []openapi.Response, err error) {
	for i, status := range rt.statuses() {
		one, wrong := d.success(rt, status)
		if i > 0 && status != http.StatusSwitchingProtocols {
			one.Description = http.StatusText(status)
		}
		out, err = append(out, one), cmp.Or(err, wrong)
	}
	return out, err
}

// success is the answer of a handler with one of its statuses.
func (d documenter) success(rt *route, status int) (out openapi.Response, err error) {
	out = openapi.Response{Status: status, Description: "Successful Response", MediaType: rt.options.answers}
	if rt.endpoint.chosen {
		out.Headers = location(status)
	}
	switch {
	case out.Status == http.StatusSwitchingProtocols:
		out.Description = "The connection becomes a WebSocket"
	case rt.endpoint.writesItself() && rt.options.status == 0 && rt.options.answers == "":
		return openapi.Response{Description: "What the handler writes"}, nil
	case rt.endpoint.writesItself(), rt.endpoint.out == noContentType:
	case out.Status == http.StatusNoContent, out.Status == http.StatusNotModified: // which never have a body
	case rt.endpoint.chosen && !answer.HasBody(status):
	default:
		out.Schema, err = d.types.Output(rt.endpoint.out, rt.endpoint.name+"Response")
	}
	return out, err
}

// location is the header of an answer that says where something is.
func location(status int) []openapi.Header {
	text := "Where to go"
	switch {
	case status == http.StatusCreated:
		text = "Where the new one is"
	case status == http.StatusAccepted:
		text = "Where to ask how it goes"
	case !answer.Redirects(status):
		return nil
	}
	return []openapi.Header{{Name: "Location", Description: text, Type: "string"}}
}

// refusals are the 401 and the 403, where they can happen.
func (d documenter) refusals(rt *route) []openapi.Response {
	var out []openapi.Response
	challenge := []openapi.Header{{Name: "WWW-Authenticate", Description: "What to present (RFC 9110 section 11.6.1)", Type: "string"}}
	add := func(status int, text string, headers []openapi.Header) {
		one := openapi.Response{Status: status, Description: text, Headers: headers}
		if !rt.refusesInOtherWords() {
			one = d.shaped(rt, one, d.refusal)
		}
		out = append(out, one)
	}
	credential, scopes, roles := rt.asks()
	if credential {
		add(http.StatusUnauthorized, "No credential, or one that is not accepted", challenge)
	}
	switch text := "Who may call: " + rt.compiled.row().Policy; {
	case scopes:
		add(http.StatusForbidden, text, challenge)
	case roles:
		add(http.StatusForbidden, text, nil)
	}
	return out
}

// asks reports what some way in asks for: without a credential, the answer can
// be a 401, and without scopes or roles a 403.
func (rt *route) asks() (credential, scopes, roles bool) {
	for _, way := range rt.compiled.plan.Ways {
		credential = credential || len(way.Schemes) > 0
		for _, one := range way.Schemes {
			scopes = scopes || len(one.Scopes) > 0
		}
		for i := range way.Steps {
			roles = roles || way.Steps[i].Kind == plan.AskRoles
		}
	}
	return credential, scopes, roles
}

// refusesInOtherWords reports whether a scheme has an answer of its own to
// callers without a credential, whose body may be anything.
func (rt *route) refusesInOtherWords() bool {
	return slices.ContainsFunc(rt.compiled.plan.Ways, func(way plan.PlannedWay) bool {
		return slices.ContainsFunc(way.Schemes, func(s plan.SchemeScopes) bool { return s.Scheme.Missing != nil })
	})
}

// security is the operation's requirement: one object for each way,
// with every scheme that it needs. A way in without a credential is the empty
// object.
func (rt *route) security() []openapi.Requirement {
	var out []openapi.Requirement
	needed := false
	for _, way := range rt.compiled.plan.Ways {
		one := openapi.Requirement{}
		for _, s := range way.Schemes {
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
