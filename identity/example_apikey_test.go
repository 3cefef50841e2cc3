package identity_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A route says that it takes API keys. A key may do what its scopes and its
// user's roles have in common.
func ExampleIdentity_CallerOrAPIKey() {
	ctx := context.Background()
	auth := identity.NewScheme()
	read, write := auth.Scope("books:read", "Read books"), auth.Scope("books:write", "Change books")
	librarian := holdfast.NewRole("librarian", "Keeps books").Grants(read, write)
	id, err := identity.Open(ctx, identity.Config{
		Scheme: auth, Store: memory.New(), URL: "http://127.0.0.1", Roles: []holdfast.Role{librarian}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = id.Close() }()

	app := id.NewApp(holdfast.Config{Title: "Library"})
	books := func(_ context.Context, c identity.Caller, _ holdfast.NoInput) (string, error) {
		return "books, for " + c.User.Name, nil
	}
	holdfast.Get(app, "/books", id.CallerOrAPIKey(read), books)
	holdfast.Post(app, "/books", id.CallerOrAPIKey(write), books)

	ann, err := id.Accounts().CreateUser(ctx, account.NewUser{Name: "ann", WithoutPassword: true, Roles: []string{"librarian"}})
	if err != nil {
		log.Fatal(err)
	}
	key, err := id.Accounts().NewAPIKey(ctx, account.APIKeyOwner{UserID: ann.ID}, account.APIKeyAsk{
		Name: "nightly backup", Scopes: []string{"books:read"}, TTL: 30 * 24 * time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("a key prints as", key.Secret)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r := httptest.NewRequest(method, "/books", nil)
		r.Header.Set("Authorization", "Bearer "+string(key.Secret))
		w := httptest.NewRecorder()
		id.Handler(app).ServeHTTP(w, r)
		fmt.Println(method, w.Code)
	}
	// Output:
	// a key prints as [secret]
	// GET 200
	// POST 403
}
