package holdfast

import (
	"log/slog"

	"github.com/holdfast-go/holdfast/apidoc"
)

// Config describes an application. Only Title and Version matter to most.
type Config struct {
	Title       string
	Version     string
	Description string

	// API is what the document says of the API beside its title and version:
	// who to ask, servers, tags, webhooks, how ids and components are named.
	API apidoc.API

	// Logger gets one record for each request that failed because of the server.
	// slog.Default() if nil.
	Logger *slog.Logger

	// MaxBody is the largest request body in bytes, also of raw handlers. 1 MiB
	// if zero; a route may have a limit of its own.
	MaxBody int64

	// BodyMemory is how many bytes of the bodies of all requests may be in memory at
	// once, as they have arrived; files of forms are not. 64 MiB if zero, or four of
	// the largest bodies that a route reads as a value. The first 16 KiB of each body
	// do not count. A request that finds no room waits, for two seconds at most, and is
	// answered with 503 and Retry-After then. A handler that reads the body itself has
	// MaxBody alone as its bound.
	BodyMemory int64

	// Errors says what errors of the program's own types are answered with, and how
	// the bodies of all errors look: those of the framework, too. A route may have
	// rules of its own, with [AnswerErrors].
	Errors Errors
	// MaxFields and MaxFiles are how many fields and how many files a form may
	// have, those that no handler takes included: 1,000 of each if zero. A form
	// with more is refused with 400.
	MaxFields, MaxFiles int

	// Docs says where the docs page and the document stand, and who may read
	// them. The zero Docs is /docs and /openapi.json, for everybody.
	Docs Docs

	// Observe is called when a request begins, with the route as it was
	// registered, such as "GET /items/{id}", or "" where none fits. What it
	// returns is called when everything of the request has ended, functions of
	// [AfterResponse] included. It must be safe for concurrent use. Nothing is
	// observed, at no cost, if nil.
	Observe func(route string) func(Observation)

	// Roles are the roles of the application, with what they grant: see
	// [Role.Grants]. If there are any, then a role that no route needs, and a
	// role or scope that a route needs and no caller can have, are errors at start.
	Roles []Role

	// Ungranted are scopes that no role grants on purpose.
	Ungranted []Scope

	// OnDecision is called with every decision about who may call, before the
	// answer to it, and must not block. What it returns is sent with a refusal
	// as "request", beside what is missing, so that the caller can refer to it;
	// nothing is if it is "". Without OnDecision no Decision is made. Of the
	// decisions during a stream (see [Raw]) it is called with the one that ends it,
	// by another goroutine.
	OnDecision func(Decision) string

	// Background bounds the work of [Background]: of how many requests it runs at
	// once, and how many functions wait beside those. 64 and 1,024 if zero.
	Background AtOnce

	// Gauge is told at the start of everything that is bounded for all routes:
	// dependencies by [Dep.AtMost], and the work of [Background] as "background".
	// read returns how many are at it, how many wait, and how many may be at it at
	// once; it is safe for concurrent use. metrics.Metrics has such a Gauge. Nothing
	// is measured if nil.
	Gauge func(name string, read func() (running, queued, most int))

	// Changes returns a number that is another one whenever something may have
	// changed by which policies are decided: the generation of a store, the
	// position in a log of changes. It is asked four times a second while there are
	// streams (see [Raw]), must not block, and must be safe for concurrent use. If
	// it is nil, and what verifies a credential does not tell either (see [Verify]),
	// the policies of streams are decided every three quarters of a second.
	Changes func() uint64
}

// Docs says where an application's docs page and its OpenAPI document stand,
// and who may read them. The zero Docs shows both to everybody. The page's
// addresses are relative, so that it works behind any path prefix.
type Docs struct {
	// Path is where the page stands: "/docs" if empty. What the page is made
	// of stands below it, and so does the page to which an authorization
	// server sends the browser back: "/docs/oauth2-redirect".
	Path string

	// DocumentPath is where the document stands: "/openapi.json" if empty.
	DocumentPath string

	// Policy says who may read page and document: [Public] if nil. For a page
	// that a person opens it must be one that a browser can satisfy by itself,
	// such as of [HTTPBasic] or [APIKeyCookie].
	Policy AnyPolicy

	// Viewer shows the document: Swagger UI if zero, or [apidoc.ReDoc].
	Viewer apidoc.Viewer

	// Parameters are the viewer's own, by its names, such as Swagger UI's
	// docExpansion, deepLinking and persistAuthorization. The values must be
	// what JSON can hold. Those that would show another document, load from
	// another host or run code are errors at start, as misspelt ones are.
	Parameters map[string]any

	// RedirectPath is where authorization servers send the browser back:
	// "oauth2-redirect" below the page if empty. ReDoc has none.
	RedirectPath string

	// Mine is the path of a route that tells callers what they may call, such as
	// "/me/routes" of package identity: GET with "all=true" answers with a list of
	// {"method": …, "path": …, "missing": …}, where what is missing is absent or ""
	// for what the caller may call. After Authorize the page asks it, with the token
	// of the dialog, and says at each operation whether it is open to the caller, or
	// what is missing. If empty, the page says nothing of that.
	Mine string

	// Granted is the path of a route that tells which scopes a person who has signed
	// in on a page of the origin can be granted at all: GET, with the cookies of the browser,
	// answers with {"user": …, "scopes": […]}, an empty user without a sign-in. The
	// Authorize dialog then says so, and ticks of them OAuth.Scopes and those with which
	// one reads. If empty, it says nothing and ticks OAuth.Scopes.
	Granted string

	// NoPage leaves out the page, NoDocument the page and the document.
	NoPage     bool
	NoDocument bool

	// OAuth fills in the page's Authorize dialog.
	OAuth DocsOAuth
}

// DocsOAuth is what the docs page knows about its own OAuth2 client. The
// authorization code flow always uses PKCE (RFC 7636).
type DocsOAuth struct {
	ClientID string
	AppName  string
	Scopes   []Scope           // ticked when the dialog opens
	Query    map[string]string // added to the authorization and token requests
}

func (d *Docs) complete() {
	if d.Path == "" {
		d.Path = "/docs"
	}
	if d.DocumentPath == "" {
		d.DocumentPath = "/openapi.json"
	}
	if d.Policy == nil {
		d.Policy = Public()
	}
}
