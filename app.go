package holdfast

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/schema"
)

// Config describes an application. Only Title and Version matter to most.
type Config struct {
	Title       string
	Version     string
	Description string

	// Logger gets one record for each request that failed for a reason of
	// ours. slog.Default() if nil.
	Logger *slog.Logger

	// MaxBody is the largest request body in bytes. 1 MiB if zero.
	MaxBody int64

	// DocsPath is where the docs page stands: "/docs" if empty. The document
	// stands at "/openapi.json".
	DocsPath string

	// Roles are the roles of the application, with what they grant: see
	// [Role.Grants]. If there are any, then a role that no route needs, and a
	// role or scope that a route needs and nobody can have, are errors at start.
	Roles []Role

	// Ungranted are scopes that no role grants, and that is meant.
	Ungranted []Scope

	// Explain is called with every decision about who may call, before the
	// answer to it, and must not block. What it returns is sent with a refusal
	// as "request", beside what is missing, so that the caller can refer to it;
	// nothing is if it is "". No decision is made up when Explain is nil.
	Explain func(Decision) string

	// NoDocs leaves out the docs page and the document.
	NoDocs bool
}

// App is a set of routes and an [http.Handler] that serves them. Register
// routes first, then serve: registering a route after the first request
// panics. Serving is safe for concurrent use.
type App struct {
	config Config
	log    *slog.Logger
	routes []*route
	faults []error
	types  *schema.Registry

	explain atomic.Pointer[func(Decision) string]

	once     sync.Once
	err      error
	mux      *http.ServeMux
	methods  []string
	document []byte
	started  bool
}

// New makes an application without routes.
func New(title, version string) *App { return NewApp(Config{Title: title, Version: version}) }

// NewApp makes an application without routes from a configuration.
func NewApp(config Config) *App {
	if config.MaxBody == 0 {
		config.MaxBody = 1 << 20
	}
	if config.DocsPath == "" {
		config.DocsPath = "/docs"
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	a := &App{config: config, log: config.Logger, types: schema.NewRegistry()}
	a.Explain(config.Explain)
	return a
}

// Handle registers an endpoint under "METHOD /path". A path is exact:
// "/items/" does not serve "/items/7".
func (a *App) Handle(pattern string, e Endpoint, options ...RouteOption) {
	a.register(pattern, e, caller(1), options)
}

func (a *App) register(pattern string, e Endpoint, at place, options []RouteOption) {
	if e.e == nil {
		a.fault(at, "%s: the zero Endpoint; make one with To, To1, To2 or Raw", pattern)
		return
	}
	a.add(pattern, e.e, e.e.policy, at, options)
}

// Protect puts a handler under a policy. It is a route of the application like
// any other, and the handler that Protect returns can be mounted in any other
// router as well.
func (a *App) Protect(pattern string, p AnyPolicy, h http.Handler, options ...RouteOption) http.Handler {
	e := &endpoint{name: "handler", policy: erase(p), raw: true, empty: h == nil, at: caller(1)}
	e.callWith = func(x *exchange, _ int, _ []int, _ int) error {
		tracked := &rawWriter{ResponseWriter: x.writer}
		x.writer = tracked
		h.ServeHTTP(tracked, x.raw())
		return nil
	}
	rt := a.add(pattern, e, e.policy, e.at, options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt == nil || a.Err() != nil {
			a.fail(w, r, a.Err())
			return
		}
		rt.ServeHTTP(w, r)
	})
}

func (a *App) add(pattern string, e *endpoint, p *policy, at place, options []RouteOption) *route {
	if a.started {
		panic(fmt.Sprintf("holdfast: %v: %s is registered after the first request", at, pattern))
	}
	rt, err := newRoute(a, pattern, e, p, at)
	if err != nil {
		a.fault(at, "%s: %w", pattern, err)
		return nil
	}
	for _, option := range options {
		option(&rt.options)
	}
	a.routes = append(a.routes, rt)
	return rt
}

func newRoute(a *App, pattern string, e *endpoint, p *policy, at place) (*route, error) {
	method, path, ok := strings.Cut(pattern, " ")
	switch {
	case !ok || !strings.HasPrefix(path, "/"):
		return nil, errors.New(`a pattern is "METHOD /path"`)
	case method != strings.ToUpper(method) || method == "HEAD" || method == "CONNECT":
		return nil, fmt.Errorf("method %q: use upper case; HEAD comes with GET", method)
	case p == nil:
		return nil, errors.New("the zero Policy; if everybody may call, say Public()")
	case p.broken:
		return nil, errors.New("the policy is made of a zero Dep or a nil function")
	case e.empty:
		return nil, errors.New("the handler is nil")
	}
	for _, dep := range e.deps {
		if dep == nil || dep.broken {
			return nil, errors.New("the handler takes a zero Dep or one of a nil function")
		}
	}
	split, err := parsePattern(path)
	if err != nil {
		return nil, err
	}
	if err := goodRoles(p); err != nil {
		return nil, err
	}
	return &route{app: a, method: method, path: path, pattern: split, endpoint: e, policy: p, at: at}, nil
}

func goodRoles(p *policy) error {
	for _, alt := range p.alternatives {
		for _, one := range alt.needs {
			for _, r := range one.roles {
				if r.r == nil || r.r.name == "" {
					return errors.New("the zero Role; declare it with NewRole")
				}
			}
		}
	}
	return nil
}

func faultText(at place, format string, args ...any) string {
	return fmt.Errorf("%v: "+format, append([]any{at}, args...)...).Error()
}

func (a *App) fault(at place, format string, args ...any) {
	a.faults = append(a.faults, fmt.Errorf("%v: "+format, append([]any{at}, args...)...))
}

// Group returns a group of routes under a path prefix. The group's policies
// hold for each of its routes beside the route's own: a group can only make
// a route stricter.
func (a *App) Group(prefix string, policies ...AnyPolicy) *Group {
	return newGroup(a, prefix, nil, policies, caller(1))
}

// Group is a set of routes with a common path prefix and common policies. It
// is immutable; groups of groups are new groups.
type Group struct {
	app    *App
	prefix string
	policy []*policy
	at     place
}

func newGroup(a *App, prefix string, outer []*policy, policies []AnyPolicy, at place) *Group {
	g := &Group{app: a, prefix: prefix, policy: append([]*policy(nil), outer...), at: at}
	for _, p := range policies {
		if erase(p) == nil {
			a.fault(at, "group %s: the zero Policy", prefix)
		}
		g.policy = append(g.policy, erase(p))
	}
	return g
}

// Group returns a group inside this one.
func (g *Group) Group(prefix string, policies ...AnyPolicy) *Group {
	return newGroup(g.app, g.prefix+prefix, g.policy, policies, caller(1))
}

// Handle registers an endpoint under "METHOD /path", the path below the
// group's prefix.
func (g *Group) Handle(pattern string, e Endpoint, options ...RouteOption) {
	g.register(pattern, e, caller(1), options)
}

func (g *Group) register(pattern string, e Endpoint, at place, options []RouteOption) {
	method, path, _ := strings.Cut(pattern, " ")
	if e.e == nil {
		g.app.register(pattern, e, at, options)
		return
	}
	p := e.e.policy
	for i := len(g.policy) - 1; i >= 0; i-- {
		p = and(p, g.policy[i])
	}
	g.app.add(method+" "+g.prefix+path, e.e, p, at, options)
}

// Err returns everything that is wrong with the application's declarations,
// each with its file and line, or nil. An application with an error answers
// every request with 500; check Err before serving.
func (a *App) Err() error {
	a.once.Do(a.build)
	return a.err
}

func (a *App) build() {
	a.addDocs()
	a.started = true
	a.mux = http.NewServeMux()
	seen := map[string]bool{}
	for _, rt := range a.routes {
		a.faults = append(a.faults, rt.compile()...)
		a.mount(rt)
		if !seen[rt.method] {
			seen[rt.method] = true
			a.methods = append(a.methods, rt.method)
		}
	}
	a.faults = append(a.faults, a.schemeFaults()...)
	a.faults = append(a.faults, a.shadowFaults()...)
	a.faults = append(a.faults, a.roleFaults()...)
	if a.err = errors.Join(a.faults...); a.err != nil {
		a.err = fmt.Errorf("holdfast: %w", a.err)
		return
	}
	a.document, a.err = a.openapi()
}

// schemeFaults reports two schemes of one name, and mistakes in a scheme's
// own declaration.
func (a *App) schemeFaults() []error {
	var out []error
	named := map[string]*scheme{}
	for _, s := range a.schemes() {
		s.frozen.Store(true)
		for _, text := range s.faults {
			out = append(out, errors.New(text))
		}
		if other, ok := named[s.name]; ok {
			out = append(out, fmt.Errorf("%v: scheme %s has the name of another at %v; give one of them Named(...)", s.at, s.name, other.at))
		}
		named[s.name] = s
	}
	return out
}

// schemes lists the schemes that routes reach, in order of first use.
func (a *App) schemes() []*scheme {
	var out []*scheme
	for _, rt := range a.routes {
		for _, b := range rt.plan.branches {
			for _, one := range b.schemes {
				if !contains(out, one.scheme) {
					out = append(out, one.scheme)
				}
			}
		}
	}
	return out
}

// NewServer returns an http.Server for the handler with time and size limits
// that a slow or hostile caller cannot outlast.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// ListenAndServe serves on addr until ctx ends, then lets requests in
// progress finish for up to ten seconds. It refuses to start an application
// whose declarations are wrong.
func (a *App) ListenAndServe(ctx context.Context, addr string) error {
	if err := a.Err(); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("holdfast: listen on %s: %w", addr, err)
	}
	server := NewServer(addr, a)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
