package jwt_test

import (
	"context"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

// How this compares with other libraries is in bench/jwt.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []jwt.Algorithm{jwt.HS256, jwt.EdDSA, jwt.ES256} {
		for look, size := range map[string]*int{"first": new(0), "second": nil} {
			b.Run(string(alg)+"/look="+look, func(b *testing.B) {
				key := keyOf(alg)
				text := must(newSigner(b, jwt.SignerConfig{Key: key}).Sign(jwt.Claims{Subject: "alice", SessionID: "s", Scope: "me items"}))
				v := newVerifier(b, jwt.VerifierConfig{Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{alg}, CacheSize: size}, nil)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(context.Background(), text); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
