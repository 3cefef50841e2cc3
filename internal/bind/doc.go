// Package bind fills a struct from a request, as its tags say:
//
//	path:"id" query:"skip" header:"X-Trace" cookie:"theme" form:"username"
//
// and a field called Body, which is the JSON body. The tags that constrain a
// value (minLength, maximum, pattern, enum, default, format, doc …) are Huma's.
//
// [Compile] reads the tags once, when the application starts. What does not fit
// is returned as violations, all of them together; what cannot be read at all
// is a [BodyError]. The package knows no status and no route.
package bind

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Source is the request that a struct is filled from.
type Source interface {
	// What models check themselves with is the request's context.
	context.Context

	// Sent is the request as it was sent; see LimitBody.
	Sent() *http.Request

	// PathValue is the decoded value of a wildcard, and whether there is one.
	PathValue(name string) (string, bool)
}

// BodySource is a source whose body may be read.
type BodySource interface {
	Source

	// LimitBody is how many bytes of the body may be read. From then on the
	// body of the request that Sent returns fails where there are more.
	LimitBody() int64

	// Keep has files of the body removed when the request is over.
	Keep(files io.Closer)

	// Hold counts so many more bytes of the body that are in memory until the
	// request is over. Its error says that there is no room for them.
	Hold(bytes int64) error
}

// Invalid says that the input does not fit, and where.
type Invalid struct{ Violations []schema.Violation }

// Error counts the mistakes.
func (e *Invalid) Error() string { return fmt.Sprintf("%d invalid inputs", len(e.Violations)) }

// InvalidInput tells the error from a refusal of the caller.
func (e *Invalid) InvalidInput() {}

// Problem says why a body cannot be read.
type Problem uint8

// The problems of bodies. One that is too large has the error of
// [http.MaxBytesReader] instead.
const (
	CutShort  Problem = iota // it ends before its end
	Malformed                // it is no form
	NotJSON                  // it is said to be something else
	TooMuch                  // a form has more of something than it may, which the cause says in words for the caller
	NotStrict                // a form that is read strictly cannot be, which the cause says in words for the caller
	TooLarge                 // such a form is too large
)

// BodyError says that the body could not be read.
type BodyError struct {
	Problem Problem
	Cause   error // nil if the problem says it all
}

// Error says what went wrong while reading.
func (e *BodyError) Error() string {
	text := [...]string{"reading the body", "parsing the body", "the body is not said to be JSON", "the form", "the form", "the form"}[e.Problem]
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *BodyError) Unwrap() error { return e.Cause }
