package answer

import (
	"encoding/json"
	"net/http"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Violation is one entry of a 422: what does not fit, and where. The list of
// them is the "detail" of the answer.
type Violation struct {
	Type  string         `json:"type"`            // what kind of mistake, for programs
	Loc   []any          `json:"loc"`             // where: "body", then member names and indexes
	Msg   string         `json:"msg"`             // what is wrong, for people
	Input any            `json:"input,omitempty"` // the value, if it is a scalar and no secret
	Ctx   map[string]any `json:"ctx,omitempty"`   // the bound that was missed
}

// MarshalJSON writes the violation as FastAPI does: a value that is missing has
// the input null, others have none if it must not be shown.
func (v Violation) MarshalJSON() ([]byte, error) { return json.Marshal(schema.Violation(v)) }

// Failure is an error as a [Format] sees it: everything that may be told to the
// caller, and nothing else. The status and the headers are sent as they are.
type Failure struct {
	Status int

	// Detail is what was to be said: the text or value of an Error, the list of
	// Violations, or the status's own words.
	Detail any

	// Violations is everything that does not fit in a request; none unless that is
	// the reason.
	Violations []Violation

	// Code is that of the Error which a handler, a dependency or Errors.Own has
	// chosen; "" if it has none.
	Code string

	// Reason is the kind of error in one of the words of holdfast.Observation:
	// "no route", "no credential", "credential", "scope", "role", "input", "size",
	// "busy", "timeout", "failed", "panic" or "handler".
	Reason string

	// Request is what Config.OnDecision has returned, to which the caller can
	// refer; "" if there is none.
	Request string

	// MissingScopes are those that the caller lacks, all of which are needed, and
	// MissingRoles those of which one is. They are known only where a Request is.
	MissingScopes []string
	MissingRoles  []string

	// Unexpected says that no code has chosen this answer: it is a 500 of an error
	// or a panic, about which Detail says nothing.
	Unexpected bool
}

// Text is the Detail if that is a text, "The input does not fit" for Violations,
// and else the status in words.
func (f Failure) Text() string {
	switch text, ok := f.Detail.(string); {
	case ok:
		return text
	case len(f.Violations) > 0:
		return "The input does not fit"
	}
	return http.StatusText(f.Status)
}

// missing is what would have let the caller in.
type missing struct {
	AnyRoleOf []string `json:"any_role_of,omitempty" doc:"One of them"`
	Scopes    []string `json:"scopes,omitempty" doc:"All of them"`
}

func (f Failure) missing() *missing {
	if len(f.MissingScopes)+len(f.MissingRoles) == 0 {
		return nil
	}
	return &missing{f.MissingRoles, f.MissingScopes}
}

// detail is FastAPI's shape of an error.
type detail struct {
	Detail  any      `json:"detail"`
	Missing *missing `json:"missing,omitempty"`
	Request string   `json:"request,omitempty"`
}

// ProblemDetails is the shape of RFC 9457, with what Holdfast knows beyond it.
type ProblemDetails struct {
	Detail  any         `json:"detail" doc:"What went wrong this time, for people"`
	Errors  []Violation `json:"errors,omitempty" doc:"Everything that does not fit in the request"`
	Missing *missing    `json:"missing,omitempty" doc:"What would have let the caller in"`
	Request string      `json:"request,omitempty" doc:"What to refer to when asking why"`
	Status  int         `json:"status" doc:"The status of the answer"`
	Title   string      `json:"title" doc:"The kind of problem, for people"`
	Type    string      `json:"type" doc:"The kind of problem: a URI, or about:blank for what the status says"`
}

// Problem is the failure as RFC 9457 has it, of the type about:blank. A [Shape]
// may start with it and say more.
func (f Failure) Problem() ProblemDetails {
	out := ProblemDetails{
		Detail: f.Detail, Errors: f.Violations, Missing: f.missing(), Request: f.Request,
		Status: f.Status, Title: http.StatusText(f.Status), Type: "about:blank",
	}
	if len(f.Violations) > 0 {
		out.Detail = f.Text()
	}
	return out
}
