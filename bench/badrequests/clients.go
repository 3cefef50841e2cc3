package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
)

// The clients that both know.
const (
	web     = "web"     // confidential, with HTTP Basic: codes and refresh tokens
	other   = "other"   // the same, another one
	poster  = "poster"  // the same with its secret in the form
	spa     = "spa"     // public: codes and refresh tokens
	native  = "native"  // public, on a person's machine: codes
	machine = "machine" // confidential: client credentials
	keyed   = "keyed"   // client credentials with a key of its own
)

const (
	codeGrant    = "authorization_code"
	refreshGrant = "refresh_token"
	machineGrant = "client_credentials"

	webCallback   = "https://web.example/callback"
	otherCallback = "https://other.example/callback"
	spaCallback   = "https://spa.example/callback?from=holdfast"
	loopback      = "http://127.0.0.1/callback"
	privateUse    = "com.example.native:/callback"

	// What a person has, what the clients may ask for, and what is theirs not.
	scopeMe, scopeUsers, scopeForeign = "me", "users:read", "users:write"

	// api is the resource that tokens are for.
	api = "https://api.example/"
)

// client is one as both are told of it.
type client struct {
	id        string
	method    string // token_endpoint_auth_method
	redirects []string
	grants    []string
	secret    string // what Holdfast made up
}

func clients() []*client {
	both := []string{codeGrant, refreshGrant}
	return []*client{
		{id: web, method: "client_secret_basic", redirects: []string{webCallback}, grants: both},
		{id: other, method: "client_secret_basic", redirects: []string{otherCallback}, grants: both},
		{id: poster, method: "client_secret_post", redirects: []string{webCallback}, grants: both},
		{id: spa, method: "none", redirects: []string{spaCallback}, grants: both},
		{id: native, method: "none", redirects: []string{loopback, privateUse}, grants: []string{codeGrant}},
		{id: machine, method: "client_secret_basic", grants: []string{machineGrant}},
		{id: keyed, method: "private_key_jwt", grants: []string{machineGrant}},
	}
}

// verifier is long enough, and challenge is of it (RFC 7636 appendix B).
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// keys of the client that has some: the first is registered.
var signing, unregistered = newKey(), newKey()

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // there is no randomness
	}
	return key
}

// keySet is the JWK set of the registered key.
func keySet() map[string]any {
	point, err := signing.PublicKey.Bytes()
	if err != nil {
		panic(err) // it is on its curve
	}
	return map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}}}
}

// sign writes a token of any header and claims.
func sign(key *ecdsa.PrivateKey, header, claims map[string]any) (string, error) {
	first, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	second, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(first) + "." + base64.RawURLEncoding.EncodeToString(second)
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
