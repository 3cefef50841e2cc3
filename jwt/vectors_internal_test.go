package jwt

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var everyAlgorithm = []Algorithm{
	EdDSA, ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, HS256, HS384, HS512,
}

// signatureOf checks the signature alone: the vectors are not access tokens.
func signatureOf(text string, keys []Key) error {
	t, err := split(text)
	if err != nil {
		return err
	}
	v := &Verifier{VerifierConfig{Keys: StaticKeys(keys...), Algorithms: everyAlgorithm}}
	return v.checkSignature(context.Background(), t)
}

const rfc7515Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

func TestVectorsOfRFCs(t *testing.T) {
	tests := map[string]struct{ key, token string }{
		"RFC 7515 A.1, HS256": {
			`{"kty":"oct","use":"sig","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`,
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + rfc7515Payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		},
		"RFC 7515 A.2, RS256": {
			`{"kty":"RSA","alg":"RS256","e":"AQAB","n":"` +
				"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" + `"}`,
			"eyJhbGciOiJSUzI1NiJ9." + rfc7515Payload + "." +
				"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
		},
		"RFC 7515 A.3, ES256": {
			`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
			"eyJhbGciOiJFUzI1NiJ9." + rfc7515Payload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
		},
		"RFC 8037 A.4, Ed25519": {
			`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			keys, err := vectorKeys([]byte(test.key))
			if err != nil || len(keys) != 1 {
				t.Fatalf("the key: %v, %v", keys, err)
			}
			if err := signatureOf(test.token, keys); err != nil {
				t.Errorf("Verify(token) = %v, want nil", err)
			}
			bad := strings.Replace(test.token, ".e", ".f", 1)
			if bad == test.token {
				bad = strings.Replace(test.token, ".R", ".S", 1)
			}
			if err := signatureOf(bad, keys); !errors.Is(err, ErrSignature) {
				t.Errorf("Verify(token) = %v, want %v", err, ErrSignature)
			}
		})
	}
}

// vectorKeys reads a secret or a public key; there is none if it is not for
// signatures.
func vectorKeys(jwk []byte) ([]Key, error) {
	var kind struct{ Kty, Kid, K string }
	if err := json.Unmarshal(jwk, &kind); err != nil {
		return nil, err
	}
	if secret := make([]byte, 32); kind.K == base64.RawURLEncoding.EncodeToString(secret) {
		// No such key can be made: SecretKey takes it for one never filled.
		return []Key{{id: kind.Kid, alg: HS256, secret: func() []byte { return secret }}}, nil
	}
	if kind.Kty == "oct" {
		key, err := ParsePrivate(jwk)
		return []Key{key}, err
	}
	return ParsePublicSet(fmt.Appendf(nil, `{"keys":[%s]}`, jwk))
}

// stricter are the vectors that Wycheproof calls valid and that are refused.
var stricter = map[int]string{
	346: "one key has one algorithm: the key says PS256, the token PS384",
	347: "the key says ES521, and there is no such algorithm",
	350: "one key has one algorithm: the key says PS256, the token PS384",
	351: "the key says ES521, and there is no such algorithm",
	372: "a question mark inside base64url is not skipped",
	373: "a question mark inside base64url is not skipped",
}

// mislabelled are the vectors that Wycheproof calls invalid although they are
// byte for byte one that it calls valid: what was wrong with them got lost.
var mislabelled = map[int]int{367: 357, 370: 357}

func TestVectorsOfWycheproof(t *testing.T) {
	folder := os.Getenv("HOLDFAST_WYCHEPROOF")
	if folder == "" {
		t.Skip("set HOLDFAST_WYCHEPROOF to the testvectors_v1 folder of a clone of github.com/C2SP/wycheproof")
	}
	data, err := os.ReadFile(filepath.Join(folder, "json_web_signature_test.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			Public, Private json.RawMessage
			Tests           []struct {
				TcID    int
				Comment string
				JWS     json.RawMessage
				Result  string
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	ran, valid := 0, map[int]string{}
	for _, group := range file.TestGroups {
		jwk := group.Public
		if jwk == nil {
			jwk = group.Private
		}
		keys, err := vectorKeys(jwk)
		if err != nil {
			t.Fatalf("the key of vector %d: %v", group.Tests[0].TcID, err)
		}
		for _, test := range group.Tests {
			ran++
			var text string
			if json.Unmarshal(test.JWS, &text) != nil {
				text = string(test.JWS) // JSON serialisation
			}
			err := signatureOf(text, keys)
			if test.Result != "invalid" {
				valid[test.TcID] = text
				if reason, ok := stricter[test.TcID]; ok != (err != nil) {
					t.Errorf("vector %d, %s: Verify(token) = %v, but the list of what is refused says %q", test.TcID, test.Comment, err, reason)
				}
				continue
			}
			if twin, ok := mislabelled[test.TcID]; ok {
				if valid[twin] != text {
					t.Errorf("vector %d, %s: it is not vector %d any more", test.TcID, test.Comment, twin)
				}
				continue
			}
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("vector %d, %s: Verify(token) = %v, want %v", test.TcID, test.Comment, err, ErrInvalid)
			}
		}
	}
	if ran == 0 || ran != file.NumberOfTests {
		t.Errorf("%d vectors ran, want %d", ran, file.NumberOfTests)
	}
}
