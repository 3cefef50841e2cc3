package account_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

func TestStartSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("anna", "user")
	g, err := w.StartSession(t.Context(), u.ID, account.Ask{Scopes: []string{"me"}})
	if err != nil || !slices.Equal(g.Scopes, []string{"me"}) || g.ClientID != account.BuiltInClient || g.User.Name != "anna" {
		t.Fatalf("StartSession = %+v, %v", g, err)
	}
	if c, err := w.caller(g); err != nil || !c.HasScope("me") {
		t.Errorf("Caller = %+v, %v", c, err)
	}
	if _, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{}); err != nil {
		t.Errorf("Refresh = %v", err)
	}
	if err := w.Logout(t.Context(), g.SessionID); err != nil {
		t.Fatal(err)
	}
	_, err = w.caller(g)
	w.refused("Caller after the end", err, account.ErrNoCaller)
}

// A session that may not begin leaves nothing behind.
func TestSessionsThatDoNotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("anna", "user")
	_, err := w.StartSession(t.Context(), u.ID, account.Ask{Scopes: []string{"me", "users:write"}})
	if wrong, ok := errors.AsType[*account.InvalidError](err); !ok || wrong.Error() != `scope contains "users:write", which is not granted to anna` {
		t.Errorf("a scope that is not granted: %v", err)
	}
	_, err = w.StartSession(t.Context(), "nobody", account.Ask{})
	w.refused("an unknown user", err, account.ErrNoUser)
	_, err = w.StartSession(t.Context(), u.ID, account.Ask{ClientID: "nothing"})
	w.refused("an unknown client", err, account.ErrNoClient)
	yes := true
	if _, err := w.UpdateUser(t.Context(), u.ID, account.UserChange{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	_, err = w.StartSession(t.Context(), u.ID, account.Ask{})
	w.refused("a disabled user", err, account.ErrDisabled)
}
