package jwt

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/holdfast-go/holdfast/internal/strictjson"
)

// MarshalPublicSet writes the public parts as a JWK set (RFC 7517 section 5).
// HMAC keys have no public part and are left out.
func MarshalPublicSet(keys ...Key) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		if k.public != nil {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
		}
	}
	return json.Marshal(set)
}

// KeySet is a JWK set as it was read.
type KeySet struct {
	Keys    []Key        // those that verify
	Skipped []SkippedKey // those that were left out, and why
}

// SkippedKey is a key of a set that was left out.
type SkippedKey struct {
	Index  int    // its place in the set, from 0
	ID     string // its kid, "" if it has none or cannot be read
	Reason string
}

// ParsePublicSet reads a JWK set that somebody published. Keys that are not
// for verifying signatures, that are too weak, or whose kind or algorithm this
// package does not know are skipped, with the reason (RFC 7517 section 5); so
// are RSA keys that do not name their one algorithm.
//
// The whole set is an error if it is malformed, if two of its keys have one
// kid, or if a key in it is private or symmetric: that should not have been
// published, so that it is not known who has it.
func ParsePublicSet(data []byte) (KeySet, error) { return parseSet(data, published) }

// ParseKeySet reads a JWK set of one's own, such as a file, as ParsePublicSet
// does, but for its keys' secrets: keys of one kind may have them. A set that
// mixes symmetric keys with others is refused, because a verifier that has
// both can be made to take the one for the other.
func ParseKeySet(data []byte) (KeySet, error) { return parseSet(data, own) }

var (
	errSecret   = errors.New("jwt: key set: there is a secret in it")
	errNoVerify = errors.New("the key's key_ops does not have verify")
)

// origin is where a set comes from.
type origin int

const (
	published origin = iota
	own
)

func parseSet(data []byte, from origin) (KeySet, error) {
	list, err := splitSet(data)
	if err != nil {
		return KeySet{}, err
	}
	var set KeySet
	ids := map[string]bool{}
	symmetric := 0
	for i, raw := range list {
		j, err := readJWK(raw)
		if j.secret && from == published || err != nil && hasSecret(raw) {
			return KeySet{}, errSecret
		}
		if j.kid != "" && ids[j.kid] {
			return KeySet{}, fmt.Errorf("jwt: key set: two keys have the kid %q", j.kid)
		}
		ids[j.kid] = true
		if j.kty == "oct" {
			symmetric++
		}
		var k Key
		if err == nil {
			k, err = j.key()
		}
		if err == nil && !k.CanVerify() {
			err = errNoVerify
		}
		if err != nil {
			set.Skipped = append(set.Skipped, SkippedKey{i, j.kid, err.Error()})
			continue
		}
		set.Keys = append(set.Keys, k)
	}
	if symmetric > 0 && symmetric < len(list) {
		return KeySet{}, errors.New("jwt: key set: symmetric keys are mixed with others")
	}
	return set, nil
}

// splitSet returns the keys of a set as they are written. Members other than
// keys do not matter here.
func splitSet(data []byte) ([]json.RawMessage, error) {
	list, found := "", false
	o := strictjson.NewObject(string(data), maxDepth)
	for o.Next() {
		if o.Name() == "keys" {
			list, found = o.Value(), true
		} else if o.LooksLike("keys") {
			return nil, fmt.Errorf("jwt: key set: member %q looks like keys", o.Name())
		}
	}
	if err := o.Err(); err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	var keys []json.RawMessage
	if !found || list[0] != '[' || json.Unmarshal([]byte(list), &keys) != nil {
		return nil, errors.New("jwt: this is no key set: it has no list of keys")
	}
	return keys, nil
}

// hasSecret looks into a key that cannot be read as one.
func hasSecret(raw []byte) bool {
	o := strictjson.NewObject(string(raw), maxDepth)
	for o.Next() {
		for _, name := range append([]string{"oth"}, secretParts...) {
			if o.Name() == name || o.LooksLike(name) {
				return true
			}
		}
	}
	return false
}

// trimPrefix is an error's text for within another text.
func trimPrefix(err error) string { return strings.ReplaceAll(err.Error(), "jwt: ", "") }
