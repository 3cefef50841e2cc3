package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// Consent returns what a user has allowed a client. Error: ErrNoConsent.
func (s *Service) Consent(ctx context.Context, userID, clientID string) (Consent, error) {
	return view(ctx, s, func(r Reader) (Consent, error) { return r.Consent(userID, clientID) })
}

// Consents returns what a user has allowed, by client.
func (s *Service) Consents(ctx context.Context, userID string) ([]Consent, error) {
	return view(ctx, s, func(r Reader) ([]Consent, error) { return r.Consents(userID) })
}

// GiveConsent allows a client what it asks for, scopes and audience, beside what it
// was allowed before: each scope then holds for each audience. Errors: ErrNoClient,
// ErrNoUser.
func (s *Service) GiveConsent(ctx context.Context, userID string, ask CodeAsk) error {
	what := did(AuditConsentGiven, ofUserID(userID))
	return s.change(ctx, what, func(w Writer) error {
		client, err := s.clientOf(w, ask.ClientID)
		if err != nil {
			return err
		}
		given, err := w.Consent(userID, client.ID)
		if err != nil && !errors.Is(err, ErrNoConsent) {
			return err
		}
		if what.On, err = userOn(w, userID); err != nil {
			return err
		}
		before := describeConsent(given)
		given = given.with(ask)
		given.UserID, given.ClientID, given.Given = userID, client.ID, s.now()
		now := describeConsent(given)
		what.detail(append(append(now, "client", client.ID), audit.Was(before, now)...)...)
		return w.PutConsent(given)
	})
}

// describeConsent is what is recorded of a consent.
func describeConsent(c Consent) []string {
	return []string{"scopes", strings.Join(c.Scopes, " "), "audience", strings.Join(c.Audience, " ")}
}

// WithdrawConsent takes back what a user has allowed a client: it is asked for
// again the next time, and what the client has of the user ends now, sessions and
// codes. Error: ErrNoConsent.
func (s *Service) WithdrawConsent(ctx context.Context, userID, clientID string) error {
	what := did(AuditConsentWithdrawn, ofUserID(userID), "client", clientID)
	return s.change(ctx, what, func(w Writer) (err error) {
		given, err := w.Consent(userID, clientID)
		if err != nil {
			return err
		}
		what.detail(append(describeConsent(given), "client", clientID)...)
		if what.On, err = userOn(w, userID); err != nil {
			return err
		}
		return errors.Join(
			w.RemoveConsent(userID, clientID),
			w.RemoveCodesOf(userID, clientID),
			w.RemoveSessionsOfClient(userID, clientID),
		)
	})
}

// AuthTime returns when the user of a caller signed in, in the session that the
// caller presents. Error: ErrNoCaller.
func (s *Service) AuthTime(ctx context.Context, c Caller) (time.Time, error) {
	session, err := view(ctx, s, func(r Reader) (Session, error) {
		session, _, err := s.standingOf(r, c.SessionID)
		return session, err
	})
	return session.Created, err
}
