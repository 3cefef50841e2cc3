// Package jwt measures what it costs to verify one access token, with Holdfast
// and with the libraries that Go programs use. All verify the same token with
// the same key, and are told to check the same: one algorithm, signature, exp,
// iss and aud.
package jwt

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/holdfast-go/holdfast/jwt"
)

const (
	issuer   = "https://id.example.org"
	audience = "holdfast"
)

// subject is one algorithm with a token and the raw key that verifies it.
type subject struct {
	alg    string
	key    jwt.Key
	public any // what the other libraries take
	jwx    jwa.SignatureAlgorithm
	token  string
}

// verify is one library's way to check a token.
type verify func(token string) error

func subjects(tb testing.TB) []subject {
	tb.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	hs, err := jwt.SecretKey(jwt.HS256, secret)
	check(tb, err)
	ed, edPublic := pair(tb, jwt.EdDSA)
	ec, ecPublic := pair(tb, jwt.ES256)
	list := []subject{
		{alg: "HS256", key: hs.WithID("hs"), public: secret, jwx: jwa.HS256()},
		{alg: "EdDSA", key: ed, public: edPublic, jwx: jwa.EdDSA()},
		{alg: "ES256", key: ec, public: ecPublic, jwx: jwa.ES256()},
	}
	for i := range list {
		s, err := jwt.NewSigner(jwt.SignerConfig{Key: list[i].key, Issuer: issuer, Audience: []string{audience}, TTL: time.Hour})
		check(tb, err)
		list[i].token, err = s.Sign(jwt.Claims{Subject: "01J9Z3N8Q4", SessionID: "01J9Z3N8Q5", Scope: "me users:read"})
		check(tb, err)
	}
	return list
}

// pair makes a key through its JWK, since a Key does not hand its parts out.
func pair(tb testing.TB, alg jwt.Algorithm) (jwt.Key, any) {
	tb.Helper()
	var private crypto.Signer
	var err error
	if alg == jwt.EdDSA {
		_, private, err = ed25519.GenerateKey(rand.Reader)
	} else {
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	check(tb, err)
	data, err := json.Marshal(jose.JSONWebKey{Key: private, KeyID: "k", Algorithm: string(alg), Use: "sig"})
	check(tb, err)
	key, err := jwt.ParsePrivate(data)
	check(tb, err)
	return key, private.Public()
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func holdfast(tb testing.TB, s subject) verify {
	tb.Helper()
	v, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(s.key), Algorithms: []jwt.Algorithm{jwt.Algorithm(s.alg)}, Issuer: issuer, Audience: audience,
		CacheSize: new(0), // the others remember nothing
	})
	check(tb, err)
	return func(token string) error {
		_, err := v.Verify(context.Background(), token)
		return err
	}
}

func golang(_ testing.TB, s subject) verify {
	parser := golangjwt.NewParser(golangjwt.WithValidMethods([]string{s.alg}), golangjwt.WithIssuer(issuer),
		golangjwt.WithAudience(audience), golangjwt.WithExpirationRequired())
	return func(token string) error {
		var claims struct {
			golangjwt.RegisteredClaims
			Scope     string `json:"scope"`
			SessionID string `json:"sid"`
		}
		_, err := parser.ParseWithClaims(token, &claims, func(*golangjwt.Token) (any, error) { return s.public, nil })
		return err
	}
}

func gojose(_ testing.TB, s subject) verify {
	algs := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(s.alg)}
	return func(token string) error {
		parsed, err := josejwt.ParseSigned(token, algs)
		if err != nil {
			return err
		}
		var claims struct {
			josejwt.Claims
			Scope     string `json:"scope"`
			SessionID string `json:"sid"`
		}
		if err := parsed.Claims(s.public, &claims); err != nil {
			return err
		}
		return claims.Validate(josejwt.Expected{Issuer: issuer, AnyAudience: josejwt.Audience{audience}, Time: time.Now()})
	}
}

func jwx(_ testing.TB, s subject) verify {
	return func(token string) error {
		_, err := jwxjwt.Parse([]byte(token), jwxjwt.WithKey(s.jwx, s.public), jwxjwt.WithIssuer(issuer),
			jwxjwt.WithAudience(audience), jwxjwt.WithRequiredClaim("exp"))
		return err
	}
}

// byHand is the least that checks an HS256 token of known shape: a lower bound,
// not a library.
func byHand(_ testing.TB, s subject) verify {
	secret, _ := s.public.([]byte)
	return func(token string) error {
		dot := strings.LastIndexByte(token, '.')
		sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
		if err != nil {
			return err
		}
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(token[:dot]))
		if !hmac.Equal(m.Sum(nil), sig) {
			return errors.New("bad signature")
		}
		return nil
	}
}

var libraries = []struct {
	name string
	make func(testing.TB, subject) verify
}{
	{"holdfast", holdfast}, {"golang-jwt", golang}, {"go-jose", gojose}, {"jwx", jwx}, {"by-hand", byHand},
}

func BenchmarkVerify(b *testing.B) {
	for _, s := range subjects(b) {
		for _, lib := range libraries {
			if lib.name == "by-hand" && s.alg != "HS256" {
				continue
			}
			v := lib.make(b, s)
			b.Run(s.alg+"/"+lib.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := v(s.token); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// All of them accept the token and refuse it with one letter changed:
// otherwise the figures would compare different things.
func TestTheSameIsMeasured(t *testing.T) {
	for _, s := range subjects(t) {
		for _, lib := range libraries {
			if lib.name == "by-hand" && s.alg != "HS256" {
				continue
			}
			v := lib.make(t, s)
			if err := v(s.token); err != nil {
				t.Errorf("%s refuses the %s token: %v", lib.name, s.alg, err)
			}
			at := len(s.token) - 10
			bad := s.token[:at] + string(s.token[at]^1) + s.token[at+1:]
			if err := v(bad); err == nil {
				t.Errorf("%s accepts a bad %s token", lib.name, s.alg)
			}
		}
	}
}

// TestRatios prints how often the others' time ours is, from rounds that take
// turns, so that a busy machine is busy for all. Run it with -v.
func TestRatios(t *testing.T) {
	if !testing.Verbose() {
		t.Skip("it measures: run with -v")
	}
	const rounds, calls = 15, 400
	for _, s := range subjects(t) {
		medians := map[string]time.Duration{}
		times := map[string][]time.Duration{}
		for range rounds {
			for _, lib := range libraries {
				if lib.name == "by-hand" && s.alg != "HS256" {
					continue
				}
				v := lib.make(t, s)
				start := time.Now()
				for range calls {
					check(t, v(s.token))
				}
				times[lib.name] = append(times[lib.name], time.Since(start)/calls)
			}
		}
		for name, list := range times {
			slices.Sort(list)
			medians[name] = list[len(list)/2]
		}
		line := fmt.Sprintf("%s: holdfast %v", s.alg, medians["holdfast"])
		for _, lib := range libraries[1:] {
			if m, ok := medians[lib.name]; ok {
				line += fmt.Sprintf(", %s %v (%.2f times)", lib.name, m, float64(m)/float64(medians["holdfast"]))
			}
		}
		t.Log(line)
	}
}
