package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// forger signs tokens with a key of its own.
type forger struct{ key ed25519.PrivateKey }

func newForger(t *testing.T) *forger {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &forger{key}
}

const forgersKey = "forged"

// publish puts the forger's key in the place of the server's.
func (f *forger) publish(set map[string]any) {
	public := base64.RawURLEncoding.EncodeToString(f.key.Public().(ed25519.PublicKey))
	set["keys"] = []any{map[string]any{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": forgersKey, "x": public}}
}

// sign makes a token of another, with changes, that the published key has signed.
func (f *forger) sign(token string, header, claims func(map[string]any)) string {
	parts := strings.Split(token, ".")
	for i, change := range []func(map[string]any){header, claims} {
		text, _ := base64.RawURLEncoding.DecodeString(parts[i])
		var fields map[string]any
		_ = json.Unmarshal(text, &fields)
		if i == 0 {
			fields["kid"] = forgersKey
		}
		change(fields)
		text, _ = json.Marshal(fields)
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	signed := parts[0] + "." + parts[1]
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(f.key, []byte(signed)))
}

func same(map[string]any) {}

// claims gives a token another claim, or takes it away.
func claims(name string, value any) func(*forger, string) string {
	return func(f *forger, token string) string { return f.sign(token, same, put(name, value)) }
}

// ofOtherType makes a token that is no access token.
func (f *forger) ofOtherType(token string) string { return f.sign(token, put("typ", "JWT"), same) }

// alike makes a token that says the same: a client that looks at tokens takes it.
func (f *forger) alike(token string) string { return f.sign(token, same, same) }

// stranger makes a token that says the same, with a signature of a key that is not published.
func (f *forger) stranger(token string) string {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	return (&forger{key}).alike(token)
}
