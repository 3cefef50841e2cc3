package identity

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// Config says what an Identity stands on. Scheme, Store and URL are what a
// program has to choose; whatever else is zero has a safe default.
type Config struct {
	Scheme *Scheme // as NewScheme declared it
	Store  Store   // opened by the program, which closes it after the Identity

	// URL is where people and other services reach the program, such as
	// "https://library.example". It begins the links that users are given, and is
	// the issuer of the tokens, which is chosen once: another URL later is
	// refused, see SetIssuer. A URL of the machine itself, such as
	// "http://127.0.0.1:8000", is for trying: another one takes its place. The one
	// that the store has if empty; a store that has none needs one.
	URL string

	// Roles are the application's own, with what they grant. Open makes those
	// that the store does not have, and changes none that it has: what differs is
	// in the log and in Differences. Beside them there are admin, who is granted
	// every scope that any of them is, manager and user. A role of one of these
	// names takes the place of the built-in one in a new store.
	Roles []holdfast.Role

	// Audience are the services that the tokens are for; the first is this program's own API,
	// and what it verifies. If empty, it is the issuer, or "holdfast" in a store
	// whose tokens have always said that.
	Audience []string

	AccessTTL  time.Duration // how long an access token lives; 15 minutes if zero
	RefreshTTL time.Duration // how long a session lives; 30 days if zero

	// RefreshOverlap is for how long a refresh token that was used already is
	// answered with the one that was issued for it, unless that was used: for a second
	// tab, and for an answer that was lost. 30 seconds if zero, ten minutes at the
	// most, and not at all with account.StrictRefresh.
	RefreshOverlap time.Duration

	// SessionIdle ends a session that was not used for so long, to two minutes: a
	// browser's by requests, one with tokens by refreshes, so it must be longer than
	// AccessTTL. Sessions end by RefreshTTL alone if zero.
	SessionIdle time.Duration

	Keys Keys // how the keys change that sign tokens

	// MaxAPIKeyTTL is how long an API key lives at most; 366 days if zero.
	MaxAPIKeyTTL time.Duration

	// AuditKeep is for how long records of the audit trail are kept; 400 days if zero,
	// without end if negative. What is removed leaves a signed checkpoint.
	AuditKeep time.Duration

	Policy    password.Policy   // for passwords that are set; the zero policy is good
	Passwords account.Passwords // how they are hashed; argon2id if nil, which reads what others made
	Lane      account.Lane      // where; one as wide as the machine, of low priority, if nil

	// TrustedProxies are the proxies (addresses, or networks as in "10.0.0.0/8")
	// whose X-Forwarded-For is believed, or Forwarded (RFC 7239) where the other is
	// absent. None if empty: all who come through a proxy have its address then, and
	// wrong passwords are counted for it, or for accounts alone if the proxy is of this
	// machine or of a private network.
	TrustedProxies []string

	// CORSOrigins are the origins, such as "https://app.example.org", whose pages
	// may call the API from a browser, with a token and never with cookies. None
	// if empty.
	CORSOrigins []string

	// AllowPasswordGrant lets clients send the name and the password of a user to
	// POST /token also where others than this machine reach the program: for those
	// that cannot open a browser, until they can. A client that does sees the
	// passwords of everybody who uses it, and people learn to type theirs into any
	// form; RFC 9700 section 2.4 forbids it. It is always on while URL is one of the
	// machine itself, for trying.
	AllowPasswordGrant bool

	// MaxConns is how many connections there are at most; 10,000 if zero. When there
	// is no room, the one makes some that has been idle for longest: see package conns.
	// MaxConnsEach is how many of them one address may have, or the /64 of an IPv6
	// address, but for TrustedProxies; a quarter of MaxConns, 16 at least, if zero.
	MaxConns, MaxConnsEach int

	// TLS has the program serve https, with the certificate that it has or gets:
	// TLS 1.2 or later, and HTTP/2. Plain http if nil, which is for this machine alone
	// unless TrustedProxies or InsecureHTTP say more.
	TLS *tls.Config

	// InsecureHTTP lets the program serve plain http where others can reach it, and no
	// proxy is trusted that would come with TLS, and lets URL be http://. Passwords and
	// tokens are then for everybody to read who is on the way: for networks of one's own.
	InsecureHTTP bool

	// Drain is how long the program goes on when it is told to stop, not ready any
	// more, so that those who send callers here notice and none is turned away. If
	// zero, until no connection is open, and a second at most.
	Drain time.Duration

	// Services are other services that may ask POST /introspect whether a token
	// still stands (RFC 7662): their names and secrets, of 32 characters or more.
	// Confidential clients may ask as well, of the tokens that they have to do with.
	Services map[string]account.Secret

	// Clients are applications that may ask for tokens and that the program
	// declares, beside those that administrators make: its own front end, as a
	// first-party one. They have no secrets; one that is confidential has Keys. The
	// id holdfast is that of the built-in one.
	Clients []account.Client

	// SignUp lets everybody make themselves a user. No one can if nil.
	SignUp *SignUp

	// Pages makes sessions for the program's own pages, with a sign-in page and
	// an end. If nil, there are those that Authorize and Account need, unless
	// browsers do not keep a session's cookie at the URL: then there are none of
	// them.
	Pages *Pages

	// SendLink sends a user the link with which to set a new password, as by
	// e-mail. It makes POST /forgot, which is not there if nil. It runs in the
	// background, in a few goroutines at once, with a context that ends after
	// half a minute. What it returns is logged.
	SendLink func(ctx context.Context, user account.User, link string) error

	// Refusals keep the last refused requests, so that each can be explained. If
	// nil, it is the store's own file if it has one, or else memory.
	Refusals RefusalStore

	// LogOneOf has one of so many requests that succeed written into the log, so that a
	// busy program's log can be read and paid for: each line stands for that many. All
	// are if zero. Those that are refused or fail always are.
	LogOneOf int

	Metrics Metrics          // a metrics.Metrics; nothing is measured if nil
	Logger  *slog.Logger     // slog.Default() if nil
	Now     func() time.Time // time.Now if nil

	// InsecureNoThrottle takes the bound off attempts to sign in, for tests that
	// measure how long they take.
	InsecureNoThrottle bool
}

// Keys says how the keys change that sign access tokens.
type Keys struct {
	Period   time.Duration // how long a key signs; 30 days if zero, without end if negative
	Announce time.Duration // how long it is published before; a day if zero

	Master    keyring.MasterKey // as keyring.ReadMasterKey reads it; private keys and the key of attempts are kept unencrypted if zero
	OldMaster keyring.MasterKey // to change the master key: what it encrypted is encrypted again
}

// Metrics is what is measured; metrics.Metrics does it for Prometheus.
type Metrics interface {
	Observe(route string) func(holdfast.Observation)
	Passwords(account.Passwords) account.Passwords
	Login(err error)
	Lane(interface{ Stats() work.Stats })
	Changes(of string, by interface{ ChangeStats() account.ChangeStats })
}

// ConfigError is a field of the configuration that cannot be what it is.
type ConfigError struct {
	Field  string // as in "URL"
	Reason string // a sentence to be read after the field
}

func (e *ConfigError) Error() string { return "identity: Config." + e.Field + ": " + e.Reason }

// complete checks the configuration and fills in what is zero.
func (c *Config) complete() error {
	c.AccessTTL = cmp.Or(c.AccessTTL, 15*time.Minute)
	c.RefreshTTL = cmp.Or(c.RefreshTTL, 30*24*time.Hour)
	c.Keys.Announce = cmp.Or(c.Keys.Announce, 24*time.Hour)
	c.Keys.Period = max(0, cmp.Or(c.Keys.Period, 30*24*time.Hour))
	c.MaxConns = cmp.Or(c.MaxConns, 10_000)
	c.AuditKeep = cmp.Or(c.AuditKeep, usualAuditKeep)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Scheme == nil:
		return &ConfigError{"Scheme", "it is nil; declare it with NewScheme, as a package variable"}
	case c.Store == nil:
		return &ConfigError{"Store", "it is nil; open one with sqlite.Open or postgres.Open, or make one with memory.New for tests"}
	case c.AccessTTL < time.Second:
		return &ConfigError{"AccessTTL", "it must be a second or more"}
	case c.RefreshTTL < c.AccessTTL:
		return &ConfigError{"RefreshTTL", "it must not be shorter than AccessTTL"}
	case c.RefreshOverlap > 10*time.Minute:
		return &ConfigError{"RefreshOverlap", "it must not be more than 10 minutes: for so long a token that was copied may go unnoticed"}
	case c.SessionIdle != 0 && c.SessionIdle <= c.AccessTTL:
		return &ConfigError{"SessionIdle", "it must be longer than AccessTTL: a session with tokens is used when it is refreshed"}
	case c.Keys.Announce < keyring.Settle:
		return &ConfigError{"Keys.Announce", "it must be " + keyring.Settle.String() + " or more, in which all processes have seen a key"}
	case c.Keys.Period != 0 && c.Keys.Period <= c.Keys.Announce:
		return &ConfigError{"Keys.Period", "it must be longer than Keys.Announce, or negative for ever"}
	case c.MaxAPIKeyTTL < 0:
		return &ConfigError{"MaxAPIKeyTTL", "it must be more than nothing"}
	case c.LogOneOf < 0:
		return &ConfigError{"LogOneOf", "it must be 1 or more, or 0 for all"}
	case slices.Contains(c.Audience, ""):
		return &ConfigError{"Audience", "one of them is empty"}
	}
	if err := c.checkServing(); err != nil {
		return err
	}
	if reason := c.Pages.check(c.URL); reason != "" {
		return &ConfigError{"Pages", reason}
	}
	if reason := checkServices(c.Services); reason != "" {
		return &ConfigError{"Services", reason}
	}
	if reason := checkClients(c.Clients); reason != "" {
		return &ConfigError{"Clients", reason}
	}
	return c.SignUp.check(c.declaredRoles())
}
