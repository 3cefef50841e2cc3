package issuer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/bulkhead"
	"github.com/holdfast-go/holdfast/jwt"
)

// IntrospectionConfig says how to ask an issuer about tokens, and which are
// good. The client's id and the audience are required.
type IntrospectionConfig struct {
	// ClientID and ClientSecret are this service's own at the issuer. They are sent
	// as HTTP Basic (RFC 6749 section 2.3.1).
	ClientID     string
	ClientSecret string

	// Audience must be among those of the answer; required unless
	// InsecureNoAudience.
	Audience string

	// Issuer must be the answer's, if it names one; not looked at if empty.
	Issuer string

	// Leeway is how far the issuer's clock and this one may differ; 30 seconds if
	// zero, none if negative, at most a minute.
	Leeway time.Duration

	RolesClaim []string // as in Config

	// MaxAge is how long an answer is used, from the moment of asking, and so how
	// late a log-out is noticed; 10 seconds if zero, none if negative, at most five
	// minutes. No answer is used beyond the token's exp.
	MaxAge time.Duration

	// CacheSize is how many good tokens are remembered; 10,000 if zero. A tenth as
	// many bad ones are, in a room of their own, so that a flood of bad tokens
	// pushes no good one out.
	CacheSize int

	// AtOnce is how many questions are asked at the same time; 32 if zero. Eight
	// times as many wait for their turn, the others are told to come again.
	AtOnce int

	HTTP HTTP             // how the endpoint is reached; redirects are never followed
	Log  *slog.Logger     // failures to get an answer; nowhere if nil
	Now  func() time.Time // time.Now if nil

	InsecureNoAudience bool // take tokens for any audience
}

func (c IntrospectionConfig) withDefaults() (IntrospectionConfig, error) {
	c.MaxAge = cmp.Or(c.MaxAge, 10*time.Second)
	c.CacheSize = cmp.Or(c.CacheSize, 10_000)
	c.AtOnce = cmp.Or(c.AtOnce, 32)
	c.HTTP.FollowRedirects = false // the question has the token and the secret in it
	switch {
	case c.ClientID == "":
		return c, errors.New("issuer: no ClientID: the endpoint has to know who asks (RFC 7662 section 2.1)")
	case c.Audience == "" && !c.InsecureNoAudience:
		return c, errNoAudience
	case c.MaxAge > 5*time.Minute:
		return c, errors.New("issuer: MaxAge is more than five minutes")
	case c.CacheSize < 0 || c.CacheSize > 10_000_000:
		return c, errors.New("issuer: CacheSize is not between 1 and 10,000,000")
	case c.AtOnce < 0:
		return c, errors.New("issuer: AtOnce is negative")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var err error
	if c.Leeway, err = leeway(c.Leeway); err == nil {
		c.HTTP, err = c.HTTP.withDefaults()
	}
	return c, err
}

// Introspector judges tokens by asking their issuer. Its methods are safe for
// concurrent use. It needs no end: each question ends within HTTP.Timeout.
type Introspector struct {
	endpoint  string
	config    IntrospectionConfig
	client    *client
	authorize func(*http.Request) // a function, so that the secret does not print
	turns     *bulkhead.Bulkhead
	answers   *memory
	down      atomic.Bool // the last question was not answered
}

// Introspect makes an Introspector that asks at the endpoint, a URL (RFC 7662).
// It asks nothing yet.
func Introspect(endpoint string, config IntrospectionConfig) (*Introspector, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	_, rules, err := parseURL(endpoint, config.HTTP)
	if err != nil {
		return nil, err
	}
	id, secret := url.QueryEscape(config.ClientID), url.QueryEscape(config.ClientSecret)
	config.ClientSecret = ""
	answers, err := newMemory(config.CacheSize, config.MaxAge)
	if err != nil {
		return nil, err
	}
	return &Introspector{
		endpoint: endpoint, config: config, client: newClient(config.HTTP, rules), answers: answers,
		authorize: func(r *http.Request) { r.SetBasicAuth(id, secret) },
		turns: bulkhead.New(bulkhead.Config{
			Slots: config.AtOnce, Queue: 8 * config.AtOnce, MaxWait: config.HTTP.Timeout, Now: config.Now,
		}),
	}, nil
}

// ErrInactive says that the issuer says that the token is not good: it has
// expired, was revoked, or never was one.
var ErrInactive = errors.New("issuer: the token is not active")

// Verify asks the issuer about a token, or remembers what it said. The errors
// ErrInactive, ErrKind and those of package jwt mean that the token is not good;
// *UnavailableError, the error of too many questions at once, and the error of
// ctx mean neither.
func (i *Introspector) Verify(ctx context.Context, token string) (Claims, error) {
	if token == "" || len(token) > jwt.MaxSize || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return Claims{}, fmt.Errorf("%w: it is empty, longer than %d bytes, or not of visible ASCII", jwt.ErrMalformed, jwt.MaxSize)
	}
	v, err := i.answers.get(ctx, sha256.Sum256([]byte(token)), i.config.Now, func() (verdict, error) {
		// The answer is for others, too, who wait for it: it does not end with the
		// caller that happens to ask.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.config.HTTP.Timeout)
		defer cancel()
		return i.ask(ctx, token)
	})
	if err != nil {
		return Claims{}, err
	}
	return v.claims.clone(), v.refusal
}

// ask asks the issuer when it is this question's turn.
func (i *Introspector) ask(ctx context.Context, token string) (verdict, error) {
	if err := i.turns.Acquire(ctx); err != nil {
		return verdict{}, &UnavailableError{Issuer: i.endpoint, Cause: err}
	}
	defer i.turns.Release()
	v, err := i.question(ctx, token)
	if err == nil {
		if i.down.Swap(false) {
			i.config.Log.LogAttrs(ctx, slog.LevelInfo, "an issuer answers about tokens again", slog.String("endpoint", i.endpoint))
		}
		return v, nil
	}
	if !i.down.Swap(true) {
		i.config.Log.LogAttrs(ctx, slog.LevelWarn, "an issuer does not answer about tokens", slog.String("endpoint", i.endpoint), slog.Any("error", err))
	}
	return verdict{}, &UnavailableError{Issuer: i.endpoint, Cause: err}
}

// question sends one question and reads the answer.
func (i *Introspector) question(ctx context.Context, token string) (verdict, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.endpoint, strings.NewReader(form))
	if err != nil {
		return verdict{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	i.authorize(req)
	got, err := i.client.do(req, maxAnswer)
	if err != nil {
		return verdict{}, err
	}
	v, err := i.config.judge(string(got.body))
	if err != nil {
		return verdict{}, got.unreadable(i.endpoint, "answer about a token", err)
	}
	return v, nil
}
