package identity

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"

	"github.com/holdfast-go/holdfast/account"
)

// leastSecret is how long a service's secret must be, in characters: it is made
// by a machine and for one, and so guesses at it are not counted.
const leastSecret = 32

// checkServices says what is wrong with the services that may ask about tokens.
func checkServices(services map[string]account.Secret) (reason string) {
	for name, secret := range services {
		switch {
		case name == "":
			return "a service has no name"
		case len(secret) < leastSecret:
			return fmt.Sprintf("the secret of %s has less than %d characters; make one with: openssl rand -hex 32", name, leastSecret)
		}
	}
	return ""
}

// knownService reports whether a service has a secret, in a time that tells
// neither the name nor the secret.
func knownService(services map[string]account.Secret) func(name, secret string) bool {
	sums := map[string][sha256.Size]byte{}
	for name, secret := range services {
		sums[name] = sha256.Sum256([]byte(secret))
	}
	return func(name, secret string) bool {
		given, want := sha256.Sum256([]byte(secret)), sums[name]
		_, ok := sums[name]
		return subtle.ConstantTimeCompare(given[:], want[:]) == 1 && ok
	}
}
