package issuer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// Kind is a kind of token that a service accepts.
//
// The kinds matter because an issuer signs ID tokens with the same keys. An ID
// token tells a client who has signed in. It is no permission to call an API,
// and clients keep it with less care. What keeps the two apart first is
// the audience: an ID token is for a client, an access token for an API, so an
// Audience that is no client's id lets no ID token in. Where client and API
// share one id, the kind is what is left.
type Kind int

const (
	// AccessTokens are the default. A token of typ at+jwt is one (RFC 9068
	// section 4). Most issuers write typ JWT or none, also into ID tokens. Such a
	// token is taken if it has a claim that access tokens alone have (scope, scp,
	// client_id, cid, azpacr, appidacr, gty, or token_use, typ or token_type
	// that says access or Bearer) and none that others have (nonce, at_hash,
	// c_hash, s_hash, events, or a token_use, typ or token_type that says
	// something else).
	AccessTokens Kind = iota

	// TypedAccessTokens are those of typ at+jwt alone: the best choice where the
	// issuer writes it, as Holdfast does.
	TypedAccessTokens

	// UnmarkedAccessTokens are AccessTokens without the claim that access tokens
	// alone have, for issuers that write none. It is safe only if Audience is no
	// client's id.
	UnmarkedAccessTokens

	// IDTokens are for callers who present an ID token to the service that it names
	// as its audience, as Google's service accounts and signed-in users of Apple do.
	// A token with a claim that access tokens alone have is refused; client_id is
	// not among those here, since some ID tokens have it.
	IDTokens
)

// ErrKind says that a token is of another kind than the one that is accepted.
var ErrKind = errors.New("issuer: another kind of token")

const typed = "at+jwt"

func (k Kind) known() bool { return AccessTokens <= k && k <= IDTokens }

// types are the values of typ that are taken: the first, and others.
func (k Kind) types() (first string, also []string) {
	switch k {
	case TypedAccessTokens:
		return typed, nil
	case IDTokens:
		return "JWT", []string{""}
	}
	return typed, []string{"JWT", ""}
}

// Claims by which kinds are told apart.
var (
	ofIDTokens     = []string{"nonce", "at_hash", "c_hash", "s_hash"}
	ofEvents       = []string{"events"}
	ofAccessTokens = []string{"scope", "scp", "cid", "azpacr", "appidacr", "gty", "client_id"}
	namingKind     = []string{"token_use", "typ", "token_type"} // Cognito's and Hydra's, Keycloak's, RFC 7662's

	accessWords = []string{"access", "access_token", "bearer", typed, "jwt"}
	idWords     = []string{"id", "id_token", "jwt"}
)

// check looks at a token's claims. They count if typ does not say that it is an
// access token.
func (k Kind) check(c claimSet) error {
	switch k {
	case TypedAccessTokens:
		return nil
	case IDTokens:
		return notAccess(c)
	}
	if err := notOther(c); err != nil || k == UnmarkedAccessTokens || marked(c) {
		return err
	}
	return fmt.Errorf("%w: nothing in it says that it is an access token: typ is not %s, and none of the claims %s is there",
		ErrKind, typed, strings.Join(ofAccessTokens, ", "))
}

// notOther refuses a token that is of another kind than an access token.
func notOther(c claimSet) error {
	return cmp.Or(without(c, ofIDTokens, "ID tokens"), without(c, ofEvents, "log-out tokens"), notNamed(c, accessWords))
}

// notAccess refuses a token that is of another kind than an ID token.
func notAccess(c claimSet) error {
	marks := ofAccessTokens[:len(ofAccessTokens)-1] // without client_id
	return cmp.Or(without(c, marks, "access tokens"), without(c, ofEvents, "log-out tokens"), notNamed(c, idWords))
}

// without refuses a token that has one of the claims.
func without(c claimSet, claims []string, whose string) error {
	for _, name := range claims {
		if _, ok := c[name]; ok {
			return fmt.Errorf("%w: it has the claim %s, as %s do", ErrKind, name, whose)
		}
	}
	return nil
}

// notNamed refuses a token that names its own kind and not with one of the
// words.
func notNamed(c claimSet, words []string) error {
	for _, name := range namingKind {
		value, ok := c[name]
		if !ok {
			continue
		}
		if word, ok := strictjson.String(value); !ok || !slices.Contains(words, strings.ToLower(word)) {
			return fmt.Errorf("%w: its %s is %.40s", ErrKind, name, value)
		}
	}
	return nil
}

// marked reports whether a claim says that this is an access token.
func marked(c claimSet) bool {
	for _, name := range ofAccessTokens {
		if _, ok := c[name]; ok {
			return true
		}
	}
	for _, name := range namingKind {
		if word, ok := strictjson.String(c[name]); ok && !strings.EqualFold(word, "jwt") {
			return true // notNamed has seen that it is one of accessWords
		}
	}
	return false
}
