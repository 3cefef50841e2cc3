package jwt_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

func decoded(part string) string {
	return string(must(base64.RawURLEncoding.DecodeString(part)))
}

func TestSignWrites(t *testing.T) {
	t.Parallel()
	const jti = `"jti":"AAECAwQFBgcICQoLDA0ODw"`
	times := `"exp":` + in(15*time.Minute) + `,"iat":` + in(0) + `,` + jti
	tests := map[string]struct {
		change       func(*jwt.SignerConfig)
		claims       jwt.Claims
		header, body string
	}{
		"an access token": {
			nil,
			jwt.Claims{Subject: "alice", Scope: "me items"},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","sub":"alice","aud":"https://api.example",` + times + `,"scope":"me items"}`,
		},
		"a token of nobody": {
			nil,
			jwt.Claims{},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"https://api.example",` + times + `,"scope":""}`,
		},
		"a session and a day to begin": {
			nil,
			jwt.Claims{SessionID: "s", NotBefore: instant},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"https://api.example","exp":` + in(15*time.Minute) + `,"nbf":` + in(0) + `,"iat":` + in(0) + `,` + jti + `,"sid":"s","scope":""}`,
		},
		"two audiences": {
			func(c *jwt.SignerConfig) { c.Audience = []string{"a", "b"} },
			jwt.Claims{},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":["a","b"],` + times + `,"scope":""}`,
		},
		"neither issuer nor audience nor kid": {
			func(c *jwt.SignerConfig) {
				c.Issuer, c.InsecureNoIssuer = "", true
				c.Audience, c.InsecureNoAudience = nil, true
				c.Key, c.Type = edKey.WithID(""), "JWT"
			},
			jwt.Claims{},
			`{"alg":"EdDSA","typ":"JWT"}`, `{` + times + `,"scope":""}`,
		},
		"what the claims may not say": {
			nil,
			jwt.Claims{Issuer: "x", ID: "x", IssuedAt: instant.Add(-time.Hour), Expiry: instant.Add(time.Hour)},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"https://api.example",` + times + `,"scope":""}`,
		},
		"another audience": {
			nil,
			jwt.Claims{Audience: []string{"x"}},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"x",` + times + `,"scope":""}`,
		},
		"a client": {
			nil,
			jwt.Claims{SessionID: "s", ClientID: "web"},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"https://api.example",` + times + `,"sid":"s","client_id":"web","scope":""}`,
		},
		"an earlier expiry": {
			func(c *jwt.SignerConfig) { c.TTL = time.Hour },
			jwt.Claims{Expiry: instant.Add(time.Second)},
			`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`,
			`{"iss":"https://id.example","aud":"https://api.example","exp":` + in(time.Second) + `,"iat":` + in(0) + `,` + jti + `,"scope":""}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jwt.SignerConfig{Key: edKey, Issuer: issuer, Audience: []string{audience}, Now: at}
			config.Rand = bytes.NewReader([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
			if test.change != nil {
				test.change(&config)
			}
			text, err := must(jwt.NewSigner(config)).Sign(test.claims)
			if err != nil {
				t.Fatalf("Sign = %v, want nil", err)
			}
			header, body, _ := parts(text)
			if decoded(header) != test.header {
				t.Errorf("header = %s, want %s", decoded(header), test.header)
			}
			if decoded(body) != test.body {
				t.Errorf("claims = %s, want %s", decoded(body), test.body)
			}
			if text != token(test.header, test.body) {
				t.Errorf("Sign = %s, want %s", text, token(test.header, test.body))
			}
		})
	}
}

func TestSignThenVerify(t *testing.T) {
	t.Parallel()
	want := jwt.Claims{
		Issuer: issuer, Subject: "alice", Audience: []string{audience}, Expiry: instant.Add(15 * time.Minute),
		NotBefore: instant, IssuedAt: instant, ID: "AAAAAAAAAAAAAAAAAAAAAA", SessionID: "s", ClientID: "web", Scope: "me items",
	}
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			t.Parallel()
			key := keyOf(alg)
			s := newSigner(t, jwt.SignerConfig{Key: key, Rand: zeros{}})
			text, err := s.Sign(jwt.Claims{Subject: "alice", SessionID: "s", ClientID: "web", Scope: "me items", NotBefore: instant})
			if err != nil {
				t.Fatalf("Sign = %v, want nil", err)
			}
			v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey, key), Algorithms: algorithms}, nil)
			got, err := verify(v, text)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Verify(token) = %+v, %v, want %+v", got, err, want)
			}
			other := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(key.WithID("other")), Algorithms: algorithms}, nil)
			if _, err := verify(other, text); !errors.Is(err, jwt.ErrUnknownKey) {
				t.Errorf("Verify(token) = %v, want %v", err, jwt.ErrUnknownKey)
			}
			if _, err := verify(v, flip(text, 2, 8)); !errors.Is(err, jwt.ErrSignature) {
				t.Errorf("Verify(token) = %v, want %v", err, jwt.ErrSignature)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestSignHS256BeginsAsEverywhere(t *testing.T) {
	t.Parallel()
	s := newSigner(t, jwt.SignerConfig{Key: must(jwt.SecretKey(jwt.HS256, secret)), Type: "JWT"})
	const want = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
	if text := must(s.Sign(jwt.Claims{})); !strings.HasPrefix(text, want) {
		t.Errorf("Sign = %s, want %s at the beginning", text, want)
	}
}

func TestSignNeedsRandomness(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]io.Reader{
		"nothing to read": strings.NewReader(""),
		"one byte short":  strings.NewReader("fifteen bytes.."),
		"a broken source": iotest.ErrReader(errors.New("broken")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSigner(t, jwt.SignerConfig{Key: edKey, Rand: source})
			if text, err := s.Sign(jwt.Claims{}); err == nil || text != "" {
				t.Errorf("Sign = %q, %v, want an error", text, err)
			}
		})
	}
}

func TestSignIDsDiffer(t *testing.T) {
	t.Parallel()
	s := newSigner(t, jwt.SignerConfig{Key: edKey})
	if one, other := must(s.Sign(jwt.Claims{})), must(s.Sign(jwt.Claims{})); one == other {
		t.Errorf("Sign = %s twice, want another id each time", one)
	}
}

func TestSignerIsItsOwn(t *testing.T) {
	t.Parallel()
	list := []string{audience, "second"}
	s := must(jwt.NewSigner(jwt.SignerConfig{Key: edKey, Issuer: issuer, Audience: list, Now: at}))
	list[0] = "https://evil.example"
	v := newVerifier(t, jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: algorithms}, nil)
	if _, err := verify(v, must(s.Sign(jwt.Claims{}))); err != nil {
		t.Errorf("Verify(token) = %v, want nil: the signer shares its caller's list", err)
	}
}

// Two names that are not UTF-8 must not become one and the same subject.
func TestSignKeepsSubjectsApart(t *testing.T) {
	t.Parallel()
	s := newSigner(t, jwt.SignerConfig{Key: edKey, Rand: zeros{}})
	one, err := s.Sign(jwt.Claims{Subject: "a\xfe"})
	other, err2 := s.Sign(jwt.Claims{Subject: "a\xff"})
	if err == nil && err2 == nil && one == other {
		t.Errorf("Sign = %s for two subjects, want an error", one)
	}
}

func TestSignedTokensAreNotTooLarge(t *testing.T) {
	t.Parallel()
	s := newSigner(t, jwt.SignerConfig{Key: edKey})
	if text, err := s.Sign(jwt.Claims{Subject: strings.Repeat("x", jwt.MaxSize)}); err == nil {
		t.Errorf("Sign = %d bytes, want an error: no verifier takes more than %d", len(text), jwt.MaxSize)
	}
}

func TestNewSigner(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*jwt.SignerConfig)
		want   string // a part of the error; empty if there is none
	}{
		"all that is needed":          {func(*jwt.SignerConfig) {}, ""},
		"no key":                      {func(c *jwt.SignerConfig) { c.Key = jwt.Key{} }, "cannot sign"},
		"no issuer":                   {func(c *jwt.SignerConfig) { c.Issuer = "" }, "InsecureNoIssuer"},
		"no issuer, and that meant":   {func(c *jwt.SignerConfig) { c.Issuer, c.InsecureNoIssuer = "", true }, ""},
		"no audience":                 {func(c *jwt.SignerConfig) { c.Audience = nil }, "InsecureNoAudience"},
		"an empty list of audiences":  {func(c *jwt.SignerConfig) { c.Audience = []string{} }, "InsecureNoAudience"},
		"no audience, and that meant": {func(c *jwt.SignerConfig) { c.Audience, c.InsecureNoAudience = nil, true }, ""},
		"a negative TTL":              {func(c *jwt.SignerConfig) { c.TTL = -1 }, "TTL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jwt.SignerConfig{Key: edKey, Issuer: issuer, Audience: []string{audience}}
			test.change(&config)
			_, err := jwt.NewSigner(config)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewSigner = %v, want %q", err, test.want)
			}
		})
	}
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*jwt.VerifierConfig)
		want   string
	}{
		"all that is needed":          {func(*jwt.VerifierConfig) {}, ""},
		"no keys":                     {func(c *jwt.VerifierConfig) { c.Keys = nil }, "Keys"},
		"no algorithms":               {func(c *jwt.VerifierConfig) { c.Algorithms = nil }, "Algorithms"},
		"alg none":                    {func(c *jwt.VerifierConfig) { c.Algorithms = []jwt.Algorithm{jwt.EdDSA, "none"} }, "no algorithm"},
		"an algorithm without a name": {func(c *jwt.VerifierConfig) { c.Algorithms = []jwt.Algorithm{""} }, "no algorithm"},
		"an algorithm misspelt":       {func(c *jwt.VerifierConfig) { c.Algorithms = []jwt.Algorithm{"es256"} }, "no algorithm"},
		"an empty allow-list":         {func(c *jwt.VerifierConfig) { c.Algorithms = []jwt.Algorithm{} }, "Algorithms"},
		"no issuer":                   {func(c *jwt.VerifierConfig) { c.Issuer = "" }, "InsecureNoIssuer"},
		"no issuer, and that meant":   {func(c *jwt.VerifierConfig) { c.Issuer, c.InsecureNoIssuer = "", true }, ""},
		"no audience":                 {func(c *jwt.VerifierConfig) { c.Audience = "" }, "InsecureNoAudience"},
		"no audience, and that meant": {func(c *jwt.VerifierConfig) { c.Audience, c.InsecureNoAudience = "", true }, ""},
		"a minute of leeway":          {func(c *jwt.VerifierConfig) { c.Leeway = time.Minute }, ""},
		"more leeway than a minute":   {func(c *jwt.VerifierConfig) { c.Leeway = time.Minute + 1 }, "Leeway"},
		"a negative leeway":           {func(c *jwt.VerifierConfig) { c.Leeway = -1 }, "Leeway"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: algorithms, Issuer: issuer, Audience: audience}
			test.change(&config)
			_, err := jwt.NewVerifier(config)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("NewVerifier = %v, want %q", err, test.want)
			}
		})
	}
}
