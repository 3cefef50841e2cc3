package holdfast

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/holdfast-go/holdfast/internal/schema"
	"github.com/holdfast-go/holdfast/internal/swaggerui"
)

// Config describes an application. Only Title and Version matter to most.
type Config struct {
	Title       string
	Version     string
	Description string

	// Logger gets one record for each request that failed for a reason of
	// ours. slog.Default() if nil.
	Logger *slog.Logger

	// MaxBody is the largest request body in bytes, also of raw handlers. 1 MiB
	// if zero; a route may have a limit of its own.
	MaxBody int64

	// Docs says where the docs page and the document stand, and who may read
	// them. The zero Docs is /docs and /openapi.json, for everybody.
	Docs Docs

	// Observe is called when a request begins, with the route as it was
	// registered, such as "GET /items/{id}", or "" where none fits. What it
	// returns is called when the request has been answered. It must be safe
	// for concurrent use. Nothing is observed, at no cost, if nil.
	Observe func(route string) func(Observation)

	// Roles are the roles of the application, with what they grant: see
	// [Role.Grants]. If there are any, then a role that no route needs, and a
	// role or scope that a route needs and nobody can have, are errors at start.
	Roles []Role

	// Ungranted are scopes that no role grants, and that is meant.
	Ungranted []Scope

	// OnDecision is called with every decision about who may call, before the
	// answer to it, and must not block. What it returns is sent with a refusal
	// as "request", beside what is missing, so that the caller can refer to it;
	// nothing is if it is "". No decision is made up when OnDecision is nil.
	OnDecision func(Decision) string
}

// App is a set of routes and an [http.Handler] that serves them. Register
// routes first, then serve: registering a route after [App.Err] or the first
// request panics. Serving is safe for concurrent use.
type App struct {
	config Config
	log    *slog.Logger
	routes []*route
	faults []error
	types  *schema.Registry

	lifetimes *lifetimes
	origin    *App            // of a copy with replaced dependencies
	swap      map[*node]*node // what a copy replaces

	explain atomic.Pointer[func(Decision) string]

	once     sync.Once
	err      error
	mux      *http.ServeMux
	methods  []string
	document []byte
	page     *swaggerui.Page // nil if there is none
	started  bool
}

// New makes an application without routes.
func New(title, version string) *App { return NewApp(Config{Title: title, Version: version}) }

// NewApp makes an application without routes from a configuration.
func NewApp(config Config) *App {
	if config.MaxBody == 0 {
		config.MaxBody = 1 << 20
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	a := &App{config: config, log: config.Logger, types: schema.NewRegistry(), lifetimes: &lifetimes{}}
	a.OnDecision(config.OnDecision)
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
	e := wrap(p, h, caller(1))
	rt := a.add(pattern, e, e.policy, e.at, options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rt == nil || a.Err() != nil {
			a.fail(w, r, a.Err())
			return
		}
		rt.serveHTTP(w, r, true)
	})
}

// wrap makes an endpoint of a handler that does not ask who the caller is.
func wrap(p AnyPolicy, h http.Handler, at place) *endpoint {
	e := &endpoint{name: "handler", policy: erase(p), raw: true, empty: isNil(h), at: at}
	e.callWith = func(x *exchange, _ int, _ []int, _ int) error { return respondWith(x, h) }
	return e
}

// isNil reports whether there is no handler, or a nil function of one.
func isNil(h http.Handler) bool {
	v := reflect.ValueOf(h)
	return !v.IsValid() || v.Kind() == reflect.Func && v.IsNil() || v.Kind() == reflect.Pointer && v.IsNil()
}

func (a *App) add(pattern string, e *endpoint, p *policy, at place, options []RouteOption) *route {
	if a.started {
		panic(fmt.Sprintf("holdfast: %v: %s is registered after the application was checked or served", at, pattern))
	}
	rt, err := newRoute(a, pattern, e, p, at)
	if err != nil {
		a.fault(at, "%s: %w", pattern, err)
		return nil
	}
	for _, option := range options {
		if option == nil {
			a.fault(at, "%s: a nil option", pattern)
			continue
		}
		option(&rt.options)
	}
	if code := rt.options.status; code != 0 && (code < 200 || code > 599) {
		a.fault(at, "%s: status %d is no status of a response", pattern, code)
	}
	if rt.options.fault != nil {
		a.fault(at, "%s: %w", pattern, rt.options.fault)
	}
	a.routes = append(a.routes, rt)
	return rt
}

func newRoute(a *App, pattern string, e *endpoint, p *policy, at place) (*route, error) {
	method, path, ok := strings.Cut(pattern, " ")
	switch {
	case !ok:
		return nil, errors.New(`a pattern is "METHOD /path"`)
	case !strings.HasPrefix(path, "/"):
		return nil, errors.New("a path begins with a slash")
	case !slices.Contains(methods, method):
		return nil, fmt.Errorf("method %q is none of %s (HEAD comes with GET)", method, strings.Join(methods, ", "))
	case p == nil:
		return nil, errors.New("the zero Policy; if everybody may call, say Public()")
	case p.broken:
		return nil, errors.New("the policy is made of a zero Dep or a nil function")
	case p.fault != "":
		return nil, errors.New(p.fault)
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

// methods are those that a route can be registered for.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}

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

// Err returns everything that is wrong with the application's declarations,
// each with its file and line, or nil. An application with an error answers
// every request with 500; check Err before serving.
func (a *App) Err() error {
	a.once.Do(a.build)
	return a.err
}

func (a *App) build() {
	if a.origin == nil {
		a.addDocs()
	}
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
	a.faults = append(a.faults, a.documentFaults()...)
	if a.origin == nil {
		a.faults = append(a.faults, a.shadowFaults()...)
		a.faults = append(a.faults, a.roleFaults()...)
	}
	if a.err = errors.Join(a.faults...); a.err != nil {
		a.err = fmt.Errorf("holdfast: %w", a.err)
		return
	}
	if a.origin == nil {
		a.document, a.err = a.openapi()
	}
	if a.page != nil {
		a.page.Connect(a.authorizationServers())
	}
}

// componentName is what OpenAPI allows as the name of a component.
var componentName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

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
		if !componentName.MatchString(s.name) {
			out = append(out, fmt.Errorf("%v: scheme name %q: OpenAPI allows letters, digits, and . _ -", s.at, s.name))
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
