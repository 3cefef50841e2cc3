package route_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/bench/bare"
	"github.com/holdfast-go/holdfast/jwt"
)

type user struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type item struct {
	ID    int    `json:"id"`
	Owner string `json:"owner"`
}

type itemID struct {
	ID int `path:"id"`
}

var (
	users  = map[string]user{"alice": {"alice", "alice@example.org"}}
	secret = []byte("a secret of 32 bytes or more, for benchmarks")
)

func signed(b *testing.B) (token string, key jwt.Key) {
	b.Helper()
	key, err := jwt.SecretKey(jwt.HS256, secret)
	if err != nil {
		b.Fatal(err)
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{Key: key, Issuer: "https://issuer.example", Audience: []string{"bench"}, TTL: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	token, err = signer.Sign(jwt.Claims{Subject: "alice", Scope: "me items"})
	if err != nil {
		b.Fatal(err)
	}
	return token, key
}

// ours is one protected route: a token, a scope, a user, a path parameter, a
// JSON answer.
func ours(b *testing.B, key jwt.Key, cache *int) http.Handler {
	b.Helper()
	verifier, err := jwt.NewVerifier(jwt.VerifierConfig{
		Keys: jwt.StaticKeys(key), Algorithms: []jwt.Algorithm{jwt.HS256}, Issuer: "https://issuer.example", Audience: "bench", CacheSize: cache,
	})
	if err != nil {
		b.Fatal(err)
	}
	return app(b, verifier.Verify)
}

func app[C holdfast.Claims](b *testing.B, verify func(context.Context, string) (C, error)) http.Handler {
	b.Helper()
	oauth := holdfast.OAuth2PasswordBearer("token")
	items := oauth.Scope("items", "Read items")
	who := holdfast.Depends1(holdfast.Verify(oauth, verify), func(_ context.Context, _ C) (user, error) { return users["alice"], nil })
	a := holdfast.New("Bench", "1")
	holdfast.Get(a, "/items/{id}", holdfast.Security(who, items), func(_ context.Context, u user, in itemID) (item, error) {
		return item{in.ID, u.Name}, nil
	})
	if err := a.Err(); err != nil {
		b.Fatal(err)
	}
	return a
}

// byHand serves the same with net/http and the check of package bare.
func byHand() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		claims, err := bare.Verify(secret, token)
		if err != nil {
			http.Error(w, "bad token", http.StatusUnauthorized)
			return
		}
		u, ok := users[claims.Subject]
		if !ok || !claims.HasScopes("items") {
			http.Error(w, "not permitted", http.StatusForbidden)
			return
		}
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil {
			http.Error(w, "no number", http.StatusUnprocessableEntity)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(item{id, u.Name})
	})
	return mux
}

// discard is a ResponseWriter that costs next to nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func serve(b *testing.B, h http.Handler, token string) {
	b.Helper()
	r := httptest.NewRequest(http.MethodGet, "/items/7", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != `{"id":7,"owner":"alice"}` {
		b.Fatalf("GET /items/7 = %d %s", w.Code, w.Body)
	}
	d := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(d.header)
		h.ServeHTTP(d, r)
	}
}

// anybody is claims whose verification costs nothing, to see the library alone.
type anybody struct{}

func (anybody) HasScope(string) bool { return true }

func BenchmarkProtectedGET(b *testing.B) {
	token, key := signed(b)
	b.Run("by=hand", func(b *testing.B) { serve(b, byHand(), token) })
	b.Run("by=holdfast", func(b *testing.B) { serve(b, ours(b, key, new(0)), token) })
	b.Run("by=holdfast-token-seen-before", func(b *testing.B) { serve(b, ours(b, key, nil), token) })
	b.Run("by=holdfast-without-jwt", func(b *testing.B) {
		serve(b, app(b, func(context.Context, string) (anybody, error) { return anybody{}, nil }), token)
	})
}
