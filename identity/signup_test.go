package identity

import (
	"net/http"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast"
)

func TestSigningUp(t *testing.T) {
	t.Parallel()
	auth, reader, _ := library()
	id, err := Open(t.Context(), quick(t, Config{Scheme: auth, Roles: []holdfast.Role{reader}, SignUp: &SignUp{Roles: []holdfast.Role{reader}}}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = id.Close() }()
	app := id.NewApp(holdfast.Config{Title: "Test"})
	for _, step := range []struct {
		name, user, password string
		want                 int
		says                 string
	}{
		{"all is well", "Ann", secret, http.StatusCreated, `"name":"ann","email":"ann@example.org","disabled":false,"roles":["reader"]}`},
		{"a name that is taken", "ann", secret, http.StatusConflict, "The name is taken"},
		{"a short password", "bob", "short", http.StatusUnprocessableEntity, "fewer than 15 characters"},
		{"a name that is none", "<b>", secret, http.StatusUnprocessableEntity, "letters a to z"},
	} {
		got := post(t, id, app, "/signup", map[string]string{"name": step.user, "email": "ann@example.org", "password": step.password})
		if got.Status != step.want || !strings.Contains(string(got.Body), step.says) {
			t.Errorf("%s: POST /signup = %v, want %d with %q", step.name, got, step.want, step.says)
		}
	}
	tokens(t, id, app, "username=ann&scope=books:read&password="+strings.ReplaceAll(secret, " ", "+"))
}

// An address makes a few users, and what is no user costs nothing.
func TestSignUpsAreThrottled(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{SignUp: &SignUp{}})
	for range 20 {
		if got := post(t, id, app, "/signup", map[string]string{"name": "x", "password": "short"}); got.Status != http.StatusUnprocessableEntity {
			t.Fatalf("POST /signup with a short password = %v", got)
		}
	}
	for i := range 11 {
		want := http.StatusCreated
		switch {
		case i == 10:
			want = http.StatusTooManyRequests
		case i > 4:
			want = http.StatusConflict // asking for a name costs as much as having it
		}
		name := string(rune('a' + min(i, 4)))
		if got := post(t, id, app, "/signup", map[string]string{"name": name, "password": secret}); got.Status != want {
			t.Errorf("POST /signup, %d times before = %v, want %d", i, got, want)
		}
	}
}

// No one can sign up unless the configuration says so.
func TestNobodySignsUp(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	for _, path := range []string{"/signup", "/forgot"} {
		if got := post(t, id, app, path, map[string]string{"name": "ann", "password": secret}); got.Status != http.StatusNotFound {
			t.Errorf("POST %s = %v, want 404", path, got)
		}
	}
}
