// Package answer has the answers that are more than a value: a success whose
// status the handler chooses, as an [Answer], and the shape of every error, as a
// [Format].
package answer

import (
	"errors"
	"net/http"
	"strings"
)

// Answer is a success with a status that the handler chooses, and with headers.
// A handler returns it in the place of the value:
//
//	func put(ctx context.Context, user User, in newItem) (answer.Answer[Item], error)
//
// The statuses between which it chooses are those of the route's option Status,
// which the document lists, each with T's schema; without that option the
// application does not start. An answer with another status is a mistake of the program: it is
// logged, and the caller gets a 500. What was registered with Defer sees a
// success, that is, no error.
//
// An answer of 204, 205, 304 or of a redirect has no body; neither has one whose
// T is holdfast.NoContent. The zero Answer is the zero T with the status that the
// route names first. An Answer is a value: to change one is to make another. It
// is not JSON, and stands in no other value.
type Answer[T any] struct {
	status int // the route's first if zero
	header http.Header
	value  T
}

// Of answers with a status and a value; with the status that the route names
// first if status is 0.
func Of[T any](status int, value T) Answer[T] { return Answer[T]{status: status, value: value} }

// OK answers 200.
func OK[T any](value T) Answer[T] { return Of(http.StatusOK, value) }

// Created answers 201: location is where the new thing is (RFC 9110 section
// 15.3.2). There is no such header if it is "".
func Created[T any](value T, location string) Answer[T] {
	return Of(http.StatusCreated, value).at(location)
}

// Accepted answers 202: what was asked for will be done later, and location is
// where to ask how it goes. There is no such header if it is "".
func Accepted[T any](value T, location string) Answer[T] {
	return Of(http.StatusAccepted, value).at(location)
}

// NoContent answers 204.
func NoContent[T any]() Answer[T] { return Answer[T]{status: http.StatusNoContent} }

// NotModified answers 304: what the caller has is still good (RFC 9110 section
// 15.4.5). Give it the ETag of the 200 with [Answer.WithHeader].
func NotModified[T any]() Answer[T] { return Answer[T]{status: http.StatusNotModified} }

// SeeOther answers 303: the caller shall GET the location, whatever the method
// was (RFC 9110 section 15.4.4).
func SeeOther[T any](location string) Answer[T] {
	return Redirect[T](http.StatusSeeOther, location)
}

// Redirect answers with a status of redirects, such as 307 or 308, which keep
// the method and the body. A location that a stranger has chosen sends callers
// wherever the stranger wants: compare it with what you know.
func Redirect[T any](status int, location string) Answer[T] {
	return Answer[T]{status: status}.at(location)
}

// at sets where the answer points to. What is not ASCII is escaped, as in a
// URL.
func (a Answer[T]) at(location string) Answer[T] {
	if location == "" {
		return a
	}
	return a.WithHeader("Location", escaped(location))
}

func escaped(url string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for _, c := range []byte(url) {
		if c > ' ' && c < 0x7f {
			out.WriteByte(c)
		} else {
			out.WriteString(string([]byte{'%', digits[c>>4], digits[c&15]}))
		}
	}
	return out.String()
}

// WithHeader returns the answer with one more header, sent beside those that
// middleware has set and, for Location, in their place. Content-Type,
// Content-Length and what else describes the bytes of the body is not taken from
// here. Nothing of it is sent if the request ends with an error.
func (a Answer[T]) WithHeader(name, value string) Answer[T] {
	a.header = a.header.Clone()
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Add(name, value)
	return a
}

// Status is the status; 0 stands for the one that the route names first.
func (a Answer[T]) Status() int { return a.status }

// Header is what the answer adds to the response. It is the answer's own: do not
// change it.
func (a Answer[T]) Header() http.Header { return a.header }

// Value is the value.
func (a Answer[T]) Value() T { return a.value }

// Pointer is the address of the value, a *T, for what encodes it.
func (a *Answer[T]) Pointer() any { return &a.value }

// MarshalJSON fails: the framework encodes the value by itself, and an Answer
// that stands in another value has lost its status.
func (Answer[T]) MarshalJSON() ([]byte, error) {
	return nil, errors.New("an answer.Answer is no part of a value: return it itself, not a pointer to it or something around it")
}

// Chosen is a pointer to an Answer of any type.
type Chosen interface {
	Status() int
	Header() http.Header
	Pointer() any
}

// HasBody reports whether an answer of a status has a body: not one of 204, 205
// and 304 (RFC 9110 section 15), nor a redirect, which is all Location.
func HasBody(status int) bool {
	switch status {
	case http.StatusNoContent, http.StatusResetContent:
		return false
	}
	return status < 300 || status > 399
}

// Redirects reports whether an answer of a status says where to go, with a
// Location.
func Redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
