package jwt_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/jwt"
)

func TestAReportInWords(t *testing.T) {
	t.Parallel()
	all := jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: issuer, Audience: audience, Now: at}
	good := token(head(), claims("sub", `"al\u202eice\\nx"`, "scope", `"me users:read"`, "sid", `"s1"`))
	for name, test := range map[string]struct {
		token  string
		config jwt.VerifierConfig
		has    []string
		hasNot []string
	}{
		"a good token": {
			good, all,
			[]string{`right  audience   it is for "https://api.example", wanted is "https://api.example"`, "       key        signing\n", `       scope      "me users:read"` + "\n", `       session    "s1"` + "\n", "\n\nThe token is good.\n"},
			[]string{"WRONG", "unchecked", strings.Split(good, ".")[2][:10]},
		},
		"what a token says is quoted": {good, all, []string{`       subject    "al\u202eice\\nx"` + "\n"}, nil},
		"one that is over": {
			token(head(), claims("exp", in(-5*time.Minute))), all,
			[]string{"WRONG  expiry     2026-01-02T02:59:05Z, 5m0s ago\n"},
			[]string{"is good", "Nothing is wrong"},
		},
		"one that could not be checked": {
			good,
			jwt.VerifierConfig{Now: at},
			[]string{"unchecked  signature  there is no key to check it with\n", "\nNothing is wrong with what could be checked; that is not enough to believe the token.\n"},
			[]string{"is good.", "WRONG"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := jwt.Inspect(t.Context(), test.token, test.config)
			report.KeyNow = "signing"
			var out strings.Builder
			if err := report.WriteText(&out); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.has {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report has no %q:\n%s", want, out.String())
				}
			}
			for _, never := range test.hasNot {
				if strings.Contains(out.String(), never) {
					t.Errorf("the report has %q:\n%s", never, out.String())
				}
			}
		})
	}
}

// broken is a writer that cannot write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	if err := jwt.Inspect(t.Context(), goodToken(), jwt.VerifierConfig{Now: at}).WriteText(broken{}); err == nil {
		t.Error("WriteText = nil")
	}
}

func TestAReportInJSON(t *testing.T) {
	t.Parallel()
	report := jwt.Inspect(t.Context(), token(head(), claims("scope", `"me users:read"`, "sub", "")), jwt.VerifierConfig{Keys: jwt.StaticKeys(edKey), Issuer: issuer, Audience: audience, Now: at})
	text, err := json.Marshal(report)
	for _, want := range []string{
		`{"good":true,"findings":[{"of":"form","verdict":"right","text":"a compact JWS of `, `"algorithm":"EdDSA","key":"ed","type":"at+jwt"`,
		`"audience":["https://api.example"],"scopes":["me","users:read"]`,
	} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("JSON = %s, %v, want %s", text, err, want)
		}
	}
	if strings.Contains(string(text), "key_now") || strings.Contains(string(text), "session") {
		t.Errorf("JSON = %s, want without what is not known", text)
	}
	const nothing = `{"good":false,"findings":[{"of":"form","verdict":"wrong","text":"malformed: a token has three parts"}],"algorithm":"","key":"","key_now":"signing","type":"","issuer":"","subject":"","audience":[],"scopes":[]}`
	report = jwt.Inspect(t.Context(), "x", jwt.VerifierConfig{Now: at})
	report.KeyNow = "signing"
	if text, err := json.Marshal(&report); err != nil || string(text) != nothing {
		t.Errorf("JSON of no token = %s, %v, want %s", text, err, nothing)
	}
}
