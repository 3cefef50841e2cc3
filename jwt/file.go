package jwt

import (
	"fmt"

	"github.com/holdfast-go/holdfast/internal/secretfile"
)

// ReadKey reads a JWK from a file, as ParseKey does. One with a secret in it is
// refused if any other user may read or change the file, but for its group, to
// which containers are given their secrets.
func ReadKey(path string) (Key, error) {
	data, exposed, err := secretfile.ReadAny(path)
	if err != nil {
		return Key{}, err
	}
	key, err := ParseKey(data)
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("%s: %w", path, err)
	case key.IsPrivate() && exposed != nil:
		return Key{}, exposed
	}
	return key, nil
}

// ReadKeySet reads a JWK set from a file, as ParseKeySet does, and refuses one
// with secrets as ReadKey does a key.
func ReadKeySet(path string) (KeySet, error) {
	data, exposed, err := secretfile.ReadAny(path)
	if err != nil {
		return KeySet{}, err
	}
	set, err := ParseKeySet(data)
	if err != nil {
		return KeySet{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, k := range set.Keys {
		if k.IsPrivate() && exposed != nil {
			return KeySet{}, exposed
		}
	}
	return set, nil
}
