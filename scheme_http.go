package holdfast

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/holdfast-go/holdfast/internal/plan"
)

// HTTPCredentials is what follows in an Authorization header.
type HTTPCredentials struct {
	Scheme      string // the word as it was sent
	Credentials string // the rest, which is not empty
}

// Format writes the scheme alone: the credentials are secret.
func (c HTTPCredentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.Scheme+" [secret]") }

// BasicCredentials is a name and a password (RFC 7617).
type BasicCredentials struct {
	Username string
	Password string
}

// Format writes the name alone: the password is secret.
func (c BasicCredentials) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, c.Username+":[secret]")
}

// HTTPScheme is an HTTP authentication scheme of any name: "Digest", "DPoP".
// The word is compared without regard to case.
func HTTPScheme(word string, options ...SchemeOption) *Scheme[HTTPCredentials] {
	return httpScheme("HTTP"+word, word, word, plan.Caller()).apply(options)
}

// HTTPDigest finds Digest credentials (RFC 7616) and verifies nothing of them:
// that is the verifier's work.
func HTTPDigest(options ...SchemeOption) *Scheme[HTTPCredentials] {
	return httpScheme("HTTPDigest", "digest", "Digest", plan.Caller()).apply(options)
}

func httpScheme(name, word, challenge string, at plan.Place) *Scheme[HTTPCredentials] {
	find := func(r *http.Request) (HTTPCredentials, presence) {
		sent, rest, is := authorization(r, word)
		return HTTPCredentials{sent, rest}, is
	}
	s := newScheme(name, challenge, map[string]any{"type": "http", "scheme": word}, builtIn(find), at)
	if !plan.ScopeToken(word) || strings.ContainsAny(word, `",=`) {
		s.fault(at, "HTTP scheme %q is no token (RFC 9110 section 11.1)", word)
	}
	return s
}

// HTTPBasic makes the scheme of a name and a password with every request (RFC
// 7617). The realm may be empty. Credentials that are sent and cannot be read are
// refused, also by a policy that is [Optional].
func HTTPBasic(realm string, options ...SchemeOption) *Scheme[BasicCredentials] {
	challenge := "Basic"
	if realm != "" {
		challenge += " realm=" + quoted(realm)
	}
	s := newScheme("HTTPBasic", challenge, map[string]any{"type": "http", "scheme": "basic"}, builtIn(basicCredentials), plan.Caller())
	if strings.ContainsFunc(realm, func(r rune) bool { return r < ' ' || r > '~' }) {
		s.fault(s.core.At, "realm %q: a realm is printable ASCII", realm)
	}
	return s.apply(options)
}

// quoted is a quoted-string (RFC 9110 section 5.6.4).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func basicCredentials(r *http.Request) (BasicCredentials, presence) {
	_, rest, is := authorization(r, "Basic")
	if is != present {
		return BasicCredentials{}, is
	}
	data, err := base64.StdEncoding.DecodeString(rest)
	name, password, ok := strings.Cut(string(data), ":")
	if err != nil || !ok || !utf8.Valid(data) {
		return BasicCredentials{}, unreadable
	}
	return BasicCredentials{name, password}, present
}

// authorization splits the Authorization header into the scheme's word and the
// rest. Of two such headers a proxy may have checked the other one, so that
// neither can be read.
func authorization(r *http.Request, scheme string) (word, rest string, is presence) {
	header, is := only(r.Header["Authorization"])
	if is != present {
		return "", "", is
	}
	end := strings.IndexAny(header, " \t")
	if end < 0 {
		end = len(header)
	}
	word, rest = header[:end], header[end:]
	switch {
	case !strings.EqualFold(word, scheme):
		return "", "", absent
	case strings.HasPrefix(rest, "\t") || strings.Trim(rest, " ") == "":
		return "", "", unreadable
	}
	return word, strings.Trim(rest, " "), present
}

// HTTPBearer is a bearer token whose origin the document does not describe.
func HTTPBearer(options ...SchemeOption) *Scheme[string] {
	return newBearer("HTTPBearer", map[string]any{"type": "http", "scheme": "bearer"}, plan.Caller()).apply(options)
}

// newBearer is a scheme whose credential is a bearer token.
func newBearer(name string, openapi map[string]any, at plan.Place) *Scheme[string] {
	var s *Scheme[string]
	find := func(r *http.Request) (string, presence) {
		token, is := bearerToken(r)
		if is == present && s.core.Tokens != nil && !s.core.Tokens(token) {
			return "", absent
		}
		return token, is
	}
	s = newScheme(name, "Bearer", openapi, builtIn(find), at)
	s.core.Bearer = true
	return s
}

// WebSocketBearer is a bearer token among the subprotocols of a WebSocket
// (RFC 6455 section 1.9), for browsers, which can set no header of one:
//
//	new WebSocket("wss://example.org/chat", ["bearer", token])
//
// The token is what follows "bearer"; other subprotocols may stand before and
// after the two. As a subprotocol it consists of letters, digits and
// !#$%&'*+-.^_`|~, as a JWT does. Several tokens, or "bearer" without one, are
// refused, also by a policy that is [Optional].
//
// A browser closes the socket unless the server chooses one of the subprotocols:
// choose "bearer" or one of your own. The request that a handler gets has no token
// among them any more, so that none is chosen or logged by mistake. What stands in
// front, such as a proxy that logs this header, sees it.
//
// With [ScopesOf] it carries the scopes of the scheme that other requests use.
func WebSocketBearer(options ...SchemeOption) *Scheme[string] {
	find := func(r *http.Request) (string, presence) {
		token, _, is := socketToken(r.Header)
		return token, is
	}
	s := newScheme("WebSocketBearer", "Bearer", map[string]any{"type": "apiKey", "in": "header", "name": "Sec-WebSocket-Protocol"}, builtIn(find), plan.Caller())
	s.core.Text = `The subprotocol "bearer", and after it the access token.`
	s.core.Bearer = true
	s.core.Hide = func(h http.Header) {
		if _, rest, is := socketToken(h); is != absent {
			h[socketHeader] = []string{strings.Join(rest, ", ")}
		}
	}
	return s.apply(options)
}

const (
	socketHeader = "Sec-Websocket-Protocol" // as net/http writes it
	socketWord   = "bearer"
)

// socketToken finds the token among subprotocols, and what is left of them
// without it. Of what cannot be read, nothing is left but the word.
func socketToken(h http.Header) (token string, rest []string, is presence) {
	list := strings.Split(strings.Join(h[socketHeader], ","), ",")
	for i := range list {
		list[i] = strings.Trim(list[i], " \t")
	}
	at := slices.Index(list, socketWord)
	switch {
	case at < 0:
		return "", list, absent
	case at+1 == len(list) || list[at+1] == "" || list[at+1] == socketWord || slices.Contains(list[at+2:], socketWord):
		return "", []string{socketWord}, unreadable
	}
	return list[at+1], slices.Delete(slices.Clone(list), at+1, at+2), present
}

// bearerToken reads Authorization: Bearer TOKEN (RFC 6750 section 2.1). The
// scheme word is case-insensitive; an empty token is no token.
func bearerToken(r *http.Request) (string, presence) {
	_, token, is := authorization(r, "Bearer")
	return token, is
}
