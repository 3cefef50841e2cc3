package identity

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A token that is made beside a running program is one of its own, until its
// session ends.
func TestIssueToken(t *testing.T) {
	t.Parallel()
	store := memory.New()
	config := quick(t, Config{Store: store, URL: "https://library.example", Audience: []string{"https://api.example"}})
	id, app := opened(t, config)
	ann, err := id.Accounts().CreateUser(t.Context(), account.NewUser{Name: "ann", Password: secret, Roles: []string{"user"}})
	if err != nil {
		t.Fatal(err)
	}
	beside := quick(t, Config{Store: store})
	beside.URL = ""
	tokens, err := IssueToken(t.Context(), beside, "Ann", account.Ask{Scopes: []string{"me"}})
	if err != nil || tokens.Scope != "me" || tokens.RefreshToken == "" || tokens.ExpiresIn != 900 {
		t.Fatalf("IssueToken = %+v, %v", tokens, err)
	}
	who := func() int {
		r := httptest.NewRequest(http.MethodGet, "/users/me", nil)
		r.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		return w.Code
	}
	if got := who(); got != http.StatusOK {
		t.Errorf("GET /users/me = %d, want 200", got)
	}
	disabled := true
	if _, err := id.Accounts().UpdateUser(t.Context(), ann.ID, account.UserChange{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	if got := who(); got != http.StatusUnauthorized {
		t.Errorf("GET /users/me by a disabled user = %d, want 401", got)
	}
	if _, err := IssueToken(t.Context(), beside, "ann", account.Ask{}); !errors.Is(err, account.ErrDisabled) {
		t.Errorf("IssueToken for a disabled user = %v", err)
	}
	if _, err := IssueToken(t.Context(), beside, "bob", account.Ask{}); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("IssueToken for nobody = %v", err)
	}
	if _, err := IssueToken(t.Context(), quick(t, Config{Store: memory.New()}), "ann", account.Ask{}); !errors.Is(err, ErrNoIssuer) {
		t.Errorf("IssueToken on a new store = %v, want ErrNoIssuer", err)
	}
}
