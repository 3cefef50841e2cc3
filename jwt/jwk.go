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

// MarshalPrivate writes the key with its secret part as a JWK (RFC 7517), for
// a store that only the server can read.
func (k Key) MarshalPrivate() ([]byte, error) {
	switch {
	case k.secret != nil:
		return json.Marshal(jose.JSONWebKey{Key: k.secret(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
	case k.private != nil:
		return json.Marshal(jose.JSONWebKey{Key: k.private(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
	}
	return nil, errors.New("jwt: the key has no private part")
}

// ParsePrivate reads what MarshalPrivate wrote: a key that has its secret
// part, and says that it is for signatures and for which algorithm.
func ParsePrivate(data []byte) (Key, error) {
	j, err := readJWK(data)
	if err != nil {
		return Key{}, fmt.Errorf("jwt: %w", err)
	}
	switch {
	case j.use != "sig":
		return Key{}, errors.New(`jwt: the key's use must be "sig"`)
	case j.alg == "":
		return Key{}, errors.New("jwt: the key does not name its algorithm")
	}
	k, err := j.key()
	if err == nil && !k.IsPrivate() {
		err = errors.New("the key has no private part")
	}
	if err != nil {
		return Key{}, fmt.Errorf("jwt: %w", err)
	}
	return k, nil
}

// ParseKey reads a JWK of any kind, public, private or secret. It may leave
// out what it is for, and its algorithm if its curve has only one; a key that
// says that it is for something else than signatures is refused. What its
// key_ops leave out it does not do.
func ParseKey(data []byte) (Key, error) {
	j, err := readJWK(data)
	if err != nil {
		return Key{}, fmt.Errorf("jwt: %w", err)
	}
	k, err := j.key()
	if err != nil {
		return Key{}, fmt.Errorf("jwt: %w", err)
	}
	return k, nil
}

// jwk is a JWK's members (RFC 7517 section 4) before they are a key.
type jwk struct {
	kty, use, alg, kid, crv string
	ops                     []string            // key_ops
	hasOps                  bool                // key_ops is there, perhaps empty
	parts                   map[string]jsonText // of the key itself, as they are written
	secret                  bool                // one of the parts is not public
	otherPrimes             bool                // oth
}

// jsonText is checked JSON.
type jsonText = json.RawMessage

// Members of the key itself, public and secret, which are all base64url (RFC
// 7518 section 6, RFC 8037 section 2).
var (
	publicParts = []string{"x", "y", "n", "e"}
	secretParts = []string{"d", "p", "q", "dp", "dq", "qi", "k"}
	otherNames  = []string{"kty", "use", "alg", "kid", "crv", "key_ops", "oth"}
)

// Errors of this file never quote a key.
var errJWK = errors.New("the key cannot be read")

// readJWK reads the members of a JWK. Certificates (x5c, x5u …) are left
// aside: nothing is trusted because of them.
func readJWK(data []byte) (jwk, error) {
	j := jwk{parts: map[string]jsonText{}}
	o := strictjson.NewObject(string(data), maxDepth)
	for o.Next() {
		if !j.read(&o) {
			return j, errJWK
		}
	}
	if o.Err() != nil {
		return j, errJWK
	}
	return j, nil
}

func (j *jwk) read(o *strictjson.Object) (ok bool) {
	switch name, value := o.Name(), o.Value(); {
	case name == "kty":
		j.kty, ok = strictjson.String(value)
	case name == "use":
		j.use, ok = strictjson.String(value)
		ok = ok && j.use != "" // or "" would be as good as none
	case name == "alg":
		j.alg, ok = strictjson.String(value)
		ok = ok && j.alg != ""
	case name == "kid":
		j.kid, ok = strictjson.String(value)
	case name == "crv":
		j.crv, ok = strictjson.String(value)
	case name == "key_ops":
		j.hasOps = true
		j.ops, ok = strictjson.Strings(value)
	case name == "oth":
		j.otherPrimes, j.secret, ok = true, true, true
	case slices.Contains(publicParts, name), slices.Contains(secretParts, name):
		j.secret = j.secret || slices.Contains(secretParts, name)
		j.parts[name], ok = jsonText(value), isBase64(value)
	default:
		ok = unlike(o, publicParts, secretParts, otherNames) == nil
	}
	return ok
}

func isBase64(value string) bool {
	part, ok := strictjson.String(value)
	if !ok {
		return false
	}
	var buf scratch
	_, ok = buf.decode(part)
	return ok
}

// curveAlgorithms are for keys that do not say what their curve says for them.
var curveAlgorithms = map[string]Algorithm{"Ed25519": EdDSA, "P-256": ES256, "P-384": ES384, "P-521": ES512}

// key makes the key, or says why it is none for signatures of this package.
func (j jwk) key() (Key, error) {
	alg := Algorithm(j.alg)
	if alg == "" {
		alg = curveAlgorithms[j.crv]
	}
	switch {
	case j.use != "" && j.use != "sig":
		return Key{}, fmt.Errorf("the key is for another use than signatures, %q", j.use)
	case alg == "":
		return Key{}, errors.New("the key does not name its algorithm")
	case !alg.known():
		return Key{}, fmt.Errorf("algorithm %q is not known here", alg)
	case j.otherPrimes:
		return Key{}, errors.New("the key has more than two primes")
	}
	noSign, noVerify, err := j.operations()
	if err != nil {
		return Key{}, err
	}
	k, err := j.material(alg)
	if err != nil {
		return Key{}, err
	}
	k.noSign, k.noVerify = noSign, noVerify
	return k, nil
}

// operations says what key_ops leaves out. Operations that are not those of
// signatures go with another use, and one key with two uses is refused (RFC
// 7517 section 4.3).
func (j jwk) operations() (noSign, noVerify bool, err error) {
	if !j.hasOps {
		return false, false, nil
	}
	for i, op := range j.ops {
		if op != "sign" && op != "verify" {
			return false, false, fmt.Errorf("the key's key_ops has %q, which is not done with signatures", op)
		}
		if slices.Contains(j.ops[:i], op) {
			return false, false, fmt.Errorf("the key's key_ops has %q twice", op)
		}
	}
	return !slices.Contains(j.ops, "sign"), !slices.Contains(j.ops, "verify"), nil
}

// material reads the key itself. Only its own members reach go-jose.
func (j jwk) material(alg Algorithm) (Key, error) {
	members := map[string]any{"kty": j.kty}
	if j.crv != "" {
		members["crv"] = j.crv
	}
	for name, value := range j.parts {
		members[name] = value
	}
	data, err := json.Marshal(members)
	if err != nil {
		return Key{}, errJWK
	}
	var read jose.JSONWebKey
	if err := read.UnmarshalJSON(data); err != nil {
		return Key{}, errJWK // the cause could quote the key
	}
	switch material := read.Key.(type) {
	case []byte:
		k, err := SecretKey(alg, material)
		if err != nil {
			return Key{}, errors.New(trimPrefix(err))
		}
		return k.WithID(j.kid), nil
	case crypto.Signer:
		k := keyPair(j.kid, alg, material)
		if err := k.check(); err != nil {
			return Key{}, err
		}
		return k, matches(material)
	default:
		k := Key{id: j.kid, alg: alg, public: crypto.PublicKey(material)}
		return k, k.check()
	}
}
