package identity

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/horizon"
)

// usualAuditKeep is for how long records are kept.
const usualAuditKeep = 400 * 24 * time.Hour

// auditTrail seals what is recorded, and removes what is old, while a program runs.
type auditTrail struct {
	*account.AuditTrail

	accounts *account.Service
	keep     time.Duration
	log      *slog.Logger
	now      func() time.Time
}

// OpenAudit returns the audit trail of a store, for a command that verifies it beside
// the running program. If the key is encrypted it needs Config.Keys.Master: the error
// is keyring.ErrSealed, or keyring.ErrMasterKey for another one.
func OpenAudit(ctx context.Context, config Config) (*account.AuditTrail, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	key, err := auditKey(ctx, &config)
	if err != nil {
		return nil, err
	}
	return account.NewAuditTrail(config.Store, key, config.Now), nil
}

// openTrail opens the trail of a program.
func openTrail(ctx context.Context, c *Config, accounts *account.Service) (*auditTrail, error) {
	key, err := auditKey(ctx, c)
	if err != nil {
		return nil, err
	}
	return &auditTrail{
		AuditTrail: account.NewAuditTrail(c.Store, key, c.Now), accounts: accounts, keep: c.AuditKeep, log: c.Logger, now: c.Now,
	}, nil
}

// byServer returns a context in which the program itself acts, unless it says who
// does.
func byServer(ctx context.Context) context.Context {
	if account.ActorOf(ctx).Kind != "program" {
		return ctx
	}
	return account.WithActor(ctx, account.AuditActor{Kind: "server"})
}

// auditKey returns the key of the chain. The first process makes it. Errors:
// keyring.ErrSealed, keyring.ErrMasterKey.
func auditKey(ctx context.Context, c *Config) (account.AuditKey, error) {
	key, err := keptKey(ctx, c.Store, c.Keys, auditSetting)
	return account.AuditKey(key), err
}

const (
	tellEvery = time.Hour
	lastWords = 5 * time.Second // for what is recorded and sealed at the end
)

// run seals until ctx ends, and once an hour removes what is old and tells the head.
func (t *auditTrail) run(ctx context.Context) {
	sealed := make(chan struct{})
	go func() { // until ctx ends, which is waited for
		defer close(sealed)
		t.Run(ctx, func(err error) {
			t.log.LogAttrs(ctx, slog.LevelError, "the audit trail cannot be sealed; it is tried again", slog.String("error", err.Error()))
		})
	}()
	var past horizon.Horizon
	past.Advance(0, t.now())
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			<-sealed
			return
		case <-tick.C:
		}
		past.Advance(tellEvery, t.now())
		t.trim(ctx, past.Past(t.now()))
		t.tell(ctx)
	}
}

// trim removes what had been kept for long enough at a time that is past for certain:
// a clock that has jumped ahead must not take the trail away.
func (t *auditTrail) trim(ctx context.Context, past time.Time) {
	if t.keep < 0 || past.IsZero() {
		return
	}
	removed, err := t.Trim(ctx, past.Add(-t.keep))
	if err != nil && ctx.Err() == nil {
		t.log.LogAttrs(ctx, slog.LevelError, "old records of the audit trail could not be removed", slog.String("error", err.Error()))
	}
	if removed > 0 {
		t.log.LogAttrs(ctx, slog.LevelInfo, "old records of the audit trail are removed", slog.Int64("records", removed))
	}
}

// tell writes the signed head into the log, which others keep.
func (t *auditTrail) tell(ctx context.Context) {
	head, err := t.Head(ctx)
	if err != nil {
		t.log.LogAttrs(ctx, slog.LevelError, "the head of the audit trail cannot be told", slog.String("error", err.Error()))
		return
	}
	if head != "" {
		t.log.LogAttrs(ctx, slog.LevelInfo, "audit head", slog.String("head", head))
	}
}

// end records the end, seals what is left and tells the head, when nothing else is
// recorded any more.
func (t *auditTrail) end(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	err := t.accounts.RecordStop(ctx)
	if err == nil {
		_, err = t.Seal(ctx)
	}
	if err != nil {
		t.log.LogAttrs(ctx, slog.LevelWarn, "the end is not in the audit trail", slog.String("error", err.Error()))
		return
	}
	t.tell(ctx)
}

// described is the configuration as it is recorded at start. There is no secret in
// it, and no function.
func (c *Config) described(url, issuer string, audience []string) []string {
	var clients []string
	for _, one := range c.Clients {
		clients = append(clients, one.ID)
	}
	services := slices.Sorted(maps.Keys(c.Services))
	return []string{
		"url", url, "issuer", issuer, "audience", strings.Join(audience, " "),
		"access_ttl", c.AccessTTL.String(), "refresh_ttl", c.RefreshTTL.String(), "session_idle", c.SessionIdle.String(),
		"key_period", c.Keys.Period.String(), "master_key", strconv.FormatBool(!c.Keys.Master.IsZero()), "old_master_key", strconv.FormatBool(!c.Keys.OldMaster.IsZero()),
		"trusted_proxies", strings.Join(c.TrustedProxies, " "), "cors_origins", strings.Join(c.CORSOrigins, " "), "services", strings.Join(services, " "),
		"clients", strings.Join(clients, " "), "password_grant", strconv.FormatBool(c.AllowPasswordGrant), "sign_up", strconv.FormatBool(c.SignUp != nil),
		"max_api_key_ttl", c.MaxAPIKeyTTL.String(), "throttled", strconv.FormatBool(!c.InsecureNoThrottle), "audit_keep", c.AuditKeep.String(),
	}
}
