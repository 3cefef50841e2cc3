package jwt_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

// words writes a report as lines, of what was found wrong or not checked.
func words(r jwt.Report) string {
	var out []string
	for _, f := range r.Findings {
		if f.Verdict != jwt.Right {
			out = append(out, f.Verdict.String()+" "+f.Of+": "+f.Text)
		}
	}
	return strings.Join(out, "\n")
}

func TestInspect(t *testing.T) {
	t.Parallel()
	all := jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: audience, Now: at}
	for name, test := range map[string]struct {
		token  string
		config jwt.VerifierConfig
		want   string
	}{
		"a good token": {goodToken(), all, ""},
		"one that is over, for another": {
			token(head(), claims("exp", in(-5*time.Minute), "aud", `["a","b"]`)), all,
			`wrong expiry: 2026-01-02T02:59:05Z, 5m0s ago` + "\n" + `wrong audience: it is for "a" "b", wanted is "https://api.example"`,
		},
		"one with everything wrong": {
			flip(token(head("typ", `"JWT"`), claims("exp", "", "nbf", in(time.Hour), "iat", in(time.Minute), "iss", `"x"`, "aud", "")), 2, 5), all,
			`wrong signature: bad signature (kid "ed", alg "EdDSA")` + "\n" + `wrong type: it is "JWT", wanted is "at+jwt"` + "\n" +
				`wrong expiry: it never expires: there is no exp` + "\n" + `wrong beginning: good from 2026-01-02T04:04:05Z, in 1h0m0s` + "\n" +
				`wrong issue: 2026-01-02T03:05:05Z, in 1m0s` + "\n" + `wrong issuer: it is "x", wanted is "https://id.example"` + "\n" +
				`wrong audience: it is for nobody, wanted is "https://api.example"`,
		},
		"one of an algorithm that is none": {token(head("alg", `"none"`), claims()), all, `wrong algorithm: "none" is none that signs` + "\n" + `wrong signature: unknown key (kid "ed", alg "none")`},
		"claims that are malformed":        {token(head(), before(`"exp":1`, claims())), all, "wrong claims: malformed: duplicate member at byte 83"},
		"what is no token":                 {"hello", all, "wrong form: malformed: a token has three parts"},
		"nothing to check it with": {
			goodToken(),
			jwt.VerifierConfig{Now: at},
			"unchecked signature: there is no key to check it with\n" + `unchecked issuer: it is "https://id.example"; no other was given to compare it with` + "\n" +
				`unchecked audience: it is for "https://api.example"; no other was given to compare it with`,
		},
		"keys that cannot be had": {
			goodToken(),
			jwt.VerifierConfig{Now: at, Issuer: issuer, Audience: audience, Keys: func(context.Context) ([]jwt.Key, error) { return nil, errors.New("away") }},
			"unchecked signature: the keys could not be had: away",
		},
	} {
		t.Run(name, func(t *testing.T) {
			report := jwt.Inspect(t.Context(), test.token, test.config)
			if got := words(report); got != test.want {
				t.Errorf("Inspect finds\n%s\nwant\n%s", got, test.want)
			}
			if report.Good() != (test.want == "") || report.Bad() != strings.Contains(test.want, "wrong ") {
				t.Errorf("Inspect: good: %v, bad: %v", report.Good(), report.Bad())
			}
		})
	}
	if r := (&jwt.Report{}); r.Good() || r.Bad() {
		t.Error("the zero Report is good or bad")
	}
}
