package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// ClientCaller returns the caller that a client is for itself: no user, and of
// the scopes asked for those that the client has now. ErrNoCaller with
// ErrNoClient says that there is no such client, or that it is disabled or
// public. The answer is kept in memory as [Service.Caller]'s is.
func (s *Service) ClientCaller(ctx context.Context, clientID string, scopes []string) (Caller, error) {
	found, err := s.machine(ctx, clientID)
	if err != nil {
		return Caller{}, err
	}
	caller := s.callerOf(found, "")
	caller.scopes = scopes
	return caller, nil
}

// machine is the standing of a client.
func (s *Service) machine(ctx context.Context, clientID string) (*standing, error) {
	if clientID == "" {
		return nil, fmt.Errorf("%w: %w", ErrNoCaller, ErrNoClient)
	}
	return s.standing(ctx, callerKey{clientID: clientID})
}

// ClientGrant is what a client gets for itself (RFC 6749 section 4.4): the scopes
// asked for, or all of its own if none are. There is no session and no refresh
// token: the client has its secret. Errors: ErrNoClient, and *InvalidError for a
// scope that the client may not ask for.
func (s *Service) ClientGrant(ctx context.Context, clientID string, ask Ask) (Grant, error) {
	found, err := s.machine(ctx, clientID)
	if errors.Is(err, ErrNoCaller) {
		return Grant{}, ErrNoClient
	}
	if err != nil {
		return Grant{}, err
	}
	scopes := sorted(ask.Scopes)
	if len(scopes) == 0 {
		scopes = sorted(found.machine.client.Scopes)
	}
	for _, scope := range scopes {
		if !found.grants[scope] {
			return Grant{}, &InvalidError{"scope", "contains " + quote(scope) + ", which the client may not ask for"}
		}
	}
	err = s.later(ctx, AuditEvent{
		Kind: AuditTokenIssued, On: ofClient(found.clientID, found.machine.client.Name), Details: audit.MakeDetails("scopes", strings.Join(scopes, " ")),
		Actor: AuditActor{Kind: "client", ID: found.clientID, Name: found.machine.client.Name},
	})
	return Grant{ClientID: found.clientID, Scopes: scopes, Audience: slices.Clone(ask.Audience)}, err
}

// MachineCaller is ClientCaller for a token that the client got with a
// credential, while that counts: a token ends with its secret or key, in all
// processes within a second. A client that may not call for itself any more is no
// caller.
func (s *Service) MachineCaller(ctx context.Context, clientID, credential string, scopes []string) (Caller, error) {
	found, err := s.machine(ctx, clientID)
	if err != nil {
		return Caller{}, err
	}
	until, ok := found.machine.stands(credential, s.config.Now())
	if !ok || !found.machine.client.MayUse(GrantClientCredentials) {
		return Caller{}, fmt.Errorf("%w: %w", ErrNoCaller, ErrNoClient)
	}
	caller := s.callerOf(found, "")
	caller.scopes = scopes
	acts(ctx, caller)
	return caller.Until(until), nil
}
