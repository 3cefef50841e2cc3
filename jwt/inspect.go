package jwt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what was found of one thing.
type Verdict int

// The verdicts. The zero Verdict says nothing good.
const (
	Unchecked Verdict = iota // there was nothing to check it with
	Right
	Wrong
)

// String is the verdict's word.
func (v Verdict) String() string { return []string{"unchecked", "right", "wrong"}[v] }

// Finding is what was found of one thing in a token. It never has a part of
// the signature, nor of a key.
type Finding struct {
	Of      string // as in "expiry"
	Verdict Verdict
	Text    string // as in "expired 5m0s ago"
}

// Report is what [Inspect] found.
type Report struct {
	Algorithm Algorithm
	KeyID     string
	Type      string
	Claims    Claims // what the token says, whether it is true or not
	Findings  []Finding

	// KeyNow is what becomes of the token's key, as in "signing". Inspect leaves it
	// empty: code that has the keys' schedule, such as package keyring, fills it in.
	KeyNow string
}

// Good reports whether a verifier with the same configuration would accept the
// token: all was checked, and nothing is wrong.
func (r Report) Good() bool {
	return len(r.Findings) > 0 && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict != Right })
}

// Bad reports whether something is wrong. A report may be neither good nor bad
// if something could not be checked.
func (r Report) Bad() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict == Wrong })
}

// Inspect says in words what is right and wrong with a token: everything, where
// a [Verifier] stops at the first mistake. It is for people; programs use
// Verify. What the configuration leaves empty is not checked, except that Type
// is "at+jwt".
func Inspect(ctx context.Context, text string, config VerifierConfig) Report {
	config.complete()
	i := inspection{config: config, now: config.Now()}
	i.token(ctx, text)
	return i.report
}

// inspection is a report in the making.
type inspection struct {
	config VerifierConfig
	now    time.Time
	report Report
}

func (i *inspection) add(of string, verdict Verdict, format string, args ...any) {
	i.report.Findings = append(i.report.Findings, Finding{of, verdict, fmt.Sprintf(format, args...)})
}

// check adds Right or Wrong.
func (i *inspection) check(of string, ok bool, format string, args ...any) {
	verdict := Wrong
	if ok {
		verdict = Right
	}
	i.add(of, verdict, format, args...)
}

func (i *inspection) token(ctx context.Context, text string) {
	t, err := split(text, nil, new(scratch))
	if err != nil {
		i.add("form", Wrong, "%s", trimPrefix(err))
		return
	}
	i.add("form", Right, "a compact JWS of %d bytes", len(text))
	i.report.Algorithm, i.report.KeyID, i.report.Type = Algorithm(t.header.alg), t.header.kid, t.header.typ
	i.algorithm(&t)
	i.signature(ctx, &t)
	i.check("type", i.config.takes(t.header.typ), "it is %q, wanted is %q", t.header.typ, i.config.Type)
	c, err := parseClaims(t.payload)
	if err != nil {
		i.add("claims", Wrong, "%s", strings.TrimPrefix(trimPrefix(err), "claims: "))
		return
	}
	i.report.Claims = c
	i.times(c)
	i.parties(c)
}

func (i *inspection) algorithm(t *token) {
	alg := Algorithm(t.header.alg)
	switch {
	case !alg.known():
		i.add("algorithm", Wrong, "%q is none that signs", t.header.alg)
	case len(i.config.Algorithms) > 0 && !slices.Contains(i.config.Algorithms, alg):
		i.add("algorithm", Wrong, "%s is not allowed", alg)
	default:
		i.add("algorithm", Right, "%s", alg)
	}
}

func (i *inspection) signature(ctx context.Context, t *token) {
	if i.config.Keys == nil {
		i.add("signature", Unchecked, "there is no key to check it with")
		return
	}
	keys, err := i.config.Keys(ctx)
	if err != nil {
		i.add("signature", Unchecked, "the keys could not be had: %v", err)
		return
	}
	switch _, err := t.checkSignature(keys); {
	case err == nil && t.header.hasKid:
		i.add("signature", Right, "made with key %q", t.header.kid)
	case err == nil:
		i.add("signature", Right, "made with one of the keys; the token does not say which")
	default:
		i.add("signature", Wrong, "%s (kid %q, alg %q)", trimPrefix(err), t.header.kid, t.header.alg)
	}
}

// when writes a moment and how far it is from now.
func (i *inspection) when(at time.Time) string {
	d := i.now.Sub(at).Round(time.Second)
	if d < 0 {
		return fmt.Sprintf("%s, in %v", at.Format(time.RFC3339), -d)
	}
	return fmt.Sprintf("%s, %v ago", at.Format(time.RFC3339), d)
}

func (i *inspection) times(c Claims) {
	if c.Expiry.IsZero() {
		i.add("expiry", Wrong, "it never expires: there is no exp")
	} else {
		i.check("expiry", i.now.Before(c.Expiry.Add(i.config.Leeway)), "%s", i.when(c.Expiry))
	}
	if !c.NotBefore.IsZero() {
		i.check("beginning", !i.now.Before(c.NotBefore.Add(-i.config.Leeway)), "good from %s", i.when(c.NotBefore))
	}
	if !c.IssuedAt.IsZero() {
		i.check("issue", !i.now.Before(c.IssuedAt.Add(-i.config.Leeway)), "%s", i.when(c.IssuedAt))
	}
}

func (i *inspection) parties(c Claims) {
	if i.config.Issuer == "" {
		i.add("issuer", Unchecked, "it is %q; no other was given to compare it with", c.Issuer)
	} else {
		i.check("issuer", c.Issuer == i.config.Issuer, "it is %q, wanted is %q", c.Issuer, i.config.Issuer)
	}
	audience := "nobody"
	if len(c.Audience) > 0 {
		audience = fmt.Sprintf("%q", c.Audience)
		audience = strings.Trim(audience, "[]")
	}
	if i.config.Audience == "" {
		i.add("audience", Unchecked, "it is for %s; no other was given to compare it with", audience)
	} else {
		i.check("audience", slices.Contains(c.Audience, i.config.Audience), "it is for %s, wanted is %q", audience, i.config.Audience)
	}
}
