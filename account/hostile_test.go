package account_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// A session of tokens makes no codes: what an application was given would grow to
// what another one may have.
func TestTokensMakeNoCodes(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("me", "users:read")
	grant, err := c.redeem(c.code("me"))
	if err != nil {
		t.Fatal(err)
	}
	own := c.login("anna", "me")
	for name, session := range map[string]string{"of another application": grant.SessionID, "of one's own": own.SessionID} {
		caller, err := c.Caller(t.Context(), c.anna.ID, session, []string{"me"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.NewCode(t.Context(), caller, ask("users:read"))
		c.refused("NewCode with a token "+name, err, account.ErrNoCaller)
	}
}

func TestAPasswordGivesNoRefreshTokenToWhoMayNotUseIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("anna", "user")
	config := w.config
	config.Clients = []account.Client{
		{ID: "desk", Name: "Desk", FirstParty: true, Public: true, Grants: []string{account.GrantPassword}},
		{ID: "shop", Name: "Shop", FirstParty: true, Public: true, Grants: []string{account.GrantPassword, account.GrantRefresh}},
	}
	s, err := account.NewService(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for client, want := range map[string]bool{"desk": false, "shop": true, "": true} {
		grant, err := s.Login(t.Context(), "anna", secret, account.Ask{ClientID: client, Scopes: []string{"me"}})
		if err != nil || (grant.RefreshToken != "") != want {
			t.Errorf("Login for %q = %+v, %v, want a refresh token: %v", client, grant, err, want)
		}
		if _, err := s.Caller(t.Context(), grant.User.ID, grant.SessionID, grant.Scopes); err != nil {
			t.Errorf("Caller of %q = %v", client, err)
		}
	}
}

// Where no one knows a client's name any more, there is its id.
func TestASessionSaysOfWhichClientItIs(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("me")
	if _, err := c.redeem(c.code("me")); err != nil {
		t.Fatal(err)
	}
	called := func(s *account.Service) []string {
		t.Helper()
		list, err := s.Sessions(t.Context(), c.anna.ID)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, one := range list {
			if one.ClientID != "" {
				names = append(names, one.Client)
			}
		}
		slices.Sort(names)
		return names
	}
	c.put(account.Client{ID: "photos", Name: "Photo album", Public: true, Disabled: true})
	if got := called(c.Service); !slices.Equal(got, []string{"Photo album"}) {
		t.Errorf("of a disabled client: %q", got)
	}
	declared := c.declaring(account.Client{ID: "front", Name: "Front", FirstParty: true, Public: true, Grants: []string{account.GrantPassword}})
	if _, err := declared.Login(t.Context(), "anna", secret, account.Ask{ClientID: "front"}); err != nil {
		t.Fatal(err)
	}
	if got := called(c.Service); !slices.Equal(got, []string{"Photo album", "front"}) {
		t.Errorf("of a client that is declared no more: %q", got)
	}
}

// declaring is another program on the same store, which declares clients.
func (w *world) declaring(clients ...account.Client) *account.Service {
	w.t.Helper()
	config := w.config
	config.Clients = clients
	s, err := account.NewService(w.t.Context(), config)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// Who takes the id of a client that was declared once takes nothing of what that one
// was given.
func TestANewClientInheritsNothing(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	before := account.Client{
		ID: "till", Name: "Till", FirstParty: true, Redirects: []string{redirect}, Scopes: []string{"me"},
		Grants: []string{account.GrantPassword, account.GrantRefresh, account.GrantCode, account.GrantClientCredentials},
	}
	program := c.declaring(before)
	grant, err := program.Login(t.Context(), "anna", secret, account.Ask{ClientID: "till", Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.GiveConsent(t.Context(), c.anna.ID, "till", []string{"me"}); err != nil {
		t.Fatal(err)
	}
	key, err := program.NewAPIKey(t.Context(), account.APIKeyOwner{ClientID: "till"}, account.APIKeyAsk{Name: "old", Scopes: []string{"me"}})
	if err != nil {
		t.Fatal(err)
	}

	after := before
	after.FirstParty, after.Grants = false, []string{account.GrantRefresh, account.GrantCode, account.GrantClientCredentials}
	c.client(after)
	if _, err := c.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{ClientID: "till"}); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("Refresh of a session with the one before = %v, want ErrBadGrant", err)
	}
	if _, err := c.Caller(t.Context(), c.anna.ID, grant.SessionID, []string{"me"}); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("Caller = %v, want ErrNoCaller", err)
	}
	if list, err := c.Consents(t.Context(), c.anna.ID); err != nil || len(list) != 0 {
		t.Errorf("Consents = %v, %v, want none", list, err)
	}
	if _, err := c.APIKeyCaller(t.Context(), key.Secret); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("APIKeyCaller = %v, want ErrNoCaller", err)
	}
}
