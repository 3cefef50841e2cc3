package jwt

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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

// ParsePublicSet reads a JWK set that somebody published. Keys that are not
// for signatures, or whose kind or algorithm this package does not know, are
// left out (RFC 7517 section 5); so are RSA keys that do not name their one
// algorithm. A set with a private or symmetric key is refused whole: it should
// not have been published.
func ParsePublicSet(data []byte) ([]Key, error) {
	if err := strictjson.Check(data, maxDepth); err != nil {
		return nil, fmt.Errorf("jwt: key set: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errors.New("jwt: this is no key set")
	}
	var keys []Key
	for _, raw := range set.Keys {
		key, ok, err := parsePublic(raw)
		if err != nil {
			return nil, err
		}
		if ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// curveAlgorithms are for keys that do not say what their curve says for them.
var curveAlgorithms = map[string]Algorithm{"Ed25519": EdDSA, "P-256": ES256, "P-384": ES384, "P-521": ES512}

func parsePublic(raw []byte) (k Key, ok bool, err error) {
	var meta struct {
		Use   string   `json:"use"`
		Ops   []string `json:"key_ops"`
		Curve string   `json:"crv"`
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil || json.Unmarshal(raw, &meta) != nil {
		return Key{}, false, errors.New("jwt: a key of the set is malformed")
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := all[name]; ok {
			return Key{}, false, errors.New("jwt: the key set has a secret in it")
		}
	}
	var j jose.JSONWebKey
	if meta.Use != "" && meta.Use != "sig" || meta.Ops != nil && !slices.Contains(meta.Ops, "verify") || j.UnmarshalJSON(raw) != nil {
		return Key{}, false, nil
	}
	k = Key{id: j.KeyID, alg: Algorithm(j.Algorithm), public: crypto.PublicKey(j.Key)}
	if k.alg == "" {
		k.alg = curveAlgorithms[meta.Curve]
	}
	return k, k.check() == nil, nil
}
