package mint

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// Accounts mints callers who are users of an [account.Service], with sessions
// of their own, and machines that are clients of it. It creates the users, one for each set of roles, so that
// passwords are hashed once for each and never for a request. All fields but
// Password are required.
type Accounts struct {
	Service *account.Service
	Tokens  Tokens // whose Subject is not used

	// Password is that of the users who are there already and are acted as by
	// name.
	Password account.Secret
}

// Callers mints bearer tokens of sessions.
func (a Accounts) Callers() holdfasttest.Callers {
	people := &people{accounts: a.Service, password: a.Password, made: map[string]person{}}
	tokens := a.Tokens
	tokens.Subject = people.subject
	return tokens.Callers()
}

// people are the users that were made, by what they are for.
type people struct {
	accounts *account.Service
	password account.Secret

	mu    sync.Mutex
	made  map[string]person
	count int
}

type person struct{ id, session string }

func (p *people) subject(ctx context.Context, who holdfasttest.Caller) (subject, session string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if who.Machine {
		return p.client(ctx, who)
	}
	key := who.User + "\x00" + strings.Join(slices.Sorted(slices.Values(who.Roles)), "\x00")
	if who.Kind == holdfasttest.Revoked || who.Kind == holdfasttest.DisabledUser {
		key = string(who.Kind) // no other caller's session may end
	}
	one, ok := p.made[key]
	if ok && p.stands(ctx, one) == (who.Kind != holdfasttest.Revoked && who.Kind != holdfasttest.DisabledUser) {
		return one.id, one.session, nil
	}
	if one, err = p.make(ctx, who); err != nil {
		return "", "", err
	}
	p.made[key] = one
	return one.id, one.session, p.spoil(ctx, who, one)
}

// client makes a client that may ask for the caller's scopes, and returns it with
// the name of its credential.
func (p *people) client(ctx context.Context, who holdfasttest.Caller) (id, credential string, err error) {
	switch {
	case len(who.Roles) > 0:
		return "", "", holdfasttest.CannotMint("a machine has no role")
	case who.Kind == holdfasttest.DisabledUser:
		return "", "", holdfasttest.CannotMint("a machine is no user who could be disabled")
	}
	c, secret, err := p.accounts.CreateClient(ctx, account.Client{Name: cmp.Or(who.User, "A machine"), Scopes: append([]string{}, who.Scopes...)})
	if err != nil {
		return "", "", fmt.Errorf("machine: %w", err)
	}
	if _, credential, err = p.accounts.AuthenticateClient(ctx, c.ID, secret); err != nil {
		return "", "", fmt.Errorf("machine: %w", err)
	}
	if who.Kind == holdfasttest.Revoked {
		err = p.accounts.RemoveClient(ctx, c.ID)
	}
	return c.ID, credential, err
}

func (p *people) stands(ctx context.Context, one person) bool {
	_, err := p.accounts.Caller(ctx, one.id, one.session, nil)
	return err == nil
}

// make signs a user in, who is created if they are not there.
func (p *people) make(ctx context.Context, who holdfasttest.Caller) (person, error) {
	name, password := who.User, p.password
	if name == "" {
		p.count++
		name = fmt.Sprintf("caller-%d-%s", p.count, strings.ToLower(rand.Text()[:8]))
	}
	if _, err := p.accounts.UserByName(ctx, name); errors.Is(err, account.ErrNoUser) {
		if password == "" {
			password = account.Secret(rand.Text())
		}
		_, err := p.accounts.CreateUser(ctx, account.NewUser{Name: name, Password: password, Roles: who.Roles})
		if err != nil {
			return person{}, fmt.Errorf("user %s: %w", name, err)
		}
	} else if err != nil {
		return person{}, err
	}
	grant, err := p.accounts.Login(ctx, name, string(password), account.Ask{Scopes: who.Scopes})
	if err != nil {
		return person{}, fmt.Errorf("user %s: %w", name, err)
	}
	return person{grant.User.ID, grant.SessionID}, nil
}

func (p *people) spoil(ctx context.Context, who holdfasttest.Caller, one person) error {
	switch who.Kind {
	case holdfasttest.Revoked:
		return p.accounts.Logout(ctx, one.session)
	case holdfasttest.DisabledUser:
		err := p.disable(ctx, one)
		if errors.Is(err, account.ErrLastAdmin) { // then somebody else has to be one
			if _, err := p.make(ctx, holdfasttest.Caller{Roles: []string{account.RoleAdmin}}); err != nil {
				return err
			}
			err = p.disable(ctx, one)
		}
		return err
	}
	return nil
}

func (p *people) disable(ctx context.Context, one person) error {
	disabled := true
	_, err := p.accounts.UpdateUser(ctx, one.id, account.UserChange{Disabled: &disabled})
	return err
}
