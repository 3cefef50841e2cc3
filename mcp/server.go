package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/overrides"
)

// Config says what a Server is. Name is what most need.
type Config struct {
	Name    string // what clients are told; "holdfast" if empty
	Title   string // what people are shown; the name if empty
	Version string // "0.0.0" if empty

	// Instructions tell the model what the server is for.
	Instructions string

	// Path is the address of the server: "/mcp" if empty.
	Path string

	// Origins are the origins, such as "https://app.example.org", whose pages may
	// call the server. A request that comes from a page of another one is refused,
	// so that no page reaches a server on the reader's own machine by a name that it
	// has made for that. If empty, only pages of the server itself may, on the machine
	// where it runs. Programs are no pages.
	Origins []string

	// Logger gets what goes wrong in a tool, and is not told to the client.
	// slog.Default() if nil.
	Logger *slog.Logger
}

// Server is an MCP server at one address of an application. Add tools before the
// application is served. Serving is safe for concurrent use.
type Server struct {
	app    *holdfast.App
	group  *holdfast.Group
	config Config
	sdk    *sdk.Server
	stream http.Handler      // the SDK's
	paths  map[string]string // of tools, by their names
}

// New adds an MCP server to an application. The policy says who may reach it at all:
// who may list the tools, and, together with the policy of each, call them. Options
// are those of the address, such as [holdfast.MaxBody].
func New(app *holdfast.App, p holdfast.AnyPolicy, config Config, options ...holdfast.RouteOption) *Server {
	config.complete()
	s := &Server{app: app, config: config, paths: map[string]string{}, group: app.Group(config.Path, p)}
	s.sdk = sdk.NewServer(
		&sdk.Implementation{Name: config.Name, Title: config.Title, Version: config.Version},
		&sdk.ServerOptions{Instructions: config.Instructions, Logger: quiet(config.Logger), Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}}},
	)
	s.sdk.AddReceivingMiddleware(s.guard)
	s.stream = sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s.sdk }, &sdk.StreamableHTTPOptions{
		Stateless: true, Logger: quiet(config.Logger), PropagateRequestCancellation: true,
		MaxRequestBodyBytes: -1, // the application bounds it

		// The SDK takes a proxy on the same machine for an attack. Requests of pages
		// are told by their origin instead: see Config.Origins.
		DisableLocalhostProtection: true,
	})
	s.group.Handle("POST ", holdfast.Raw(holdfast.Public(), s.serve), append(options, holdfast.Hidden(), caller().option())...)
	return s
}

func (c *Config) complete() {
	for value, usual := range map[*string]string{&c.Name: "holdfast", &c.Version: "0.0.0", &c.Path: "/mcp"} {
		if *value == "" {
			*value = usual
		}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

// quiet is a logger without what the SDK says of every request.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(warnings{l.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }

// SDK is the server that the SDK knows, for prompts and resources: all who pass
// the server's policy may have them. A tool that is added to it directly has no
// policy, and so every call of it is refused.
func (s *Server) SDK() *sdk.Server { return s.sdk }

// serve takes everything that arrives at the server's address.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	if err := s.checkOrigin(r); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			return err
		}
		return &holdfast.Error{Status: http.StatusBadRequest, Detail: "There was an error reading the body", Cause: err}
	}
	r = r.WithContext(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	if path, ok := s.paths[toolIn(body)]; ok {
		again := r.Clone(r.Context())
		again.URL.Path, again.URL.RawPath = path, ""
		overrides.Serving(r.Context()).ServeHTTP(w, again)
		return nil
	}
	s.stream.ServeHTTP(w, r)
	return nil
}

// toolIn is the name of the tool that a message calls; "" for none. If somebody
// makes the SDK read another one, the guard refuses the call.
func toolIn(body []byte) string {
	message, err := jsonrpc.DecodeMessage(body)
	if err != nil {
		return ""
	}
	request, ok := message.(*jsonrpc.Request)
	if !ok || request.Method != callMethod {
		return ""
	}
	var params struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(request.Params, &params); err != nil {
		return ""
	}
	return params.Name
}

// checkOrigin refuses what a page of another origin has caused.
func (s *Server) checkOrigin(r *http.Request) error {
	origins := r.Header["Origin"]
	if len(origins) == 0 || len(origins) == 1 && (slices.Contains(s.config.Origins, origins[0]) || isOwn(origins[0], r.Host)) {
		return nil
	}
	return &holdfast.Error{Status: http.StatusForbidden, Detail: "Pages of this origin may not call"}
}

// isOwn reports whether an origin is the server's own, on a machine that calls
// itself. Another name than those that always mean this machine could be anybody's.
func isOwn(origin, host string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host != host || u.Scheme+"://"+u.Host != origin {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// place is where something was declared.
type place struct {
	file string
	line int
}

// caller is the place that called the function which calls caller.
func caller() place {
	_, file, line, _ := runtime.Caller(2)
	return place{file, line}
}

func (p place) option() holdfast.RouteOption {
	return overrides.Declared(p.file, p.line).(holdfast.RouteOption)
}

func (s *Server) fault(at place, format string, args ...any) {
	overrides.Fault(s.app, at.file, at.line, fmt.Errorf("mcp: "+format, args...))
}

// pathOf is the address of a tool.
func (s *Server) pathOf(tool string) string {
	return strings.TrimSuffix(s.config.Path, "/") + "/tools/" + tool
}
