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
	Audience []string // the services that it is for, sorted; the issuer's default if nil
	Given    time.Time
}

// Covers reports whether all was allowed that a client asks for: each of the scopes,
// at each of the services.
func (c Consent) Covers(ask CodeAsk) bool {
	switch {
	case !within(ask.Scopes, c.Scopes):
		return false
	case len(ask.DefaultAudience) == 0 && len(ask.Audience) == 0:
		return len(c.Audience) == 0 // the default, whatever that is
	}
	return within(orDefault(ask.Audience, ask.DefaultAudience), orDefault(c.Audience, ask.DefaultAudience))
}

// with is the consent with what a client asks for beside.
func (c Consent) with(ask CodeAsk) Consent {
	c.Scopes = sorted(append(slices.Clone(c.Scopes), ask.Scopes...))
	if c.ClientID == "" {
		c.Audience = orDefault(ask.Audience, ask.DefaultAudience)
	} else {
		c.Audience = slices.Concat(orDefault(c.Audience, ask.DefaultAudience), orDefault(ask.Audience, ask.DefaultAudience))
	}
	if c.Audience = sorted(c.Audience); slices.Equal(c.Audience, sorted(ask.DefaultAudience)) {
		c.Audience = nil // also when the default has another name
	}
	return c
}

// orDefault is an audience, or the default if there is none.
func orDefault(audience, standard []string) []string {
	if len(audience) == 0 {
		return standard
	}
	return audience
}

// within reports whether all of a list are in another one.
func within(list, of []string) bool {
	return !slices.ContainsFunc(list, func(one string) bool { return !slices.Contains(of, one) })
}

// ConsentReader finds consents. Their scopes and audiences are sorted.
type ConsentReader interface {
	Consent(userID, clientID string) (Consent, error) // or ErrNoConsent
	Consents(userID string) ([]Consent, error)        // by client
}

// ConsentWriter changes them. A user has at most one for a client.
type ConsentWriter interface {
	PutConsent(consent Consent) error // in place of the one before; ErrNoUser
	RemoveConsent(userID, clientID string) error
}
