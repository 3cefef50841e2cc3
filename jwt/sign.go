package jwt

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// SigningKey is where a signer finds its key at the moment of signing, so that
// keys can rotate. It must be safe for concurrent use.
type SigningKey func(ctx context.Context) (Key, error)

// SignerConfig says what a signer's tokens look like.
type SignerConfig struct {
	Key        Key           // required unless SigningKey
	SigningKey SigningKey    // in place of Key: asked for each token
	Issuer     string        // iss; required unless InsecureNoIssuer
	Audience   []string      // aud; required unless InsecureNoAudience
	Type       string        // typ; "at+jwt" (RFC 9068) if empty
	TTL        time.Duration // how long a token lives; 15 minutes if zero

	Now  func() time.Time // time.Now if nil
	Rand io.Reader        // for jti; crypto/rand if nil

	InsecureNoIssuer   bool // leave out iss: any verifier of the key will do
	InsecureNoAudience bool // leave out aud: a token for one API opens every other
}

// Signer makes tokens. It is safe for concurrent use.
type Signer struct {
	config SignerConfig
	last   atomic.Pointer[keyHeader]
}

// keyHeader is a key's header, which is the same for all of its tokens.
type keyHeader struct {
	id      string
	alg     Algorithm
	encoded string
}

// NewSigner checks the configuration and makes a signer.
func NewSigner(config SignerConfig) (*Signer, error) {
	own := config.Key.IsPrivate()
	switch {
	case own == (config.SigningKey != nil):
		return nil, errors.New("jwt: the signer needs either a Key that can sign or a SigningKey; a key without its private part cannot sign")
	case config.Issuer == "" && !config.InsecureNoIssuer:
		return nil, errors.New("jwt: the signer has no Issuer; say InsecureNoIssuer if that is meant")
	case len(config.Audience) == 0 && !config.InsecureNoAudience:
		return nil, errors.New("jwt: the signer has no Audience; say InsecureNoAudience if that is meant")
	case config.TTL < 0:
		return nil, errors.New("jwt: the signer's TTL is negative")
	case own && !config.Key.CanSign():
		return nil, errors.New("jwt: the signer's key cannot sign: its key_ops do not have sign")
	case !utf8s(append([]string{config.Issuer, config.Type, config.Key.id}, config.Audience...)...):
		return nil, errors.New("jwt: Issuer, Audience, Type and the key's id must be UTF-8")
	}
	config.Audience = slices.Clone(config.Audience)
	if config.Type == "" {
		config.Type = defaultType
	}
	if config.TTL == 0 {
		config.TTL = 15 * time.Minute
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Rand == nil {
		config.Rand = rand.Reader
	}
	if own {
		key := config.Key
		config.SigningKey = func(context.Context) (Key, error) { return key, nil }
	}
	return &Signer{config: config}, nil
}

// defaultType is RFC 9068's type of an access token.
const defaultType = "at+jwt"

// wire is the claims as they are written.
type wire struct {
	Issuer    string `json:"iss,omitempty"`
	Subject   string `json:"sub,omitempty"`
	Audience  any    `json:"aud,omitempty"`
	Expiry    int64  `json:"exp"`
	NotBefore int64  `json:"nbf,omitempty"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	SessionID string `json:"sid,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	AuthTime  int64  `json:"auth_time,omitempty"`
	Scope     string `json:"scope"`
}

// Sign is SignContext for a signer whose key never changes.
func (s *Signer) Sign(c Claims) (string, error) { return s.SignContext(context.Background(), c) }

// SignContext makes a token of the claims. Issuer, expiry, time of issue and id
// are the signer's own: what the claims say of them is ignored, except that an
// Expiry earlier than the signer's is kept. The audience is the signer's own
// where the claims name none.
//
// Claims that are not UTF-8, and such as would make a token longer than
// MaxSize, are errors. ErrNoSigningKey says that SigningKey has failed.
func (s *Signer) SignContext(ctx context.Context, c Claims) (string, error) {
	if !utf8s(c.Subject, c.SessionID, c.ClientID, c.Scope) || !utf8s(c.Audience...) {
		return "", errors.New("jwt: claims must be UTF-8") // JSON would make different ones the same
	}
	// The clock before the key: a key that signs no more after this moment
	// has not issued a token that says it was issued later.
	body, err := s.claims(c, s.config.Now())
	if err != nil {
		return "", err
	}
	key, err := s.config.SigningKey(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoSigningKey, err)
	}
	head, err := s.header(key)
	if err != nil {
		return "", err
	}
	return seal(key, head, body)
}

func (s *Signer) claims(c Claims, now time.Time) ([]byte, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.config.Rand, id); err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	w := wire{
		Issuer: s.config.Issuer, Subject: c.Subject, SessionID: c.SessionID, ClientID: c.ClientID, Scope: c.Scope,
		IssuedAt: now.Unix(), Expiry: now.Add(s.config.TTL).Unix(), ID: base64.RawURLEncoding.EncodeToString(id),
	}
	if !c.Expiry.IsZero() {
		w.Expiry = min(w.Expiry, c.Expiry.Unix())
	}
	if !c.AuthTime.IsZero() {
		w.AuthTime = c.AuthTime.Unix()
	}
	if !c.NotBefore.IsZero() {
		w.NotBefore = c.NotBefore.Unix()
	}
	audience := s.config.Audience
	if len(c.Audience) > 0 {
		audience = c.Audience
	}
	switch len(audience) {
	case 0:
	case 1:
		w.Audience = audience[0]
	default:
		w.Audience = audience
	}
	body, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	return body, nil
}

// header returns the key's encoded header; that of the last key is kept.
func (s *Signer) header(key Key) (string, error) {
	if last := s.last.Load(); last != nil && last.id == key.id && last.alg == key.alg {
		return last.encoded, nil
	}
	encoded, err := encodeHeader(key, s.config.Type)
	if err == nil {
		s.last.Store(&keyHeader{key.id, key.alg, encoded})
	}
	return encoded, err
}

func utf8s(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}
