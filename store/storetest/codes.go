package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// RunCodes is the part of [Run] about authorization codes and consents.
func RunCodes(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"a code is found until it is removed":              testCodes,
		"of concurrent uses of a code one wins":            testUseCodeRace,
		"a used code is kept while its session lives":      testCodesExpire,
		"codes and consents go with their user":            testCodesOfUsers,
		"codes and consents go with their client":          testCodesOfClients,
		"a user's codes and sessions of a client end":      testCodesOfPairs,
		"a consent takes the place of the one before":      testConsents,
		"of concurrent redemptions one wins, and is ended": testRedeemRace,
		"nothing lives after a consent is withdrawn":       testWithdrawRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func code(n byte, owner account.User, client string) account.Code {
	return account.Code{
		Hash: [32]byte{1, n}, ClientID: client, UserID: owner.ID, Redirect: "https://app.example/cb?a=b", Challenge: strings.Repeat("x", 43),
		Scopes: []string{"a", "b"}, Audience: []string{"https://z.example", "https://b.example"}, AskedBy: "asked", AuthTime: day, Expires: day.Add(time.Minute),
	}
}

func putCodes(t *testing.T, store account.Store, codes ...account.Code) {
	t.Helper()
	update(t, store, func(w account.Writer) error {
		for _, one := range codes {
			if err := w.PutCode(one); err != nil {
				return err
			}
		}
		return nil
	})
}

// codesThere lists which of the codes of [code] are there.
func codesThere(t *testing.T, store account.Store, of ...byte) (found []byte) {
	t.Helper()
	view(t, store, func(r account.Reader) error {
		for _, n := range of {
			switch _, err := r.Code([32]byte{1, n}); {
			case err == nil:
				found = append(found, n)
			case !errors.Is(err, account.ErrNoCode):
				return err
			}
		}
		return nil
	})
	return found
}

func wantCodes(t *testing.T, store account.Store, when string, want ...byte) {
	t.Helper()
	if got := codesThere(t, store, 1, 2, 3, 4, 5); !slices.Equal(got, want) {
		t.Errorf("%s there are the codes %v, want %v", when, got, want)
	}
}

func testCodes(t *testing.T, store account.Store) {
	one, two := code(1, user(1), "app"), code(2, user(1), "other")
	two.Audience, two.Scopes = nil, nil
	if err := store.Update(t.Context(), func(w account.Writer) error { return w.PutCode(one) }); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutCode without a user = %v, want ErrNoUser", err)
	}
	put(t, store, user(1))
	putCodes(t, store, one, two)
	view(t, store, func(r account.Reader) error {
		expect(t, "Code", one)(r.Code(one.Hash))
		got, err := r.Code(two.Hash)
		if err != nil || len(got.Scopes) != 0 || got.Audience != nil {
			t.Errorf("a code without scopes = %+v, %v", got, err)
		}
		if _, err := r.Code([32]byte{9}); !errors.Is(err, account.ErrNoCode) {
			t.Errorf("Code of none = %v, want ErrNoCode", err)
		}
		return nil
	})
	update(t, store, func(w account.Writer) error {
		if _, won, err := w.UseCode([32]byte{9}, "s"); won || !errors.Is(err, account.ErrNoCode) {
			t.Errorf("UseCode of none = %v, %v, want ErrNoCode", won, err)
		}
		return errors.Join(w.RemoveCode(one.Hash), w.RemoveCode([32]byte{9}))
	})
	wantCodes(t, store, "after RemoveCode", 2)
}

// testUseCodeRace asks the statement alone, each in a transaction of its own.
func testUseCodeRace(t *testing.T, store account.Store) {
	put(t, store, user(1))
	one := code(1, user(1), "app")
	putCodes(t, store, one)
	var won atomic.Int64
	var wg sync.WaitGroup
	winners := make([]string, 50)
	for i := range winners {
		wg.Go(func() {
			err := store.Update(t.Context(), func(w account.Writer) error {
				got, mine, err := w.UseCode(one.Hash, "session-"+string(rune('A'+i)))
				winners[i] = got.SessionID
				if mine {
					won.Add(1)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if first := winners[0]; won.Load() != 1 || first == "" || slices.ContainsFunc(winners, func(s string) bool { return s != first }) {
		t.Errorf("%d uses of a code won, and they name %q, want one", won.Load(), winners)
	}
}

func testCodesExpire(t *testing.T, store account.Store) {
	put(t, store, user(1), session(1, user(1), day.Add(time.Hour)))
	used, orphan, fresh := code(1, user(1), "app"), code(2, user(1), "app"), code(3, user(1), "app")
	used.SessionID, orphan.SessionID = "session-1", "gone"
	fresh.Expires = fresh.Expires.Add(time.Millisecond)
	putCodes(t, store, used, orphan, fresh, code(4, user(1), "app"))
	update(t, store, func(w account.Writer) error { return w.RemoveCodesBefore(day.Add(time.Minute)) })
	wantCodes(t, store, "after a minute", 1, 3)
	update(t, store, func(w account.Writer) error {
		return errors.Join(w.RemoveSession("session-1"), w.RemoveCodesBefore(day.Add(time.Hour)))
	})
	wantCodes(t, store, "after the session")
}

func consent(owner account.User, client string, scopes ...string) account.Consent {
	return account.Consent{UserID: owner.ID, ClientID: client, Scopes: scopes, Given: day}
}

func putConsents(t *testing.T, store account.Store, consents ...account.Consent) {
	t.Helper()
	update(t, store, func(w account.Writer) error {
		for _, one := range consents {
			if err := w.PutConsent(one); err != nil {
				return err
			}
		}
		return nil
	})
}

func testCodesOfUsers(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2))
	putCodes(t, store, code(1, user(1), "app"), code(2, user(2), "app"))
	putConsents(t, store, consent(user(1), "app", "a"), consent(user(2), "app", "a"))
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(1).ID) })
	wantCodes(t, store, "after RemoveUser", 2)
	view(t, store, func(r account.Reader) error {
		expect(t, "another's consent", consent(user(2), "app", "a"))(r.Consent(user(2).ID, "app"))
		if _, err := r.Consent(user(1).ID, "app"); !errors.Is(err, account.ErrNoConsent) {
			t.Errorf("Consent after RemoveUser = %v, want ErrNoConsent", err)
		}
		return nil
	})
}

func testCodesOfClients(t *testing.T, store account.Store) {
	put(t, store, user(1))
	update(t, store, func(w account.Writer) error {
		return errors.Join(w.PutClient(account.Client{ID: "app", Created: day}), w.PutClient(account.Client{ID: "other", Created: day}))
	})
	putCodes(t, store, code(1, user(1), "app"), code(2, user(1), "other"))
	putConsents(t, store, consent(user(1), "app", "a"), consent(user(1), "other", "a"))
	update(t, store, func(w account.Writer) error { return w.RemoveClient("app") })
	wantCodes(t, store, "after RemoveClient", 2)
	view(t, store, func(r account.Reader) error {
		expect(t, "Consents after RemoveClient", []account.Consent{consent(user(1), "other", "a")})(r.Consents(user(1).ID))
		return nil
	})
}

func testCodesOfPairs(t *testing.T, store account.Store) {
	mine, others := session(1, user(1), day.Add(time.Hour)), session(2, user(1), day.Add(time.Hour))
	mine.ClientID, others.ClientID = "app", "other"
	theirs := session(3, user(2), day.Add(time.Hour))
	theirs.ClientID = "app"
	put(t, store, user(1), user(2), mine, others, theirs)
	used := code(1, user(1), "app")
	used.SessionID = mine.ID
	putCodes(t, store, used, code(2, user(1), "app"), code(3, user(1), "other"), code(4, user(2), "app"))
	update(t, store, func(w account.Writer) error {
		return errors.Join(w.RemoveCodesOf(user(1).ID, "app"), w.RemoveSessionsOfClient(user(1).ID, "app"))
	})
	wantCodes(t, store, "after those of one client", 1, 3, 4)
	view(t, store, func(r account.Reader) error {
		if _, err := r.Session(mine.ID); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("the client's session = %v, want ErrNoSession", err)
		}
		expect(t, "another client's", others)(r.Session(others.ID))
		expect(t, "another user's", theirs)(r.Session(theirs.ID))
		return nil
	})
}

func testConsents(t *testing.T, store account.Store) {
	if err := store.Update(t.Context(), func(w account.Writer) error { return w.PutConsent(consent(user(1), "app")) }); !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutConsent without a user = %v, want ErrNoUser", err)
	}
	put(t, store, user(1), user(2))
	putConsents(t, store, consent(user(1), "b", "z", "a"), consent(user(1), "a", "x"), consent(user(2), "a", "y"), consent(user(1), "a", "x", "y"))
	view(t, store, func(r account.Reader) error {
		expect(t, "Consent", consent(user(1), "a", "x", "y"))(r.Consent(user(1).ID, "a"))
		expect(t, "Consents", []account.Consent{consent(user(1), "a", "x", "y"), consent(user(1), "b", "a", "z")})(r.Consents(user(1).ID))
		return nil
	})
	update(t, store, func(w account.Writer) error {
		return errors.Join(w.RemoveConsent(user(1).ID, "a"), w.RemoveConsent(user(1).ID, "none"))
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "Consents", []account.Consent{consent(user(1), "b", "a", "z")})(r.Consents(user(1).ID))
		return nil
	})
	wide := consent(user(1), "b", "a")
	wide.Audience = []string{"https://z.example", "https://a.example"}
	putConsents(t, store, wide)
	view(t, store, func(r account.Reader) error {
		wide.Audience = []string{"https://a.example", "https://z.example"}
		expect(t, "a Consent for services", wide)(r.Consent(user(1).ID, "b"))
		return nil
	})
}

const verifier = "a-verifier-of-43-characters-or-more-is-wanted"

// allowing is a user who has signed in with a browser and allowed a client.
type allowing struct {
	t      *testing.T
	s      *account.Service
	caller account.Caller
}

const app, redirect = "app", "https://app.example/cb"

func allows(t *testing.T, store account.Store) *allowing {
	t.Helper()
	a := &allowing{t: t, s: service(t, store)}
	create(t, a.s, "anna", "user")
	update(t, store, func(w account.Writer) error {
		return w.PutClient(account.Client{
			ID: app, Name: "App", Public: true, Redirects: []string{redirect}, Scopes: []string{"me"},
			Grants: []string{account.GrantCode, account.GrantRefresh}, Created: day,
		})
	})
	grant, err := a.s.LoginSession(t.Context(), "anna", secret)
	if err != nil {
		t.Fatal(err)
	}
	if a.caller, err = a.s.SessionCaller(t.Context(), grant.Secret); err != nil {
		t.Fatal(err)
	}
	a.consents()
	return a
}

func (a *allowing) consents() {
	a.t.Helper()
	if err := a.s.GiveConsent(a.t.Context(), a.caller.User.ID, account.CodeAsk{ClientID: app, Scopes: []string{"me"}}); err != nil {
		a.t.Fatal(err)
	}
}

func (a *allowing) code() string {
	a.t.Helper()
	sum := sha256.Sum256([]byte(verifier))
	code, err := a.s.NewCode(a.t.Context(), a.caller, account.CodeAsk{
		ClientID: app, Redirect: redirect, Challenge: base64.RawURLEncoding.EncodeToString(sum[:]), Scopes: []string{"me"},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(code)
}

func (a *allowing) redeem(ctx context.Context, code string) (account.Grant, error) {
	return a.s.RedeemCode(ctx, app, code, redirect, verifier)
}

// often is how often something is tried: with -short, usually, and with
// HOLDFAST_DURABILITY.
func often(short, usual, durability int) int {
	switch {
	case os.Getenv("HOLDFAST_DURABILITY") != "":
		return durability
	case testing.Short():
		return short
	}
	return usual
}

// rounds is how often a race is run, and by how many: with HOLDFAST_DURABILITY
// as often as it is promised.
func rounds() (rounds, callers int) {
	return often(1, 1, 100), often(50, 1000, 1000)
}

func testRedeemRace(t *testing.T, store account.Store) {
	a := allows(t, store)
	rounds, callers := rounds()
	for round := range rounds {
		code := a.code()
		var grant account.Grant
		won := atOnce(t, callers, account.ErrBadGrant, func(ctx context.Context, _ int) error {
			got, err := a.redeem(ctx, code)
			if err == nil {
				grant = got
			}
			return err
		})
		if won != 1 {
			t.Errorf("round %d: %d of %d redemptions of one code succeeded, want 1", round, won, callers)
		}
		// The losers presented a used code, so what the winner got is over.
		if _, err := a.s.Caller(t.Context(), grant.User.ID, grant.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
			t.Errorf("round %d: Caller after a second use = %v, want ErrNoCaller", round, err)
		}
	}
	// One by one, long after the code is over.
	code := a.code()
	grant, err := a.redeem(t.Context(), code)
	if err != nil || grant.RefreshToken == "" || !slices.Equal(grant.Scopes, []string{"me"}) {
		t.Fatalf("RedeemCode = %+v, %v", grant, err)
	}
	if _, err := a.s.Caller(t.Context(), grant.User.ID, grant.SessionID, nil); err != nil {
		t.Fatalf("Caller after one use = %v", err)
	}
	a.code() // which makes room
	if _, err := a.redeem(t.Context(), code); !errors.Is(err, account.ErrBadGrant) {
		t.Errorf("a second use = %v, want ErrBadGrant", err)
	}
	if _, err := a.s.Caller(t.Context(), grant.User.ID, grant.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
		t.Errorf("Caller after a second use = %v, want ErrNoCaller", err)
	}
}

func testWithdrawRace(t *testing.T, store account.Store) {
	a := allows(t, store)
	rounds, _ := rounds()
	for range rounds {
		code := a.code()
		var grant account.Grant
		var wg sync.WaitGroup
		wg.Go(func() { grant, _ = a.redeem(t.Context(), code) })
		if err := a.s.WithdrawConsent(t.Context(), a.caller.User.ID, app); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if _, err := a.redeem(t.Context(), code); !errors.Is(err, account.ErrBadGrant) {
			t.Errorf("RedeemCode after the withdrawal = %v, want ErrBadGrant", err)
		}
		if _, err := a.s.Caller(t.Context(), a.caller.User.ID, grant.SessionID, nil); !errors.Is(err, account.ErrNoCaller) {
			t.Errorf("Caller after the withdrawal = %v, want ErrNoCaller", err)
		}
		if _, err := a.s.Caller(t.Context(), a.caller.User.ID, a.caller.SessionID, nil); err != nil {
			t.Fatalf("the browser's own session = %v", err)
		}
		a.consents()
	}
}
