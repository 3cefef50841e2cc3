package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

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
	if err := program.GiveConsent(t.Context(), c.anna.ID, account.CodeAsk{ClientID: "till", Scopes: []string{"me"}}); err != nil {
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

// What was allowed for one service is not allowed for another, and a scope and a
// service that were allowed apart are not allowed together.
func TestAConsentIsForItsServices(t *testing.T) {
	t.Parallel()
	const api, other, own = "https://api.example", "https://other.example", "https://own.example"
	asking := func(audience string, scopes ...string) account.CodeAsk {
		a := ask(scopes...)
		if a.Audience, a.DefaultAudience = nil, []string{own}; audience != "" {
			a.Audience = []string{audience}
		}
		return a
	}
	for name, test := range map[string]struct {
		given []account.CodeAsk
		asked account.CodeAsk
		ok    bool
	}{
		"the same":                          {[]account.CodeAsk{asking(api, "me")}, asking(api, "me"), true},
		"another service":                   {[]account.CodeAsk{asking(api, "me")}, asking(other, "me"), false},
		"the default":                       {[]account.CodeAsk{asking(api, "me")}, asking("", "me"), false},
		"another than the default":          {[]account.CodeAsk{asking("", "me")}, asking(api, "me"), false},
		"the default by its name":           {[]account.CodeAsk{asking("", "me")}, asking(own, "me"), true},
		"the default, given by its name":    {[]account.CodeAsk{asking(own, "me")}, asking("", "me"), true},
		"both, after both":                  {[]account.CodeAsk{asking("", "me"), asking(api, "users:read")}, asking(api, "me"), true},
		"the default, after both":           {[]account.CodeAsk{asking(api, "me"), asking("", "me")}, asking("", "me"), true},
		"a scope more":                      {[]account.CodeAsk{asking(api, "me")}, asking(api, "me", "users:read"), false},
		"nothing at another service":        {[]account.CodeAsk{asking(api)}, asking(other), false},
		"a default that is not known":       {[]account.CodeAsk{ask("me")}, account.CodeAsk{ClientID: "photos", Redirect: redirect, Challenge: challengeOf(verifier), Scopes: []string{"me"}}, false},
		"the default that is not known":     {[]account.CodeAsk{{ClientID: "photos", Scopes: []string{"me"}}}, account.CodeAsk{ClientID: "photos", Redirect: redirect, Challenge: challengeOf(verifier), Scopes: []string{"me"}}, true},
		"a default that is known meanwhile": {[]account.CodeAsk{{ClientID: "photos", Scopes: []string{"me"}}}, asking("", "me"), true},
	} {
		c := newCodes(t)
		for _, one := range test.given {
			if err := c.GiveConsent(t.Context(), c.anna.ID, one); err != nil {
				t.Fatal(err)
			}
		}
		_, err := c.NewCode(t.Context(), c.caller, test.asked)
		if ok := err == nil; ok != test.ok || !ok && !errors.Is(err, account.ErrNoConsent) {
			t.Errorf("%s: NewCode = %v, want it to be allowed: %v", name, err, test.ok)
		}
	}
}

// What a client may not ask for any more, a refresh does not give.
func TestAnAudienceThatIsTakenAway(t *testing.T) {
	t.Parallel()
	const one, two = "https://one.example", "https://two.example"
	w := newWorld(t)
	w.user("anna", "user")
	c := web()
	c.Audiences = []string{one, two}
	w.client(c)
	both, err := w.Login(t.Context(), "anna", secret, account.Ask{ClientID: "web", Scopes: []string{"me"}, Audience: []string{one, two}})
	if err != nil {
		t.Fatal(err)
	}
	only, err := w.Login(t.Context(), "anna", secret, account.Ask{ClientID: "web", Audience: []string{two}})
	if err != nil {
		t.Fatal(err)
	}
	standard, err := w.Login(t.Context(), "anna", secret, account.Ask{ClientID: "web"})
	if err != nil {
		t.Fatal(err)
	}
	refresh := func(g account.Grant, audience ...string) (account.Grant, error) {
		return w.Refresh(t.Context(), string(g.RefreshToken), account.Ask{ClientID: "web", Audience: audience, DefaultAudience: []string{"https://own.example"}})
	}
	change := func(audiences ...string) {
		c.Audiences, c.Grants = audiences, []string{account.GrantCode, account.GrantRefresh}
		if _, err := w.ReplaceClient(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	change(one)
	refused := func(what string, g account.Grant, audience ...string) {
		t.Helper()
		var wrong *account.InvalidError
		if got, err := refresh(g, audience...); !errors.As(err, &wrong) || wrong.Field != "resource" {
			t.Errorf("%s: Refresh = %+v, %v, want an InvalidError of resource", what, got, err)
		}
	}
	refused("what is taken away, asked for by name", both, one, two)
	refused("nothing is left, which is not the default", only)
	if both, err = refresh(both); err != nil || !slices.Equal(both.Audience, []string{one}) {
		t.Errorf("Refresh = %+v, %v, want what is left", both, err)
	}
	if again, err := refresh(standard); err != nil || again.Audience != nil {
		t.Errorf("Refresh of a session for the default = %+v, %v", again, err)
	}
	change(one, two)
	if only, err = refresh(only); err != nil || !slices.Equal(only.Audience, []string{two}) {
		t.Errorf("Refresh after it was given back = %+v, %v: it was used up by what was refused", only, err)
	}
	if both, err = refresh(both); err != nil || !slices.Equal(both.Audience, []string{one, two}) {
		t.Errorf("Refresh after it was given back = %+v, %v", both, err)
	}
}

// A token says when its user signed in, not when the code was redeemed or the token
// refreshed, and not where nobody did.
func TestWhenAUserSignedIn(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("me")
	began := c.now
	c.now = c.now.Add(30 * time.Second)
	grant, err := c.redeem(c.code("me"))
	if err != nil || !grant.AuthTime.Equal(began) {
		t.Errorf("RedeemCode = %+v, %v, want AuthTime %v", grant, err, began)
	}
	c.now = c.now.Add(time.Minute)
	if grant, err = c.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{ClientID: "photos"}); err != nil || !grant.AuthTime.Equal(began) {
		t.Errorf("Refresh = %+v, %v, want AuthTime %v", grant, err, began)
	}
	if grant := c.login("anna", "me"); !grant.AuthTime.Equal(c.now) {
		t.Errorf("Login: AuthTime = %v, want %v", grant.AuthTime, c.now)
	}
	if grant, err := c.StartSession(t.Context(), c.anna.ID, account.Ask{}); err != nil || !grant.AuthTime.IsZero() {
		t.Errorf("StartSession = %+v, %v, want no AuthTime", grant, err)
	}
}
