package account_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/password"
)

func newKey(t *testing.T, alg jwt.Algorithm, id string) jwt.Key {
	t.Helper()
	key, err := jwt.GenerateKey(alg)
	if err != nil {
		t.Fatal(err)
	}
	return key.WithID(id)
}

func publicSet(t *testing.T, keys ...jwt.Key) string {
	t.Helper()
	set, err := jwt.MarshalPublicSet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return string(set)
}

func privateSet(t *testing.T, key jwt.Key) string {
	t.Helper()
	data, err := key.MarshalPrivate()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"keys":[%s]}`, data)
}

const (
	server   = "https://id.example"
	endpoint = server + "/token"
)

// assertion is a good one of the client robot, but for a change of a member.
func assertion(t *testing.T, now time.Time, key jwt.Key, typ string, change map[string]any) string {
	t.Helper()
	claims := map[string]any{
		"iss": "robot", "sub": "robot", "aud": server, "jti": "1", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.SignJWS(key, typ, payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	key, second, foreign := newKey(t, jwt.ES256, "a"), newKey(t, jwt.EdDSA, "b"), newKey(t, jwt.ES256, "a")
	for name, test := range map[string]struct {
		key    jwt.Key
		typ    string
		change map[string]any
		want   string // part of the reason, "" if it is taken
	}{
		"a good one":                       {key, "JWT", nil, ""},
		"without a type":                   {key, "", nil, ""},
		"of the type that is coming":       {key, "client-authentication+jwt", nil, ""},
		"with another key of the client":   {second, "JWT", nil, ""},
		"with a key without its id":        {key.WithID(""), "JWT", nil, ""},
		"for the token endpoint":           {key, "JWT", map[string]any{"aud": endpoint}, ""},
		"for both":                         {key, "JWT", map[string]any{"aud": []string{server, endpoint}}, ""},
		"without iat":                      {key, "JWT", map[string]any{"iat": nil}, ""},
		"with a foreign key":               {foreign, "JWT", nil, "bad signature"},
		"with a foreign key without an id": {foreign.WithID(""), "JWT", nil, "bad signature"},
		"an access token":                  {key, "at+jwt", nil, "wrong type"},
		"for another server":               {key, "JWT", map[string]any{"aud": "https://evil.example"}, "is for another server"},
		"for another server, too":          {key, "JWT", map[string]any{"aud": []string{server, "https://evil.example"}}, "is for another server, too"},
		"for no one":                       {key, "JWT", map[string]any{"aud": nil}, "is for another server"},
		"for nothing":                      {key, "JWT", map[string]any{"aud": []string{}}, "is for another server"},
		"for a server that begins alike":   {key, "JWT", map[string]any{"aud": server + "/"}, "is for another server"},
		"of another subject":               {key, "JWT", map[string]any{"sub": "job"}, "has a sub that is not its iss"},
		"of another issuer":                {key, "JWT", map[string]any{"iss": "job"}, "wrong client"},
		"of no issuer":                     {key, "JWT", map[string]any{"iss": nil}, "wrong client"},
		"without an end":                   {key, "JWT", map[string]any{"exp": nil}, "no exp"},
		"that is over":                     {key, "JWT", map[string]any{"exp": 1893553445 - 31}, "expired"},
		"that is not yet good":             {key, "JWT", map[string]any{"nbf": 1893553445 + 31}, "not yet valid"},
		"made in the future":               {key, "JWT", map[string]any{"iat": 1893553445 + 31}, "not yet valid"},
		"good for an hour":                 {key, "JWT", map[string]any{"exp": 1893553445 + 3600}, "is good for more than 10m0s"},
		"without jti":                      {key, "JWT", map[string]any{"jti": nil}, "has no jti"},
		"with an empty jti":                {key, "JWT", map[string]any{"jti": ""}, "has no jti"},
		"with a long jti":                  {key, "JWT", map[string]any{"jti": strings.Repeat("a", 201)}, "has no jti, or one of more than 200 bytes"},
		"with a jti that is a number":      {key, "JWT", map[string]any{"jti": 1}, "wrong client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			robot := account.Client{ID: "robot", Name: "Robot", Scopes: []string{"me"}, Keys: publicSet(t, key, second)}
			w.client(robot)
			w.client(job())
			text := assertion(t, w.now, test.key, test.typ, test.change)
			c, credential, err := w.AuthenticateAssertion(t.Context(), text, []string{server, endpoint})
			if test.want != "" {
				w.refused("AuthenticateAssertion", err, account.ErrBadClient)
				if err != nil && !strings.Contains(err.Error(), test.want) || c.ID != "" || credential != "" {
					t.Errorf("AuthenticateAssertion = %+v, %v, want %q", c, err, test.want)
				}
				return
			}
			if err != nil || c.ID != "robot" {
				t.Fatalf("AuthenticateAssertion = %+v, %v", c, err)
			}
			if m, err := w.MachineCaller(t.Context(), "robot", credential, []string{"me"}); err != nil || !m.HasScope("me") {
				t.Errorf("MachineCaller = %+v, %v", m, err)
			}
		})
	}
}

func TestAnAssertionIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey(t, jwt.EdDSA, "a")
	robot := account.Client{ID: "robot", Name: "Robot", Scopes: []string{"me"}, Keys: publicSet(t, key)}
	w.client(robot)
	elsewhere := w.service(password.Bcrypt(4))
	try := func(s *account.Service, jti string) error {
		_, _, err := s.AuthenticateAssertion(t.Context(), assertion(t, w.now, key, "JWT", map[string]any{"jti": jti}), []string{server})
		return err
	}
	text := assertion(t, w.now, key, "JWT", map[string]any{"jti": "x"})
	if _, _, err := w.AuthenticateAssertion(t.Context(), text, []string{server}); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*account.Service{"here": w.Service, "in another process": elsewhere} {
		if _, _, err := s.AuthenticateAssertion(t.Context(), text, []string{server}); !errors.Is(err, account.ErrBadClient) || !strings.Contains(err.Error(), "used before") {
			t.Errorf("the same again %s = %v", name, err)
		}
		if err := try(s, "x"); !errors.Is(err, account.ErrBadClient) {
			t.Errorf("another with the same jti %s = %v", name, err)
		}
	}
	if err := try(elsewhere, "y"); err != nil {
		t.Errorf("another jti = %v", err)
	}
	w.now = w.now.Add(89 * time.Second) // within the leeway after its end
	if _, _, err := w.AuthenticateAssertion(t.Context(), text, []string{server}); !errors.Is(err, account.ErrBadClient) || !strings.Contains(err.Error(), "used before") {
		t.Errorf("the same again while clocks may differ = %v", err)
	}
	w.now = w.now.Add(time.Second)
	if _, _, err := w.AuthenticateAssertion(t.Context(), text, []string{server}); !errors.Is(err, jwt.ErrExpired) {
		t.Errorf("the same again when it is over = %v, want ErrExpired", err)
	}
}

// A token ends with the key that signed for it, and with no other.
func TestAKeyThatIsTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stays, goes, comes := newKey(t, jwt.EdDSA, "a"), newKey(t, jwt.ES256, "b"), newKey(t, jwt.ES256, "c")
	robot := account.Client{ID: "robot", Name: "Robot", Scopes: []string{"me"}, Keys: publicSet(t, stays, goes)}
	robot, _ = w.client(robot)
	credentials := map[string]string{}
	for name, key := range map[string]jwt.Key{"stays": stays, "goes": goes} {
		_, credential, err := w.AuthenticateAssertion(t.Context(), assertion(t, w.now, key, "JWT", map[string]any{"jti": name}), []string{server})
		if err != nil {
			t.Fatal(err)
		}
		credentials[name] = credential
	}
	robot.Keys = publicSet(t, comes, stays.WithID("renamed"))
	if _, err := w.ReplaceClient(t.Context(), robot); err != nil {
		t.Fatal(err)
	}
	if _, err := w.MachineCaller(t.Context(), "robot", credentials["stays"], nil); err != nil {
		t.Errorf("by the key that stays = %v", err)
	}
	_, err := w.MachineCaller(t.Context(), "robot", credentials["goes"], nil)
	w.refused("by the key that is gone", err, account.ErrNoCaller)
	_, _, err = w.AuthenticateClient(t.Context(), "robot", "")
	w.refused("AuthenticateClient of a client with keys", err, account.ErrBadClient)
}
