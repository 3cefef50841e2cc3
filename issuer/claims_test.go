package issuer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/issuer"
	"github.com/holdfast-go/holdfast/jwt"
)

func TestScopesAndRoles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		claims claims
		roles  []string // RolesClaim
		want   string   // client, scopes, roles; or the error
	}{
		"a scope string":                      {claims{"scope": "a b"}, nil, "[a b] []"},
		"a scope with spaces too many":        {claims{"scope": "  a   b "}, nil, "[a b] []"},
		"a scope with another kind of space":  {claims{"scope": "a\u00a0admin\tb"}, nil, "[a\u00a0admin\tb] []"},
		"an empty scope":                      {claims{"scope": ""}, nil, "[] []"},
		"an scp string, as Entra's":           {claims{"scp": "Books.Read Books.Write"}, nil, "[Books.Read Books.Write] []"},
		"an scp list, as Okta's":              {claims{"scp": []string{"a", "b c"}}, nil, "[a b c] []"},
		"scope before scp":                    {claims{"scope": "a", "scp": []string{"a", "admin"}}, nil, "[a] []"},
		"a scope that is a list":              {claims{"scope": []string{"a"}}, nil, "error: scope is not a string"},
		"an scp that is a number":             {claims{"scp": 1}, nil, "error: scp is neither"},
		"an scp with a number in it":          {claims{"scp": []any{"a", 1}}, nil, "error: scp is neither"},
		"roles, as Entra's":                   {claims{"scope": "", "roles": []string{"admin", "clerk"}}, []string{"roles"}, "[] [admin clerk]"},
		"roles that nobody asked for":         {claims{"scope": "", "roles": []string{"admin"}}, nil, "[] []"},
		"roles inside, as Keycloak's":         {claims{"scope": "", "realm_access": claims{"roles": []string{"admin"}}}, []string{"realm_access", "roles"}, "[] [admin]"},
		"roles of a client with dots":         {claims{"scope": "", "resource_access": claims{"shop.example": claims{"roles": []string{"admin"}}}}, []string{"resource_access", "shop.example", "roles"}, "[] [admin]"},
		"roles under a URL, as Auth0's":       {claims{"scope": "", "https://shop.example/roles": []string{"admin"}}, []string{"https://shop.example/roles"}, "[] [admin]"},
		"groups, as Cognito's":                {claims{"scope": "", "cognito:groups": []string{"admin"}}, []string{"cognito:groups"}, "[] [admin]"},
		"an object, as Zitadel's":             {claims{"scope": "", "urn:zitadel:iam:org:project:roles": claims{"admin": claims{"1": "x.example"}}}, []string{"urn:zitadel:iam:org:project:roles"}, "[] [admin]"},
		"one role":                            {claims{"scope": "", "role": "shop admin"}, []string{"role"}, "[] [shop admin]"},
		"no roles":                            {claims{"scope": ""}, []string{"realm_access", "roles"}, "[] []"},
		"no roles inside":                     {claims{"scope": "", "realm_access": claims{}}, []string{"realm_access", "roles"}, "[] []"},
		"roles of null":                       {claims{"scope": "", "roles": json.RawMessage("null")}, []string{"roles"}, "[] []"},
		"a path that ends early":              {claims{"scope": "", "realm_access": "roles"}, []string{"realm_access", "roles"}, "[] []"},
		"roles that are a number":             {claims{"scope": "", "roles": 7}, []string{"roles"}, "error: roles is not a list of strings"},
		"roles with a number among them":      {claims{"scope": "", "a": claims{"roles": []any{"x", 7}}}, []string{"a", "roles"}, "error: a.roles is not a list of strings"},
		"client_id":                           {claims{"scope": "", "client_id": "one", "azp": "two"}, nil, "one [] []"},
		"azp":                                 {claims{"scope": "", "azp": "two", "appid": "three"}, nil, "two [] []"},
		"appid, as Entra's first version":     {claims{"scope": "", "appid": "three"}, nil, "three [] []"},
		"cid, as Okta's":                      {claims{"scope": "", "cid": "four"}, nil, "four [] []"},
		"a client_id that is a list":          {claims{"scope": "", "client_id": []string{"one"}}, nil, "error: client_id is not a string"},
		"the same claim in another case":      {claims{"scope": "", "SCP": "admin", "Roles": []string{"admin"}}, []string{"roles"}, "[] []"},
		"a scope in another case, as a trick": {claims{"scope": "", "Scope": "admin"}, nil, "error: looks like scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				config := newServer(first).config()
				config.RolesClaim = test.roles
				c, err := verify(t, discover(t, config), custom(first, "JWT", test.claims))
				got := strings.TrimPrefix(fmt.Sprint(c.ClientID, " ", c.Scopes, " ", c.Roles), " ")
				if wrong, ok := strings.CutPrefix(test.want, "error: "); ok {
					if !errors.Is(err, jwt.ErrMalformed) || !contains(err, wrong) {
						t.Errorf("Verify = %v, want %v with %q", err, jwt.ErrMalformed, wrong)
					}
				} else if err != nil || got != test.want {
					t.Errorf("Verify = %s, %v, want %s", got, err, test.want)
				}
			})
		})
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := discover(t, newServer(first).config())
		now := time.Now().UTC()
		c, err := verify(t, v, custom(first, "at+jwt", claims{
			"aud": []string{"bar", audience}, "jti": "1", "sid": "s", "scope": "a", "client_id": "web",
			"address": claims{"country": "NZ"}, "level": 3, "nothing": nil, "a.b": "c",
		}))
		want := issuer.Claims{
			Issuer: home, Subject: "ann", ClientID: "web", Audience: []string{"bar", audience}, Expiry: now.Add(time.Minute), IssuedAt: now,
			ID: "1", SessionID: "s", Scopes: []string{"a"},
		}
		got := c
		for _, test := range []struct {
			path []string
			want string
		}{
			{[]string{"level"}, "3"},
			{[]string{"address"}, `{"country":"NZ"}`},
			{[]string{"address", "country"}, `"NZ"`},
			{[]string{"a.b"}, `"c"`},
			{[]string{"sub"}, `"ann"`},
			{[]string{"address", "street"}, ""},
			{[]string{"a", "b"}, ""},
			{[]string{"level", "x"}, ""},
			{[]string{"Level"}, ""},
			{nil, ""},
		} {
			if value, ok := c.Claim(test.path...); string(value) != test.want || ok != (test.want != "") {
				t.Errorf("Claim(%q) = %s, %v, want %s", test.path, value, ok, test.want)
			}
		}
		if err != nil || !reflect.DeepEqual(issuer.Bare(got), want) {
			t.Errorf("Verify = %+v, %v, want %+v", issuer.Bare(got), err, want)
		}
		for scope, want := range map[string]bool{"a": true, "A": false, "": false, "b": false} {
			if c.HasScope(scope) != want {
				t.Errorf("HasScope(%q) = %v, want %v", scope, !want, want)
			}
		}
	})
	made := issuer.Claims{Subject: "ann", Roles: []string{"admin", ""}, Scopes: []string{""}}
	if !made.HasRole("admin") || made.HasRole("clerk") || made.HasRole("") || made.HasScope("") {
		t.Errorf("HasRole and HasScope of claims made by hand are wrong: %+v", made)
	}
	if value, ok := made.Claim("sub"); ok {
		t.Errorf("Claim of claims made by hand = %s, want none", value)
	}
}
