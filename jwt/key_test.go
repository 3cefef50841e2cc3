package jwt_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/holdfast-go/holdfast/jwt"
)

// leaks reports whether the text has the beginning of the secret in any of
// the forms in which bytes are printed.
func leaks(text string, secret []byte) bool {
	start := secret[:6]
	for _, form := range []string{
		string(start), hex.EncodeToString(start), base64.StdEncoding.EncodeToString(start), base64.URLEncoding.EncodeToString(start),
		strings.Trim(fmt.Sprint(start), "[]"), strings.Trim(fmt.Sprintf("%#v", start), "[]byte{}"), strings.Trim(strconv.Quote(string(start)), `"`),
		strings.Trim(fmt.Sprintf("%x", strings.Split(string(start), "")), "[]"), strings.Trim(fmt.Sprintf("%o", start), "[]"),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return true
		}
	}
	return false
}

func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	keys := map[string]struct {
		key    jwt.Key
		secret []byte
	}{
		"an HMAC key":     {must(jwt.SecretKey(jwt.HS256, secret)).WithID("id"), secret},
		"an Ed25519 key":  {importKey(jwt.EdDSA, "id", edRaw), edRaw.Seed()},
		"an ECDSA key":    {importKey(jwt.ES256, "id", ecRaw()), must(ecRaw().Bytes())},
		"an ECDSA number": {importKey(jwt.ES256, "id", ecRaw()), []byte(new(big.Int).SetBytes(must(ecRaw().Bytes())).String())},
	}
	for name, test := range keys {
		s := newSigner(t, jwt.SignerConfig{Key: test.key})
		things := map[string]any{
			"itself":             test.key,
			"a pointer":          &test.key,
			"a list":             []jwt.Key{test.key},
			"a map":              map[string]jwt.Key{"k": test.key},
			"an open field":      struct{ Key jwt.Key }{test.key},
			"a hidden field":     struct{ key jwt.Key }{test.key},
			"a hidden pointer":   struct{ key *jwt.Key }{&test.key},
			"a signer's config":  jwt.SignerConfig{Key: test.key},
			"a signer":           s,
			"a signer in a list": []any{s},
		}
		for where, thing := range things {
			t.Run(name+" in "+where, func(t *testing.T) {
				t.Parallel()
				var bad []string
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%c", "%t"} {
					if leaks(fmt.Sprintf(verb, thing), test.secret) {
						bad = append(bad, verb)
					}
				}
				if bad != nil {
					t.Errorf("Sprintf(%s) = the secret", strings.Join(bad, ", "))
				}
				var out bytes.Buffer
				slog.New(slog.NewTextHandler(&out, nil)).Info("text", "thing", thing)
				slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "thing", thing)
				if leaks(out.String(), test.secret) {
					t.Error("slog writes the secret")
				}
				if data, err := json.Marshal(thing); leaks(string(data)+fmt.Sprint(err), test.secret) {
					t.Error("json.Marshal writes the secret")
				}
			})
		}
	}
}

func TestKeyPrintsItsName(t *testing.T) {
	t.Parallel()
	key := must(jwt.SecretKey(jwt.HS256, secret)).WithID("k\n1")
	const want = `[HS256 key "k\n1"]`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, key); got != want {
			t.Errorf("Sprintf(%s) = %s, want %s", verb, got, want)
		}
	}
	if _, err := json.Marshal(key); err == nil || !strings.Contains(err.Error(), "MarshalPrivate") {
		t.Errorf("json.Marshal(key) = %v, want a hint at MarshalPrivate", err)
	}
}

func TestPrivateRoundTrip(t *testing.T) {
	t.Parallel()
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			key := keyOf(alg)
			data := must(key.MarshalPrivate())
			got, err := jwt.ParsePrivate(data)
			if err != nil {
				t.Fatalf("ParsePrivate = %v, want nil", err)
			}
			if got.ID() != key.ID() || got.Algorithm() != alg {
				t.Errorf("ParsePrivate = %v, want %v", got, key)
			}
			if again := must(got.MarshalPrivate()); !bytes.Equal(again, data) {
				t.Error("MarshalPrivate(ParsePrivate(data)) is not data")
			}
			text := must(newSigner(t, jwt.SignerConfig{Key: got}).Sign(jwt.Claims{}))
			v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(key), Algorithms: algorithms}, nil)
			if _, err := verify(v, text); err != nil {
				t.Errorf("Verify(token) = %v, want nil", err)
			}
		})
	}
}

func TestGenerateKey(t *testing.T) {
	t.Parallel()
	for _, alg := range []jwt.Algorithm{jwt.EdDSA, jwt.ES256, jwt.ES384, jwt.ES512} {
		one, other := must(jwt.GenerateKey(alg)), must(jwt.GenerateKey(alg))
		if one.ID() == "" || one.ID() == other.ID() || one.Algorithm() != alg {
			t.Errorf("GenerateKey(%s) = %v and %v, want ids of their own", alg, one, other)
		}
	}
	if bits := rsaRaw().N.BitLen(); bits < 3072 {
		t.Errorf("GenerateKey(RS256) has %d bits, want 3072", bits)
	}
	for _, alg := range []jwt.Algorithm{jwt.HS256, "none", "", "eddsa", "ES256K", "RS1", "R"} {
		if _, err := jwt.GenerateKey(alg); err == nil {
			t.Errorf("GenerateKey(%q) = nil, want an error", alg)
		}
	}
}

func TestMarshalPublicSet(t *testing.T) {
	t.Parallel()
	var keys []jwt.Key
	for _, alg := range algorithms {
		keys = append(keys, keyOf(alg))
	}
	data := must(jwt.MarshalPublicSet(keys...))
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatalf("Unmarshal(%s) = %v", data, err)
	}
	if len(set.Keys) != len(algorithms)-3 {
		t.Errorf("MarshalPublicSet has %d keys, want all but the three of HMAC", len(set.Keys))
	}
	public := map[string]bool{"kty": true, "use": true, "alg": true, "kid": true, "crv": true, "x": true, "y": true, "n": true, "e": true}
	for _, key := range set.Keys {
		for member := range key {
			if !public[member] {
				t.Errorf("MarshalPublicSet has %s in the key %v", member, key["kid"])
			}
		}
		if key["use"] != "sig" || key["alg"] != key["kid"] {
			t.Errorf("MarshalPublicSet = %v, want use sig and alg %v", key, key["kid"])
		}
	}
	if none := must(jwt.MarshalPublicSet(must(jwt.SecretKey(jwt.HS256, secret)), jwt.Key{})); string(none) != `{"keys":[]}` {
		t.Errorf("MarshalPublicSet = %s, want an empty list", none)
	}
}

func TestZeroKeyIsGoodForNothing(t *testing.T) {
	t.Parallel()
	if data, err := (jwt.Key{}).MarshalPrivate(); err == nil {
		t.Errorf("MarshalPrivate = %s, want an error", data)
	}
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(jwt.Key{}), Algorithms: algorithms}, nil)
	if _, err := verify(v, token(head("kid", ""), claims())); err == nil {
		t.Error("Verify(token) = nil, want an error")
	}
}

func TestSecretKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 8)
	tests := map[string]struct {
		alg    jwt.Algorithm
		secret string
		want   string // a part of the error; empty if there is none
	}{
		"32 bytes for HS256":            {jwt.HS256, long[:32], ""},
		"31 bytes for HS256":            {jwt.HS256, long[:31], "at least 32"},
		"48 bytes for HS384":            {jwt.HS384, long[:48], ""},
		"47 bytes for HS384":            {jwt.HS384, long[:47], "at least 48"},
		"64 bytes for HS512":            {jwt.HS512, long[:64], ""},
		"63 bytes for HS512":            {jwt.HS512, long[:63], "at least 64"},
		"nothing":                       {jwt.HS256, "", "at least 32"},
		"the tutorial's secret":         {jwt.HS256, "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "tutorial"},
		"the same for HS512":            {jwt.HS512, "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "tutorial"},
		"the secret of everybody":       {jwt.HS256, "your-256-bit-secret", "jwt:"},
		"an algorithm with a key pair":  {jwt.EdDSA, long, "no HMAC"},
		"no algorithm":                  {"", long, "no HMAC"},
		"none":                          {"none", long, "no HMAC"},
		"an algorithm in small letters": {"hs256", long, "no HMAC"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := jwt.SecretKey(test.alg, []byte(test.secret))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("SecretKey = %v, want %q", err, test.want)
			}
			if err != nil && test.secret != "" && strings.Contains(err.Error(), test.secret) {
				t.Errorf("SecretKey = %v, which quotes the secret", err)
			}
		})
	}
}

func TestSecretKeyIsItsOwn(t *testing.T) {
	t.Parallel()
	data := bytes.Clone(secret)
	key := must(jwt.SecretKey(jwt.HS256, data))
	clear(data)
	if !bytes.Equal(rawKey(key).([]byte), secret) {
		t.Error("SecretKey shares its caller's bytes")
	}
}

// jwk writes a raw key with members changed; an empty value leaves one out.
func jwk(raw any, changes ...string) string {
	j := jose.JSONWebKey{Key: raw, KeyID: "id", Use: "sig"}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(must(j.MarshalJSON()), &members); err != nil {
		panic(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if members[changes[i]] = json.RawMessage(changes[i+1]); changes[i+1] == "" {
			delete(members, changes[i])
		}
	}
	return string(must(json.Marshal(members)))
}

func TestParsePrivateRefuses(t *testing.T) {
	t.Parallel()
	weak := must(rsa.GenerateKey(rand.Reader, 1024))
	otherEC := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	otherX := `"` + b64([]byte(edOther.Public().(ed25519.PublicKey))) + `"`
	ecD := func(k *ecdsa.PrivateKey) string { return `"` + b64(must(k.Bytes())) + `"` }
	tests := map[string]string{
		"nothing":                             ``,
		"no JSON":                             `secret`,
		"null":                                `null`,
		"an empty object":                     `{}`,
		"no use":                              jwk(edRaw, "alg", `"EdDSA"`, "use", ""),
		"a use of encryption":                 jwk(edRaw, "alg", `"EdDSA"`, "use", `"enc"`),
		"a use in capitals":                   jwk(edRaw, "alg", `"EdDSA"`, "use", `"SIG"`),
		"no alg":                              jwk(edRaw),
		"alg none":                            jwk(edRaw, "alg", `"none"`),
		"an Ed25519 key for ES256":            jwk(edRaw, "alg", `"ES256"`),
		"an Ed25519 key for HS256":            jwk(edRaw, "alg", `"HS256"`),
		"an Ed25519 key of alg Ed25519":       jwk(edRaw, "alg", `"Ed25519"`),
		"a P-256 key for ES384":               jwk(ecRaw(), "alg", `"ES384"`),
		"a P-256 key for EdDSA":               jwk(ecRaw(), "alg", `"EdDSA"`),
		"a P-256 key without alg":             jwk(ecRaw()),
		"an RSA key for HS256":                jwk(rsaRaw(), "alg", `"HS256"`),
		"an RSA key for encryption":           jwk(rsaRaw(), "alg", `"RSA-OAEP"`),
		"an RSA key without alg":              jwk(rsaRaw()),
		"an RSA key for one letter":           jwk(rsaRaw(), "alg", `"R"`),
		"an RSA key for RS1":                  jwk(rsaRaw(), "alg", `"RS1"`),
		"an RSA key for an RS of no size":     jwk(rsaRaw(), "alg", `"RS"`),
		"a weak RSA key":                      jwk(weak, "alg", `"RS256"`),
		"a secret for EdDSA":                  jwk(secret, "alg", `"EdDSA"`),
		"a secret without alg":                jwk(secret),
		"a short secret":                      jwk(secret[:31], "alg", `"HS256"`),
		"a secret too short for its alg":      jwk(secret[:32], "alg", `"HS512"`),
		"the tutorial's secret":               jwk([]byte("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"), "alg", `"HS256"`),
		"the public part of an Ed25519 key":   jwk(edRaw.Public(), "alg", `"EdDSA"`),
		"the public part of an ECDSA key":     jwk(ecRaw().Public(), "alg", `"ES256"`),
		"the public part of an RSA key":       jwk(rsaRaw().Public(), "alg", `"RS256"`),
		"an Ed25519 key with another's x":     jwk(edRaw, "alg", `"EdDSA"`, "x", otherX),
		"an ECDSA key with another's d":       jwk(ecRaw(), "alg", `"ES256"`, "d", ecD(otherEC)),
		"an ECDSA key that is off its curve":  jwk(ecRaw(), "alg", `"ES256"`, "y", ecD(otherEC)),
		"an RSA key with another's modulus":   jwk(rsaRaw(), "alg", `"RS256"`, "n", `"`+b64(must(rsa.GenerateKey(rand.Reader, 2048)).N.Bytes())+`"`),
		"a key with something behind it":      jwk(edRaw, "alg", `"EdDSA"`) + "{}",
		"a key that cannot be in base64":      jwk(edRaw, "alg", `"EdDSA"`, "d", `"***"`),
		"a list of one key":                   "[" + jwk(edRaw, "alg", `"EdDSA"`) + "]",
		"a set of one key":                    `{"keys":[` + jwk(edRaw, "alg", `"EdDSA"`) + "]}",
		"a key with two alg":                  before(`"alg":"EdDSA"`, jwk(edRaw, "alg", `"EdDSA"`)),
		"a key on a curve that is not signed": jwk(edRaw, "alg", `"EdDSA"`, "crv", `"X25519"`),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("ParsePrivate panics: %v", r)
				}
			}()
			_, err := jwt.ParsePrivate([]byte(data))
			if err == nil {
				t.Fatal("ParsePrivate = nil, want an error")
			}
			if leaks(err.Error(), secret) || leaks(err.Error(), edRaw.Seed()) {
				t.Errorf("ParsePrivate = %v, which quotes the key", err)
			}
		})
	}
}

func TestParsePrivateReturnsNoKeyWithAnError(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"a weak RSA key":           jwk(must(rsa.GenerateKey(rand.Reader, 1024)), "alg", `"RS256"`),
		"an Ed25519 key for ES256": jwk(edRaw, "alg", `"ES256"`),
		"a short secret":           jwk(secret[:31], "alg", `"HS256"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := jwt.ParsePrivate([]byte(data))
			if err == nil || key.ID() != "" || key.Algorithm() != "" {
				t.Errorf("ParsePrivate = %v, %v, want the zero Key and an error", key, err)
			}
			if _, err := key.MarshalPrivate(); err == nil {
				t.Errorf("ParsePrivate = a key that signs, want the zero Key")
			}
		})
	}
}
