package jwt_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// attack is a hostile token, the error it has to meet, and what is special
// about the verifier if anything.
type attack struct {
	token  string
	want   error
	change func(*jwt.VerifierConfig)
}

// allow puts algorithms on the allow-list and keys into the set.
func allow(algs []jwt.Algorithm, keys ...jwt.Key) func(*jwt.VerifierConfig) {
	return func(c *jwt.VerifierConfig) { c.Algorithms, c.Keys = algs, jwt.StaticKeys(keys...) }
}

func leeway(d time.Duration) func(*jwt.VerifierConfig) {
	return func(c *jwt.VerifierConfig) { c.Leeway = d }
}

func withType(typ string) func(*jwt.VerifierConfig) {
	return func(c *jwt.VerifierConfig) { c.Type = typ }
}

func run(t *testing.T, attacks map[string]attack) {
	t.Helper()
	for name, test := range attacks {
		t.Run(name, func(t *testing.T) {
			config := jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey, edSecond), Algorithms: []jwt.Algorithm{jwt.EdDSA}}
			v := newVerifier(t, config, test.change)
			claims, err := verify(v, test.token)
			if !errors.Is(err, test.want) {
				t.Errorf("Verify(token) = %v, want %v", err, test.want)
			}
			if !errors.Is(err, jwt.ErrInvalid) {
				t.Errorf("Verify(token) = %v, want %v", err, jwt.ErrInvalid)
			}
			if !reflect.DeepEqual(claims, jwt.Claims{}) {
				t.Errorf("Verify(token) = %+v, want no claims", claims)
			}
			if test.change != nil {
				test.change(&config)
			}
			wantBad(t, test.token, config)
		})
	}
}

// wantBad fails unless a report says that something is wrong, without telling
// the signature.
func wantBad(t *testing.T, text string, config jwt.VerifierConfig) {
	t.Helper()
	config.Issuer, config.Audience, config.Now = issuer, audience, at
	report := jwt.Inspect(t.Context(), text, config)
	if !report.Bad() || report.Good() {
		t.Errorf("Inspect(token) = %+v, want something wrong", report)
	}
	if at := strings.LastIndexByte(text, '.'); at > 0 && len(text)-at > 20 && strings.Contains(fmt.Sprint(report), text[at+1:at+20]) {
		t.Errorf("Inspect(token) = %+v, which has the signature", report)
	}
}

func TestAttackAlgorithm(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey := importKey(jwt.RS256, "rsa", rsaRaw()), importKey(jwt.ES256, "ec", ecRaw())
	hmacKey := must(jwt.SecretKey(jwt.HS256, secret)).WithID("hmac")
	der := must(x509.MarshalPKIXPublicKey(rsaRaw().Public()))
	armoured := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	edPublic := edRaw.Public().(ed25519.PublicKey)
	both := []jwt.Algorithm{jwt.RS256, jwt.EdDSA, jwt.HS256}
	hs := func(kid string) string { return head("alg", `"HS256"`, "kid", kid) }
	none := func(alg string) string { return b64(head("alg", alg)) + "." + b64(claims()) + "." }
	attacks := map[string]attack{
		"alg none and a good signature":          {token(head("alg", `"none"`), claims()), jwt.ErrAlgorithm, nil},
		"alg none with a space behind":           {none(`"none "`), jwt.ErrAlgorithm, nil},
		"alg none written as an escape":          {none(`"\u006eone"`), jwt.ErrAlgorithm, nil},
		"no alg":                                 {token(head("alg", ""), claims()), jwt.ErrMalformed, nil},
		"an empty alg":                           {token(head("alg", `""`), claims()), jwt.ErrMalformed, nil},
		"alg null":                               {token(head("alg", `null`), claims()), jwt.ErrMalformed, nil},
		"alg as a number":                        {token(head("alg", `256`), claims()), jwt.ErrMalformed, nil},
		"alg as a list":                          {token(head("alg", `["EdDSA"]`), claims()), jwt.ErrMalformed, nil},
		"alg in small letters":                   {token(head("alg", `"eddsa"`), claims()), jwt.ErrAlgorithm, nil},
		"alg by the curve's name":                {token(head("alg", `"Ed25519"`), claims()), jwt.ErrAlgorithm, nil},
		"a good token off the allow-list":        {token(head(), claims()), jwt.ErrAlgorithm, allow([]jwt.Algorithm{jwt.ES256}, edKey)},
		"on the allow-list but without keys":     {token(head(), claims()), jwt.ErrUnknownKey, allow([]jwt.Algorithm{jwt.EdDSA})},
		"HS256 with the Ed25519 public key":      {tokenHS256(hs(`"ed"`), claims(), edPublic), jwt.ErrAlgorithm, nil},
		"the same with HS256 allowed":            {tokenHS256(hs(`"ed"`), claims(), edPublic), jwt.ErrUnknownKey, allow(both, edKey)},
		"the same without kid":                   {tokenHS256(hs(""), claims(), edPublic), jwt.ErrUnknownKey, allow(both, edKey)},
		"the same beside an HMAC key":            {tokenHS256(hs(""), claims(), edPublic), jwt.ErrSignature, allow(both, edKey, hmacKey)},
		"HS256 with the RSA key's PEM":           {tokenHS256(hs(`"rsa"`), claims(), armoured), jwt.ErrUnknownKey, allow(both, rsaKey)},
		"HS256 with the RSA key's DER":           {tokenHS256(hs(`"rsa"`), claims(), der), jwt.ErrUnknownKey, allow(both, rsaKey, hmacKey)},
		"HS256 with the RSA key's modulus":       {tokenHS256(hs(""), claims(), rsaRaw().N.Bytes()), jwt.ErrSignature, allow(both, rsaKey, hmacKey)},
		"HS256 with the RSA key and not allowed": {tokenHS256(hs(`"rsa"`), claims(), der), jwt.ErrAlgorithm, allow([]jwt.Algorithm{jwt.RS256}, rsaKey)},
		"HS256 with an empty secret":             {tokenHS256(hs(""), claims(), nil), jwt.ErrUnknownKey, allow(both, jwt.Key{})},
		"RS256 with the HMAC key's kid":          {tokenHS256(head("alg", `"RS256"`, "kid", `"hmac"`), claims(), secret), jwt.ErrUnknownKey, allow(both, rsaKey, hmacKey)},
		"an EdDSA signature called ES256":        {token(head("alg", `"ES256"`, "kid", `"ec"`), claims()), jwt.ErrSignature, allow([]jwt.Algorithm{jwt.ES256}, ecKey)},
		"PS256 for the key of RS256":             {token(head("alg", `"PS256"`, "kid", `"rsa"`), claims()), jwt.ErrUnknownKey, allow([]jwt.Algorithm{jwt.PS256}, rsaKey)},
	}
	for i := range 1 << 4 {
		letters := []byte("none")
		for j := range letters {
			if i>>j&1 == 1 {
				letters[j] -= 'a' - 'A'
			}
		}
		attacks["alg "+string(letters)] = attack{none(`"` + string(letters) + `"`), jwt.ErrAlgorithm, nil}
	}
	run(t, attacks)
}

func TestAttackSignature(t *testing.T) {
	t.Parallel()
	good := token(head(), claims())
	h, b, s := parts(good)
	esHead := head("alg", `"ES256"`, "kid", `"ec"`)
	es := allow([]jwt.Algorithm{jwt.ES256}, importKey(jwt.ES256, "ec", ecRaw()))
	signed := b64(head()) + "." + b64(claims())
	foreign := signed + "." + b64(ed25519.Sign(edOther, []byte(signed)))
	_, _, old := parts(token(head(), claims("sub", `"bob"`)))
	resigned := func(head, body string) string { return b64(head) + "." + b64(body) + "." + s }
	run(t, map[string]attack{
		"an empty signature":                       {h + "." + b + ".", jwt.ErrSignature, nil},
		"a signature one byte short":               {h + "." + b + "." + b64(ed25519.Sign(edRaw, []byte(signed))[:63]), jwt.ErrSignature, nil},
		"a signature one byte long":                {h + "." + b + "." + b64(append(ed25519.Sign(edRaw, []byte(signed)), 0)), jwt.ErrSignature, nil},
		"a signature of zeros":                     {h + "." + b + "." + b64(make([]byte, 64)), jwt.ErrSignature, nil},
		"the signature of another token":           {h + "." + b + "." + old, jwt.ErrSignature, nil},
		"the signature of another key":             {foreign, jwt.ErrSignature, nil},
		"the signature of a key not in the set":    {foreign, jwt.ErrSignature, allow([]jwt.Algorithm{jwt.EdDSA}, edKey)},
		"one bit of the header flipped":            {flip(good, 0, strings.Index(head(), "at+jwt")), jwt.ErrSignature, nil},
		"one bit of the kid flipped":               {flip(good, 0, strings.Index(head(), `"ed"`)+1), jwt.ErrUnknownKey, nil},
		"one bit of the claims flipped":            {flip(good, 1, strings.Index(claims(), "alice")), jwt.ErrSignature, nil},
		"the first bit of the signature flipped":   {flip(good, 2, 0), jwt.ErrSignature, nil},
		"the last byte of the signature flipped":   {flip(good, 2, 63), jwt.ErrSignature, nil},
		"claims changed under the signature":       {resigned(head(), claims("sub", `"root"`)), jwt.ErrSignature, nil},
		"claims with a space more":                 {resigned(head(), claims()+" "), jwt.ErrSignature, nil},
		"a bad signature hides a wrong type":       {resigned(head("typ", `"JWT"`), claims()), jwt.ErrSignature, nil},
		"a bad signature hides expiry":             {resigned(head(), claims("exp", "1")), jwt.ErrSignature, nil},
		"a bad signature hides claims of no JSON":  {resigned(head(), "no JSON"), jwt.ErrSignature, nil},
		"an ES256 signature in DER":                {tokenES256(esHead, claims(), func(der []byte) []byte { return der }), jwt.ErrSignature, es},
		"an ES256 signature cut short":             {tokenES256(esHead, claims(), func(der []byte) []byte { return plain(der, 32)[:63] }), jwt.ErrSignature, es},
		"an ES256 signature of 66-byte halves":     {tokenES256(esHead, claims(), func(der []byte) []byte { return plain(der, 66) }), jwt.ErrSignature, es},
		"an ES256 signature of zeros":              {tokenES256(esHead, claims(), func([]byte) []byte { return make([]byte, 64) }), jwt.ErrSignature, es},
		"an ES256 signature with s before r":       {tokenES256(esHead, claims(), func(der []byte) []byte { p := plain(der, 32); return append(p[32:64:64], p[:32]...) }), jwt.ErrSignature, es},
		"an ES256 signature with r plus the order": {tokenES256(esHead, claims(), func(der []byte) []byte { return plusOrder(plain(der, 33)) }), jwt.ErrSignature, es},
		"an ES256 signature of r and s both order": {tokenES256(esHead, claims(), func([]byte) []byte { n := ecRaw().Params().N.Bytes(); return append(n, n...) }), jwt.ErrSignature, es},
		"an ES256 signature of r alone":            {tokenES256(esHead, claims(), func(der []byte) []byte { return plain(der, 32)[:32] }), jwt.ErrSignature, es},
	})
}

// plain writes the r and s of a DER signature side by side.
func plain(der []byte, size int) []byte {
	var sig struct{ R, S *big.Int }
	must(asn1.Unmarshal(der, &sig))
	out := make([]byte, 2*size)
	sig.R.FillBytes(out[:size])
	sig.S.FillBytes(out[size:])
	return out
}

func plusOrder(sig []byte) []byte {
	size := len(sig) / 2
	r := new(big.Int).SetBytes(sig[:size])
	r.Add(r, ecRaw().Params().N).FillBytes(sig[:size])
	return sig
}

func TestAttackKey(t *testing.T) {
	t.Parallel()
	hmacs := allow([]jwt.Algorithm{jwt.EdDSA, jwt.HS256}, edKey, must(jwt.SecretKey(jwt.HS256, secret)))
	jwk := `{"kty":"OKP","crv":"Ed25519","x":"` + b64([]byte(edOther.Public().(ed25519.PublicKey))) + `"}`
	attacks := map[string]attack{
		"the kid of another key":               {token(head("kid", `"ed2"`), claims()), jwt.ErrSignature, nil},
		"a kid nobody knows":                   {token(head("kid", `"nobody"`), claims()), jwt.ErrUnknownKey, nil},
		"an empty kid":                         {token(head("kid", `""`), claims()), jwt.ErrUnknownKey, nil},
		"an empty kid and a key of other kind": {token(head("kid", `""`), claims()), jwt.ErrUnknownKey, hmacs},
		"a kid in capitals":                    {token(head("kid", `"ED"`), claims()), jwt.ErrUnknownKey, nil},
		"a kid that is a path":                 {token(head("kid", `"../../dev/null"`), claims()), jwt.ErrUnknownKey, nil},
		"a kid that is SQL":                    {token(head("kid", `"x' UNION SELECT 'secret"`), claims()), jwt.ErrUnknownKey, nil},
		"a kid with a zero byte behind":        {token(head("kid", `"ed\u0000"`), claims()), jwt.ErrUnknownKey, nil},
		"a kid of null":                        {token(head("kid", `null`), claims()), jwt.ErrMalformed, nil},
		"a kid that is a number":               {token(head("kid", `1`), claims()), jwt.ErrMalformed, nil},
		"a kid that is a list":                 {token(head("kid", `["ed"]`), claims()), jwt.ErrMalformed, nil},
		"no kid and a signature of nobody":     {flip(token(head("kid", ""), claims()), 2, 0), jwt.ErrSignature, nil},
		"its own key in the header":            {token(head("jwk", jwk), claims()), jwt.ErrMalformed, nil},
		"its own key in the header and no kid": {token(head("jwk", jwk, "kid", ""), claims()), jwt.ErrMalformed, nil},
		"a jwk of null":                        {token(head("jwk", `null`), claims()), jwt.ErrMalformed, nil},
		"a URL of keys":                        {token(head("jku", `"https://evil.example/keys"`), claims()), jwt.ErrMalformed, nil},
		"a certificate":                        {token(head("x5c", `["MIIB"]`), claims()), jwt.ErrMalformed, nil},
		"a URL of a certificate":               {token(head("x5u", `"https://evil.example/cert"`), claims()), jwt.ErrMalformed, nil},
		"a critical extension":                 {token(head("crit", `["exp"]`, "exp", "1"), claims()), jwt.ErrMalformed, nil},
		"an empty list of critical extensions": {token(head("crit", `[]`), claims()), jwt.ErrMalformed, nil},
		"an unencoded payload":                 {seal(b64(head("b64", `false`, "crit", `["b64"]`)), "alice"), jwt.ErrMalformed, nil},
		"an unencoded payload and no crit":     {token(head("b64", `false`), claims()), jwt.ErrMalformed, nil},
		"an encoded payload that says so":      {token(head("b64", `true`), claims()), jwt.ErrMalformed, nil},
		"a compressed payload":                 {token(head("zip", `"DEF"`), claims()), jwt.ErrMalformed, nil},
		"an encrypted payload":                 {token(head("enc", `"A256GCM"`), claims()), jwt.ErrMalformed, nil},
		"a key in the header in other letters": {token(head("JWK", jwk), claims()), jwt.ErrMalformed, nil},
		"a key in the header with a Kelvin":    {token(head("jw\u212a", jwk), claims()), jwt.ErrMalformed, nil},
		"a key in the header behind an escape": {token(before(`"\u006awk":`+jwk, head()), claims()), jwt.ErrMalformed, nil},
		"a key that has left the set":          {token(head("kid", ""), claims()), jwt.ErrSignature, allow([]jwt.Algorithm{jwt.EdDSA}, edSecond)},
	}
	run(t, attacks)
}

func TestAttackType(t *testing.T) {
	t.Parallel()
	run(t, map[string]attack{
		"an ID token":                     {token(head("typ", `"JWT"`), claims()), jwt.ErrType, nil},
		"no typ":                          {token(head("typ", ""), claims()), jwt.ErrType, nil},
		"an empty typ":                    {token(head("typ", `""`), claims()), jwt.ErrType, nil},
		"a typ of null":                   {token(head("typ", `null`), claims()), jwt.ErrMalformed, nil},
		"a typ that is a list":            {token(head("typ", `["at+jwt"]`), claims()), jwt.ErrMalformed, nil},
		"application/ and no more":        {token(head("typ", `"application/"`), claims()), jwt.ErrType, nil},
		"application/ twice":              {token(head("typ", `"application/application/at+jwt"`), claims()), jwt.ErrType, nil},
		"another top-level type":          {token(head("typ", `"text/at+jwt"`), claims()), jwt.ErrType, nil},
		"a longer type of the same end":   {token(head("typ", `"text/x.html+at+jwt"`), claims()), jwt.ErrType, nil},
		"a typ with a space behind":       {token(head("typ", `"at+jwt "`), claims()), jwt.ErrType, nil},
		"a typ with a parameter":          {token(head("typ", `"at+jwt; v=1"`), claims()), jwt.ErrType, nil},
		"an access token for a refresher": {token(head(), claims()), jwt.ErrType, withType("rt+jwt")},
		"no typ for a verifier of JWT":    {token(head("typ", ""), claims()), jwt.ErrType, withType("JWT")},
		"a logout token for JWT":          {token(head("typ", `"logout+jwt"`), claims()), jwt.ErrType, withType("JWT")},
	})
}
