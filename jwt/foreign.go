package jwt

import (
	"errors"
	"fmt"
	"slices"
)

// ParseForeignSet reads a JWK set that another party published, for a verifier
// that allows the algorithms given. Such sets are not as tidy as one's own, so
// it is as strict as [ParsePublicSet] about each key, and milder about the set:
//
//   - An RSA key that does not name its algorithm, as Microsoft's do not, is
//     one key for each of the algorithms that RSA keys can be for.
//   - Keys may share a kid. Those that are not for signatures are skipped first;
//     the others are told apart by kid and algorithm, and where both are the
//     same, a verifier tries each. A key that stands there twice is skipped once.
//   - A key for an algorithm that was not given is skipped.
//
// The whole set is an error if it is malformed, or if there is a private or
// symmetric key in it: that should not have been published.
func ParseForeignSet(data []byte, algorithms ...Algorithm) (KeySet, error) {
	list, err := splitSet(data)
	if err != nil {
		return KeySet{}, err
	}
	var set KeySet
	for i, raw := range list {
		j, err := readJWK(raw)
		if j.secret || err != nil && hasSecret(raw) {
			return KeySet{}, errSecret
		}
		var keys []Key
		if err == nil {
			keys, err = j.foreign(algorithms)
		}
		if err == nil && slices.ContainsFunc(set.Keys, keys[0].sameAs) {
			err = errors.New("the same key stands in the set already")
		}
		if err != nil {
			set.Skipped = append(set.Skipped, SkippedKey{i, j.kid, err.Error()})
			continue
		}
		set.Keys = append(set.Keys, keys...)
	}
	return set, nil
}

func (k Key) sameAs(other Key) bool { return k.same(&other) }

// foreign makes the keys that the members are: one, or for an RSA key that does
// not name its algorithm one for each that it can be for.
func (j jwk) foreign(algorithms []Algorithm) ([]Key, error) {
	switch {
	case !slices.Contains([]string{"RSA", "EC", "OKP"}, j.kty):
		return nil, fmt.Errorf("keys of kind %q are not known here", j.kty)
	case j.kty != "RSA" || j.alg != "":
		k, err := j.verifies(algorithms)
		return []Key{k}, err
	}
	var keys []Key
	for _, alg := range algorithms {
		if !slices.Contains(rsaAlgorithms, alg) {
			continue
		}
		j.alg = string(alg)
		k, err := j.verifies(algorithms)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil, errors.New("the key does not name its algorithm, and none for RSA keys is expected")
	}
	return keys, nil
}

// verifies makes the key if it verifies signatures of one of the algorithms.
func (j jwk) verifies(algorithms []Algorithm) (Key, error) {
	k, err := j.key()
	switch {
	case err != nil:
		return Key{}, err
	case !k.CanVerify():
		return Key{}, errNoVerify
	case !slices.Contains(algorithms, k.alg):
		return Key{}, fmt.Errorf("algorithm %q is not among those that are expected", k.alg)
	}
	return k, nil
}
