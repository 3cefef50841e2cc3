package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
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
// It needs neither a URL nor the master key; without the latter, where the store's
// secrets are encrypted, nobody signs in with it: keyring.ErrSealed.
func OpenAccounts(ctx context.Context, config Config) (*Accounts, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	return openAccounts(ctx, config, "")
}

// maxWait is how long a sign-in waits for its turn. A person who is told to try again
// is better off than one who looks at a page that does not come: who would wait for
// longer is told at once.
const maxWait = 10 * time.Second

// openAccounts opens the accounts of a program that is reached at a URL, "" if
// that is not known.
func openAccounts(ctx context.Context, config Config, url string) (*Accounts, error) {
	key, err := loginKey(ctx, config.Store, config.Keys)
	var store account.Store = config.Store
	if url == "" && errors.Is(err, keyring.ErrSealed) {
		store, err = locked{config.Store}, nil
	}
	if errors.Is(err, keyring.ErrSealed) || errors.Is(err, keyring.ErrMasterKey) {
		err = fmt.Errorf("identity: Config.Keys.Master: %w", err)
	}
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
		a.lane = work.NewLane(work.Config{Name: "hash", Headroom: a.headroom, Queue: account.HashQueue(), MaxWait: maxWait})
		lane = a.lane
	}
	a.Service, err = account.NewService(ctx, account.Config{
		Store: store, Passwords: passwords, Lane: lane, Policy: config.Policy, RefreshTTL: config.RefreshTTL,
		RefreshOverlap: config.RefreshOverlap, IdleTTL: config.SessionIdle,
		OnCut: config.logCut,
		Key:   key, Now: config.Now, Roles: storedRoles(config.declaredRoles()), Clients: config.clients(url),
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
