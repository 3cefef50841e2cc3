package account

import (
	"errors"
	"slices"
	"time"
)

// ErrNoConsent says that a user has not allowed a client what it asks for.
var ErrNoConsent = errors.New("the user has not allowed it")

// Consent is what a user has allowed a client, until it is withdrawn. First-party
// clients have none and need none.
type Consent struct {
	UserID   string
	ClientID string
	Scopes   []string // sorted
	Given    time.Time
}

// Covers reports whether all of these scopes were allowed.
func (c Consent) Covers(scopes []string) bool {
	return !slices.ContainsFunc(scopes, func(one string) bool { return !slices.Contains(c.Scopes, one) })
}

// ConsentReader finds consents. Their scopes are sorted.
type ConsentReader interface {
	Consent(userID, clientID string) (Consent, error) // or ErrNoConsent
	Consents(userID string) ([]Consent, error)        // by client
}

// ConsentWriter changes them. A user has at most one for a client.
type ConsentWriter interface {
	PutConsent(consent Consent) error // in place of the one before; ErrNoUser
	RemoveConsent(userID, clientID string) error
}
