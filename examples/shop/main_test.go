package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/openapitest"
	"github.com/holdfast-go/holdfast/jwt"
)

const secret = "secret123"

// opened is a shop whose people all have the password secret123, with hashes
// that take no time.
func opened(t *testing.T) (*Shop, http.Handler) {
	t.Helper()
	shop, err := newShop(bytes.Repeat([]byte("k"), 32), 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shop.lane.Close)
	hash, err := shop.passwords.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, user := range people() {
		user.ID = i + 1
		shop.put(user, hash)
	}
	return shop, openapitest.Handler(t, shop.routes())
}

func call(h http.Handler, method, path, token string, form url.Values) (int, string) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func login(t *testing.T, h http.Handler, name, scope string) string {
	t.Helper()
	status, body := call(h, "POST", "/token", "", url.Values{"username": {name}, "password": {secret}, "scope": {scope}})
	var out token
	if err := json.Unmarshal([]byte(body), &out); err != nil || status != http.StatusOK {
		t.Fatalf("POST /token = %d %s", status, body)
	}
	return out.AccessToken
}

// 36 and 39: who may do what, with the answers that people know.
func TestAnswers(t *testing.T) {
	t.Parallel()
	_, app := opened(t)
	both := "me items"
	tokens := map[string]string{
		"nobody": "", "forged": login(t, app, "bob", both) + "x",
		"bob": login(t, app, "bob", both), "bob for me alone": login(t, app, "bob", "me"),
		"mia": login(t, app, "mia", both), "alice": login(t, app, "alice", both),
	}
	for _, row := range []struct {
		who, request string
		status       int
		body         string
	}{
		{"bob", "GET /items/", 200, `[{"item":"Sword"}]`},
		{"bob for me alone", "GET /items/", 403, `{"detail":"Not enough permissions"}`},
		{"nobody", "GET /items/", 401, `{"detail":"Not authenticated"}`},
		{"forged", "GET /items/", 401, `{"detail":"Could not validate credentials"}`},
		{"bob", "GET /users/me", 200, `{"id":3,"username":"bob","roles":["user"]}`},
		{"bob", "DELETE /users/2", 403, `{"detail":"Operation not permitted"}`},
		{"mia", "DELETE /users/3", 403, `{"detail":"Operation not permitted"}`},
		{"bob", "GET /reports", 403, `{"detail":"Operation not permitted"}`},
		{"mia", "GET /reports", 200, `{"msg":"Sold: 1 sword"}`},
		{"alice", "GET /reports", 200, `{"msg":"Sold: 1 sword"}`},
		{"alice", "DELETE /users/3", 200, `{"msg":"User deleted"}`},
		{"alice", "DELETE /users/3", 404, `{"detail":"User not found"}`},
		{"bob", "GET /items/", 401, `{"detail":"Could not validate credentials"}`}, // bob is gone
		{"nobody", "DELETE /users/1", 401, `{"detail":"Not authenticated"}`},
	} {
		method, path, _ := strings.Cut(row.request, " ")
		if status, body := call(app, method, path, tokens[row.who], nil); status != row.status || body != row.body {
			t.Errorf("%s by %s = %d %s, want %d %s", row.request, row.who, status, body, row.status, row.body)
		}
	}
	if status, body := call(app, "POST", "/token", "", url.Values{"username": {"alice"}, "password": {"x"}}); status != 401 || body != `{"detail":"Incorrect username or password"}` {
		t.Errorf("POST /token with a wrong password = %d %s", status, body)
	}
}

// 36: the document, and so the Authorize dialog, has both scopes.
func TestDocument(t *testing.T) {
	t.Parallel()
	_, app := opened(t)
	_, body := call(app, "GET", "/openapi.json", "", nil)
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string `json:"security"`
		} `json:"paths"`
		Components struct {
			Schemes map[string]struct {
				Flows map[string]struct {
					Scopes map[string]string `json:"scopes"`
				} `json:"flows"`
			} `json:"securitySchemes"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	scopes := doc.Components.Schemes["OAuth2PasswordBearer"].Flows["password"].Scopes
	if len(scopes) != 2 || scopes["me"] != "Read own data" || scopes["items"] != "Read items" {
		t.Errorf("scopes = %v", scopes)
	}
	security := doc.Paths["/items/"]["get"].Security
	if len(security) != 1 || len(security[0]["OAuth2PasswordBearer"]) != 1 || security[0]["OAuth2PasswordBearer"][0] != "items" {
		t.Errorf("security of GET /items/ = %v, want the scope items", security)
	}
}

// 37: what a token is, and which are refused.
func TestTokens(t *testing.T) {
	t.Parallel()
	shop, app := opened(t)
	text, err := shop.signer.Sign(jwt.Claims{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.") {
		t.Errorf("token = %s", text)
	}
	claims, err := shop.tokens.Verify(t.Context(), text)
	if err != nil || claims.Subject != "alice" || claims.Expiry.Sub(claims.IssuedAt) != 30*time.Minute {
		t.Errorf("Verify = %+v, %v, want alice for 30 minutes", claims, err)
	}
	head, rest, _ := strings.Cut(text, ".")
	body, _, _ := strings.Cut(rest, ".")
	for name, bad := range map[string]string{
		"unsigned":      head + "." + body + ".",
		"alg none":      "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + body + ".",
		"another's sig": head + "." + body + "." + strings.Repeat("A", 43),
		"expired":       expired(t),
	} {
		if status, answer := call(app, "GET", "/users/me", bad, nil); status != 401 {
			t.Errorf("%s token = %d %s, want 401", name, status, answer)
		}
	}
	if _, err := newShop([]byte("mysecretkey"), 4, nil); err == nil {
		t.Error("newShop takes the tutorial's secret")
	}
}

// expired is a token that was good half an hour ago.
func expired(t *testing.T) string {
	t.Helper()
	key, err := jwt.SecretKey(jwt.HS256, bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	past := func() time.Time { return time.Now().Add(-30 * time.Minute) }
	signer, err := jwt.NewSigner(jwt.SignerConfig{Key: key, Type: "JWT", TTL: 30 * time.Minute, Now: past, InsecureNoIssuer: true, InsecureNoAudience: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := signer.Sign(jwt.Claims{Subject: "bob", Scope: "me"})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// 38: bcrypt as Passlib has it.
func TestPasswords(t *testing.T) {
	t.Parallel()
	shop, err := newShop(bytes.Repeat([]byte("k"), 32), 12, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer shop.lane.Close()
	hash, err := shop.passwords.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$2b$12$") {
		t.Errorf("hash = %s, want $2b$12$", hash)
	}
	for password, want := range map[string]bool{secret: true, "secret124": false} {
		if got, err := shop.passwords.Verify(t.Context(), password, hash); got != want || err != nil {
			t.Errorf("Verify(%q) = %v, %v, want %v", password, got, err, want)
		}
	}
}

// 40: a hundred of each wait a second, together.
func TestWaitingIsCheap(t *testing.T) {
	t.Parallel()
	_, app := opened(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			for path, want := range map[string]string{"/async": `{"msg":"I am fast"}`, "/sync": `{"msg":"I am compatible"}`} {
				wg.Go(func() {
					if status, body := call(app, "GET", path, "", nil); status != 200 || body != want {
						t.Errorf("GET %s = %d %s, want 200 %s", path, status, body, want)
					}
				})
			}
		}
		wg.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("200 requests that wait a second took %v together, want a second", took)
		}
	})
}

// 40: with every place of the lane taken by work that burns a core, the others
// are answered. Nothing here is timed: the burning ends only after them.
func TestHeavyWorkDelaysNobody(t *testing.T) {
	t.Parallel()
	shop, app := opened(t)
	bob := login(t, app, "bob", "items")
	release, burning := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range shop.lane.Stats().Workers {
		wg.Go(func() {
			_ = shop.lane.Do(t.Context(), func() error {
				burning <- struct{}{}
				for x := 1.0; ; x = math.Sqrt(x + 1) {
					select {
					case <-release:
						return nil
					default:
					}
				}
			})
		})
	}
	for range shop.lane.Stats().Workers {
		<-burning
	}
	for range 20 {
		if status, body := call(app, "GET", "/items/", bob, nil); status != 200 {
			t.Errorf("GET /items/ = %d %s", status, body)
		}
	}
	close(release)
	wg.Wait()
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}
