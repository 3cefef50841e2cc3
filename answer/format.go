package answer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/internal/schema"
)

// Format is the shape of the bodies of errors. The zero Format is FastAPI's,
// {"detail": …}, with what is missing and a reference beside it where there are
// some, and plain text for an error that was not expected; a request that accepts
// application/problem+json gets that. A Format is safe for concurrent
// use if its function is.
type Format struct{ of *format }

type format struct {
	mediaType string
	body      func(*http.Request, Failure) any // a pointer to the body
	bodyType  reflect.Type                     // nil for FastAPI's shape
	header    http.Header
	err       error
}

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

// Shape is a shape of a program's own: body makes what is sent of each error, as
// JSON, and B is its schema in the document. Where mediaType is not one of JSON,
// such as "text/html; charset=utf-8", B must be a string, which is sent as it is:
// whatever of the Failure goes into HTML must be escaped.
//
// body sees the request without its body, since the caller may not be allowed to
// send one. It can change neither the status nor the headers; [Format.WithHeader] adds some to
// all. If it panics, or
// what it returns cannot be encoded, that is logged, and the caller gets the
// error in the zero Format, with the same status and headers.
func Shape[B any](mediaType string, body func(*http.Request, Failure) B) Format {
	t := reflect.TypeFor[B]()
	out := &format{mediaType: mediaType, bodyType: t}
	filler := schema.FillerOf(t)
	out.body = func(r *http.Request, f Failure) any {
		made := body(r, f)
		if filler != nil {
			filler.Fill(reflect.ValueOf(&made).Elem())
		}
		return &made
	}
	kind, _, err := mime.ParseMediaType(mediaType)
	switch {
	case body == nil:
		out.err = errors.New("the function of the Shape is nil")
	case err != nil || !strings.Contains(kind, "/"):
		out.err = fmt.Errorf("the media type %q of the Shape is none", mediaType)
	case !isJSON(kind) && t.Kind() != reflect.String:
		out.err = fmt.Errorf("a Shape of %s must make a string, not %v: only JSON is encoded", mediaType, t)
	}
	return Format{out}
}

// Problem is the shape of RFC 9457, application/problem+json, for every caller.
func Problem() Format {
	return Shape(problemType, func(_ *http.Request, f Failure) ProblemDetails { return f.Problem() })
}

// Detail is the zero Format by name, for a route of an application that has
// another one.
func Detail() Format { return Format{&format{}} }

func isJSON(mediaType string) bool {
	kind, _, _ := mime.ParseMediaType(mediaType)
	return kind == jsonType || strings.HasSuffix(kind, "+json")
}

// WithHeader returns the format with one more header, sent with every error that has
// this shape, in place of another of the name: where an error is a page, browsers are
// to be told as of every page what may frame it and what it may load. It changes
// nothing of the zero Format and of Detail, and Content-Type and Content-Length are
// not taken from here.
func (f Format) WithHeader(name, value string) Format {
	if f.Type() == nil {
		return f
	}
	of := *f.of
	if of.header = of.header.Clone(); of.header == nil {
		of.header = http.Header{}
	}
	of.header.Set(name, value)
	of.header.Del("Content-Type")
	of.header.Del("Content-Length")
	return Format{&of}
}

// Header is what WithHeader was given. It is the format's own: do not change it.
func (f Format) Header() http.Header {
	if f.of == nil {
		return nil
	}
	return f.of.header
}

// IsZero reports whether no format was chosen.
func (f Format) IsZero() bool { return f.of == nil }

// Err says what is wrong with the declaration of the format. An application with
// such a format does not start.
func (f Format) Err() error {
	if f.of == nil {
		return nil
	}
	return f.of.err
}

// MediaType is what the bodies are, and "" for FastAPI's shape, for which the
// caller may choose.
func (f Format) MediaType() string {
	if f.of == nil {
		return ""
	}
	return f.of.mediaType
}

// Type is the type of the bodies; nil for FastAPI's shape.
func (f Format) Type() reflect.Type {
	if f.of == nil {
		return nil
	}
	return f.of.bodyType
}

// Encode writes the body for an error, and returns its media type. What was
// written is of no use if it returns an error.
func (f Format) Encode(w io.Writer, r *http.Request, x Failure) (mediaType string, err error) {
	switch {
	case f.Type() == nil && wantsProblem(r):
		return problemType, writeJSON(w, x.Problem())
	case f.Type() == nil && x.Unexpected:
		_, err := io.WriteString(w, http.StatusText(x.Status))
		return "text/plain; charset=utf-8", err
	case f.Type() == nil && x.onlyText():
		_, err := io.WriteString(w, `{"detail":"`+x.Text()+`"}`)
		return jsonType, err
	case f.Type() == nil:
		return jsonType, writeJSON(w, detail{x.Detail, x.missing(), x.Request})
	}
	body := f.of.body(r, x)
	if !isJSON(f.of.mediaType) {
		_, err := io.WriteString(w, reflect.ValueOf(body).Elem().String())
		return f.of.mediaType, err
	}
	return f.of.mediaType, writeJSON(w, body)
}

// onlyText reports whether FastAPI's shape of the failure is a text which JSON
// writes as it is, as that of nearly every refusal.
func (f Failure) onlyText() bool {
	text, ok := f.Detail.(string)
	if !ok || f.Request != "" || f.missing() != nil {
		return false
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(value)
}

// wantsProblem reports whether Accept asks for RFC 9457's form by name.
func wantsProblem(r *http.Request) bool {
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, problemType) {
			return true
		}
	}
	return false
}
