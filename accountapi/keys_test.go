package accountapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
)

func TestTheLifeOfAnAPIKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	token := a.login("user", "me keys:write")
	w := a.call("POST", "/users/me/keys", token, `{"name":"nightly","scopes":["me"]}`)
	made := decoded[accountapi.APIKeySecret](t, w, created)
	if made.Name != "nightly" || !slices.Equal(made.Scopes, []string{"me"}) || made.Expires.Sub(made.Created) != account.DefaultAPIKeyTTL || made.LastUsed != nil ||
		!strings.HasPrefix(made.Key, "hfp_") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("POST /users/me/keys = %+v %v", made, w.Header())
	}
	good := func(key string) bool {
		_, err := a.APIKeyCaller(t.Context(), account.Secret(key))
		return err == nil
	}
	if !good(made.Key) {
		t.Error("the key is no caller's")
	}
	w = a.call("GET", "/users/me/keys", token, "")
	if list := decoded[[]accountapi.APIKey](t, w, ok); len(list) != 1 || list[0].ID != made.ID || list[0].LastUsed == nil || strings.Contains(w.Body.String(), made.Key[4:20]) {
		t.Errorf("GET /users/me/keys = %s", w.Body)
	}
	path := "/users/me/keys/" + made.ID
	next := decoded[accountapi.APIKeySecret](t, a.call("POST", path+"/rotate", token, `{}`), created)
	if next.Name != "nightly" || next.ID == made.ID || !good(next.Key) || !good(made.Key) {
		t.Errorf("POST …/rotate = %+v, want another one beside the one before", next)
	}
	if list := decoded[[]accountapi.APIKey](t, a.call("GET", "/users/me/keys", token, ""), ok); len(list) != 2 || list[0].ReplacedBy != next.ID || time.Until(list[0].Expires) > 25*time.Hour {
		t.Errorf("GET /users/me/keys = %+v, want that the first is replaced and ends in a day", list)
	}
	if w := a.call("POST", path+"/rotate", token, `{}`); w.Code != http.StatusConflict {
		t.Errorf("POST …/rotate again = %d %s, want 409", w.Code, w.Body)
	}
	last := decoded[accountapi.APIKeySecret](t, a.call("POST", "/users/me/keys/"+next.ID+"/rotate", token, `{"overlap":0}`), created)
	if good(next.Key) || !good(last.Key) {
		t.Error("after a rotation without an overlap, not the newest key alone is good")
	}
	for _, id := range []string{made.ID, last.ID} {
		if w := a.call("DELETE", "/users/me/keys/"+id, token, ""); w.Code != gone {
			t.Errorf("DELETE = %d %s, want 204", w.Code, w.Body)
		}
	}
	if good(made.Key) || good(last.Key) {
		t.Error("a revoked key is good")
	}
	for _, call := range [][2]string{{"DELETE", path}, {"POST", path + "/rotate"}} {
		body := map[string]string{"POST": "{}"}[call[0]]
		if w := a.call(call[0], call[1], token, body); w.Code != http.StatusNotFound {
			t.Errorf("%s %s of a key that is gone = %d %s, want 404", call[0], call[1], w.Code, w.Body)
		}
	}
}

func TestWhatIsAskedOfAnOwnKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	token := a.login("admin", "me keys:write users:read")
	const unprocessable = http.StatusUnprocessableEntity
	for name, test := range map[string]struct {
		body   string
		status int
		field  string
	}{
		"all that the token has":      {`{"name":"x","scopes":["me","users:read","keys:write"]}`, created, ""},
		"a week":                      {`{"name":"x","scopes":[],"expires_in":604800}`, created, ""},
		"more than the token has":     {`{"name":"x","scopes":["users:write"]}`, unprocessable, "scopes"},
		"more than the roles grant":   {`{"name":"x","scopes":["stock:read"]}`, unprocessable, "scopes"},
		"no scopes said":              {`{"name":"x"}`, unprocessable, "scopes"},
		"no name":                     {`{"scopes":[]}`, unprocessable, "name"},
		"a name of spaces and a line": {`{"name":" \n","scopes":[]}`, unprocessable, "name"},
		"more than a year":            {`{"name":"x","scopes":[],"expires_in":31622401}`, unprocessable, "expires_in"},
		"less than a second":          {`{"name":"x","scopes":[],"expires_in":-1}`, unprocessable, "expires_in"},
		"an unknown member":           {`{"name":"x","scopes":[],"key":"hfp_mine"}`, unprocessable, "key"},
	} {
		if w := a.call("POST", "/users/me/keys", token, test.body); w.Code != test.status || test.field != "" && !strings.Contains(w.Body.String(), `"`+test.field+`"`) {
			t.Errorf("%s: POST /users/me/keys = %d %s, want %d about %s", name, w.Code, w.Body, test.status, test.field)
		}
	}
	if w := a.call("POST", "/users/me/keys", a.login("admin", "me"), `{"name":"x","scopes":[]}`); w.Code != http.StatusForbidden {
		t.Errorf("without the scope = %d %s, want 403", w.Code, w.Body)
	}
	for i := range account.MaxAPIKeys {
		if w := a.call("POST", "/users/me/keys", token, `{"name":"x","scopes":[]}`); w.Code == http.StatusConflict && i > 90 {
			return
		} else if w.Code != created {
			t.Fatalf("POST /users/me/keys = %d %s", w.Code, w.Body)
		}
	}
	t.Error("there are as many keys as one likes")
}

func TestOthersAPIKeys(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin, manager, user := a.login("admin", allScopes+" keys:write"), a.login("manager", allScopes+" keys:write"), a.login("user", "me keys:write")
	made := decoded[accountapi.APIKeySecret](t, a.call("POST", "/users/me/keys", user, `{"name":"x","scopes":["me"]}`), created)
	path := "/users/" + a.users["user"].ID + "/keys"
	for name, test := range map[string]struct {
		method, path, token, body string
		status                    int
	}{
		"a user, of others":                  {"GET", path, user, "", 403},
		"a manager":                          {"GET", path, manager, "", 403},
		"a manager who revokes":              {"DELETE", path + "/" + made.ID, manager, "", 403},
		"another user who revokes":           {"DELETE", "/users/me/keys/" + made.ID, manager, "", 404},
		"another user who rotates":           {"POST", "/users/me/keys/" + made.ID + "/rotate", manager, "{}", 404},
		"a key that is another's":            {"DELETE", "/users/" + a.users["manager"].ID + "/keys/" + made.ID, admin, "", 404},
		"a user who is not there":            {"GET", "/users/nobody/keys", admin, "", 404},
		"a key for another":                  {"POST", path, admin, `{"name":"x","scopes":["me"]}`, 405},
		"a rotation of another's":            {"POST", path + "/" + made.ID + "/rotate", admin, "{}", 404},
		"a user's key as a client's":         {"DELETE", "/clients/" + a.users["user"].ID + "/keys/" + made.ID, admin, "", 404},
		"a client's keys without its scope":  {"GET", "/clients/holdfast/keys", user, "", 403},
		"an administrator without the scope": {"GET", "/clients/holdfast/keys", a.login("admin", "me"), "", 403},
	} {
		if w := a.call(test.method, test.path, test.token, test.body); w.Code != test.status {
			t.Errorf("%s: %s %s = %d %s, want %d", name, test.method, test.path, w.Code, w.Body, test.status)
		}
	}
	w := a.call("GET", path, admin, "")
	if list := decoded[[]accountapi.APIKey](t, w, ok); len(list) != 1 || list[0].ID != made.ID || strings.Contains(w.Body.String(), made.Key[4:20]) {
		t.Errorf("GET %s = %s", path, w.Body)
	}
	if w := a.call("DELETE", path+"/"+made.ID, admin, ""); w.Code != gone {
		t.Errorf("DELETE = %d %s, want 204", w.Code, w.Body)
	}
	if _, err := a.APIKeyCaller(t.Context(), account.Secret(made.Key)); err == nil {
		t.Error("the key is good after an administrator has revoked it")
	}
}

func TestClientsAPIKeys(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	admin := a.login("admin", allScopes)
	decoded[accountapi.ClientSecret](t, a.call("POST", "/clients", admin, `{"client_id":"job","client_name":"Job","scope":"me stock:read"}`), created)
	made := decoded[accountapi.APIKeySecret](t, a.call("POST", "/clients/job/keys", admin, `{"name":"till 3","scopes":["stock:read"]}`), created)
	c, err := a.APIKeyCaller(t.Context(), account.Secret(made.Key))
	if err != nil || !c.Machine() || c.ClientID != "job" || !c.HasScope("stock:read") || c.HasScope("me") || !strings.HasPrefix(made.Key, "hfk_") {
		t.Errorf("POST /clients/job/keys = %+v, of %+v, %v", made, c, err)
	}
	next := decoded[accountapi.APIKeySecret](t, a.call("POST", "/clients/job/keys/"+made.ID+"/rotate", admin, `{"overlap":60}`), created)
	if list := decoded[[]accountapi.APIKey](t, a.call("GET", "/clients/job/keys", admin, ""), ok); len(list) != 2 || list[0].ReplacedBy != next.ID {
		t.Errorf("GET /clients/job/keys = %+v", list)
	}
	if w := a.call("DELETE", "/clients/job/keys/"+made.ID, admin, ""); w.Code != gone {
		t.Errorf("DELETE = %d %s, want 204", w.Code, w.Body)
	}
	for what, test := range map[string]struct {
		method, path, body string
		status             int
	}{
		"a scope that it may not have":      {"POST", "/clients/job/keys", `{"name":"x","scopes":["users:read"]}`, 422},
		"a client that is none":             {"POST", "/clients/x/keys", `{"name":"x","scopes":[]}`, 404},
		"a client of people":                {"POST", "/clients/holdfast/keys", `{"name":"x","scopes":[]}`, 422},
		"the keys of a client that is none": {"GET", "/clients/x/keys", "", 404},
		"a key that is gone":                {"DELETE", "/clients/job/keys/" + made.ID, "", 404},
	} {
		if w := a.call(test.method, test.path, admin, test.body); w.Code != test.status {
			t.Errorf("%s: %s %s = %d %s, want %d", what, test.method, test.path, w.Code, w.Body, test.status)
		}
	}
	if w := a.call("DELETE", "/clients/job", admin, ""); w.Code != gone {
		t.Fatalf("DELETE /clients/job = %d %s", w.Code, w.Body)
	}
	if _, err := a.APIKeyCaller(t.Context(), account.Secret(next.Key)); err == nil {
		t.Error("the key is good after its client is gone")
	}
	if w := a.call("GET", "/users/me/keys", a.machine("keys:write me"), ""); w.Code != http.StatusForbidden && w.Code != http.StatusUnauthorized {
		t.Errorf("a machine that lists its own keys = %d %s, want 403", w.Code, w.Body)
	}
}
