package jwt_test

import (
	"errors"
	"testing"

	"github.com/holdfast-go/holdfast/jwt"
)

// The payloads and keys of the RFCs' examples, letter for letter.
const (
	payload7515 = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	payload7520 = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUg" +
		"cm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0" +
		"IGJlIHN3ZXB0IG9mZiB0by4"
	rsa7515 = `"kty":"RSA","e":"AQAB","n":"` +
		"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_" +
		"YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZ" +
		"lxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" + `"`
	hmac7515 = `"kty":"oct","use":"sig","alg":"HS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"`
	rsa7520  = `"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuK` +
		`PEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHH` +
		`ig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4` +
		`fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"`
	ec7520 = `"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-` +
		`C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV` +
		`5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"`
	hmac7520 = `"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256","k":"hJtXIZ2uSN5kbQfbtTNWbp` +
		`dmhkV8FJG-Onbc6mxCcYg"`
)

func TestExamplesOfRFCs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ key, token, payload string }{
		"RFC 7515 A.1, HS256": {
			hmac7515,
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload7515 + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			payload7515,
		},
		"RFC 7515 A.2, RS256": {
			rsa7515 + `,"alg":"RS256"`,
			"eyJhbGciOiJSUzI1NiJ9." + payload7515 + "." +
				"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjb" +
				"KBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZES" +
				"c6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
			payload7515,
		},
		"RFC 7515 A.3, ES256": {
			`"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`,
			"eyJhbGciOiJFUzI1NiJ9." + payload7515 + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
			payload7515,
		},
		"RFC 7515 A.4, ES512": {
			`"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",` +
				`"y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"`,
			"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8G" +
				"aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
			"UGF5bG9hZA",
		},
		"RFC 7520 4.1, RS256": {
			rsa7520 + `,"alg":"RS256"`,
			"eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + payload7520 + "." +
				"MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi8" +
				"4wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocS" +
				"adnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJu" +
				"shZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg",
			payload7520,
		},
		"RFC 7520 4.2, PS384": {
			rsa7520 + `,"alg":"PS384"`,
			"eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + payload7520 + "." +
				"cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItl" +
				"lVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0" +
				"TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0" +
				"uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
			payload7520,
		},
		"RFC 7520 4.3, ES512": {
			ec7520,
			"eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + payload7520 + "." +
				"AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_" +
				"sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
			payload7520,
		},
		"RFC 7520 4.4, HS256": {
			hmac7520,
			"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9." + payload7520 + ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
			payload7520,
		},
		"RFC 8037 A.4, Ed25519": {
			`"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"`,
			"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
			"RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := jwt.ParseKey([]byte("{" + test.key + "}"))
			if err != nil {
				t.Fatalf("ParseKey = %v, want nil", err)
			}
			got, err := jwt.VerifyJWS(test.token, key)
			if err != nil || b64(got.Payload) != test.payload {
				t.Errorf("VerifyJWS = %q, %v, want the payload", got.Payload, err)
			}
			for part := range 3 {
				if _, err := jwt.VerifyJWS(flip(test.token, part, 5), key); !errors.Is(err, jwt.ErrInvalid) {
					t.Errorf("VerifyJWS with part %d changed = %v, want %v", part, err, jwt.ErrInvalid)
				}
			}
			head, _, sig := parts(test.token)
			if _, err := jwt.VerifyJWS(head+"."+b64("another payload")+"."+sig, key); !errors.Is(err, jwt.ErrSignature) {
				t.Errorf("VerifyJWS with another payload = %v, want %v", err, jwt.ErrSignature)
			}
		})
	}
}

// Where a signature has no chance in it, ours is the RFC's, letter for letter.
func TestExamplesOfRFCsAreSigned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ key, payload, want string }{
		"RFC 8037 A.4": {okpD, "Example of Ed25519 signing", "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
		"RFC 7520 4.4": {hmac7520, decoded(payload7520), "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9." + payload7520 + ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"},
	} {
		key := must(jwt.ParseKey([]byte("{" + test.key + "}")))
		if got, err := jwt.SignJWS(key, "", []byte(test.payload)); got != test.want {
			t.Errorf("%s: SignJWS = %s, %v, want %s", name, got, err, test.want)
		}
	}
}

// What the RFCs show and this package does not do is refused as malformed or
// for its algorithm, never accepted with half of it understood.
func TestExamplesOfRFCsThatAreRefused(t *testing.T) {
	t.Parallel()
	hmac := must(jwt.ParseKey([]byte("{" + hmac7520 + "}")))
	head, sig := "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9", "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"
	for name, test := range map[string]struct {
		token string
		key   jwt.Key
		want  error
	}{
		"RFC 7515 A.5, unsecured": {"eyJhbGciOiJub25lIn0." + payload7515 + ".", must(jwt.ParseKey([]byte("{" + hmac7515 + "}"))), jwt.ErrAlgorithm},
		"RFC 7515 A.6, JSON serialisation": {
			`{"payload":"` + payload7515 + `","signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},` +
				`"signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}]}`, hmac, jwt.ErrMalformed,
		},
		"RFC 7515 E, unknown crit": {
			"eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.", hmac, jwt.ErrMalformed,
		},
		"RFC 7520 4.5, detached": {head + ".." + sig, hmac, jwt.ErrSignature},
		"RFC 7520 4.6, header outside of the signature": {
			`{"payload":"` + payload7520 + `","protected":"eyJhbGciOiJIUzI1NiJ9","header":{"kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"},"signature":"bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20"}`,
			hmac, jwt.ErrMalformed,
		},
		"RFC 7797 4.2, unencoded": {"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.." + sig, hmac, jwt.ErrMalformed},
	} {
		if got, err := jwt.VerifyJWS(test.token, test.key); !errors.Is(err, test.want) || got.Payload != nil {
			t.Errorf("%s: VerifyJWS = %q, %v, want %v", name, got.Payload, err, test.want)
		}
	}
}

func TestJWSTakesItsKeys(t *testing.T) {
	t.Parallel()
	text := must(jwt.SignJWS(edKey, "note+jws", []byte("hello")))
	restricted := must(jwt.ParseKey([]byte("{" + okpD + `,"kid":"ed","key_ops":["sign"]}`)))
	for name, test := range map[string]struct {
		keys []jwt.Key
		want error
	}{
		"its own":                               {[]jwt.Key{edKey}, nil},
		"its own among others":                  {[]jwt.Key{edSecond, keyOf(jwt.ES256), edKey}, nil},
		"its own without an id":                 {[]jwt.Key{edKey.WithID("")}, nil},
		"none":                                  {nil, jwt.ErrUnknownKey},
		"one of another id":                     {[]jwt.Key{edKey.WithID("x")}, jwt.ErrUnknownKey},
		"another":                               {[]jwt.Key{edSecond.WithID("ed")}, jwt.ErrSignature},
		"another without an id":                 {[]jwt.Key{edSecond.WithID("")}, jwt.ErrSignature},
		"one of another algorithm":              {[]jwt.Key{keyOf(jwt.ES256).WithID("ed")}, jwt.ErrAlgorithm},
		"one that does not verify":              {[]jwt.Key{restricted}, jwt.ErrKeyUse},
		"another, and one that does not verify": {[]jwt.Key{restricted, edSecond.WithID("ed")}, jwt.ErrSignature},
		"the zero key":                          {[]jwt.Key{{}}, jwt.ErrAlgorithm},
	} {
		got, err := jwt.VerifyJWS(text, test.keys...)
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: VerifyJWS = %v, want %v", name, err, test.want)
		}
		if err == nil && (string(got.Payload) != "hello" || got.Type != "note+jws" || got.KeyID != "ed" || got.Algorithm != jwt.EdDSA) {
			t.Errorf("%s: VerifyJWS = %+v", name, got)
		}
	}
	if _, err := jwt.SignJWS(edKey, "", make([]byte, jwt.MaxSize)); err == nil {
		t.Error("SignJWS of a payload that is too large = nil, want an error")
	}
	if _, err := jwt.SignJWS(jwt.Key{}, "", nil); !errors.Is(err, jwt.ErrKeyUse) {
		t.Errorf("SignJWS with the zero key = %v, want %v", err, jwt.ErrKeyUse)
	}
}
