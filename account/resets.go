package account

import "time"

// ResetTTL is how long a reset secret is good.
const ResetTTL = time.Hour

// maxResets is how many secrets of one kind a user has at most, but for those that are
// handed out. POST /forgot makes fewer in an hour, so strangers can make void none that
// the user has asked for.
const maxResets = 8

// ResetKind says for what a reset secret was made.
type ResetKind string

// The kinds of reset secrets. Making one of a kind ends none of another: otherwise a
// stranger who asks for one could make void what the user has in hand.
const (
	ResetHanded ResetKind = "handed" // an administrator hands it on: a user has one
	ResetAsked  ResetKind = "asked"  // a request that says that a password is forgotten
	ResetGiven  ResetKind = "given"  // a sign-in with a password that was given
)

// Reset is a one-time secret with which a user sets a new password.
type Reset struct {
	UserID     string
	Kind       ResetKind
	SecretHash [32]byte // SHA-256
	Before     [32]byte // SHA-256 of the password hash that it replaces
	Expires    time.Time
}

// ResetReader finds the one-time secrets that let users set a password.
type ResetReader interface {
	Reset(secretHash [32]byte) (Reset, error) // or ErrBadReset
}

// ResetWriter changes them.
type ResetWriter interface {
	// PutReset keeps one, and forgets all of the user's of its kind but it and the
	// most-1 of them that expire last. Error: ErrNoUser.
	PutReset(reset Reset, most int) error
	RemoveResets(userID string) error // of every kind
}
