package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// Claims is what the issuer says of a caller. The zero Claims grants nothing.
// A test may make them by hand.
type Claims struct {
	Issuer    string
	Subject   string // who the caller is, to this issuer
	ClientID  string // the client that the token was issued to: client_id, azp, appid or cid; "" if none says
	Audience  []string
	Expiry    time.Time // zero if an introspection's answer does not say
	IssuedAt  time.Time
	ID        string   // jti
	SessionID string   // sid
	Scopes    []string // of scope, or else of scp
	Roles     []string // of Config.RolesClaim

	text string // the claims as they are written
}

// HasScope reports whether the token carries the scope.
func (c Claims) HasScope(scope string) bool { return scope != "" && slices.Contains(c.Scopes, scope) }

// HasRole reports whether the token carries the role.
func (c Claims) HasRole(role string) bool { return role != "" && slices.Contains(c.Roles, role) }

// Claim returns a claim as it is written, and false if it is not there. With
// several names it looks inside objects: Claim("address", "country"). It is JSON
// without duplicate members, so it may be unmarshalled.
func (c Claims) Claim(path ...string) (json.RawMessage, bool) {
	value, ok := find(c.text, path)
	return json.RawMessage(value), ok
}

// clone is a copy that shares nothing which somebody could change.
func (c Claims) clone() Claims {
	c.Audience, c.Scopes, c.Roles = slices.Clone(c.Audience), slices.Clone(c.Scopes), slices.Clone(c.Roles)
	return c
}

const maxDepth = 16 // of any JSON that is read, as in package jwt

// claimSet is the claims of a token, or the members of an answer, each as it is
// written.
type claimSet map[string]string

func readClaimSet(text string) (claimSet, error) {
	set := claimSet{}
	o := strictjson.NewObject(text, maxDepth)
	for o.Next() {
		set[o.Name()] = o.Value()
	}
	return set, o.Err()
}

// find looks for a value inside objects. The text has been checked.
func find(text string, path []string) (value string, ok bool) {
	if len(path) == 0 {
		return "", false
	}
	o := strictjson.NewObject(text, maxDepth)
	for o.Next() {
		if o.Name() != path[0] {
			continue
		}
		if len(path) == 1 {
			return o.Value(), true
		}
		return find(o.Value(), path[1:])
	}
	return "", false
}

// text returns a claim that is a string; "" if it is not there.
func (s claimSet) text(name string) (string, error) {
	value, ok := s[name]
	if !ok {
		return "", nil
	}
	text, ok := strictjson.String(value)
	if !ok {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return text, nil
}

// clientID is the first of the claims in which issuers write it.
func (s claimSet) clientID() (string, error) {
	for _, name := range []string{"client_id", "azp", "appid", "cid"} {
		if id, err := s.text(name); err != nil || id != "" {
			return id, err
		}
	}
	return "", nil
}

// scopes reads scope, which is one string (RFC 8693 section 4.2), or else scp,
// which is one string at Entra and a list at Okta.
func (s claimSet) scopes() ([]string, error) {
	if _, ok := s["scope"]; ok {
		scope, err := s.text("scope")
		return words(scope), err
	}
	value, ok := s["scp"]
	if !ok {
		return nil, nil
	}
	if list, ok := strictjson.Strings(value); ok {
		return list, nil
	}
	scope, ok := strictjson.String(value)
	if !ok {
		return nil, errors.New("scp is neither a string nor a list of strings")
	}
	return words(scope), nil
}

// words are parted by spaces and nothing else, as in jwt.Claims.
func words(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == ' ' })
}

// roles reads the claim of Config.RolesClaim.
func roles(text string, path []string) ([]string, error) {
	value, ok := find(text, path)
	if !ok || value == "null" {
		return nil, nil
	}
	if list, ok := strictjson.Strings(value); ok {
		return list, nil
	}
	if one, ok := strictjson.String(value); ok {
		return []string{one}, nil
	}
	var names []string
	o := strictjson.NewObject(value, maxDepth)
	for o.Next() {
		names = append(names, o.Name())
	}
	if o.Err() != nil {
		return nil, fmt.Errorf("%s is not a list of strings, a string, or an object", strings.Join(path, "."))
	}
	return names, nil
}

// complete fills in what is read alike from a token and from an answer.
func (c *Claims) complete(set claimSet, text string, rolesClaim []string) (err error) {
	c.text = text
	if c.ClientID, err = set.clientID(); err != nil {
		return err
	}
	if c.Scopes, err = set.scopes(); err != nil {
		return err
	}
	c.Roles, err = roles(text, rolesClaim)
	return err
}
