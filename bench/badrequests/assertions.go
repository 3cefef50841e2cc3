package main

import (
	"crypto/ecdsa"
	"time"
)

// assertionFaults make an assertion bad, and return the key that signs it.
var assertionFaults = map[string]func(header, claims map[string]any) *ecdsa.PrivateKey{
	"by another key":          func(_, _ map[string]any) *ecdsa.PrivateKey { return unregistered },
	"without iss":             dropped("iss"),
	"without sub":             dropped("sub"),
	"without aud":             dropped("aud"),
	"without exp":             dropped("exp"),
	"without jti":             dropped("jti"),
	"for another audience":    changed("aud", "https://elsewhere.example"),
	"for an audience of none": changed("aud", []string{}),
	"for two audiences":       changed("aud", []string{"https://elsewhere.example", "https://also.example"}),
	"of another iss":          changed("iss", web),
	"of another sub":          changed("sub", web),
	"of an unknown client":    both(changed("sub", "unknown"), changed("iss", "unknown")),
	"of another client":       both(changed("sub", web), changed("iss", web)),
	"with an exp of words":    changed("exp", "tomorrow"),
	"with an exp of null":     changed("exp", nil),
	"with a sub of a number":  changed("sub", 1),
	"that is over":            shifted("exp", -time.Hour),
	"that is not yet":         shifted("nbf", time.Hour),
	"from the future":         shifted("iat", time.Hour),
	"of alg none":             headed("alg", "none"),
	"of alg HS256":            headed("alg", "HS256"),
	"of alg RS256":            headed("alg", "RS256"),
	"without alg":             headed("alg", nil),
	"of an unknown kid":       headed("kid", "2"),
	"with an unknown crit":    headed("crit", []string{"urn:example:unknown"}),
}

func dropped(claim string) func(_, _ map[string]any) *ecdsa.PrivateKey {
	return func(_, claims map[string]any) *ecdsa.PrivateKey { delete(claims, claim); return signing }
}

func changed(claim string, value any) func(_, _ map[string]any) *ecdsa.PrivateKey {
	return func(_, claims map[string]any) *ecdsa.PrivateKey { claims[claim] = value; return signing }
}

// shifted sets a time by that of now.
func shifted(claim string, by time.Duration) func(_, _ map[string]any) *ecdsa.PrivateKey {
	return func(_, claims map[string]any) *ecdsa.PrivateKey {
		claims[claim] = time.Now().Add(by).Unix() // both servers read the real clock
		return signing
	}
}

func headed(name string, value any) func(_, _ map[string]any) *ecdsa.PrivateKey {
	return func(header, _ map[string]any) *ecdsa.PrivateKey { header[name] = value; return signing }
}

func both(first, second func(_, _ map[string]any) *ecdsa.PrivateKey) func(_, _ map[string]any) *ecdsa.PrivateKey {
	return func(header, claims map[string]any) *ecdsa.PrivateKey {
		first(header, claims)
		return second(header, claims)
	}
}
