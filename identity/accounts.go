package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/work"
)

// Accounts are the users, roles and sessions of a store. Close them.
type Accounts struct {
	*account.Service

	lane     *work.Lane // nil if the configuration has its own
	headroom *work.Headroom
}

// OpenAccounts opens the accounts alone, without keys and endpoints: for a
// command that adds the first users, beside the running program or before it.
// It needs neither a URL nor the master key.
func OpenAccounts(ctx context.Context, config Config) (*Accounts, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	return openAccounts(ctx, config, "")
}

// maxWait is how long a sign-in waits for its turn: a person who is told after
// two seconds to try again is better off than one who looks at a page that
// does not come.
const maxWait = 2 * time.Second

// openAccounts opens the accounts of a program that is reached at a URL, "" if
// that is not known.
func openAccounts(ctx context.Context, config Config, url string) (*Accounts, error) {
	key, err := loginKey(ctx, config.Store)
	if err != nil {
		return nil, err
	}
	passwords, err := config.passwords()
	if err != nil {
		return nil, err
	}
	a := &Accounts{}
	lane := config.Lane
	if lane == nil {
		a.headroom = work.NewHeadroom()
		a.lane = work.NewLane(work.Config{Name: "hash", Headroom: a.headroom, MaxWait: maxWait})
		lane = a.lane
	}
	a.Service, err = account.NewService(ctx, account.Config{
		Store: config.Store, Passwords: passwords, Lane: lane, Policy: config.Policy, RefreshTTL: config.RefreshTTL,
		RefreshOverlap: config.RefreshOverlap, IdleTTL: config.SessionIdle,
		OnCut: config.logCut,
		Key: key, Now: config.Now, Roles: storedRoles(config.declaredRoles()), Clients: config.clients(url),
		MaxAPIKeyTTL:       config.MaxAPIKeyTTL,
		InsecureNoThrottle: config.InsecureNoThrottle,
	})
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// logCut says that somebody got in with what another system had kept of a password:
// once, see account.ImportedUser.
func (c *Config) logCut(ctx context.Context, user account.User) {
	c.Logger.LogAttrs(ctx, slog.LevelWarn, "a sign-in with what another system kept of a password; the hash is replaced by one of all of it", slog.String("user", user.ID))
}

// passwords is how passwords are hashed, and which hashes are known.
func (c *Config) passwords() (account.Passwords, error) {
	passwords := c.Passwords
	if passwords == nil {
		var err error
		if passwords, err = password.NewContext(password.Config{}); err != nil {
			return nil, fmt.Errorf("identity: %w", err)
		}
	}
	if c.Metrics != nil {
		passwords = c.Metrics.Passwords(passwords)
	}
	return passwords, nil
}

// Close ends the lane in which passwords are hashed.
func (a *Accounts) Close() error {
	if a.lane != nil {
		a.lane.Close()
		a.headroom.Close()
	}
	return nil
}

// loginKey returns the key of what is counted and remembered about those who
// sign in. The first process makes it.
func loginKey(ctx context.Context, store Settings) (key account.Key, err error) {
	const name = "login-key"
	text, err := store.Setting(ctx, name)
	if err == nil && text == "" {
		if _, err := rand.Read(key[:]); err != nil {
			return key, err
		}
		text, err = store.SetOnce(ctx, name, hex.EncodeToString(key[:]))
	}
	if err != nil {
		return key, err
	}
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != len(key) {
		return key, errors.New("identity: the login key in the store is damaged")
	}
	return account.Key(data), nil
}
