package issuer_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

type claims = map[string]any

// The shapes of tokens, by the documentation of who issues them. Each is
// accepted as one kind at most, but for tokens that say nothing.
func TestKindsOfTokens(t *testing.T) {
	t.Parallel()
	const (
		none     = 0
		access   = 1 << issuer.AccessTokens
		typed    = 1 << issuer.TypedAccessTokens
		unmarked = 1 << issuer.UnmarkedAccessTokens
		id       = 1 << issuer.IDTokens
	)
	for name, test := range map[string]struct {
		typ    string
		claims claims
		as     int // the kinds as which it is accepted
	}{
		"RFC 9068, Holdfast":             {"at+jwt", claims{"client_id": "web", "jti": "1", "scope": "a"}, access | typed | unmarked},
		"the same with application/":     {"application/AT+JWT", claims{"client_id": "web"}, access | typed | unmarked},
		"at+jwt with what OpenID adds":   {"at+jwt", claims{"nonce": "n", "auth_time": 1, "acr": "1"}, access | typed | unmarked},
		"Keycloak's access token":        {"JWT", claims{"typ": "Bearer", "azp": "web", "scope": "openid email", "sid": "s", "realm_access": claims{"roles": []string{"user"}}}, access | unmarked},
		"Keycloak's ID token":            {"JWT", claims{"typ": "ID", "azp": "web", "at_hash": "h", "sid": "s", "auth_time": 1}, id},
		"Keycloak's refresh token":       {"JWT", claims{"typ": "Refresh", "azp": "web", "scope": "openid"}, none},
		"Keycloak's bound token":         {"JWT", claims{"typ": "DPoP", "azp": "web", "scope": "openid", "cnf": claims{"jkt": "x"}}, none},
		"Entra's token for a user":       {"JWT", claims{"azp": "web", "azpacr": "0", "scp": "Books.Read", "tid": "t", "ver": "2.0"}, access | unmarked},
		"Entra's token for a program":    {"JWT", claims{"azp": "job", "azpacr": "1", "roles": []string{"Books.Read"}, "ver": "2.0"}, access | unmarked},
		"Entra's token, version 1":       {"JWT", claims{"appid": "job", "appidacr": "1", "roles": []string{"Books.Read"}, "ver": "1.0"}, access | unmarked},
		"Entra's ID token":               {"JWT", claims{"nonce": "n", "name": "Ann", "roles": []string{"x"}, "ver": "2.0", "tid": "t"}, id},
		"Entra's ID token without nonce": {"JWT", claims{"name": "Ann", "roles": []string{"x"}, "ver": "2.0", "tid": "t"}, unmarked | id},
		"Auth0's access token":           {"JWT", claims{"azp": "web", "scope": "read:books", "aud": []string{audience, "https://a.example/userinfo"}}, access | unmarked},
		"Auth0's token for a program":    {"JWT", claims{"azp": "job", "gty": "client-credentials"}, access | unmarked},
		"Auth0's ID token":               {"JWT", claims{"nonce": "n", "name": "Ann", "sid": "s"}, id},
		"Okta's access token":            {"", claims{"cid": "web", "scp": []string{"books:read"}, "ver": 1, "uid": "u"}, access | unmarked},
		"Okta's ID token":                {"", claims{"at_hash": "h", "idp": "i", "amr": []string{"pwd"}, "ver": 1}, id},
		"Cognito's access token":         {"", claims{"token_use": "access", "client_id": "web", "scope": "books:read", "username": "ann"}, access | unmarked},
		"Cognito's ID token":             {"", claims{"token_use": "id", "cognito:username": "ann"}, id},
		"Zitadel's access token":         {"JWT", claims{"client_id": "web", "jti": "1"}, access | unmarked | id},
		"Zitadel's ID token":             {"JWT", claims{"client_id": "web", "azp": "web", "at_hash": "h", "auth_time": 1}, id},
		"Hydra's access token":           {"JWT", claims{"client_id": "web", "scp": []string{"a"}, "ext": claims{}}, access | unmarked},
		"Google's ID token":              {"JWT", claims{"azp": "job", "email": "job@x.example", "email_verified": true}, unmarked | id},
		"Apple's ID token":               {"", claims{"nonce_supported": true, "auth_time": 1, "email": "ann@x.example"}, unmarked | id},
		"simplejwt's access token":       {"JWT", claims{"token_type": "access", "user_id": 1}, access | unmarked},
		"simplejwt's refresh token":      {"JWT", claims{"token_type": "refresh", "user_id": 1}, none},
		"a token that says nothing":      {"JWT", claims{}, unmarked | id},
		"a log-out token":                {"JWT", claims{"events": claims{}, "sid": "s", "scope": "a"}, none},
		"a log-out token by its type":    {"logout+jwt", claims{"events": claims{}, "scope": "a"}, none},
		"a token of some other type":     {"secevent+jwt", claims{"scope": "a"}, none},
		"a code's hash":                  {"JWT", claims{"c_hash": "h", "scope": "a"}, none},
		"a state's hash":                 {"JWT", claims{"s_hash": "h", "scope": "a"}, none},
		"an ID token with a code's hash": {"JWT", claims{"c_hash": "h"}, id},
		"one with a state's hash":        {"JWT", claims{"s_hash": "h"}, id},
		"an empty nonce":                 {"JWT", claims{"nonce": ""}, id},
		"a kind that is no string":       {"JWT", claims{"typ": []string{"Bearer"}, "scope": "a"}, none},
		"a kind that says nothing":       {"JWT", claims{"typ": "JWT"}, unmarked | id},
		"two kinds":                      {"JWT", claims{"typ": "Bearer", "token_use": "id"}, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, kind := range []issuer.Kind{issuer.AccessTokens, issuer.TypedAccessTokens, issuer.UnmarkedAccessTokens, issuer.IDTokens} {
					config := newServer(first).config()
					config.Accept = kind
					_, err := verify(t, discover(t, config), custom(first, test.typ, test.claims))
					want := test.as&(1<<kind) != 0
					if (err == nil) != want || err != nil && !errors.Is(err, issuer.ErrKind) && !errors.Is(err, jwt.ErrType) {
						t.Errorf("Verify as kind %d = %v, want that it is accepted: %v", kind, err, want)
					}
				}
			})
		})
	}
}

// The sentences say by what a kind was told.
func TestWhyAKindIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := discover(t, newServer(first).config())
		for want, c := range map[string]claims{
			"it has the claim at_hash, as ID tokens do": {"at_hash": "x", "scope": "a"},
			`its typ is "ID"`: {"typ": "ID"},
			"nothing in it says that it is an access token":     {},
			"it has the claim events, as log-out tokens do":     {"events": claims{}},
			`its token_use is ["x","xxxxxxxxxxxxxxxxxxxxxxxxxx`: {"token_use": []string{"x", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}},
		} {
			if _, err := verify(t, v, custom(first, "JWT", c)); !contains(err, want) || len(err.Error()) > 300 {
				t.Errorf("Verify = %v, want %q", err, want)
			}
		}
	})
}
