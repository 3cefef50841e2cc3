package issuer

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// Bounds that no configuration changes.
const (
	maxDocument = 256 << 10 // bytes of a discovery document
	maxKeySet   = 512 << 10 // bytes of a key set
	maxKeys     = 100       // keys of a set that verify
	maxAnswer   = 64 << 10  // bytes of an introspection's answer

	leastAge  = time.Minute     // a key set is not read more often for its own sake, whatever the issuer says
	mostAge   = time.Hour       // nor less often
	silentAge = 5 * time.Minute // when the issuer says nothing
	maxDelay  = time.Minute     // between attempts while the issuer is down
)

// Config says which of an issuer's tokens are good. The zero Config lacks only
// the audience.
type Config struct {
	// Audience is what tokens for this service name in aud; required unless
	// InsecureNoAudience.
	Audience string

	// Algorithms are those that the issuer may sign with; RS256, ES256 and EdDSA
	// if empty. An RSA key that does not name its algorithm, as Microsoft's do not,
	// is for those of them that are RSA's. HMAC is not possible.
	Algorithms []jwt.Algorithm

	// Accept is which kind of token is good; AccessTokens if zero.
	Accept Kind

	// Leeway is how far the issuer's clock and this one may differ; 30 seconds if
	// zero, none if negative, at most a minute.
	Leeway time.Duration

	// RolesClaim is where tokens list roles, for Claims.HasRole: {"roles"} for
	// Entra, {"realm_access", "roles"} for Keycloak. It may be a list of strings, one
	// string, or an object whose names are the roles, as Zitadel has it. No roles
	// are read if empty.
	RolesClaim []string

	// KeySetURL is where the issuer publishes its keys. If empty it is discovered
	// (RFC 8414, OpenID Connect Discovery); otherwise no document is read.
	KeySetURL string

	// LookAgain is the least time between two reads of the key set because of
	// tokens with unknown keys; 5 seconds if zero, between a second and a minute. Up
	// to 1,000 callers with such tokens wait for the next read, others are told to
	// come again.
	LookAgain time.Duration

	// MaxStale is how long the keys of the last good read are used while the issuer
	// cannot be read; 24 hours if zero, at least two minutes. After that no token is
	// good until it can.
	MaxStale time.Duration

	HTTP HTTP             // how the issuer is reached
	Log  *slog.Logger     // changes of keys, and failures to read them; nowhere if nil
	Now  func() time.Time // time.Now if nil

	// InsecureNoAudience takes tokens for any audience. Another service that gets a
	// token from its caller can then use it here.
	InsecureNoAudience bool
}

var defaultAlgorithms = []jwt.Algorithm{jwt.RS256, jwt.ES256, jwt.EdDSA}

// withDefaults checks the configuration and fills in what is left out.
func (c Config) withDefaults() (Config, error) {
	c.LookAgain = cmp.Or(c.LookAgain, 5*time.Second)
	c.MaxStale = cmp.Or(c.MaxStale, 24*time.Hour)
	c.Algorithms = slices.Clone(c.Algorithms)
	if len(c.Algorithms) == 0 {
		c.Algorithms = defaultAlgorithms
	}
	hmac := func(a jwt.Algorithm) bool { return strings.HasPrefix(string(a), "HS") }
	switch {
	case c.Audience == "" && !c.InsecureNoAudience:
		return c, errNoAudience
	case slices.ContainsFunc(c.Algorithms, hmac):
		return c, errors.New("issuer: Algorithms has one for HMAC, whose keys are never published")
	case !c.Accept.known():
		return c, fmt.Errorf("issuer: Accept is %d, which is no kind of token", c.Accept)
	case c.LookAgain < time.Second || c.LookAgain > time.Minute:
		return c, errors.New("issuer: LookAgain is not between a second and a minute")
	case c.MaxStale < 2*leastAge:
		return c, fmt.Errorf("issuer: MaxStale is less than %v", 2*leastAge)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var err error
	if c.Leeway, err = leeway(c.Leeway); err == nil {
		c.HTTP, err = c.HTTP.withDefaults()
	}
	return c, err
}

var errNoAudience = errors.New("issuer: no Audience; say InsecureNoAudience if that is meant")

// leeway reads a Leeway: 30 seconds if zero, none if negative.
func leeway(d time.Duration) (time.Duration, error) {
	if d > time.Minute {
		return 0, errors.New("issuer: Leeway is more than a minute")
	}
	return max(cmp.Or(d, 30*time.Second), 0), nil
}
