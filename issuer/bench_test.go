package issuer_test

import "testing"

// BenchmarkVerify is what a token costs that has been seen before.
func BenchmarkVerify(b *testing.B) {
	s := newServer(first)
	v := discover(b, s.config())
	text := custom(first, "JWT", claims{"scope": "openid email profile", "azp": "web", "typ": "Bearer", "realm_access": claims{"roles": []string{"a", "b"}}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}
