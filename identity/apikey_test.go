package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/holdfasttest"
	"github.com/holdfast-go/holdfast/holdfasttest/mint"
)

// depot is a program whose routes take API keys: alone, beside tokens, or not.
type depot struct {
	*Identity
	t     *testing.T
	app   *holdfast.App
	read  holdfast.Scope
	write holdfast.Scope
	log   *lines
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func openDepot(t *testing.T, config Config) *depot {
	t.Helper()
	d := &depot{t: t, log: &lines{}}
	config.Scheme = NewScheme()
	config.Logger = slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.read, d.write = config.Scheme.Scope("stock:read", "Read the stock"), config.Scheme.Scope("stock:write", "Change the stock")
	keeper := holdfast.NewRole("keeper", "Keeps").Grants(config.Scheme.Me, config.Scheme.WriteKeys, d.read, d.write)
	config.Roles = []holdfast.Role{keeper}
	d.Identity, d.app = opened(t, config)
	name := func(_ context.Context, c Caller, _ holdfast.NoInput) (string, error) {
		if c.Machine() {
			return "machine " + c.ClientID, nil
		}
		return c.User.Name, nil
	}
	holdfast.Get(d.app, "/stock", d.CallerOrAPIKey(d.read), name)
	holdfast.Post(d.app, "/stock", d.CallerOrAPIKey(d.write), name)
	holdfast.Get(d.app, "/machines", holdfast.Security(d.APIKey(), d.read), name)
	holdfast.Get(d.app, "/desk", holdfast.AnyRole(d.APIKey(), keeper), name)
	holdfast.Get(d.app, "/tokens", holdfast.Security(d.Caller(), d.read), name)
	holdfast.Get(d.app, "/maybe", holdfast.Optional(holdfast.Security(d.APIKey())), func(_ context.Context, m holdfast.Maybe[Caller], _ holdfast.NoInput) (string, error) {
		c, _ := m.Get()
		return "hello " + c.User.Name, nil
	})
	header := holdfast.Verify(holdfast.APIKeyHeader("X-API-Key", holdfast.ScopesOf(config.Scheme.Scheme)), d.VerifyAPIKey)
	holdfast.Get(d.app, "/header", holdfast.Security(header, d.read), name)
	if err := d.app.Err(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *depot) user(name string, roles ...string) account.User {
	d.t.Helper()
	user, err := d.Accounts().CreateUser(d.t.Context(), account.NewUser{Name: name, Password: secret, Roles: roles})
	if err != nil {
		d.t.Fatal(err)
	}
	return user
}

func (d *depot) key(owner account.APIKeyOwner, scopes ...string) account.APIKeyGrant {
	d.t.Helper()
	grant, err := d.Accounts().NewAPIKey(d.t.Context(), owner, account.APIKeyAsk{Name: "depot", Scopes: scopes})
	if err != nil {
		d.t.Fatal(err)
	}
	return grant
}

// do sends a request with header lines.
func (d *depot) do(method, path, body string, lines ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	d.Handler(d.app).ServeHTTP(w, r)
	return w
}

func TestWhereAPIKeysAreTaken(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	ann := account.APIKeyOwner{UserID: d.user("ann", "keeper").ID}
	if _, _, err := d.Accounts().CreateClient(t.Context(), account.Client{ID: "till", Name: "Till", Grants: []string{account.GrantClientCredentials}, Scopes: []string{"stock:read"}}); err != nil {
		t.Fatal(err)
	}
	token := tokens(t, d.Identity, d.app, "username=ann&password="+strings.ReplaceAll(secret, " ", "+")+"&scope=stock:read+keys:write").AccessToken
	key, other, till := string(d.key(ann, "stock:read").Secret), string(d.key(ann, "stock:read").Secret), string(d.key(account.APIKeyOwner{ClientID: "till"}, "stock:read").Secret)
	bearer := func(text string) []string { return []string{"Authorization: Bearer " + text} }
	const invalid, none, scope = `error="invalid_token"`, "", `error="insufficient_scope", scope="stock:write"`
	for name, test := range map[string]struct {
		method, path string
		lines        []string
		status       int
		has          string // of the body, or of the challenge
	}{
		"a key beside tokens":               {"GET", "/stock", bearer(key), 200, `"ann"`},
		"a token beside keys":               {"GET", "/stock", bearer(token), 200, `"ann"`},
		"a key alone":                       {"GET", "/machines", bearer(key), 200, `"ann"`},
		"a key of a client":                 {"GET", "/machines", bearer(till), 200, `"machine till"`},
		"a key in another header":           {"GET", "/header", []string{"X-API-Key: " + key}, 200, `"ann"`},
		"a key for the server's own API":    {"GET", "/users/me", bearer(string(d.key(ann, "me").Secret)), 200, `"ann"`},
		"a role of the key's user":          {"GET", "/desk", bearer(key), 200, `"ann"`},
		"a role that a machine cannot have": {"GET", "/desk", bearer(till), 403, none},
		"a scope that the key has not":      {"POST", "/stock", bearer(key), 403, scope},
		"a machine's own account":           {"GET", "/users/me", bearer(till), 403, none},
		"a key where tokens are asked for":  {"GET", "/tokens", bearer(key), 401, invalid},
		"a token where keys are asked for":  {"GET", "/machines", bearer(token), 401, none},
		"a token in the header of keys":     {"GET", "/header", []string{"X-API-Key: " + token}, 401, none},
		"a key as a session":                {"GET", "/stock", []string{"Cookie: __Host-session=" + key}, 401, none},
		"a key in the query":                {"GET", "/stock?api_key=" + key + "&access_token=" + key, nil, 401, none},
		"nothing":                           {"GET", "/stock", nil, 401, "Bearer"},
		"two keys":                          {"GET", "/machines", append(bearer(key), bearer(other)...), 401, none},
		"none where it may be absent":       {"GET", "/maybe", nil, 200, `"hello "`},
		"a bad one where it may be absent":  {"GET", "/maybe", bearer(key + "0"), 401, invalid},
		"two where it may be absent":        {"GET", "/maybe", append(bearer(key), bearer(key)...), 401, none},
	} {
		w := d.do(test.method, test.path, "", test.lines...)
		if w.Code != test.status || !strings.Contains(w.Body.String()+w.Header().Get("Www-Authenticate"), test.has) {
			t.Errorf("%s: %s %s = %d %s %q, want %d %s", name, test.method, test.path, w.Code, w.Body, w.Header().Get("Www-Authenticate"), test.status, test.has)
		}
	}
}

// No key makes or widens another, ends one, or reads what there are.
func TestAKeyDoesNothingWithKeys(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	root := d.user("root", "admin", "keeper")
	grant := d.key(account.APIKeyOwner{UserID: root.ID}, "keys:write", "users:read", "users:write", "clients:write", "me")
	key := "Authorization: Bearer " + string(grant.Secret)
	for _, route := range []string{
		"GET /users/me/keys", "POST /users/me/keys", "DELETE /users/me/keys/" + grant.Key.ID, "POST /users/me/keys/" + grant.Key.ID + "/rotate",
		"GET /users/" + root.ID + "/keys", "DELETE /users/" + root.ID + "/keys/" + grant.Key.ID,
		"GET /clients/x/keys", "POST /clients/x/keys", "DELETE /clients/x/keys/y", "POST /clients/x/keys/y/rotate",
		"GET /clients", "PUT /users/me/password", "POST /logout",
	} {
		method, path, _ := strings.Cut(route, " ")
		if w := d.do(method, path, `{"name":"x","scopes":["me"]}`, key); w.Code != http.StatusUnauthorized {
			t.Errorf("%s with a key = %d %s, want 401", route, w.Code, w.Body)
		}
	}
	if w := d.do("GET", "/users", "", key); w.Code != http.StatusOK {
		t.Errorf("GET /users with the key = %d %s, want 200", w.Code, w.Body)
	}
}

// Whatever is wrong with a key, who presents it is told the same.
func TestKeysThatAreRefusedAreToldNothing(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	owner := func(name string) account.APIKeyOwner { return account.APIKeyOwner{UserID: d.user(name, "keeper").ID} }
	ctx, accounts, yes := t.Context(), d.Accounts(), true
	revoked, disabled, removed := d.key(owner("ann"), "stock:read"), d.key(owner("ben"), "stock:read"), d.key(owner("cid"), "stock:read")
	elsewhere := openDepot(t, Config{})
	unknown := elsewhere.key(account.APIKeyOwner{UserID: elsewhere.user("ann", "keeper").ID}, "stock:read")
	over, err1 := accounts.NewAPIKey(ctx, owner("dan"), account.APIKeyAsk{Name: "x", TTL: 1})
	_, err2 := accounts.UpdateUser(ctx, disabled.Key.UserID, account.UserChange{Disabled: &yes})
	err := errors.Join(err1, err2, accounts.RevokeAPIKey(ctx, revoked.Key.Owner(), revoked.Key.ID), accounts.RemoveUser(ctx, removed.Key.UserID))
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for _, path := range []string{"/machines", "/stock"} {
		first = ""
		for name, grant := range map[string]account.APIKeyGrant{"unknown": unknown, "revoked": revoked, "disabled": disabled, "removed": removed, "over": over, "none": {Secret: "hfp_x"}} {
			w := d.do("GET", path, "", "Authorization: Bearer "+string(grant.Secret))
			request := w.Header().Get("X-Request-Id")
			w.Header().Del("Date")
			got := strings.ReplaceAll(fmt.Sprint(w.Code, w.Header(), w.Body), request, "")
			if first == "" {
				first = got
			}
			if w.Code != http.StatusUnauthorized || got != first {
				t.Errorf("%s: %s, another one: %s", name, got, first)
			}
		}
	}
}

// A key stands in no log, no refusal and no error, whatever becomes of it.
func TestAKeyIsInNoLog(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	owner := account.APIKeyOwner{UserID: d.user("ann", "keeper").ID}
	token := "Authorization: Bearer " + tokens(t, d.Identity, d.app, "username=ann&password="+strings.ReplaceAll(secret, " ", "+")+"&scope=stock:read+keys:write").AccessToken
	made := d.do("POST", "/users/me/keys", `{"name":"canary","scopes":["stock:read"]}`, token)
	_, key, _ := strings.Cut(made.Body.String(), `"key":"`)
	key, _, _ = strings.Cut(key, `"`)
	if made.Code != http.StatusCreated || made.Header().Get("Cache-Control") != "no-store" || len(key) != 53 {
		t.Fatalf("POST /users/me/keys = %d %v %s", made.Code, made.Header(), made.Body)
	}
	for _, path := range []string{"/stock", "/tokens", "/desk", "/nowhere", "/users", "/users/me/keys"} {
		for _, line := range []string{"Authorization: Bearer " + key, "Authorization: bearer " + key + "x", "Authorization: Basic " + key, "X-API-Key: " + key} {
			w := d.do("GET", path, "", line)
			refusal, _ := FindRefusal(t.Context(), d.refusals.store, w.Header().Get("X-Request-Id"))
			for _, text := range []string{w.Body.String(), fmt.Sprint(w.Header()), fmt.Sprintf("%+v", refusal)} {
				if strings.Contains(text, key[4:20]) {
					t.Errorf("GET %s with %s shows the key: %s", path, strings.ReplaceAll(line, key, "KEY"), strings.ReplaceAll(text, key, "KEY"))
				}
			}
		}
	}
	keys, err := d.Accounts().APIKeys(t.Context(), owner)
	if err != nil || len(keys) != 1 {
		t.Fatalf("APIKeys = %v, %v", keys, err)
	}
	d.Logger().Info("what is known", "keys", keys, "caller", fmt.Sprintf("%+v", keys[0]))
	if text := d.log.String(); strings.Contains(text, key[4:20]) || !strings.Contains(text, "path=/stock") {
		t.Errorf("the log has the key, or nothing: %s", strings.ReplaceAll(text, key, "KEY"))
	}
}

// Logger is where the program logs.
func (d *depot) Logger() *slog.Logger { return d.config.Logger }

func TestWhyAKeyIsRefused(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	ann := d.user("ann", "keeper")
	good := d.key(account.APIKeyOwner{UserID: ann.ID}, "stock:read")
	gone := d.key(account.APIKeyOwner{UserID: ann.ID}, "stock:read")
	ben := d.user("ben", "keeper")
	disabled := d.key(account.APIKeyOwner{UserID: ben.ID}, "stock:read")
	yes := true
	_, err := d.Accounts().UpdateUser(t.Context(), ben.ID, account.UserChange{Disabled: &yes})
	if err := errors.Join(err, d.Accounts().RevokeAPIKey(t.Context(), gone.Key.Owner(), gone.Key.ID)); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		method, path   string
		key            account.Secret
		failed, change string
	}{
		"none":                  {"GET", "/machines", "", "a credential of APIKey: ", "an API key"},
		"either":                {"GET", "/stock", "", "a credential of OAuth2PasswordBearer: ", "a good access token, from POST /token, or an API key"},
		"revoked":               {"GET", "/machines", gone.Secret, "API key: revocation: there is no such key, or it is over", "an API key"},
		"disabled":              {"GET", "/machines", disabled.Secret, "API key: owner active: the user is disabled", "an API key"},
		"a scope":               {"POST", "/stock", good.Secret, "a credential of OAuth2PasswordBearer: ", "a key that carries scope stock:write"},
		"no good key of either": {"GET", "/stock", gone.Secret, "a credential of OAuth2PasswordBearer: ", "a good access token, from POST /token, or an API key"},
	} {
		var lines []string
		if test.key != "" {
			lines = []string{"Authorization: Bearer " + string(test.key)}
		}
		w := d.do(test.method, test.path, "", lines...)
		refusal, err := FindRefusal(t.Context(), d.refusals.store, w.Header().Get("X-Request-Id"))
		if err != nil {
			t.Fatalf("%s: FindRefusal = %v", name, err)
		}
		failed := ""
		for _, s := range refusal.Steps {
			if strings.HasPrefix(s.Text, "token: ") && test.key != "" {
				t.Errorf("%s: of a token, which none has presented, there is %+v", name, s)
			}
			if s.State == stateFailed && failed == "" {
				failed = s.Text + ": " + s.Detail
			}
		}
		if failed != test.failed || refusal.Change != test.change {
			t.Errorf("%s: failed at %q, change %q; want %q, %q", name, failed, refusal.Change, test.failed, test.change)
		}
	}
}

// A stream that a key has opened ends with the key.
func TestAStreamEndsWithItsKey(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	grant := d.key(account.APIKeyOwner{UserID: d.user("ann", "keeper").ID}, "stock:read")
	begun, ended := make(chan struct{}), make(chan error, 1)
	app := d.NewAppWith(Health, holdfast.Config{Title: "Streams"})
	app.Handle("GET /events", holdfast.Raw(holdfast.Security(d.APIKey(), d.read), func(_ http.ResponseWriter, r *http.Request, _ Caller) error {
		close(begun)
		<-r.Context().Done()
		ended <- context.Cause(r.Context())
		return nil
	}))
	server := httptest.NewServer(d.Handler(app))
	t.Cleanup(server.Close)
	go func() {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/events", nil)
		r.Header.Set("Authorization", "Bearer "+string(grant.Secret))
		if w, err := server.Client().Do(r); err == nil {
			_ = w.Body.Close()
		}
	}()
	<-begun
	if err := d.Accounts().RevokeAPIKey(t.Context(), grant.Key.Owner(), grant.Key.ID); err != nil {
		t.Fatal(err)
	}
	answer, ok := errors.AsType[*holdfast.Error](<-ended)
	if !ok || answer.Status != http.StatusUnauthorized {
		t.Errorf("the stream ended with %v, want a 401", answer)
	}
}

func TestAPIKeyMatrix(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{InsecureNoThrottle: true})
	holdfasttest.Matrix(t, d.app, "testdata/keys.txt", mint.APIKeys{Service: d.Accounts()}.Callers(), holdfasttest.Served(d.Handler))
}

func TestAPIKeyAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("sends tens of thousands of requests")
	}
	t.Parallel()
	d := openDepot(t, Config{InsecureNoThrottle: true})
	holdfasttest.Attack(t, d.app, "testdata/keys.txt", mint.APIKeys{Service: d.Accounts()}.Callers(), holdfasttest.Served(d.Handler))
}

func TestAPIKeyProofs(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{})
	holdfasttest.Prove(t, d.app, "only signed in may call GET /machines, GET /desk, POST /stock", "nothing under /users/{id}/keys without role admin", "nothing under /clients/{id}/keys without role admin")
}

func TestTheLongestLifeOfAPIKeys(t *testing.T) {
	t.Parallel()
	d := openDepot(t, Config{MaxAPIKeyTTL: time.Hour})
	if got := d.Accounts().MaxAPIKeyTTL(); got != time.Hour {
		t.Errorf("MaxAPIKeyTTL = %v, want an hour", got)
	}
}
