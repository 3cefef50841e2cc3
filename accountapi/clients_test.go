package accountapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/jwt"
)

// decoded is the body of an answer with a status.
func decoded[T any](t *testing.T, w *httptest.ResponseRecorder, status int) (out T) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d %s, want %d", w.Code, w.Body, status)
	}
	check(t, json.Unmarshal(w.Body.Bytes(), &out))
	return out
}

func TestTheLifeOfAClient(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	w := a.call("POST", "/clients", admin, `{"client_id":"shop","client_name":"Shop","redirect_uris":["https://shop.example/cb"],"scope":"me users:read"}`)
	made := decoded[accountapi.ClientSecret](t, w, created)
	if made.ID != "shop" || !strings.HasPrefix(made.Secret, "hfcs_") || made.ExpiresAt != 0 || made.AuthMethod != "client_secret_basic" ||
		strings.Join(made.Grants, " ") != "authorization_code refresh_token" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("POST /clients = %+v %v", made, w.Header())
	}
	secretOf := func(secret string) bool {
		_, _, err := a.AuthenticateClient(t.Context(), "shop", account.Secret(secret))
		return err == nil
	}
	if !secretOf(made.Secret) {
		t.Error("the secret is not the client's")
	}
	for _, path := range []string{"/clients", "/clients/shop"} {
		if w := a.call("GET", path, admin, ""); w.Code != ok || strings.Contains(w.Body.String(), "secret\"") || !strings.Contains(w.Body.String(), `"scope":"me users:read"`) {
			t.Errorf("GET %s = %d %s, want it without a secret", path, w.Code, w.Body)
		}
	}
	w = a.call("PUT", "/clients/shop", admin, `{"client_name":"The shop","redirect_uris":["https://shop.example/cb"],"grant_types":["authorization_code"],"scope":"me","disabled":true}`)
	if got := decoded[accountapi.Client](t, w, ok); got.Name != "The shop" || got.Disabled == nil || !*got.Disabled || *got.Scope != "me" || got.IssuedAt != made.IssuedAt {
		t.Errorf("PUT /clients/shop = %s", w.Body)
	}
	if secretOf(made.Secret) {
		t.Error("a disabled client has a secret that counts")
	}
	a.call("PUT", "/clients/shop", admin, `{"client_name":"The shop","redirect_uris":["https://shop.example/cb"],"grant_types":["authorization_code"],"scope":"me","disabled":false}`)
	second := decoded[accountapi.ClientSecret](t, a.call("POST", "/clients/shop/secret", admin, `{}`), ok)
	if !secretOf(made.Secret) || !secretOf(second.Secret) {
		t.Error("while a secret rotates, one of two does not count")
	}
	third := decoded[accountapi.ClientSecret](t, a.call("POST", "/clients/shop/secret", admin, `{"overlap":0}`), ok)
	if secretOf(made.Secret) || secretOf(second.Secret) || !secretOf(third.Secret) {
		t.Error("after a rotation without an overlap, not the newest secret alone counts")
	}
	if w := a.call("DELETE", "/clients/shop", admin, ""); w.Code != gone {
		t.Errorf("DELETE /clients/shop = %d %s", w.Code, w.Body)
	}
	for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"PUT", `{"client_name":"x","grant_types":["client_credentials"]}`}} {
		if w := a.call(call[0], "/clients/shop", admin, call[1]); w.Code != http.StatusNotFound {
			t.Errorf("%s of a client that is gone = %d %s, want 404", call[0], w.Code, w.Body)
		}
	}
	if w := a.call("POST", "/clients/shop/secret", admin, `{}`); w.Code != http.StatusNotFound {
		t.Errorf("POST a secret of a client that is gone = %d %s, want 404", w.Code, w.Body)
	}
}

func TestClientsOfOtherKinds(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	key, err := jwt.GenerateKey(jwt.ES256)
	check(t, err)
	keys, err := jwt.MarshalPublicSet(key)
	check(t, err)
	for name, test := range map[string]struct{ body, method, grants string }{
		"public":      {`{"client_name":"App","redirect_uris":["com.example.app:/cb"],"token_endpoint_auth_method":"none"}`, "none", "authorization_code refresh_token"},
		"with a key":  {`{"client_name":"Robot","token_endpoint_auth_method":"private_key_jwt","jwks":` + string(keys) + `,"scope":"me"}`, "private_key_jwt", "client_credentials"},
		"first-party": {`{"client_name":"Desk","redirect_uris":["http://127.0.0.1/cb"],"first_party":true,"token_endpoint_auth_method":"none"}`, "none", "authorization_code refresh_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := decoded[accountapi.ClientSecret](t, a.call("POST", "/clients", admin, test.body), created)
			if made.Secret != "" || !strings.HasPrefix(made.ID, "hfc_") || made.AuthMethod != test.method || strings.Join(made.Grants, " ") != test.grants || (made.Keys != nil) != (name == "with a key") || (made.Scope == nil) != made.FirstParty {
				t.Errorf("POST /clients = %+v", made)
			}
			if w := a.call("POST", "/clients/"+made.ID+"/secret", admin, `{}`); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("POST a secret = %d %s, want 422", w.Code, w.Body)
			}
		})
	}
	if w := a.call("GET", "/clients/holdfast", admin, ""); w.Code != ok || !strings.Contains(w.Body.String(), `"token_endpoint_auth_method":"none"`) {
		t.Errorf("GET /clients/holdfast = %d %s", w.Code, w.Body)
	}
}

func TestClientsThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	decoded[accountapi.ClientSecret](t, a.call("POST", "/clients", admin, `{"client_id":"job","client_name":"Job"}`), created)
	for name, test := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"an id that is taken":        {`{"client_id":"job","client_name":"Job"}`, http.StatusConflict, ""},
		"the built-in client's id":   {`{"client_id":"holdfast","client_name":"Job"}`, 422, "client_id"},
		"http elsewhere":             {`{"client_name":"x","redirect_uris":["http://x.example/"]}`, 422, "redirect_uris"},
		"a fragment":                 {`{"client_name":"x","redirect_uris":["https://x.example/#"]}`, 422, "redirect_uris"},
		"the password grant":         {`{"client_name":"x","grant_types":["password"]}`, 422, "grant_types"},
		"a method that there is not": {`{"client_name":"x","token_endpoint_auth_method":"tls_client_auth"}`, 422, "token_endpoint_auth_method"},
		"keys without the method":    {`{"client_name":"x","jwks":{"keys":[]}}`, 422, "jwks"},
		"the method without keys":    {`{"client_name":"x","token_endpoint_auth_method":"private_key_jwt"}`, 422, "jwks"},
		"a machine that is public":   {`{"client_name":"x","token_endpoint_auth_method":"none"}`, 422, "grant_types"},
		"no name":                    {`{}`, 422, "client_name"},
		"an unknown member":          {`{"client_name":"x","logo_uri":"http://127.0.0.1/"}`, 422, "logo_uri"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := a.call("POST", "/clients", admin, test.body)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.field) {
				t.Errorf("POST /clients = %d %s, want %d about %s", w.Code, w.Body, test.status, test.field)
			}
		})
	}
	if w := a.call("POST", "/clients/job/secret", admin, `{"overlap":7776001}`); w.Code != 422 {
		t.Errorf("POST a secret with a long overlap = %d %s, want 422", w.Code, w.Body)
	}
	for _, call := range [][3]string{{"DELETE", "/clients/holdfast", ""}, {"POST", "/clients/holdfast/secret", "{}"}} {
		if w := a.call(call[0], call[1], admin, call[2]); w.Code != 422 {
			t.Errorf("%s %s = %d %s, want 422", call[0], call[1], w.Code, w.Body)
		}
	}
}

func TestWhoMayChangeClients(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for name, test := range map[string]struct {
		token string
		want  int
	}{
		"an administrator":                   {a.login("admin", "clients:write"), ok},
		"an administrator without the scope": {a.login("admin", "me users:read users:write roles:write"), no},
		"a manager":                          {a.login("manager", allScopes), no},
		"nobody":                             {"", who},
		"a machine":                          {a.machine("me clients:write"), no},
	} {
		if w := a.call("GET", "/clients", test.token, ""); w.Code != test.want {
			t.Errorf("GET /clients by %s = %d %s, want %d", name, w.Code, w.Body, test.want)
		}
	}
}

// machine is the token of a client that calls for itself.
func (a *api) machine(scope string) string {
	a.t.Helper()
	c, secret, err := a.CreateClient(a.t.Context(), account.Client{Name: "Job", Scopes: strings.Fields(scope)})
	check(a.t, err)
	_, credential, err := a.AuthenticateClient(a.t.Context(), c.ID, secret)
	check(a.t, err)
	token, err := a.signer.Sign(jwt.Claims{Subject: c.ID, ClientID: c.ID, SessionID: credential, Scope: scope})
	check(a.t, err)
	return token
}

// What is somebody's own is no machine's, whatever its scopes.
func TestAMachineIsNobody(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	token := a.machine(allScopes)
	for _, call := range [][3]string{
		{"GET", "/users/me", ""},
		{"PUT", "/users/me/password", `{"current_password":"x","new_password":"correct horse battery staple"}`},
	} {
		if w := a.call(call[0], call[1], token, call[2]); w.Code != no || !strings.Contains(w.Body.String(), "This is for people") {
			t.Errorf("%s %s = %d %s, want 403", call[0], call[1], w.Code, w.Body)
		}
	}
	if w := a.call("GET", "/users", token, ""); w.Code != no {
		t.Errorf("GET /users = %d %s, want 403: a machine has no role", w.Code, fmt.Sprint(w.Body))
	}
}

// No one lets a client loose by leaving out that it is not.
func TestAChangeLeavesAClientDisabled(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", "clients:write")
	const rest = `"client_name":"Shop","scope":"me","redirect_uris":["https://shop.example/"],"grant_types":["authorization_code"]`
	for i, step := range []struct {
		method, path, body string
		disabled           bool
	}{
		{"POST", "/clients", `{"client_id":"shop",` + rest + `}`, false},
		{"PUT", "/clients/shop", `{"disabled":true,` + rest + `}`, true},
		{"PUT", "/clients/shop", `{` + rest + `}`, true},
		{"PUT", "/clients/shop", `{"disabled":false,` + rest + `}`, false},
		{"PUT", "/clients/shop", `{` + rest + `}`, false},
	} {
		w := a.call(step.method, step.path, admin, step.body)
		c, err := a.Client(t.Context(), "shop")
		if w.Code/100 != 2 || err != nil || c.Disabled != step.disabled || strings.Contains(w.Body.String(), `"disabled":true`) != step.disabled {
			t.Errorf("step %d: %s %s = %d %s, and the client is %+v, %v", i, step.method, step.path, w.Code, w.Body, c, err)
		}
	}
}
