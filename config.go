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
	// nothing is if it is "". Without OnDecision no Decision is made.
	OnDecision func(Decision) string
}
