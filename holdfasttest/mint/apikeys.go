package mint

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
)

// APIKeys mints callers who present API keys of users of an [account.Service].
// It creates the users, without passwords. Service is required.
type APIKeys struct {
	Service *account.Service
	Scheme  string // the scheme's name in the document; "APIKey", which is identity's, if empty
}

// Callers mints API keys, presented as bearer tokens. A key carries those of a
// caller's scopes that the user's roles grant.
func (k APIKeys) Callers() holdfasttest.Callers {
	return func(ctx context.Context, who holdfasttest.Caller) (holdfasttest.Credential, error) {
		text, err := k.mint(ctx, who)
		if err != nil {
			return holdfasttest.Credential{}, err
		}
		out := holdfasttest.Bearer(text)
		out.Schemes = []string{cmp.Or(k.Scheme, "APIKey")}
		return out, nil
	}
}

func (k APIKeys) mint(ctx context.Context, who holdfasttest.Caller) (string, error) {
	switch who.Kind {
	case holdfasttest.Garbage:
		return "hfp_garbage", nil
	case holdfasttest.WrongAudience, holdfasttest.WrongIssuer, holdfasttest.WrongType:
		return "", holdfasttest.CannotMint("an API key says nothing of that")
	}
	user, err := k.user(ctx, who)
	if err != nil {
		return "", err
	}
	granted, err := k.Service.Granted(ctx, user.Roles)
	if err != nil {
		return "", err
	}
	ask := account.APIKeyAsk{Name: cmp.Or(who.Name, "test"), TTL: time.Hour}
	ask.Name = strings.ToValidUTF8(ask.Name[:min(len(ask.Name), 64)], "")
	for _, scope := range who.Scopes {
		if slices.Contains(granted, scope) {
			ask.Scopes = append(ask.Scopes, scope)
		}
	}
	if who.Kind == holdfasttest.Expired {
		ask.TTL = 1 // it is over when it is made
	}
	grant, err := k.Service.NewAPIKey(ctx, account.APIKeyOwner{UserID: user.ID}, ask)
	if err != nil {
		return "", fmt.Errorf("an API key of %s: %w", user.Name, err)
	}
	return string(grant.Secret), k.spoil(ctx, who, grant.Key)
}

// user is the user that is acted as, who is made if they are not there.
func (k APIKeys) user(ctx context.Context, who holdfasttest.Caller) (account.User, error) {
	name := who.User
	if name == "" {
		name = "key-" + strings.ToLower(rand.Text()[:12])
	}
	user, err := k.Service.UserByName(ctx, name)
	if errors.Is(err, account.ErrNoUser) {
		user, err = k.Service.CreateUser(ctx, account.NewUser{Name: name, Roles: who.Roles, WithoutPassword: true})
	}
	if err != nil {
		return user, fmt.Errorf("user %s: %w", name, err)
	}
	return user, nil
}

func (k APIKeys) spoil(ctx context.Context, who holdfasttest.Caller, key account.APIKey) error {
	switch who.Kind {
	case holdfasttest.Revoked:
		return k.Service.RevokeAPIKey(ctx, key.Owner(), key.ID)
	case holdfasttest.DisabledUser:
		yes := true
		_, err := k.Service.UpdateUser(ctx, key.UserID, account.UserChange{Disabled: &yes})
		return err
	}
	return nil
}
