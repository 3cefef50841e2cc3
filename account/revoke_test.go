package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token  func(g account.Grant) string
		client string
		ends   bool
	}{
		"its own":                      {func(g account.Grant) string { return string(g.RefreshToken) }, account.BuiltInClient, true},
		"another client's":             {func(g account.Grant) string { return string(g.RefreshToken) }, "shop", false},
		"garbage":                      {func(account.Grant) string { return "garbage" }, account.BuiltInClient, false},
		"nothing":                      {func(account.Grant) string { return "" }, account.BuiltInClient, false},
		"one of no session":            {func(account.Grant) string { return "hfr_AAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAA" }, account.BuiltInClient, false},
		"one that was used before too": {func(g account.Grant) string { return string(g.RefreshToken)[:40] + strings.Repeat("A", 12) }, account.BuiltInClient, true},
	} {
		w := newWorld(t)
		w.user("anna", "user")
		g := w.login("anna", "me")
		if err := w.Revoke(t.Context(), test.token(g), test.client); err != nil {
			t.Errorf("%s: Revoke = %v", name, err)
		}
		_, err := w.caller(g)
		if ended := errors.Is(err, account.ErrNoCaller); ended != test.ends || err != nil && !ended {
			t.Errorf("%s: after Revoke, Caller = %v; want that the session has ended: %v", name, err, test.ends)
		}
		_, err = w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{})
		if ended := errors.Is(err, account.ErrBadGrant); ended != test.ends || err != nil && !ended {
			t.Errorf("%s: after Revoke, Refresh = %v; want that the session has ended: %v", name, err, test.ends)
		}
	}
}

func TestInspectRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.user("anna", "user")
	g := w.login("anna", "me")
	info, err := w.InspectRefresh(t.Context(), string(g.RefreshToken), account.BuiltInClient)
	if err != nil || info.User.Name != "anna" || !slices.Equal(info.Scopes, []string{"me"}) || !info.Expires.After(info.Created) {
		t.Fatalf("InspectRefresh = %+v, %v", info, err)
	}
	for name, one := range map[string][2]string{
		"another client's": {string(g.RefreshToken), "shop"},
		"garbage":          {"garbage", account.BuiltInClient},
		"another secret":   {string(g.RefreshToken)[:40] + strings.Repeat("A", 12), account.BuiltInClient},
		"of no session":    {"hfr_AAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAA", account.BuiltInClient},
	} {
		if _, err := w.InspectRefresh(t.Context(), one[0], one[1]); !errors.Is(err, account.ErrBadGrant) {
			t.Errorf("%s: InspectRefresh = %v, want ErrBadGrant", name, err)
		}
	}
	second, err := w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{}) // looking has used nothing up
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.InspectRefresh(t.Context(), string(g.RefreshToken), account.BuiltInClient); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("a used one: InspectRefresh = %v, want ErrBadGrant", err)
	}
	if _, err := w.SetRoles(t.Context(), u.ID, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := w.InspectRefresh(t.Context(), string(second.RefreshToken), account.BuiltInClient); err != nil || len(info.Scopes) != 0 {
		t.Errorf("without the role: InspectRefresh = %+v, %v, want no scopes", info, err)
	}
	w.now = w.now.Add(365 * 24 * time.Hour)
	if _, err := w.InspectRefresh(t.Context(), string(second.RefreshToken), account.BuiltInClient); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("after its end: InspectRefresh = %v, want ErrBadGrant", err)
	}
}
