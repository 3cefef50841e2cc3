package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// RunAPIKeys runs the part of the suite that is about API keys. [Run] does so, too.
func RunAPIKeys(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"an API key is found as it was put":                       testAPIKeys,
		"an owner's API keys are in the order of their ids":       testAPIKeysOf,
		"an API key is somebody's":                                testAPIKeyOwner,
		"an API key that is replaced lives on, and once":          testReplaceAPIKey,
		"a removed API key is gone":                               testRemoveAPIKey,
		"an owner's API keys that are over are removed":           testAPIKeyExpiry,
		"removing a user takes the API keys along":                testAPIKeysOfUser,
		"removing a client takes the API keys along":              testAPIKeysOfClient,
		"the last use of an API key never goes back":              testAPIKeyUse,
		"what is read of an API key can be changed by its reader": testAPIKeyAliasing,
		"of concurrent rotations of an API key one wins":          testRotateAPIKeyRace,
		"an API key is revoked or rotated, and not both":          testRevokeAPIKeyRace,
		"an owner has no more API keys than there may be":         testMostAPIKeysRace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func apiKey(n int, owner account.User) account.APIKey {
	return account.APIKey{
		ID: fmt.Sprintf("key-%03d", n), UserID: owner.ID, Name: "Backup of the Straße", Scopes: []string{"a", "b"},
		Hash: [32]byte{9, byte(n)}, Created: day, Expires: day.Add(time.Duration(n) * time.Hour),
	}
}

func apiKeyOf(n int, client string) account.APIKey {
	key := apiKey(n, account.User{})
	key.ClientID = client
	return key
}

func testAPIKeys(t *testing.T, store account.Store) {
	full, least, clients := apiKey(1, user(1)), apiKey(2, user(1)), apiKeyOf(3, "declared by a program")
	full.LastUsed, full.Replaced = day.Add(time.Minute), "another"
	least.Scopes = []string{}
	put(t, store, user(1), full, least, clients)
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKey", full)(r.APIKey(full.ID))
		expect(t, "APIKeyByHash", full)(r.APIKeyByHash(full.Hash))
		expect(t, "APIKeyByHash of a client's", clients)(r.APIKeyByHash(clients.Hash))
		if got, err := r.APIKey(least.ID); err != nil || len(got.Scopes) != 0 {
			t.Errorf("APIKey without scopes = %+v, %v", got, err)
		}
		if _, err := r.APIKey("x"); !errors.Is(err, account.ErrNoAPIKey) {
			t.Errorf("APIKey of nothing = %v, want ErrNoAPIKey", err)
		}
		if _, err := r.APIKeyByHash([32]byte{7}); !errors.Is(err, account.ErrNoAPIKey) {
			t.Errorf("APIKeyByHash of nothing = %v, want ErrNoAPIKey", err)
		}
		return nil
	})
}

func testAPIKeysOf(t *testing.T, store account.Store) {
	// A client may be called as a user is: they are not each other's.
	a, b, others, clients := apiKey(1, user(1)), apiKey(2, user(1)), apiKey(3, user(2)), apiKeyOf(4, user(1).ID)
	put(t, store, user(1), user(2), b, others, clients, a)
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKeysOf", []account.APIKey{a, b})(r.APIKeysOf(a.Owner()))
		expect(t, "APIKeysOf a client", []account.APIKey{clients})(r.APIKeysOf(clients.Owner()))
		expect(t, "APIKeysOf nothing", []account.APIKey(nil))(r.APIKeysOf(account.APIKeyOwner{UserID: "x"}))
		return nil
	})
}

func testAPIKeyOwner(t *testing.T, store account.Store) {
	err := store.Update(t.Context(), func(w account.Writer) error { return w.PutAPIKey(apiKey(1, user(1))) })
	if !errors.Is(err, account.ErrNoUser) {
		t.Errorf("PutAPIKey of no user = %v, want ErrNoUser", err)
	}
}

func replaced(t *testing.T, store account.Store, id string, ends time.Time, next account.APIKey, want bool) {
	t.Helper()
	update(t, store, func(w account.Writer) error {
		won, err := w.ReplaceAPIKey(id, ends, next)
		if won != want {
			t.Errorf("ReplaceAPIKey(%s) by %s = %v, want %v", id, next.ID, won, want)
		}
		return err
	})
}

func testReplaceAPIKey(t *testing.T, store account.Store) {
	long, short := apiKey(5, user(1)), apiKey(2, user(1))
	next, after, late := apiKey(6, user(1)), apiKey(7, user(1)), apiKey(8, user(1))
	put(t, store, user(1), long, short)
	replaced(t, store, long.ID, day.Add(3*time.Hour), next, true)
	replaced(t, store, short.ID, day.Add(3*time.Hour), after, true)
	replaced(t, store, long.ID, day.Add(4*time.Hour), late, false)
	replaced(t, store, "x", day, late, false)
	long.Expires, long.Replaced = day.Add(3*time.Hour), next.ID
	short.Replaced = after.ID
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKeysOf", []account.APIKey{short, long, next, after})(r.APIKeysOf(long.Owner()))
		expect(t, "APIKeyByHash of the new one", next)(r.APIKeyByHash(next.Hash))
		return nil
	})
}

func testRemoveAPIKey(t *testing.T, store account.Store) {
	a, b := apiKey(1, user(1)), apiKey(2, user(1))
	put(t, store, user(1), a, b)
	update(t, store, func(w account.Writer) error { return errors.Join(w.RemoveAPIKey(a.ID), w.RemoveAPIKey("x")) })
	gone(t, store, a)
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKeysOf", []account.APIKey{b})(r.APIKeysOf(a.Owner()))
		return nil
	})
}

// gone reports keys that can still be found.
func gone(t *testing.T, store account.Store, keys ...account.APIKey) {
	t.Helper()
	view(t, store, func(r account.Reader) error {
		for _, key := range keys {
			if _, err := r.APIKey(key.ID); !errors.Is(err, account.ErrNoAPIKey) {
				t.Errorf("APIKey(%s) = %v, want ErrNoAPIKey", key.ID, err)
			}
			if _, err := r.APIKeyByHash(key.Hash); !errors.Is(err, account.ErrNoAPIKey) {
				t.Errorf("APIKeyByHash(%s) = %v, want ErrNoAPIKey", key.ID, err)
			}
		}
		return nil
	})
}

func testAPIKeyExpiry(t *testing.T, store account.Store) {
	a, b, others, clients := apiKey(1, user(1)), apiKey(2, user(1)), apiKey(1, user(2)), apiKeyOf(1, user(1).ID)
	others.ID, others.Hash, clients.ID, clients.Hash = "others", [32]byte{1}, "clients", [32]byte{2}
	put(t, store, user(1), user(2), a, b, others, clients)
	update(t, store, func(w account.Writer) error {
		return w.RemoveAPIKeysBefore(a.Owner(), a.Expires.Add(-time.Millisecond))
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKeysOf before", []account.APIKey{a, b})(r.APIKeysOf(a.Owner()))
		return nil
	})
	update(t, store, func(w account.Writer) error { return w.RemoveAPIKeysBefore(a.Owner(), a.Expires) })
	gone(t, store, a)
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKeysOf", []account.APIKey{b})(r.APIKeysOf(a.Owner()))
		expect(t, "another's", others)(r.APIKey("others"))
		expect(t, "a client's", clients)(r.APIKey("clients"))
		return nil
	})
}

func testAPIKeysOfUser(t *testing.T, store account.Store) {
	a, others, clients := apiKey(1, user(1)), apiKey(2, user(2)), apiKeyOf(3, user(1).ID)
	put(t, store, user(1), user(2), a, others, clients)
	update(t, store, func(w account.Writer) error { return w.RemoveUser(user(1).ID) })
	gone(t, store, a)
	view(t, store, func(r account.Reader) error {
		expect(t, "another's", others)(r.APIKey(others.ID))
		expect(t, "a client's", clients)(r.APIKey(clients.ID))
		return nil
	})
}

func testAPIKeysOfClient(t *testing.T, store account.Store) {
	a, others, users := apiKeyOf(1, "a"), apiKeyOf(2, "b"), apiKey(3, user(1))
	put(t, store, user(1), client("a"), client("b"), a, others, users)
	update(t, store, func(w account.Writer) error { return w.RemoveClient("a") })
	gone(t, store, a)
	view(t, store, func(r account.Reader) error {
		expect(t, "another's", others)(r.APIKey(others.ID))
		expect(t, "a user's", users)(r.APIKey(users.ID))
		return nil
	})
}

func testAPIKeyUse(t *testing.T, store account.Store) {
	a, b := apiKey(1, user(1)), apiKey(2, user(1))
	put(t, store, user(1), a, b)
	use := func(at time.Time) {
		t.Helper()
		update(t, store, func(w account.Writer) error { return w.UseAPIKeys(map[string]time.Time{a.ID: at, "x": at}) })
	}
	for _, test := range []struct{ at, want time.Time }{
		{day.Add(time.Minute), day.Add(time.Minute)}, {day, day.Add(time.Minute)}, {day.Add(time.Hour), day.Add(time.Hour)},
	} {
		use(test.at)
		a.LastUsed = test.want
		view(t, store, func(r account.Reader) error {
			expect(t, "APIKeysOf", []account.APIKey{a, b})(r.APIKeysOf(a.Owner()))
			return nil
		})
	}
}

func testAPIKeyAliasing(t *testing.T, store account.Store) {
	given := apiKey(1, user(1))
	put(t, store, user(1), given)
	given.Scopes[0] = "x"
	view(t, store, func(r account.Reader) error {
		key, err := r.APIKey(given.ID)
		key.Scopes[0] = "x"
		return err
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "APIKey", apiKey(1, user(1)))(r.APIKey(given.ID))
		return nil
	})
}

func testRotateAPIKeyRace(t *testing.T, store account.Store) {
	s := service(t, store)
	owner := account.APIKeyOwner{UserID: create(t, s, "anna", "user").ID}
	for _, overlap := range []time.Duration{time.Hour, 0} {
		key, err := s.NewAPIKey(t.Context(), owner, account.APIKeyAsk{Name: "raced", Scopes: []string{"me"}})
		if err != nil {
			t.Fatal(err)
		}
		refusal := account.ErrAPIKeyReplaced
		if overlap == 0 {
			refusal = account.ErrNoAPIKey // it ended with the rotation
		}
		won := atOnce(t, callers(), refusal, func(ctx context.Context, _ int) error {
			_, err := s.RotateAPIKey(ctx, owner, key.Key.ID, overlap)
			return err
		})
		if won != 1 {
			t.Errorf("%d rotations of one key with an overlap of %v succeeded, want 1", won, overlap)
		}
	}
	if keys, err := s.APIKeys(t.Context(), owner); err != nil || len(keys) != 3 {
		t.Errorf("there are %d keys, %v, want 3: two new ones, and one that lives on", len(keys), err)
	}
}

// callers is how many there are in a race.
func callers() int {
	if testing.Short() {
		return 20
	}
	return 200
}

func testRevokeAPIKeyRace(t *testing.T, store account.Store) {
	s := service(t, store)
	owner := account.APIKeyOwner{UserID: create(t, s, "anna", "user").ID}
	for range callers() / 10 {
		key, err := s.NewAPIKey(t.Context(), owner, account.APIKeyAsk{Name: "raced", Scopes: []string{"me"}})
		if err != nil {
			t.Fatal(err)
		}
		atOnce(t, 2, account.ErrNoAPIKey, func(ctx context.Context, i int) error {
			if i == 0 {
				return s.RevokeAPIKey(ctx, owner, key.Key.ID)
			}
			next, err := s.RotateAPIKey(ctx, owner, key.Key.ID, time.Hour)
			if err == nil {
				err = s.RevokeAPIKey(ctx, owner, next.Key.ID)
			}
			return err
		})
		if _, err := s.APIKeyCaller(t.Context(), key.Secret); !errors.Is(err, account.ErrNoCaller) {
			t.Fatalf("a revoked key is good: %v", err)
		}
	}
	if keys, err := s.APIKeys(t.Context(), owner); err != nil || len(keys) != 0 {
		t.Errorf("there are %d keys, %v, want none", len(keys), err)
	}
}

func testMostAPIKeysRace(t *testing.T, store account.Store) {
	s := service(t, store)
	owner := account.APIKeyOwner{UserID: create(t, s, "anna", "user").ID}
	won := atOnce(t, account.MaxAPIKeys+20, account.ErrTooManyAPIKeys, func(ctx context.Context, _ int) error {
		_, err := s.NewAPIKey(ctx, owner, account.APIKeyAsk{Name: "one of many", Scopes: []string{"me"}})
		return err
	})
	if won != account.MaxAPIKeys {
		t.Errorf("%d keys were made, want %d", won, account.MaxAPIKeys)
	}
}
