package account

import (
	"context"
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

// Consent returns what a user has allowed a client. Error: ErrNoConsent.
func (s *Service) Consent(ctx context.Context, userID, clientID string) (Consent, error) {
	return view(ctx, s, func(r Reader) (Consent, error) { return r.Consent(userID, clientID) })
}

// Consents returns what a user has allowed, by client.
func (s *Service) Consents(ctx context.Context, userID string) ([]Consent, error) {
	return view(ctx, s, func(r Reader) ([]Consent, error) { return r.Consents(userID) })
}

// GiveConsent allows a client these scopes, beside those that it was allowed
// before. Errors: ErrNoClient, ErrNoUser.
func (s *Service) GiveConsent(ctx context.Context, userID, clientID string, scopes []string) error {
	return s.config.Store.Update(ctx, func(w Writer) error {
		client, err := s.clientOf(w, clientID)
		if err != nil {
			return err
		}
		given, err := w.Consent(userID, client.ID)
		if err != nil && !errors.Is(err, ErrNoConsent) {
			return err
		}
		return w.PutConsent(Consent{UserID: userID, ClientID: client.ID, Scopes: sorted(append(given.Scopes, scopes...)), Given: s.now()})
	})
}

// WithdrawConsent takes back what a user has allowed a client: it is asked for
// again the next time, and what the client has of the user ends now, sessions and
// codes. Error: ErrNoConsent.
func (s *Service) WithdrawConsent(ctx context.Context, userID, clientID string) error {
	return s.config.Store.Update(ctx, func(w Writer) error {
		if _, err := w.Consent(userID, clientID); err != nil {
			return err
		}
		return errors.Join(
			w.RemoveConsent(userID, clientID),
			w.RemoveCodesOf(userID, clientID),
			w.RemoveSessionsOfClient(userID, clientID),
		)
	})
}
