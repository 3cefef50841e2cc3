package account_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636 appendix B
	redirect = "https://photos.example/cb"
)

// challengeOf is RFC 7636 section 4.2.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// codes is a world with a third party's client, and anna at her browser.
type codes struct {
	*world
	anna   account.User
	caller account.Caller
}

func newCodes(t *testing.T) *codes {
	t.Helper()
	c := &codes{world: newWorld(t)}
	for _, id := range []string{"photos", "other"} {
		c.put(account.Client{
			ID: id, Name: id, Public: true, Redirects: []string{redirect}, Scopes: []string{"me", "users:read"},
			Audiences: []string{"https://api.example"},
			Grants:    []string{account.GrantCode, account.GrantRefresh},
		})
	}
	c.anna = c.user("anna", "manager")
	c.signIn()
	return c
}

func (c *codes) put(client account.Client) {
	c.t.Helper()
	client.Created = c.now
	if err := c.store.Update(c.t.Context(), func(w account.Writer) error { return w.PutClient(client) }); err != nil {
		c.t.Fatal(err)
	}
}

func (c *codes) signIn() {
	c.t.Helper()
	grant, err := c.LoginSession(c.t.Context(), "anna", secret)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.caller, err = c.SessionCaller(c.t.Context(), grant.Secret); err != nil {
		c.t.Fatal(err)
	}
}

func (c *codes) allow(scopes ...string) {
	c.t.Helper()
	if err := c.GiveConsent(c.t.Context(), c.anna.ID, ask(scopes...)); err != nil {
		c.t.Fatal(err)
	}
}

func ask(scopes ...string) account.CodeAsk {
	return account.CodeAsk{ClientID: "photos", Redirect: redirect, Challenge: challengeOf(verifier), Scopes: scopes, Audience: []string{"https://api.example"}}
}

func (c *codes) code(scopes ...string) string {
	c.t.Helper()
	code, err := c.NewCode(c.t.Context(), c.caller, ask(scopes...))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(code)
}

func (c *codes) redeem(code string) (account.Grant, error) {
	return c.RedeemCode(c.t.Context(), "photos", code, redirect, verifier)
}

func TestACodeBeginsASession(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("me", "users:read")
	code := c.code("me", "users:write")
	if got := fmt.Sprint(account.Secret(code)); got != "[secret]" {
		t.Errorf("a code prints as %s", got)
	}
	grant, err := c.redeem(code)
	if err != nil || grant.ClientID != "photos" || grant.User.ID != c.anna.ID || !slices.Equal(grant.Scopes, []string{"me"}) ||
		!slices.Equal(grant.Audience, []string{"https://api.example"}) || grant.RefreshToken == "" || grant.SessionID == c.caller.SessionID {
		t.Fatalf("RedeemCode = %+v, %v", grant, err)
	}
	again, err := c.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{ClientID: "photos"})
	if err != nil || !slices.Equal(again.Scopes, []string{"me"}) || !slices.Equal(again.Audience, grant.Audience) {
		t.Errorf("Refresh = %+v, %v", again, err)
	}
}

func TestAClientWithoutRefreshTokensGetsNone(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow()
	c.put(account.Client{ID: "photos", Public: true, Redirects: []string{redirect}, Grants: []string{account.GrantCode}})
	if grant, err := c.redeem(c.code()); err != nil || grant.RefreshToken != "" {
		t.Errorf("RedeemCode = %+v, %v, want no refresh token", grant, err)
	}
}

// Whatever is wrong with the first attempt, there is no second one.
func TestACodeIsGoodForOneAttempt(t *testing.T) {
	t.Parallel()
	yes := true
	for name, test := range map[string]struct {
		before                     func(*codes) error
		client, redirect, verifier string
	}{
		"another client":                    {nil, "other", redirect, verifier},
		"a client that is not there":        {nil, "nobody", redirect, verifier},
		"another redirect URI":              {nil, "photos", redirect + "/", verifier},
		"a redirect URI in capitals":        {nil, "photos", strings.ToUpper(redirect), verifier},
		"no redirect URI":                   {nil, "photos", "", verifier},
		"another verifier":                  {nil, "photos", redirect, verifier[:42] + "A"},
		"the challenge as the verifier":     {nil, "photos", redirect, challengeOf(verifier)},
		"no verifier":                       {nil, "photos", redirect, ""},
		"a verifier that is too long":       {nil, "photos", redirect, strings.Repeat(verifier, 3)},
		"after the browser's session ended": {func(c *codes) error { return c.Logout(c.t.Context(), c.caller.SessionID) }, "photos", redirect, verifier},
		"of a user who is disabled": {func(c *codes) error {
			_, err := c.UpdateUser(c.t.Context(), c.anna.ID, account.UserChange{Disabled: &yes})
			return err
		}, "photos", redirect, verifier},
		"of a client that is disabled": {func(c *codes) error {
			c.put(account.Client{ID: "photos", Public: true, Disabled: true})
			return nil
		}, "photos", redirect, verifier},
		"after the consent is withdrawn": {func(c *codes) error { return c.WithdrawConsent(c.t.Context(), c.anna.ID, "photos") }, "photos", redirect, verifier},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCodes(t)
			c.allow("me")
			code := c.code("me")
			now := c.now
			if test.before != nil {
				if err := test.before(c); err != nil {
					t.Fatal(err)
				}
			}
			_, err := c.RedeemCode(t.Context(), test.client, code, test.redirect, test.verifier)
			c.refused("RedeemCode", err, account.ErrBadGrant)
			c.now = now
			_, err = c.redeem(code)
			c.refused("the right RedeemCode afterwards", err, account.ErrBadGrant)
		})
	}
}

func TestACodeThatIsNoneCostsNoWriting(t *testing.T) {
	t.Parallel()
	s := newShaky(t)
	for _, code := range []string{"", "x", "hfa_", "hfa_" + strings.Repeat("x", 43), "hfa_" + strings.Repeat("x", 1<<20), "hfr_x.y"} {
		s.outages.begin(0)
		_, err := s.RedeemCode(t.Context(), "photos", code, redirect, verifier)
		s.refused(code[:min(9, len(code))], err, account.ErrBadGrant)
		if s.outages.updates != 0 {
			t.Errorf("RedeemCode(%.9s…) began %d transactions that write, want none", code, s.outages.updates)
		}
	}
}

func TestASecondUseEndsWhatTheFirstGave(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]string{"by the same client": "photos", "by another one": "other"} {
		c := newCodes(t)
		c.allow("me")
		code := c.code("me")
		grant, err := c.redeem(code)
		if err != nil {
			t.Fatal(err)
		}
		c.now = c.now.Add(30 * time.Minute) // the code is long over
		_, err = c.RedeemCode(t.Context(), client, code, redirect, "wrong")
		c.refused(name, err, account.ErrBadGrant)
		_, err = c.world.caller(grant)
		c.refused(name+": Caller", err, account.ErrNoCaller)
		_, err = c.Refresh(t.Context(), string(grant.RefreshToken), account.Ask{ClientID: "photos"})
		c.refused(name+": Refresh", err, account.ErrBadGrant)
		if _, err := c.Caller(t.Context(), c.anna.ID, c.caller.SessionID, nil); err != nil {
			t.Errorf("%s: the browser's own session = %v", name, err)
		}
	}
}

func TestNoCodeWithoutConsent(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	refused := func(what string, want error, scopes ...string) {
		t.Helper()
		_, err := c.NewCode(t.Context(), c.caller, ask(scopes...))
		c.refused(what, err, want)
	}
	refused("nothing was allowed", account.ErrNoConsent)
	c.allow("me")
	c.code()
	c.code("me")
	c.code("me", "users:write") // which the client may not have, so it is not given
	refused("more is asked for", account.ErrNoConsent, "me", "users:read")
	c.allow("users:read")
	c.code("me", "users:read")
	if err := c.WithdrawConsent(t.Context(), c.anna.ID, "photos"); err != nil {
		t.Fatal(err)
	}
	refused("it was withdrawn", account.ErrNoConsent)
	c.refused("a second withdrawal", c.WithdrawConsent(t.Context(), c.anna.ID, "photos"), account.ErrNoConsent)
	c.refused("a client that is not there", c.GiveConsent(t.Context(), c.anna.ID, account.CodeAsk{ClientID: "nobody"}), account.ErrNoClient)

	firstParty := ask("me", "users:read", "nonsense")
	firstParty.ClientID = account.BuiltInClient
	if _, err := c.NewCode(t.Context(), c.caller, firstParty); err != nil {
		t.Errorf("NewCode of a first-party client = %v", err)
	}
	for _, challenge := range []string{"", verifier[:42], verifier + "A", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX+"} {
		bad := firstParty
		bad.Challenge = challenge
		var invalid *account.InvalidError
		if _, err := c.NewCode(t.Context(), c.caller, bad); !errors.As(err, &invalid) {
			t.Errorf("NewCode with the challenge %q = %v, want InvalidError", challenge, err)
		}
	}
	if err := c.Logout(t.Context(), c.caller.SessionID); err != nil {
		t.Fatal(err)
	}
	refused("the caller has signed out", account.ErrNoCaller)
}

func TestConsentsAreListedAndGrow(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("users:read")
	c.now = c.now.Add(time.Second)
	c.allow("me", "users:read")
	want := []account.Consent{{UserID: c.anna.ID, ClientID: "photos", Scopes: []string{"me", "users:read"}, Audience: []string{"https://api.example"}, Given: c.now}}
	got, err := c.Consents(t.Context(), c.anna.ID)
	if err != nil || len(got) != 1 || !slices.Equal(got[0].Scopes, want[0].Scopes) || !got[0].Given.Equal(c.now) {
		t.Errorf("Consents = %+v, %v, want %+v", got, err, want)
	}
	if one, err := c.Consent(t.Context(), c.anna.ID, "photos"); err != nil || !one.Covers(ask("me")) || one.Covers(ask("me", "x")) {
		t.Errorf("Consent = %+v, %v", one, err)
	}
	began := c.now.Add(-time.Second)
	if at, err := c.AuthTime(t.Context(), c.caller); err != nil || !at.Equal(began) {
		t.Errorf("AuthTime = %v, %v, want %v", at, err, began)
	}
}

func TestVerifiersAndChallenges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ verifier, challenge bool }{
		verifier:                          {true, true},
		challengeOf(verifier):             {true, true},
		strings.Repeat("~", 43):           {true, false},
		strings.Repeat("a", 128):          {true, false},
		strings.Repeat("a", 129):          {false, false},
		strings.Repeat("a", 42):           {false, false},
		strings.Repeat("a", 42) + "+":     {false, false},
		strings.Repeat("a", 42) + "é":     {false, false},
		strings.Repeat("a", 42) + "\n":    {false, false},
		verifier[:42] + "B":               {true, false}, // bits beyond the end
		verifier + "=":                    {false, false},
		"":                                {false, false},
		strings.Repeat("a", 42) + " ":     {false, false},
		strings.Repeat("A", 42) + "A\n":   {false, false},
		strings.Repeat("A", 20) + "\nAAA": {false, false},
	} {
		if got := account.IsVerifier(text); got != want.verifier {
			t.Errorf("IsVerifier(%q) = %v", text, got)
		}
		if got := account.IsChallenge(text); got != want.challenge {
			t.Errorf("IsChallenge(%q) = %v", text, got)
		}
	}
}

// kept is a store that remembers which codes were put into it.
type kept struct {
	account.Store
	codes []account.Code
}

func (k *kept) Update(ctx context.Context, fn func(account.Writer) error) error {
	return k.Store.Update(ctx, func(w account.Writer) error { return fn(keptWriter{w, k}) })
}

type keptWriter struct {
	account.Writer
	kept *kept
}

func (w keptWriter) PutCode(code account.Code) error {
	w.kept.codes = append(w.kept.codes, code)
	return w.Writer.PutCode(code)
}

// A code is 256 random bits, of which the store has the hash (RFC 6749 section
// 10.10).
func TestACodeIsKeptAsItsHash(t *testing.T) {
	t.Parallel()
	c := newCodes(t)
	c.allow("me")
	store := &kept{Store: c.store}
	c.config.Store = store
	service, err := account.NewService(t.Context(), c.config)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 3 {
		code, err := service.NewCode(t.Context(), c.caller, ask("me"))
		if err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(string(code), "hfa_")
		if bits, err := base64.RawURLEncoding.DecodeString(text); !ok || err != nil || len(bits) != 32 || seen[text] {
			t.Errorf("the code %q is not of 256 bits, or not another one: %v", string(code), err)
		}
		seen[text] = true
		put := store.codes[len(store.codes)-1]
		if put.Hash != sha256.Sum256([]byte(code)) || strings.Contains(fmt.Sprintf("%+v", put), text) {
			t.Errorf("what is kept of a code is %+v", put)
		}
	}
}
