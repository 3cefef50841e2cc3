package jwt

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// SignerConfig says what a signer's tokens look like.
type SignerConfig struct {
	Key      Key           // required
	Issuer   string        // iss; required unless InsecureNoIssuer
	Audience []string      // aud; required unless InsecureNoAudience
	Type     string        // typ; "at+jwt" (RFC 9068) if empty
	TTL      time.Duration // how long a token lives; 15 minutes if zero

	Now  func() time.Time // time.Now if nil
	Rand io.Reader        // for jti; crypto/rand if nil

	InsecureNoIssuer   bool // leave out iss: any verifier of the key will do
	InsecureNoAudience bool // leave out aud: a token for one API opens every other
}

// Signer makes tokens. It is safe for concurrent use.
type Signer struct {
	config SignerConfig
	header string // encoded
}

// NewSigner checks the configuration and makes a signer.
func NewSigner(config SignerConfig) (*Signer, error) {
	switch {
	case config.Key.private == nil && config.Key.secret == nil:
		return nil, errors.New("jwt: the signer's key cannot sign")
	case config.Issuer == "" && !config.InsecureNoIssuer:
		return nil, errors.New("jwt: the signer has no Issuer; say InsecureNoIssuer if that is meant")
	case len(config.Audience) == 0 && !config.InsecureNoAudience:
		return nil, errors.New("jwt: the signer has no Audience; say InsecureNoAudience if that is meant")
	case config.TTL < 0:
		return nil, errors.New("jwt: the signer's TTL is negative")
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
	head, err := json.Marshal(struct {
		Alg Algorithm `json:"alg"`
		Typ string    `json:"typ"`
		Kid string    `json:"kid,omitempty"`
	}{config.Key.alg, config.Type, config.Key.id})
	if err != nil {
		return nil, fmt.Errorf("jwt: %w", err)
	}
	return &Signer{config, base64.RawURLEncoding.EncodeToString(head)}, nil
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
	Scope     string `json:"scope"`
}

// Sign makes a token of the claims. Issuer, audience, expiry, time of issue
// and id are the signer's own: what the claims say of them is ignored, except
// that an Expiry earlier than the signer's is kept.
//
// Claims that are not UTF-8, and such as would make a token longer than
// MaxSize, are errors.
func (s *Signer) Sign(c Claims) (string, error) {
	if !utf8s(c.Subject, c.SessionID, c.Scope) {
		return "", errors.New("jwt: claims must be UTF-8") // JSON would make different ones the same
	}
	now := s.config.Now()
	id := make([]byte, 16)
	if _, err := io.ReadFull(s.config.Rand, id); err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	w := wire{
		Issuer: s.config.Issuer, Subject: c.Subject, SessionID: c.SessionID, Scope: c.Scope,
		IssuedAt: now.Unix(), Expiry: now.Add(s.config.TTL).Unix(), ID: base64.RawURLEncoding.EncodeToString(id),
	}
	if !c.Expiry.IsZero() {
		w.Expiry = min(w.Expiry, c.Expiry.Unix())
	}
	if !c.NotBefore.IsZero() {
		w.NotBefore = c.NotBefore.Unix()
	}
	switch len(s.config.Audience) {
	case 0:
	case 1:
		w.Audience = s.config.Audience[0]
	default:
		w.Audience = s.config.Audience
	}
	body, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	signed := s.header + "." + base64.RawURLEncoding.EncodeToString(body)
	sig, err := s.config.Key.sign([]byte(signed))
	if err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	text := signed + "." + base64.RawURLEncoding.EncodeToString(sig)
	if len(text) > MaxSize {
		return "", fmt.Errorf("jwt: the token would have %d bytes, more than the %d that are accepted", len(text), MaxSize)
	}
	return text, nil
}

func utf8s(texts ...string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return false
		}
	}
	return true
}
