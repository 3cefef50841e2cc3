package oauth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/answer"
)

// This file is how the endpoints speak that clients of OAuth call: a form in (their
// inputs embed strictform.Strict, by which it is read as RFC 6749 section 3.2 has it), an
// error of RFC 6749 section 5.2 out, no matter where it was found: in a grant,
// or by the framework, which has seen a broken form, too large a body or a panic.

// maxForm is how large a form may be, in bytes: what it holds is short.
const maxForm = 16 << 10

// speaks makes a route one of these endpoints.
func speaks() []holdfast.RouteOption {
	return []holdfast.RouteOption{
		holdfast.AnswerErrors(holdfast.Errors{Format: answer.Shape("application/json", describe)}),
		holdfast.MaxBody(maxForm), holdfast.Tags("tokens"),
	}
}

// refusal is the error body of RFC 6749 section 5.2, with FastAPI's detail
// beside it.
type refusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Detail      string `json:"detail"`
}

// ComponentName is its name in the document.
func (refusal) ComponentName() string { return "TokenError" }

// newRefusal writes the words as the RFC wants them.
func newRefusal(code, words string) refusal {
	words = plain(words)
	return refusal{code, words, words}
}

// plain is a text of the letters that an error_description may have (RFC 6749
// section 5.2): printable ASCII without quotes and backslashes.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '\\' || r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
}

func refuse(code, description string) error {
	return &holdfast.Error{Status: http.StatusBadRequest, Body: newRefusal(code, description)}
}

// describe says of an error that has no words of its own what it is.
func describe(_ *http.Request, f answer.Failure) refusal {
	code := f.Code
	if code == "" {
		code = codeOf(f.Status)
	}
	words := f.Text()
	return newRefusal(code, strings.ToUpper(words[:1])+words[1:])
}

// codeOf is the error of a status. Those of a server that fails are of the
// authorization endpoint (RFC 6749 section 4.1.2.1): the RFC has none for this
// one.
func codeOf(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "invalid_client"
	case status == http.StatusTooManyRequests:
		return "slow_down"
	case status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status >= http.StatusInternalServerError:
		return "server_error"
	}
	return "invalid_request"
}

// tooMany tells when to try again. The error is RFC 8628's, the only one that
// is registered for it.
func tooMany(err *account.ThrottledError) error {
	return &holdfast.Error{
		Status:     http.StatusTooManyRequests,
		RetryAfter: err.RetryAfter,
		Body:       newRefusal("slow_down", "Too many attempts"),
	}
}

// notGranted is the answer to a request for more than there is: of scopes
// invalid_scope, of resources invalid_target. It is nil for other errors.
func notGranted(err error) error {
	wrong, ok := errors.AsType[*account.InvalidError](err)
	switch {
	case !ok:
		return nil
	case wrong.Field == "resource":
		return refuse("invalid_target", wrong.Error())
	}
	return refuse("invalid_scope", wrong.Error())
}

// noKeeping has no cache keep what is answered (RFC 6749 section 5.1).
func noKeeping(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
}

// badScope is for a scope outside of the client's list. It is not granted less
// (ASVS V10.4.11).
func badScope() error { return refuse("invalid_scope", "The client may not ask for one of the scopes") }
