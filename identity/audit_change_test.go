package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// jwkOf is a public key for clients, with its thumbprint (RFC 7638) as somebody works
// it out who reads the RFC.
func jwkOf(kid string, n byte) (jwk, thumbprint string) {
	x := base64.RawURLEncoding.EncodeToString(append(make([]byte, 31), n)) // of which nothing is signed
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":%q,"x":%q}`, kid, x), base64.RawURLEncoding.EncodeToString(sum[:])
}

// The record of a change says from what to what: who reads it later has nothing else
// that says how things were.
func TestChangesSayFromWhatToWhat(t *testing.T) {
	t.Parallel()
	s := openStory(t, Config{})
	s.user("root", "admin")
	root, _ := s.signIn("root", secret)
	zoe := s.user("zoe", "user").ID
	one, first := jwkOf("spring", 9)
	two, second := jwkOf("of summer", 14)
	client := func(scope, keys string) string {
		return `{"client_name":"Robot","token_endpoint_auth_method":"private_key_jwt","grant_types":["client_credentials"],"scope":"` + scope + `","jwks":{"keys":[` + keys + `]}}`
	}
	for _, step := range []struct {
		what string
		do   func()
		kind string
		want map[string]string
	}{
		{"a client with a key", func() {
			s.call(http.StatusCreated, "POST", "/clients", root, strings.Replace(client("me", one), "{", `{"client_id":"robot",`, 1))
		}, "client.created", map[string]string{"name": "Robot", "grants": "client_credentials", "scopes": "me", "keys": "spring=" + first}},
		{
			"its key is replaced", func() { s.call(http.StatusOK, "PUT", "/clients/robot", root, client("me", two)) },
			"client.changed",
			map[string]string{"name": "Robot", "grants": "client_credentials", "scopes": "me", "keys": "of+summer=" + second, "before_keys": "spring=" + first},
		},
		{
			"another one is added", func() { s.call(http.StatusOK, "PUT", "/clients/robot", root, client("me", two+","+one)) },
			"client.changed",
			map[string]string{"name": "Robot", "grants": "client_credentials", "scopes": "me", "keys": "of+summer=" + second + " spring=" + first, "before_keys": "of+summer=" + second},
		},
		{"it gets other scopes, and a secret in place of keys", func() {
			s.call(http.StatusOK, "PUT", "/clients/robot", root, `{"client_name":"Arm","grant_types":["client_credentials"],"scope":"books:read me"}`)
		}, "client.changed", map[string]string{
			"name": "Arm", "before_name": "Robot", "grants": "client_credentials", "scopes": "books:read me", "before_scopes": "me", "before_keys": "of+summer=" + second + " spring=" + first,
		}},
		{"it gets a secret", func() { s.call(http.StatusOK, "POST", "/clients/robot/secret", root, `{}`) }, "client.secret", nil},
		{
			"and another one at once", func() { s.call(http.StatusOK, "POST", "/clients/robot/secret", root, `{"overlap":0}`) },
			"client.secret",
			map[string]string{"overlap": "0s", "before_ends": "at once"},
		},
		{
			"it is removed", func() { s.call(http.StatusNoContent, "DELETE", "/clients/robot", root, "") },
			"client.removed",
			map[string]string{"name": "Arm", "grants": "client_credentials", "scopes": "books:read me"},
		},
		{
			"a user gets an address", func() { s.call(http.StatusOK, "PATCH", "/users/"+zoe, root, `{"email":"a@example.org"}`) },
			"user.changed",
			map[string]string{"email": "a@example.org", "before_email": "none"},
		},
		{"another one, and may not sign in", func() {
			s.call(http.StatusOK, "PATCH", "/users/"+zoe, root, `{"email":"b@example.org","disabled":true}`)
		}, "user.changed", map[string]string{"email": "b@example.org", "before_email": "a@example.org", "disabled": "yes", "before_disabled": "no"}},
		{
			"other roles", func() { s.call(http.StatusOK, "PUT", "/users/"+zoe+"/roles", root, `{"roles":["manager"]}`) },
			"user.roles",
			map[string]string{"roles": "manager", "before": "user"},
		},
		{
			"the user is removed", func() { s.call(http.StatusNoContent, "DELETE", "/users/"+zoe, root, "") },
			"user.removed",
			map[string]string{"roles": "manager", "email": "b@example.org", "disabled": "yes"},
		},
		{
			"a role is made", func() { s.call(http.StatusOK, "PUT", "/roles/clerk", root, `{"description":"Writes","scopes":["me"]}`) },
			"role.put",
			map[string]string{"description": "Writes", "scopes": "me", "before": "none"},
		},
		{
			"and changed", func() {
				s.call(http.StatusOK, "PUT", "/roles/clerk", root, `{"description":"Reads","scopes":["me","books:read"]}`)
			},
			"role.put",
			map[string]string{"description": "Reads", "before_description": "Writes", "scopes": "books:read me", "before_scopes": "me"},
		},
		{
			"and removed", func() { s.call(http.StatusNoContent, "DELETE", "/roles/clerk", root, "") },
			"role.removed",
			map[string]string{"description": "Reads", "scopes": "books:read me"},
		},
		{"another issuer", func() {
			if _, err := SetIssuer(t.Context(), s.config.Store, "https://other.example"); err != nil {
				t.Fatal(err)
			}
		}, "setting.chosen", map[string]string{"before": shopURL, "value": "https://other.example"}},
		{"a signing key gives way to another", func() {
			next, err := s.KeyRing().Rotate(t.Context())
			_, err2 := s.KeyRing().Revoke(t.Context(), next.ID)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
		}, "key.removed", nil},
	} {
		step.do()
		all := everyRecord(t, s.config.Store)
		last := all[len(all)-1]
		if string(last.Kind) != step.kind || step.want != nil && !maps.Equal(last.Details.Map(), step.want) {
			t.Errorf("%s: the last record is %s %v,\nwant %s %v", step.what, last.Kind, last.Details.Map(), step.kind, step.want)
		}
		if strings.HasSuffix(string(last.Kind), ".removed") && len(last.Details.Map()) == 0 {
			t.Errorf("%s: the record does not say what was there", step.what)
		}
	}
}
