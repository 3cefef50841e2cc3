package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-go/holdfast/account"
)

// Passwords counts and times the hashing of an [account.Service].
func (m *Metrics) Passwords(p account.Passwords) account.Passwords { return &passwords{p, m} }

type passwords struct {
	account.Passwords
	m *Metrics
}

func (p *passwords) timed(operation string) func() {
	timer := prometheus.NewTimer(p.m.hashes.WithLabelValues(operation))
	return func() { timer.ObserveDuration() }
}

func (p *passwords) Hash(ctx context.Context, secret string) (string, error) {
	defer p.timed("hash")()
	return p.Passwords.Hash(ctx, secret)
}

func (p *passwords) VerifyAndUpdate(ctx context.Context, secret, hash string) (bool, string, error) {
	defer p.timed("verify")()
	return p.Passwords.VerifyAndUpdate(ctx, secret, hash)
}

// Cuts implements account.CutPasswords, as far as what is measured does.
func (p *passwords) Cuts(hash string) bool {
	cuts, ok := p.Passwords.(account.CutPasswords)
	return ok && cuts.Cuts(hash)
}

// VerifyCut is called where Cuts says so.
func (p *passwords) VerifyCut(ctx context.Context, secret, hash string) (ok, cut bool, newHash string, err error) {
	defer p.timed("verify")()
	if cuts, ok := p.Passwords.(account.CutPasswords); ok {
		return cuts.VerifyCut(ctx, secret, hash)
	}
	ok, newHash, err = p.Passwords.VerifyAndUpdate(ctx, secret, hash)
	return ok, false, newHash, err
}

// DummyVerifyLike counts as a verification: the metrics must not tell either
// who has an account.
func (p *passwords) DummyVerifyLike(ctx context.Context, secret, like string) error {
	defer p.timed("verify")()
	return p.Passwords.DummyVerifyLike(ctx, secret, like)
}

// Login counts a sign-in by what came of it: "ok", "refused" for a wrong name
// or password, "given" for a right password that somebody else has chosen, "throttled" after too many wrong ones, "busy" where there was no time to look, "left" when the caller
// went away, or "failed".
func (m *Metrics) Login(err error) { m.logins.WithLabelValues(loginResult(err)).Inc() }

func loginResult(err error) string {
	var throttled *account.ThrottledError
	var given *account.GivenPasswordError
	var busy interface {
		error
		RetryAfter() time.Duration
	}
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, account.ErrBadLogin):
		return "refused"
	case errors.As(err, &given):
		return "given"
	case errors.As(err, &throttled):
		return "throttled"
	case errors.As(err, &busy):
		return "busy"
	case errors.Is(err, context.Canceled):
		return "left"
	}
	return "failed"
}
