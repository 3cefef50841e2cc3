package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

// CodeTTL is how long an authorization code is good.
const CodeTTL = time.Minute

// ErrNoCode says that no code has a hash.
var ErrNoCode = errors.New("no such code")

// Code is an authorization code as it is kept (RFC 6749 section 4.1.2). It says
// what was allowed, which client may redeem it, and where the answer went. But for SessionID nothing of it
// changes.
type Code struct {
	Hash      [32]byte // SHA-256 of what the client is given
	ClientID  string
	UserID    string
	Redirect  string // where it was sent, byte for byte
	Challenge string // the S256 challenge of RFC 7636
	Scopes    []string
	Audience  []string  // the issuer's default if nil
	AskedBy   string    // the session in which it was allowed, without which it is good for nothing
	AuthTime  time.Time // when its user signed in
	Expires   time.Time

	// SessionID is the session that its one use has begun; "" before. A code that is
	// used is kept as long as that session, so that a second use can end it.
	SessionID string
}

// CodeReader finds codes.
type CodeReader interface {
	Code(hash [32]byte) (Code, error) // or ErrNoCode
}

// CodeWriter changes codes.
type CodeWriter interface {
	PutCode(code Code) error // new; ErrNoUser

	// UseCode notes which session a code begins, if none does yet: one conditional
	// statement, so that of many uses at once exactly one wins, whatever else the
	// store does with transactions. The code is returned as it is then, with the
	// winner's session. Error: ErrNoCode.
	UseCode(hash [32]byte, sessionID string) (code Code, won bool, err error)

	RemoveCode(hash [32]byte) error
	RemoveCodesBefore(expiry time.Time) error    // those that were not used in time, and those whose session is gone
	RemoveCodesOf(userID, clientID string) error // that are not used yet
}

// CodeAsk is what a client asks for in place of a user, and where the answer goes.
type CodeAsk struct {
	ClientID  string
	Redirect  string   // as the client has sent it, which has been found right
	Challenge string   // of S256, 43 characters
	Scopes    []string // of which those are granted that the user's roles and the client may have
	Audience  []string // the issuer's default if empty

	DefaultAudience []string // the issuer's default; unknown if nil
}

// The lengths of RFC 7636: of a verifier (section 4.1), and of what SHA-256 makes
// of it (section 4.2).
const (
	minVerifier  = 43
	maxVerifier  = 128
	challengeLen = 43
)

// IsVerifier reports whether text has the form of a code verifier (RFC 7636
// section 4.1): 43 to 128 of A-Z, a-z, 0-9 and - . _ ~.
func IsVerifier(text string) bool {
	return len(text) >= minVerifier && len(text) <= maxVerifier && !strings.ContainsFunc(text, func(r rune) bool {
		return !letterOrDigit(r) && !strings.ContainsRune("-._~", r)
	})
}

// IsChallenge reports whether text has the form of a code challenge of S256 (RFC
// 7636 section 4.2): 43 characters of base64url.
func IsChallenge(text string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(sum) == sha256.Size && len(text) == challengeLen
}

func letterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// verifies reports whether a challenge was made of a verifier.
func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	return IsVerifier(verifier) && subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) == 1
}
