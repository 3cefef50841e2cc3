package holdfast

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
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
	header, is := single(r, "Authorization")
	if is != present {
		return "", "", is
	}
	end := strings.IndexAny(header+" ", " \t")
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
	s := newScheme(name, "Bearer", openapi, builtIn(bearerToken), at)
	s.core.Bearer = true
	return s
}

// bearerToken reads Authorization: Bearer TOKEN (RFC 6750 section 2.1). The
// scheme word is case-insensitive; an empty token is no token.
func bearerToken(r *http.Request) (string, presence) {
	_, token, is := authorization(r, "Bearer")
	return token, is
}
