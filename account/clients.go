package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// The prefixes of what is made for clients, which those who search for leaked
// secrets find.
const (
	clientPrefix       = "hfc_"
	clientSecretPrefix = "hfcs_"
)

// MaxOverlap is how long a client's secret may stay good beside a newer one.
const MaxOverlap = 90 * 24 * time.Hour

// Client returns the client, declared or stored, or ErrNoClient. An empty id
// means BuiltInClient.
func (s *Service) Client(ctx context.Context, id string) (Client, error) {
	if c, ok := s.declared(id); ok {
		return c, nil
	}
	return view(ctx, s, func(r Reader) (Client, error) { return r.Client(id) })
}

// Clients returns at most limit clients of the store, by id, whose ids come after
// the given one.
func (s *Service) Clients(ctx context.Context, after string, limit int) ([]Client, error) {
	return view(ctx, s, func(r Reader) ([]Client, error) { return r.Clients(after, limit) })
}

// DeclaredClients returns the clients that the program declares, and the built-in
// one. They are not the store's, and cannot be changed there.
func (s *Service) DeclaredClients() []Client {
	out := make([]Client, 0, len(s.config.Clients)+1)
	for _, c := range s.config.Clients {
		out = append(out, c.clone())
	}
	if c, _ := s.declared(""); !slices.ContainsFunc(out, func(one Client) bool { return one.ID == c.ID }) {
		out = append(out, c)
	}
	return out
}

// ClientSecrets returns what is known of a client's secrets, the newest first:
// when they end. Error: ErrNoClient.
func (s *Service) ClientSecrets(ctx context.Context, id string) ([]ClientSecret, error) {
	return view(ctx, s, func(r Reader) ([]ClientSecret, error) {
		if _, err := r.Client(id); err != nil {
			return nil, err
		}
		return r.ClientSecrets(id)
	})
}

// CreateClient makes a client and its secret, which is shown this once; a public
// client and one with keys have none. An id is made if it is empty. Without
// grants it gets those that it is made for: authorization_code and refresh_token
// if it has redirect URIs, and else client_credentials. Errors: *InvalidError,
// ErrClientTaken.
func (s *Service) CreateClient(ctx context.Context, c Client) (Client, Secret, error) {
	c = c.clone()
	if c.ID == "" {
		id, err := s.newID()
		if err != nil {
			return Client{}, "", err
		}
		c.ID = clientPrefix + strings.ToLower(id)
	}
	switch {
	case len(c.Grants) > 0:
	case len(c.Redirects) > 0:
		c.Grants = []string{GrantCode, GrantRefresh}
	default:
		c.Grants = []string{GrantClientCredentials}
	}
	c.Created = s.now()
	if err := s.checkNew(&c); err != nil {
		return Client{}, "", err
	}
	secret, secrets, err := s.firstSecret(c)
	if err != nil {
		return Client{}, "", err
	}
	what := did(AuditClientCreated, ofClient(c.ID, c.Name), describeClient(c)...)
	err = s.change(ctx, what, func(w Writer) error {
		switch _, err := w.Client(c.ID); {
		case err == nil:
			return ErrClientTaken
		case !errors.Is(err, ErrNoClient):
			return err
		}
		return putNew(w, c, secrets)
	})
	if err != nil {
		return Client{}, "", err
	}
	return c, secret, nil
}

// describeClient is what is recorded of a client: all of it as it is, and after a change
// also what was there before, by audit.Was.
func describeClient(c Client) []string {
	return []string{
		"name", c.Name, "grants", strings.Join(c.Grants, " "), "scopes", strings.Join(c.Scopes, " "), "redirects", strings.Join(c.Redirects, " "),
		"audiences", strings.Join(c.Audiences, " "), "public", yes(c.Public), "first_party", yes(c.FirstParty), "disabled", yes(c.Disabled), "keys", describeKeys(c),
	}
}

// putNew keeps a client that is new. Another of its id may have been there that a
// program declared once: what people allowed that one, its sessions and its API keys
// are not the new one's.
func putNew(w Writer, c Client, secrets []ClientSecret) error {
	for _, step := range []func() error{
		func() error { return w.PutClient(c) }, // which the store has to know to forget
		func() error { return w.RemoveClient(c.ID) },
		func() error { return w.PutClient(c) },
		func() error { return w.PutClientSecrets(c.ID, secrets) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// checkNew sorts a client's lists and holds it to the rules.
func (s *Service) checkNew(c *Client) error {
	if c.Scopes != nil {
		c.Scopes = append([]string{}, sorted(c.Scopes)...)
	}
	if err := s.notDeclared(c.ID); err != nil {
		return err
	}
	return checkClient(*c)
}

// notDeclared refuses the ids of clients that are not the store's.
func (s *Service) notDeclared(id string) error {
	if _, ok := s.declared(id); ok {
		return &InvalidError{"client_id", "is that of a client which the program declares"}
	}
	return nil
}

// firstSecret makes the secret of a client that needs one.
func (s *Service) firstSecret(c Client) (Secret, []ClientSecret, error) {
	if c.Public || c.Keys != "" {
		return "", nil, nil
	}
	secret, err := s.newClientSecret()
	return secret, []ClientSecret{{Hash: hashOf(string(secret))}}, err
}

func (s *Service) newClientSecret() (Secret, error) {
	secret, err := s.newSecret()
	return Secret(clientSecretPrefix + secret), err
}

// ReplaceClient puts a client in place of the one with its id, from its next
// request on. Its secrets stay, but for a client that has become public or has
// got keys. Errors: ErrNoClient, *InvalidError.
func (s *Service) ReplaceClient(ctx context.Context, c Client) (Client, error) {
	c = c.clone()
	if err := s.checkNew(&c); err != nil {
		return Client{}, err
	}
	return s.ChangeClient(ctx, c.ID, func(before *Client) { *before = c })
}

// ChangeClient is ReplaceClient for what change makes of the client that is there.
// It may be called more than once. The id and when it was made do not change.
func (s *Service) ChangeClient(ctx context.Context, id string, change func(*Client)) (Client, error) {
	if err := s.notDeclared(id); err != nil {
		return Client{}, err
	}
	what := did(AuditClientChanged, ofClient(id, ""))
	return update(ctx, s, what, func(w Writer) (Client, error) {
		before, err := w.Client(id)
		if err != nil {
			return Client{}, err
		}
		c := before.clone()
		change(&c)
		c.ID, c.Created = before.ID, before.Created
		if err := s.checkNew(&c); err != nil {
			return Client{}, err
		}
		what.On = ofClient(c.ID, c.Name)
		now := describeClient(c)
		what.detail(append(now, audit.Was(describeClient(before), now)...)...)
		if err := w.PutClient(c); err != nil {
			return Client{}, err
		}
		if c.Public || c.Keys != "" { // which the record says
			return c, w.PutClientSecrets(c.ID, nil)
		}
		return c, nil
	})
}

// RotateClientSecret makes another secret for a client, which is shown this
// once. The one before stays good for a time, at most MaxOverlap and not beyond
// its own end; a third is dropped. With no time the one before and all tokens that
// the client got with it for itself are good for nothing at once. Errors:
// ErrNoClient, *InvalidError for a client that is public or has keys.
func (s *Service) RotateClientSecret(ctx context.Context, id string, overlap time.Duration) (Secret, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return "", &InvalidError{"overlap", "must be between nothing and 90 days"}
	}
	if err := s.notDeclared(id); err != nil {
		return "", err
	}
	secret, err := s.newClientSecret()
	if err != nil {
		return "", err
	}
	what := did(AuditClientSecret, ofClient(id, ""), "overlap", overlap.String())
	return secret, s.change(ctx, what, func(w Writer) error {
		c, err := w.Client(id)
		switch {
		case err != nil:
			return err
		case c.Public || c.Keys != "":
			return &InvalidError{"client_id", "is that of a client without a secret"}
		}
		what.On.Name = c.Name
		before, err := w.ClientSecrets(id)
		if err != nil {
			return err
		}
		old := s.ending(before, overlap)
		what.detail("overlap", overlap.String(), "before_ends", endOf(old))
		return w.PutClientSecrets(id, append([]ClientSecret{{Hash: hashOf(string(secret))}}, old...))
	})
}

// ending is the newest of the secrets that still count, which ends after a time.
func (s *Service) ending(before []ClientSecret, overlap time.Duration) []ClientSecret {
	now := s.now()
	for _, one := range before {
		if overlap == 0 || !one.counts(now) {
			continue
		}
		if until := now.Add(overlap); one.Expires.IsZero() || until.Before(one.Expires) {
			one.Expires = until
		}
		return []ClientSecret{one}
	}
	return nil
}

// endOf says when a secret ends that another takes the place of.
func endOf(old []ClientSecret) string {
	if len(old) == 0 {
		return "at once"
	}
	return old[0].Expires.UTC().Format(time.RFC3339)
}

// RemoveClient removes a client, with all that it was given: it and those who
// call through it are refused from their next request on. Errors: ErrNoClient,
// *InvalidError for one that the program declares.
func (s *Service) RemoveClient(ctx context.Context, id string) error {
	if err := s.notDeclared(id); err != nil {
		return err
	}
	what := did(AuditClientRemoved, ofClient(id, ""))
	return s.change(ctx, what, func(w Writer) error {
		c, err := w.Client(id)
		if err != nil {
			return err
		}
		what.On.Name = c.Name
		what.detail(describeClient(c)...)
		return w.RemoveClient(id)
	})
}
