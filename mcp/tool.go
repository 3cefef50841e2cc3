package mcp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"sync/atomic"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
)

// callMethod is the method with which a client calls a tool.
const callMethod = "tools/call"

// toolName is what the protocol allows, without what means another address.
var toolName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// AddTool adds a tool. The policy says who may call it, beside the server's, which
// holds as well. The function is a handler like any other: it gets what the policy
// proves, and an input that was read and checked by the schema which the SDK makes of
// In, unless the tool has one of its own. What it returns is the tool's structured
// content; a function that returns a *sdk.CallToolResult says itself what the content
// is.
//
// An error is told to the model as the SDK does it, but no more of it than other
// handlers tell: the detail of a [*holdfast.Error], the list of a
// [*holdfast.ValidationError]. Of any other error, and of a panic, the model learns
// nothing, and the log all. A *jsonrpc.Error is one of the protocol.
//
// The context ends when the caller hangs up and when the caller's right ends. With
// [Request] it has the request of the protocol.
//
// Options are those of routes: [holdfast.Limit], [holdfast.Timeout] and so on. What
// is wrong with a tool is an error at start.
func AddTool[P, In, Out any](s *Server, p holdfast.Policy[P], tool *sdk.Tool, fn func(ctx context.Context, principal P, in In) (Out, error), options ...holdfast.RouteOption) {
	at := caller()
	if !s.checkTool(at, tool, fn == nil) {
		return
	}
	name := tool.Name
	run := func(ctx context.Context, request *sdk.CallToolRequest, in In) (Out, error) {
		c, ok := ctx.Value(callKey{}).(*call)
		principal, proved := new(P), false
		if ok {
			principal, proved = c.principal.(*P)
		}
		if !proved || c.tool != name {
			var none Out
			return none, errNoPolicy
		}
		ctx, cancel := c.context(ctx, request)
		defer cancel()
		out, err := fn(ctx, *principal, in)
		return out, s.told(ctx, name, err)
	}
	if err := register(s.sdk, tool, run); err != nil {
		s.fault(at, "tool %s: %w", name, err)
		return
	}
	s.group.Handle("POST /tools/"+name, holdfast.Raw(p, func(w http.ResponseWriter, r *http.Request, principal P) error {
		if err := s.checkOrigin(r); err != nil {
			return err
		}
		c := &call{tool: name, principal: &principal, request: r.Context()}
		s.stream.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
		return nil
	}), append(options, holdfast.Hidden(), at.option())...)
	s.paths[name] = s.pathOf(name)
}

// checkTool says what is wrong with a tool by itself.
func (s *Server) checkTool(at place, tool *sdk.Tool, none bool) bool {
	switch {
	case tool == nil:
		s.fault(at, "the tool is nil")
	case !toolName.MatchString(tool.Name) || tool.Name == "." || tool.Name == "..":
		s.fault(at, "tool %q: a name has 1 to 128 letters, digits, and _ . -", tool.Name)
	case none:
		s.fault(at, "tool %s: the function is nil", tool.Name)
	case s.paths[tool.Name] != "":
		s.fault(at, "tool %s is there already", tool.Name)
	default:
		return true
	}
	return false
}

// register makes the SDK know a tool, and returns what the SDK panics with.
func register[In, Out any](server *sdk.Server, tool *sdk.Tool, run func(context.Context, *sdk.CallToolRequest, In) (Out, error)) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%v", cause)
		}
	}()
	if _, whole := any(*new(Out)).(*sdk.CallToolResult); whole {
		sdk.AddTool(server, tool, func(ctx context.Context, request *sdk.CallToolRequest, in In) (*sdk.CallToolResult, any, error) {
			out, err := run(ctx, request, in)
			return any(out).(*sdk.CallToolResult), nil, err
		})
		return nil
	}
	sdk.AddTool(server, tool, func(ctx context.Context, request *sdk.CallToolRequest, in In) (*sdk.CallToolResult, Out, error) {
		out, err := run(ctx, request, in)
		return nil, out, err
	})
	return nil
}

// call is a call of a tool whose policy has passed.
type call struct {
	tool      string
	principal any             // a pointer to it
	request   context.Context // of HTTP
	used      atomic.Bool     // one decision is for one call, and not for all of a batch
}

type callKey struct{}

type requestKey struct{}

// context is that of the tool's function: the SDK's, and it ends with the request,
// whatever version of the protocol the client speaks.
func (c *call) context(ctx context.Context, request *sdk.CallToolRequest) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, requestKey{}, request))
	stop := context.AfterFunc(c.request, func() { cancel(context.Cause(c.request)) })
	return ctx, func() { stop(); cancel(nil) }
}

// Request is the request of the protocol that a tool's function works on, with its
// session, to report progress; nil for any other context.
func Request(ctx context.Context) *sdk.CallToolRequest {
	request, _ := ctx.Value(requestKey{}).(*sdk.CallToolRequest)
	return request
}

// errNoPolicy refuses what did not come by the route of its tool.
var errNoPolicy = &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "the call did not pass the policy of this tool"}

// guard lets no call pass that did not come by the route of its tool, and keeps a
// panic from ending the process: the SDK works in goroutines of its own.
func (s *Server) guard(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (result sdk.Result, err error) {
		defer func() {
			if cause := recover(); cause != nil {
				s.config.Logger.LogAttrs(ctx, slog.LevelError, "a request of MCP panicked", slog.String("method", method),
					slog.Any("error", cause), slog.String("stack", string(debug.Stack())))
				result, err = nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: http.StatusText(http.StatusInternalServerError)}
			}
		}()
		if method == callMethod {
			if err := s.passed(ctx, request); err != nil {
				return nil, err
			}
		}
		return next(ctx, method, request)
	}
}

// passed reports whether the request has passed the policy of the tool that it
// calls. Only AddTool makes a tool known.
func (s *Server) passed(ctx context.Context, request sdk.Request) error {
	params, ok := request.GetParams().(*sdk.CallToolParamsRaw)
	if !ok || params == nil {
		return errNoPolicy
	}
	if s.paths[params.Name] == "" {
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", params.Name)}
	}
	if c, ok := ctx.Value(callKey{}).(*call); !ok || c.tool != params.Name || c.used.Swap(true) {
		return errNoPolicy
	}
	return nil
}

// told is what a model may learn of an error, which the SDK tells it.
func (s *Server) told(ctx context.Context, tool string, err error) error {
	var (
		chosen  *holdfast.Error
		invalid *holdfast.ValidationError
		wire    *jsonrpc.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wire):
		return wire
	case errors.As(err, &invalid):
		return errors.New(words(invalid.Violations, http.StatusUnprocessableEntity))
	case !errors.As(err, &chosen):
		chosen = new(holdfast.Error)
	}
	status := cmp.Or(chosen.Status, http.StatusInternalServerError)
	if status >= http.StatusInternalServerError && ctx.Err() == nil {
		s.config.Logger.LogAttrs(ctx, slog.LevelError, "a tool failed", slog.String("tool", tool), slog.String("error", err.Error()))
	}
	return errors.New(words(chosen.Detail, status))
}

// words is a detail as a text.
func words(detail any, status int) string {
	switch text := detail.(type) {
	case string:
		return text
	case nil:
		return http.StatusText(status)
	}
	data, err := json.Marshal(detail)
	if err != nil {
		return http.StatusText(status)
	}
	return string(data)
}
