package jwt_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

const (
	okp   = `"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`
	okpD  = okp + `,"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`
	other = `"kty":"OKP","crv":"Ed25519","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"`
	oct   = `"kty":"oct","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"`
)

// set writes a set of keys without their braces.
func set(keys ...string) string {
	for i := range keys {
		keys[i] = "{" + keys[i] + "}"
	}
	return `{"keys":[` + strings.Join(keys, ",") + `]}`
}

func TestPublicKeySets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  string
		want string // the keys' ids, then why others were skipped; or the error
	}{
		"none":                               {set(), ""},
		"one without alg":                    {set(okp), "''"},
		"one with everything":                {set(okp + `,"alg":"EdDSA","use":"sig","key_ops":["verify"],"kid":"1"`), "'1'"},
		"two":                                {set(okp+`,"kid":"1"`, other+`,"kid":"2"`), "'1' '2'"},
		"two without kid":                    {set(okp, other), "'' ''"},
		"members nobody knows":               {set(okp + `,"x5c":["!"],"x5t":1,"ext":true,"nbf":[]`), "''"},
		"one for encryption":                 {set(okp + `,"use":"enc","kid":"1"`), `1 skipped: the key is for another use than signatures, "enc"`},
		"one whose use is in capitals":       {set(okp + `,"use":"SIG"`), `skipped: the key is for another use than signatures, "SIG"`},
		"one whose use is empty":             {set(okp + `,"use":""`), `skipped: the key cannot be read`},
		"one whose use is a list":            {set(okp + `,"use":["sig"]`), `skipped: the key cannot be read`},
		"one that signs but does not verify": {set(okp + `,"key_ops":["sign"]`), `skipped: the key's key_ops does not have verify`},
		"one that does nothing":              {set(okp + `,"key_ops":[]`), `skipped: the key's key_ops does not have verify`},
		"one that also decrypts":             {set(okp + `,"key_ops":["verify","decrypt"]`), `skipped: the key's key_ops has "decrypt", which is not done with signatures`},
		"one that verifies twice":            {set(okp + `,"key_ops":["verify","verify"]`), `skipped: the key's key_ops has "verify" twice`},
		"one whose key_ops is a string":      {set(okp + `,"key_ops":"verify"`), `skipped: the key cannot be read`},
		"one of an unknown kind":             {set(`"kty":"XYZ"`, okp), `'' skipped: the key does not name its algorithm`},
		"one whose algorithm is another":     {set(okp + `,"alg":"ES256"`), `skipped: the key is not one for algorithm "ES256"`},
		"one whose algorithm is unknown":     {set(okp + `,"alg":"ES256K"`), `skipped: algorithm "ES256K" is not known here`},
		"one of alg none":                    {set(okp + `,"alg":"none"`), `skipped: algorithm "none" is not known here`},
		"one that pretends to be HMAC":       {set(okp + `,"alg":"HS256"`), `skipped: the key is not one for algorithm "HS256"`},
		"one that is too short":              {set(`"kty":"OKP","crv":"Ed25519","x":"11qY"`), `skipped: the key cannot be read`},
		"one with padding":                   {set(`"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="`), `skipped: the key cannot be read`},
		"one with a newline":                 {set(`"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7Ty\nWQHOg7hcvPapiMlrwIaaPcHURo"`), `skipped: the key cannot be read`},
		"one whose unused bits are set":      {set(`"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"`), `skipped: the key cannot be read`},
		"one on no curve":                    {set(`"kty":"EC","crv":"P-256","x":"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY","y":"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw"`), `skipped: the key cannot be read`},
		"one with another's X":               {set(okp + `,"X":"AAAA"`), `skipped: the key cannot be read`},
		"an RSA key that names no alg":       {set(rsaMembers(rsaRaw().N, 65537, "")), `skipped: the key does not name its algorithm`},
		"an RSA key":                         {set(rsaMembers(rsaRaw().N, 65537, "PS256")), `''`},
		"a weak RSA key":                     {set(rsaMembers(must(rsa.GenerateKey(rand.Reader, 1024)).N, 65537, "RS256")), `skipped: an RSA key has 2048 to 8192 bits, this one has 1024`},
		"an RSA key that takes too long":     {set(rsaMembers(new(big.Int).SetBit(rsaRaw().N, 9000, 1), 65537, "RS256")), `skipped: the key cannot be read`},
		"an RSA key with exponent 1":         {set(rsaMembers(rsaRaw().N, 1, "RS256")), `skipped: the key cannot be read`},
		"an RSA key with exponent 2":         {set(rsaMembers(rsaRaw().N, 2, "RS256")), `skipped: the RSA key's exponent is not odd and at least 3`},
		"an RSA key whose modulus is even":   {set(rsaMembers(new(big.Int).Add(rsaRaw().N, big.NewInt(1)), 65537, "RS256")), `skipped: the RSA key's modulus is even`},

		"two of one kid":                       {set(okp+`,"kid":"1"`, other+`,"kid":"1"`), `error: two keys have the kid "1"`},
		"two of one kid, one of them skipped":  {set(okp+`,"kid":"1"`, other+`,"kid":"1","use":"enc"`), `error: two keys have the kid "1"`},
		"two of one kid, one behind escapes":   {set(okp+`,"kid":"1"`, other+`,"kid":"\u0031"`), `error: two keys have the kid "1"`},
		"one that is private":                  {set(okpD), "error: there is a secret in it"},
		"one that is private and for others":   {set(okp, okpD+`,"use":"enc"`), "error: there is a secret in it"},
		"one whose secret is behind a mistake": {set(`"use":"",` + okpD), "error: there is a secret in it"},
		"one symmetric without its secret":     {set(`"kty":"oct","alg":"HS256"`), "skipped: the key cannot be read"},
		"the same beside another":              {set(`"kty":"oct","alg":"HS256"`, okp), "error: symmetric keys are mixed with others"},
		"one with half of a private":           {set(okp + `,"p":null`), "error: there is a secret in it"},
		"one with a D":                         {set(okp + `,"D":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"`), "error: there is a secret in it"},
		"one with other primes":                {set(okp + `,"oth":[]`), "error: there is a secret in it"},
		"one that is symmetric":                {set(oct), "error: there is a secret in it"},
		"one whose k is a Kelvin":              {set(okp + ",\"\u212a\":\"AAAA\""), "error: there is a secret in it"},
		"a member twice":                       {set(okp + `,"alg":"EdDSA","alg":"none"`), "error: duplicate member"},
		"KEYS beside keys":                     {`{"keys":[],"KEYS":[]}`, "error: looks like keys"},
		"no set":                               {`{}`, "error: no list of keys"},
		"one key alone":                        {`{` + okp + `}`, "error: no list of keys"},
		"keys of null":                         {`{"keys":null}`, "error: no list of keys"},
		"a key of null":                        {`{"keys":[null]}`, "skipped: the key cannot be read"},
		"a list":                               {`[]`, "error: not an object"},
		"nothing":                              {``, "error: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := say(jwt.ParsePublicSet([]byte(test.set)))
			if got != test.want && (!strings.HasPrefix(test.want, "error: ") || !strings.HasPrefix(got, "error: ") || !strings.Contains(got, test.want[len("error: "):])) {
				t.Errorf("ParsePublicSet = %s, want %s", got, test.want)
			}
		})
	}
}

// say writes a set as the tables of this file do.
func say(set jwt.KeySet, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var out []string
	for _, k := range set.Keys {
		out = append(out, "'"+k.ID()+"'")
	}
	for _, s := range set.Skipped {
		if s.ID != "" {
			out = append(out, s.ID)
		}
		out = append(out, "skipped: "+s.Reason)
	}
	return strings.Join(out, " ")
}

func rsaMembers(n *big.Int, e int64, alg string) string {
	out := `"kty":"RSA","n":"` + b64(n.Bytes()) + `","e":"` + b64(big.NewInt(e).Bytes()) + `"`
	if alg != "" {
		out += `,"alg":"` + alg + `"`
	}
	return out
}

func TestKeySetsOfOnesOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ set, want string }{
		"secrets":                     {set(oct+`,"kid":"1"`, oct+`,"kid":"2"`), "'1' '2'"},
		"private keys":                {set(okpD+`,"kid":"1"`, okpD+`,"kid":"2"`), "'1' '2'"},
		"public keys":                 {set(okp), "''"},
		"private keys beside public":  {set(okp, okpD), "'' ''"},
		"secrets beside public keys":  {set(oct, okp), "error: jwt: key set: symmetric keys are mixed with others"},
		"secrets beside private keys": {set(okpD, oct), "error: jwt: key set: symmetric keys are mixed with others"},
		"secrets beside skipped keys": {set(okp+`,"use":"enc"`, oct), "error: jwt: key set: symmetric keys are mixed with others"},
		"secrets beside many others":  {set(okp+`,"kid":"1"`, oct, okpD, other+`,"kid":"2"`), "error: jwt: key set: symmetric keys are mixed with others"},
		"others beside many secrets":  {set(oct+`,"kid":"1"`, oct+`,"kid":"2"`, okp), "error: jwt: key set: symmetric keys are mixed with others"},
		"skipped secrets beside keys": {set(okp, oct+`,"use":"enc"`), "error: jwt: key set: symmetric keys are mixed with others"},
		"unfit secrets beside keys":   {set(oct+`,"key_ops":["sign"]`, okpD), "error: jwt: key set: symmetric keys are mixed with others"},
		"a mistaken secret and a key": {set(`"kty":"oct","use":""`, okp), "error: jwt: key set: symmetric keys are mixed with others"},
		"a secret behind a mistake":   {set(`"use":"",` + okpD), "error: jwt: key set: there is a secret in it"},
		"two of one kid":              {set(oct+`,"kid":"1"`, oct+`,"kid":"1"`), `error: jwt: key set: two keys have the kid "1"`},
		"a secret for encryption":     {set(`"kty":"oct","alg":"A256KW","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"`), `skipped: algorithm "A256KW" is not known here`},
		"a secret that is too short":  {set(`"kty":"oct","alg":"HS256","k":"AAAA"`), "skipped: a secret for HS256 has at least 32 bytes, this one has 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := say(jwt.ParseKeySet([]byte(test.set))); got != test.want {
				t.Errorf("ParseKeySet = %s, want %s", got, test.want)
			}
		})
	}
}

func TestWhatKeysMayDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jwk          string
		sign, verify bool
	}{
		"a private key":                    {okpD, true, true},
		"a private key that signs":         {okpD + `,"key_ops":["sign"]`, true, false},
		"a private key that verifies":      {okpD + `,"key_ops":["verify"]`, false, true},
		"a private key that does both":     {okpD + `,"key_ops":["verify","sign"]`, true, true},
		"a private key that does nothing":  {okpD + `,"key_ops":[]`, false, false},
		"a public key":                     {okp, false, true},
		"a public key that claims to sign": {okp + `,"key_ops":["sign","verify"]`, false, true},
		"a secret":                         {oct, true, true},
		"a secret for those who verify":    {oct + `,"key_ops":["verify"]`, false, true},
		"a secret for those who sign":      {oct + `,"key_ops":["sign"]`, true, false},
		"a private key with a use as well": {okpD + `,"use":"sig","key_ops":["sign"]`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := jwt.ParseKey([]byte("{" + test.jwk + "}"))
			if err != nil || key.CanSign() != test.sign || key.CanVerify() != test.verify {
				t.Fatalf("ParseKey = %v (signs: %v, verifies: %v), %v", key, key.CanSign(), key.CanVerify(), err)
			}
			if _, err := jwt.SignJWS(key, "", nil); (err == nil) != test.sign {
				t.Errorf("SignJWS = %v, want that it signs: %v", err, test.sign)
			}
			_, err = jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: issuer, Audience: []string{audience}})
			if (err == nil) != test.sign {
				t.Errorf("NewSigner = %v, want that it signs: %v", err, test.sign)
			}
		})
	}
}

// A modulus of the flawed chips is, to every small prime, a power of 65537.
func TestKeysOfFlawedChips(t *testing.T) {
	t.Parallel()
	m := big.NewInt(1)
	for _, p := range []int64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167} {
		m.Mul(m, big.NewInt(p))
	}
	// As the chips make primes: k*M + (65537^a mod M).
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(123456789), m)
	n.Add(n, new(big.Int).Mul(m, new(big.Int).Lsh(big.NewInt(1), uint(2048-m.BitLen()))))
	if got := say(jwt.ParsePublicSet([]byte(set(rsaMembers(n, 65537, "RS256"))))); !strings.Contains(got, "ROCA") {
		t.Errorf("ParsePublicSet = %s, want it to name ROCA", got)
	}
	n.Add(n, big.NewInt(2))
	if got := say(jwt.ParsePublicSet([]byte(set(rsaMembers(n, 65537, "RS256"))))); strings.Contains(got, "ROCA") {
		t.Errorf("ParsePublicSet of another modulus = %s", got)
	}
}

func TestErrorsOfKeysQuoteNoKey(t *testing.T) {
	t.Parallel()
	secretPart := "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A" //nolint:gosec // RFC 8037 publishes it
	for _, data := range []string{
		"{" + okpD + `,"d":"` + secretPart + `"}`, `{"kty":"OKP","crv":"Ed25519","d":"` + secretPart + `"}`, "{" + okpD, secretPart,
		`{"kty":"oct","alg":"HS256","k":"` + secretPart[:20] + `"}`, `{"kty":"oct","alg":"` + "HS256" + `","k":["` + secretPart + `"]}`,
	} {
		_, err := jwt.ParseKey([]byte(data))
		_, err2 := jwt.ParsePrivate([]byte(data))
		_, err3 := jwt.ParseKeySet([]byte(`{"keys":[` + data + `]}`))
		if all := fmt.Sprint(err, err2, err3); err == nil || err2 == nil || strings.Contains(all, secretPart[:12]) {
			t.Errorf("ParseKey(%s) = %s", data, all)
		}
	}
}
