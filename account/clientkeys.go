package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast/jwt"
)

const (
	maxClientKeys = 12
	maxKeySet     = 16 << 10
)

// assertionAlgorithms are those with which a client may sign for itself: what
// signs with a secret that the server knows as well is not among them.
func assertionAlgorithms() []jwt.Algorithm {
	return []jwt.Algorithm{
		jwt.EdDSA, jwt.ES256, jwt.ES384, jwt.ES512, jwt.PS256, jwt.PS384, jwt.PS512, jwt.RS256, jwt.RS384, jwt.RS512,
	}
}

// clientKey is a public key of a client.
type clientKey struct {
	key        jwt.Key
	name       string // tells it from the others, in tokens
	thumbprint string // of RFC 7638, by which people know it
}

// keysOf reads the keys of a client.
func keysOf(c Client) ([]clientKey, error) {
	if c.Keys == "" {
		return nil, nil
	}
	set, err := jwt.ParseForeignSet([]byte(c.Keys), assertionAlgorithms()...)
	if err != nil {
		return nil, err
	}
	for _, one := range set.Skipped {
		return nil, fmt.Errorf("key %d: %s", one.Index, one.Reason)
	}
	out := make([]clientKey, len(set.Keys))
	for i, key := range set.Keys {
		public, err := jwt.MarshalPublicSet(key.WithID("")) // another kid makes no other key
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(append([]byte("client key "), public...))
		thumbprint, err := thumbprintOf(public)
		if err != nil {
			return nil, err
		}
		out[i] = clientKey{key, base64.RawURLEncoding.EncodeToString(sum[:16]), thumbprint}
	}
	return out, nil
}

// thumbprintOf is the SHA-256 thumbprint of the one key of a set (RFC 7638).
func thumbprintOf(set []byte) (string, error) {
	var parsed struct{ Keys []map[string]any }
	if err := json.Unmarshal(set, &parsed); err != nil {
		return "", err
	}
	members := map[string]any{}
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e"} {
		if value, ok := parsed.Keys[0][name]; ok {
			members[name] = value
		}
	}
	text, err := json.Marshal(members) // in the order of their names, without blanks
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:]), err
}

// describeKeys names the public keys of a client, by their kid and their thumbprint (RFC
// 7638): the first is what their maker calls them, and the second proves which they are.
func describeKeys(c Client) string {
	const most = 64 // of a kid
	keys, err := keysOf(c)
	if err != nil {
		return "unreadable"
	}
	var list []string
	for i, one := range keys {
		if i > 0 && keys[i-1].thumbprint == one.thumbprint {
			continue // an RSA key that names no algorithm is there once for each
		}
		kid := one.key.ID()
		list = append(list, url.QueryEscape(kid[:min(len(kid), most)])+"="+one.thumbprint)
	}
	return strings.Join(list, " ")
}

// checkClientKeys looks at the keys of a client that is to be kept.
func checkClientKeys(c Client) error {
	if c.Keys == "" {
		return nil
	}
	if c.Public {
		return &InvalidError{"jwks", "is there, and a public client has no key"}
	}
	if len(c.Keys) > maxKeySet {
		return &InvalidError{"jwks", "has more than 16 KiB"}
	}
	keys, err := keysOf(c)
	switch {
	case len(keys) > maxClientKeys:
		err = errors.New("there are too many keys; an RSA key that names no algorithm counts for six")
	case err == nil && len(keys) == 0:
		err = errors.New("there is no key")
	}
	if err != nil {
		return &InvalidError{"jwks", "is no set of public keys: " + err.Error()}
	}
	return nil
}
