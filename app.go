package holdfast

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/access"
	"github.com/holdfast-go/holdfast/internal/background"
	"github.com/holdfast-go/holdfast/internal/bind"
	"github.com/holdfast-go/holdfast/internal/bodies"
	"github.com/holdfast-go/holdfast/internal/plan"
	"github.com/holdfast-go/holdfast/internal/resource"
	"github.com/holdfast-go/holdfast/internal/routing"
	"github.com/holdfast-go/holdfast/internal/schema"
)

// App is a set of routes and an [http.Handler] that serves them. Register
// routes first, then serve: registering a route after [App.Err] or the first
// request panics. Serving is safe for concurrent use.
type App struct {
	config    Config
	shared    *shared
	types     *schema.Registry
	lifetimes *lifetimes

	routes []*route
	faults []error
	late   []func() error // checks of what was declared that wait for the start

	once    sync.Once
	started bool
	err     error
	table   routing.Table[*compiled] // what the application serves
	all     routing.Table[*compiled] // guarded routes too: for conflicts, and tests
	docs    docs

	origin  *App                      // of a copy with replaced dependencies
	replace map[*plan.Node]*plan.Node // what a copy replaces
	around  around                    // what stands around it
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
	types := schema.NewRegistry(errorName, refusalName, invalidName)
	types.Explain(foundBy)
	types.NameBy(config.API.ComponentName)
	a := &App{config: config, types: types, lifetimes: &lifetimes{}}
	a.shared = &shared{log: config.Logger, observer: observer{config.Observe}, errors: config.Errors, changes: config.Changes, gauge: config.Gauge}
	a.shared.bodies = bodies.New(config.BodyMemory)
	a.shared.work = background.New(background.Config{AtOnce: max(config.Background.Requests, 0), Queue: max(config.Background.Queue, 0), Run: a.shared.runLater})
	a.OnDecision(config.OnDecision)
	return a
}

// foundBy says what an error of a Validate method means: the violations that it
// lists, or that the request ends with the answer that it has. Of any other one
// the words are the violation.
func foundBy(err error) (found []schema.Violation, ends error) {
	if list, ok := errors.AsType[*ValidationError](err); ok {
		for _, v := range list.violations() {
			found = append(found, schema.Violation(v))
		}
		return found, nil
	}
	if errors.Is(err, context.Canceled) || answerOf(err) != nil {
		return nil, err
	}
	return nil, nil
}

// OnDecision sets the function that is given every decision from now on, and
// returns the one before; nil is none. It is Config.OnDecision for tests of an
// application that is configured elsewhere, and safe at any time. What the
// document says of refusals is decided at the start, by the configuration.
func (a *App) OnDecision(fn func(Decision) string) (before func(Decision) string) {
	next := &fn
	if fn == nil {
		next = nil
	}
	if old := a.shared.onDecision.Swap(next); old != nil {
		return *old
	}
	return nil
}

// Handle registers an endpoint under "METHOD /path". A path is exact:
// "/items/" does not serve "/items/7".
func (a *App) Handle(pattern string, e Endpoint, options ...RouteOption) {
	a.register(pattern, e, plan.Caller(), options)
}

// Mount puts a handler under a path prefix and a policy: an application, a file
// server, a proxy. The policy holds for every method and every path below the
// prefix, and nothing below it is reached without; what the handler asks for
// itself comes on top. The handler sees paths without the prefix, as after
// [http.StripPrefix]; a request for the prefix alone is sent on to the one with
// a slash behind. A path with dot segments, encoded or not, is 404, since those
// lead out of the prefix where somebody decodes them. So is one that would belong
// to another route with its encoded slashes decoded.
//
// Bodies have the application's bound, or that of [MaxBody], here as everywhere.
//
// Of the patterns for a path the one that says the most decides, whatever the
// method: where a path has a route below the prefix, its other methods are a 405
// and not the mount's, and so is the redirect of a last slash. Such a route must
// not be easier to call than the mount unless it says [Shadows]. In the table of access, a mounted handler is
// one row with the method "*".
func (a *App) Mount(prefix string, p AnyPolicy, h http.Handler, options ...RouteOption) {
	at := plan.Caller()
	a.register(below(prefix), mounted(p, h, at), at, options)
}

func (a *App) register(pattern string, e Endpoint, at plan.Place, options []RouteOption) *route {
	if e.e == nil {
		a.fault(at, "%s: the zero Endpoint; make one with To, To1, To2, To3, Raw or RawInput", pattern)
		return nil
	}
	return a.add(pattern, e.e, e.e.policy, at, options)
}

// Protect puts a handler under a policy. It is a route of the application like
// any other, and the handler that Protect returns can be mounted in any other
// router as well. Where the application must not serve the path, because only
// the other router knows the path's values, use [App.Guard].
//
// However it is mounted, the handler answers 405 to any method but the
// pattern's own; GET includes HEAD.
func (a *App) Protect(pattern string, p AnyPolicy, h http.Handler, options ...RouteOption) http.Handler {
	return a.guarded(pattern, p, h, plan.Caller(), options, false)
}

// Guard puts a handler under a policy, for another router to serve: mount the
// handler that Guard returns, not h. The application does not serve the pattern
// itself, but lists, documents and tests it as any other route. The pattern says
// where callers find the handler. The path values are the other router's, which
// must set them as [http.ServeMux] does.
//
// However it is mounted, the handler answers 405 to any method but the
// pattern's own; GET includes HEAD.
func (a *App) Guard(pattern string, p AnyPolicy, h http.Handler, options ...RouteOption) http.Handler {
	return a.guarded(pattern, p, h, plan.Caller(), options, true)
}

func (a *App) guarded(pattern string, p AnyPolicy, h http.Handler, at plan.Place, options []RouteOption, guard bool) http.Handler {
	e := wrapped(p, h, at).e
	rt := a.add(pattern, e, e.policy, at, options)
	if rt != nil {
		rt.guard = guard
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.Err(); err != nil {
			a.shared.answerError(w, r, err)
			return
		}
		rt.compiled.serve(w, r, true)
	})
}

// add adds a route, and returns nil if it cannot be one.
func (a *App) add(pattern string, e *endpoint, p *plan.Policy, at plan.Place, options []RouteOption) *route {
	if a.started {
		panic(fmt.Sprintf("holdfast: %v: %s is registered after the application was checked or served", at, pattern))
	}
	method, path, _ := strings.Cut(pattern, " ")
	parsed, err := routing.Parse(path)
	rt := &route{method: method, pattern: &parsed, endpoint: e, policy: p, at: at}
	for _, option := range options {
		if option == nil {
			a.fault(at, "%s: a nil option", pattern)
			continue
		}
		option(&rt.options)
	}
	if rt.options.at != (plan.Place{}) {
		rt.at, at = rt.options.at, rt.options.at
	}
	if id := a.config.API.OperationID; id != nil && rt.options.id == "" && !rt.options.hidden {
		rt.options.id = id(apidoc.Endpoint{Method: method, Path: path, Handler: e.name, Tags: slices.Clone(rt.options.tags)})
	}
	faults := rt.faults(pattern, path, err)
	for _, err := range faults {
		a.fault(at, "%s: %w", pattern, err)
	}
	if len(faults) > 0 {
		return nil
	}
	a.routes = append(a.routes, rt)
	return rt
}

func (a *App) fault(at plan.Place, format string, args ...any) {
	a.faults = append(a.faults, fmt.Errorf("%v: "+format, append([]any{at}, args...)...))
}

// Err returns everything that is wrong with the application's declarations,
// each with its file and line, or nil. What is wrong about the types that
// handlers return is said once the rest is right. An application with an error answers
// every request with 500; check Err before serving.
func (a *App) Err() error {
	a.once.Do(func() {
		a.err = errors.New("holdfast: making the application panicked") // until it is known better
		a.err = a.build()
	})
	return a.err
}

// build makes everything that requests need of what was declared.
func (a *App) build() error {
	if a.origin == nil {
		a.addDocs()
		a.addMetadata()
	}
	a.started = true
	for _, check := range a.late {
		if err := check(); err != nil {
			a.faults = append(a.faults, err)
		}
	}
	a.checkConfig()
	if a.shared.gauge != nil {
		a.shared.gauge("background", a.shared.work.Stats)
	}
	c := &compiler{
		app: a, shared: a.shared, types: a.types, lifetimes: a.lifetimes, replace: a.replace, maxBody: a.config.MaxBody,
		form:     bind.Limits{Fields: a.config.MaxFields, Files: a.config.MaxFiles},
		metadata: resource.Address(a.config.API.Resource.URL),
	}
	var faults []plan.Fault
	for _, rt := range a.routes {
		rt.compiled, faults = c.compile(rt)
		rt.compiled.row = sync.OnceValue(rt.row)
		a.faults = append(a.faults, rt.named(faults)...)
		a.enter(rt)
	}
	freeze(schemesOf(a.routes))
	a.faults = append(a.faults, schemeFaults(a.routes)...)
	a.faults = append(a.faults, documentFaults(a.routes)...)
	if a.origin == nil {
		a.faults = append(a.faults, shadowFaults(a.routes)...)
		a.faults = append(a.faults, roleFaults(a.routes, a.config)...)
	}
	if err := errors.Join(a.faults...); err != nil {
		return fmt.Errorf("holdfast: %w", err)
	}
	if a.origin != nil {
		return nil
	}
	return a.document()
}

// checkConfig says what is wrong with the configuration.
func (a *App) checkConfig() {
	if a.config.MaxBody < 0 {
		a.faults = append(a.faults, fmt.Errorf("Config.MaxBody is %d bytes: more than none are needed, and 0 stands for 1 MiB", a.config.MaxBody))
	}
	if a.config.BodyMemory < 0 {
		a.faults = append(a.faults, fmt.Errorf("Config.BodyMemory is %d bytes: more than none are needed, and 0 stands for 64 MiB", a.config.BodyMemory))
	}
	for _, err := range a.config.API.Faults() {
		a.faults = append(a.faults, fmt.Errorf("Config.API: %w", err))
	}
	if err := a.config.Errors.fault(); err != nil {
		a.faults = append(a.faults, fmt.Errorf("Config.%w", err))
	}
	if a.config.MaxFields < 0 || a.config.MaxFiles < 0 {
		a.faults = append(a.faults, fmt.Errorf("Config.MaxFields is %d and MaxFiles %d: none may be negative, and 0 stands for 1000", a.config.MaxFields, a.config.MaxFiles))
	}
	if most := a.config.Background; most.Requests < 0 || most.Queue < 0 || most.Requests == 0 && most.Queue > 0 {
		a.faults = append(a.faults, errors.New("Config.Background wants at least one request at once and no negative queue, or nothing at all for what is usual"))
	}
}

// document makes the OpenAPI document, and the metadata of the resource.
func (a *App) document() error {
	document, err := documentOf(a.config, a.routes, a.types)
	if err == nil && a.config.API.Resource.URL != "" {
		a.docs.metadata, err = metadataOf(a.config, a.routes)
	}
	if err != nil {
		return fmt.Errorf("holdfast: %w", err)
	}
	return a.docs.render(document)
}

// addDocs registers the docs page and the document as routes like any other.
func (a *App) addDocs() {
	a.config.Docs.complete()
	routes, err := a.docs.routes(a.config.Title, a.config.Docs)
	if err != nil {
		a.fault(plan.BuiltIn, "docs: %w", err)
	}
	for _, one := range routes {
		e := plainRaw(a.config.Docs.Policy, one.serve, plan.BuiltIn).e
		a.add("GET "+one.path, e, e.policy, plan.BuiltIn, []RouteOption{Hidden()})
	}
}

// addMetadata registers what clients without a token are told of the application.
func (a *App) addMetadata() {
	if at := a.config.API.Resource.URL; at != "" {
		e := plainRaw(Public(), a.docs.serveMetadata, plan.BuiltIn).e
		a.add("GET "+resource.Path(at), e, e.policy, plan.BuiltIn, []RouteOption{Hidden()})
	}
}

// enter lets requests find the route. A guarded one must go together with all
// others, too: the table of access and the document tell routes apart by their
// method and path alone.
func (a *App) enter(rt *route) {
	err := a.all.Add(rt.method, rt.pattern, rt.compiled)
	if err == nil && !rt.guard {
		err = a.table.Add(rt.method, rt.pattern, rt.compiled)
	}
	if err != nil {
		a.faults = append(a.faults, conflict(rt, a.routes, err))
	}
}

func (a *App) original() *App {
	if a.origin != nil {
		return a.origin
	}
	return a
}

// ServeHTTP finds the route and serves it. The route that was matched is the
// one whose policy is enforced; nothing after this looks at
// the path to decide who may call.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.around.serve(a, w, r) }

func (a *App) serveFrom(w http.ResponseWriter, r *http.Request, routes *routing.Table[*compiled]) {
	if err := a.Err(); err != nil {
		a.shared.answerError(w, r, err)
		return
	}
	if c, ok := routes.Find(r); ok {
		c.serve(w, r, false)
		return
	}
	a.shared.observer.observe("", w, func(w http.ResponseWriter) { a.miss(w, r, routes) })
}

// miss answers for a path or method that no route serves.
func (a *App) miss(w http.ResponseWriter, r *http.Request, routes *routing.Table[*compiled]) {
	miss := routes.Miss(r)
	if miss.Location == "" {
		a.shared.answerError(w, r, &noRoute{miss.Allowed})
		return
	}
	w.Header().Set("Location", miss.Location)
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// Start makes the dependencies that live as long as the application, in the
// order in which routes first need them. Calling it is optional; it moves
// their errors from the first request to the start.
func (a *App) Start(ctx context.Context) error {
	if err := a.Err(); err != nil {
		return err
	}
	return a.lifetimes.start(ctx)
}

// Wait waits until the work of [Background] is done. When ctx ends before, the
// contexts of what is left end too, and Wait returns within a second, with an
// error if there is still something. ListenAndServe calls it; a program with a
// server of its own calls it after Shutdown.
func (a *App) Wait(ctx context.Context) error {
	if err := a.shared.work.Wait(ctx); err != nil {
		return fmt.Errorf("holdfast: %w", err)
	}
	return nil
}

// Close waits for the work of [Background] for up to ten seconds. Then it ends
// the dependencies that live as long as the application, the last made first, and
// returns what went wrong. Close the server first: no request may be in progress,
// and none may follow. Closing a copy with replaced dependencies ends what only
// the copy has.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(a.shared.work.Close(ctx), a.lifetimes.close())
}

// grace is how long what is in progress may take at the end.
const grace = 10 * time.Second

// OpenAPI returns the OpenAPI document, for tools that want it as a file. The
// caller may change the bytes.
func (a *App) OpenAPI() ([]byte, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	return slices.Clone(a.original().docs.document), nil
}

// Access lists the application's routes with who may call each, in the order
// of their registration, from the same structure that the runner enforces.
func (a *App) Access() ([]Access, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	routes := a.original().routes
	out := make([]Access, len(routes))
	for i, rt := range routes {
		out[i] = rt.row() // the caller may change it
	}
	return out, nil
}

// WriteAccess writes the table of [App.Access] for people.
func (a *App) WriteAccess(w io.Writer) error { return a.writeAccess(w, access.Document.WriteTable) }

// WriteAccessJSON writes an object with the routes of [App.Access] and the
// roles of the configuration, as `holdfast access diff` and `prove` read it.
func (a *App) WriteAccessJSON(w io.Writer) error { return a.writeAccess(w, access.Document.WriteJSON) }

// WriteAccessMarkdown writes the table of [App.Access] for a document.
func (a *App) WriteAccessMarkdown(w io.Writer) error {
	return a.writeAccess(w, access.Document.WriteMarkdown)
}

func (a *App) writeAccess(w io.Writer, write func(access.Document, io.Writer) error) error {
	if err := a.Err(); err != nil {
		return err
	}
	return write(accessDocument(a.original().routes, a.config.Roles), w)
}
