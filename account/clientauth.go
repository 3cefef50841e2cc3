package account

import (
	"context"
	"errors"
	"fmt"
)

// AuthenticateClient returns the client that a secret belongs to, and a name for
// the secret that says nothing of it. A client that is not there, public or
// disabled, a wrong secret and one that is over are one error, ErrBadClient.
//
// Guesses are not counted: a secret is 256 random bits.
func (s *Service) AuthenticateClient(ctx context.Context, id string, secret Secret) (client Client, credential string, err error) {
	type known struct {
		client  Client
		secrets []ClientSecret
	}
	found, err := view(ctx, s, func(r Reader) (known, error) {
		client, err := s.clientOf(r, id)
		if err != nil {
			return known{}, err
		}
		secrets, err := r.ClientSecrets(client.ID)
		return known{client, secrets}, err
	})
	switch {
	case errors.Is(err, ErrNoClient):
		return Client{}, "", ErrBadClient
	case err != nil:
		return Client{}, "", err
	}
	for _, one := range found.secrets {
		if sameSecret(string(secret), one.Hash) && one.counts(s.config.Now()) && !found.client.Public {
			return found.client, one.name(), nil
		}
	}
	return Client{}, "", ErrBadClient
}

// MachineCaller is ClientCaller for a token that the client got with a
// credential, while that counts: a token ends with its secret, in all processes
// within a second. A client that may not call for itself any more is no caller.
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
	return caller.Until(until), nil
}

// Client returns the client, declared or stored, or ErrNoClient. An empty id
// means BuiltInClient.
func (s *Service) Client(ctx context.Context, id string) (Client, error) {
	if c, ok := s.declared(id); ok {
		return c, nil
	}
	return view(ctx, s, func(r Reader) (Client, error) { return r.Client(id) })
}
