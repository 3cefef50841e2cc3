package issuer_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/holdfast-go/holdfast/internal/golden"
	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// What eight issuers publish is read as it should be, from their document to
// the roles in a token.
func TestVendors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		issuer, keySet string
		config         issuer.Config
	}{
		"entra": {
			"https://login.microsoftonline.com/5f6e8a3c-2b7d-4c1e-9a40-6d5b3e2f1a09/v2.0", "https://login.microsoftonline.com/5f6e8a3c-2b7d-4c1e-9a40-6d5b3e2f1a09/discovery/v2.0/keys",
			issuer.Config{Audience: "0d1c2b3a-4f5e-6d7c-8b9a-0a1b2c3d4e5f", RolesClaim: []string{"roles"}},
		},
		"google": {
			"https://accounts.google.com", "https://www.googleapis.com/oauth2/v3/certs",
			issuer.Config{Audience: "https://shop.example.org", Accept: issuer.IDTokens},
		},
		"auth0": {
			"https://example.eu.auth0.com/", "https://example.eu.auth0.com/.well-known/jwks.json",
			issuer.Config{Audience: "https://shop.example.org", RolesClaim: []string{"https://shop.example.org/roles"}},
		},
		"keycloak": {
			"https://sso.example.org/realms/shop", "https://sso.example.org/realms/shop/protocol/openid-connect/certs",
			issuer.Config{Audience: "shop", RolesClaim: []string{"realm_access", "roles"}},
		},
		"zitadel": {
			"https://example.zitadel.cloud", "https://example.zitadel.cloud/oauth/v2/keys",
			issuer.Config{Audience: "170079991923474689", RolesClaim: []string{"urn:zitadel:iam:org:project:roles"}},
		},
		"okta": {
			"https://example.okta.com/oauth2/default", "https://example.okta.com/oauth2/default/v1/keys",
			issuer.Config{Audience: "api://default", RolesClaim: []string{"groups"}},
		},
		"cognito": {
			"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example/.well-known/jwks.json",
			issuer.Config{InsecureNoAudience: true, RolesClaim: []string{"cognito:groups"}}, // its access tokens have no aud; see docs/issuers.md
		},
		"apple": {
			"https://appleid.apple.com", "https://appleid.apple.com/auth/keys",
			issuer.Config{Audience: "org.example.shop", Accept: issuer.IDTokens},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, token := read(t, name+".keys.json"), read(t, name+".token")
			synctest.Test(t, func(t *testing.T) {
				sleep(30 * 365 * 24 * 60 * 60 * 1e9) // a bubble begins in 2000; the tokens are of 2025
				document := strings.TrimSuffix(test.issuer, "/") + "/.well-known/openid-configuration"
				test.config.HTTP.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					switch r.URL.String() {
					case document:
						return reply(fmt.Sprintf(`{"issuer":%q,"jwks_uri":%q}`, test.issuer, test.keySet)), nil
					case test.keySet:
						return reply(data), nil
					}
					return nil, errDown
				})
				v, err := issuer.Discover(t.Context(), test.issuer, test.config)
				if err != nil {
					t.Fatalf("Discover = %v, want nil", err)
				}
				defer func() { _ = v.Close() }()
				c, err := verify(t, v, token)
				if err != nil {
					t.Errorf("Verify = %v, want nil", err)
				}
				golden.Check(t, name+".golden", []byte(describe(t, data, c)))
			})
		})
	}
}

func reply(body string) *http.Response {
	w := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}}
	w.Body = http.NoBody
	if body != "" {
		w.Body = readCloser{strings.NewReader(body)}
	}
	return w
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// describe writes a set and what a token says for people.
func describe(t *testing.T, data string, c issuer.Claims) string {
	t.Helper()
	set, err := jwt.ParseForeignSet([]byte(data), jwt.RS256, jwt.ES256, jwt.EdDSA)
	if err != nil {
		t.Fatalf("ParseForeignSet = %v, want nil", err)
	}
	var out strings.Builder
	for _, key := range set.Keys {
		fmt.Fprintf(&out, "uses    %s %s\n", key.Algorithm(), key.ID())
	}
	for _, s := range set.Skipped {
		fmt.Fprintf(&out, "skips   %s: %s\n", s.ID, s.Reason)
	}
	fmt.Fprintf(&out, "subject %s\nclient  %s\naud     %q\nscopes  %q\nroles   %q\n", c.Subject, c.ClientID, c.Audience, c.Scopes, c.Roles)
	return out.String()
}
