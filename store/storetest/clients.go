package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// RunClients runs the part of the suite that is about clients. [Run] does so, too.
func RunClients(t *testing.T, open func(t *testing.T) account.Store) {
	for name, test := range map[string]func(*testing.T, account.Store){
		"a client is found as it was put":                       testClients,
		"clients come in pages, by id":                          testClientPages,
		"a client has the secrets that were put last":           testClientSecrets,
		"removing a client takes its secrets and sessions":      testRemoveClient,
		"an assertion is good once":                             testAssertions,
		"of concurrent uses of an assertion one is the first":   testAssertionRace,
		"no more assertions are kept than there may be":         testMostAssertions,
		"what is read of a client can be changed by its reader": testClientAliasing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func client(id string) account.Client {
	return account.Client{
		ID: id, Name: "The client " + id, FirstParty: true, Public: true, Disabled: true,
		Redirects: []string{"https://z.example/callback", "https://a.example/callback?x=1"},
		Grants:    []string{account.GrantRefresh, account.GrantCode}, Scopes: []string{"b", "a"},
		Audiences: []string{"https://z.example", "https://a.example"}, Keys: `{"keys": []}`, Created: day,
	}
}

func clientSecrets(numbers ...byte) (list []account.ClientSecret) {
	for _, n := range numbers {
		one := account.ClientSecret{Hash: [32]byte{n}}
		if n > 1 {
			one.Expires = day.Add(time.Duration(n) * time.Hour)
		}
		list = append(list, one)
	}
	return list
}

func testClients(t *testing.T, store account.Store) {
	full, least, none := client("full"), account.Client{ID: "least", Created: day}, account.Client{ID: "none", Scopes: []string{}, Created: day}
	put(t, store, full, least, none)
	view(t, store, func(r account.Reader) error {
		expect(t, "Client", full)(r.Client("full"))
		expect(t, "Client without anything", least)(r.Client("least"))
		expect(t, "Client whose scopes are none", none)(r.Client("none"))
		if _, err := r.Client("x"); !errors.Is(err, account.ErrNoClient) {
			t.Errorf("Client of nothing = %v, want ErrNoClient", err)
		}
		return nil
	})
	changed := account.Client{ID: "full", Name: "Another", Redirects: []string{"https://b.example/"}, Created: day}
	later := changed
	later.Created = day.Add(time.Hour) // it was made when it was made
	put(t, store, later)
	view(t, store, func(r account.Reader) error {
		expect(t, "changed Client", changed)(r.Client("full"))
		expect(t, "another Client", least)(r.Client("least"))
		return nil
	})
}

func testClientPages(t *testing.T, store account.Store) {
	a, b, c := client("-a"), client("b"), client("c")
	put(t, store, c, a, b)
	view(t, store, func(r account.Reader) error {
		expect(t, "Clients", []account.Client{a, b})(r.Clients("", 2))
		expect(t, "Clients after the second", []account.Client{c})(r.Clients("b", 2))
		expect(t, "Clients after the last", []account.Client(nil))(r.Clients("c", 2))
		return nil
	})
}

func testClientSecrets(t *testing.T, store account.Store) {
	put(t, store, client("a"), client("b"))
	for _, want := range [][]account.ClientSecret{clientSecrets(1), clientSecrets(2, 1), nil, clientSecrets(3)} {
		update(t, store, func(w account.Writer) error { return w.PutClientSecrets("a", want) })
		view(t, store, func(r account.Reader) error {
			expect(t, "ClientSecrets", want)(r.ClientSecrets("a"))
			expect(t, "another's ClientSecrets", []account.ClientSecret(nil))(r.ClientSecrets("b"))
			return nil
		})
	}
	err := store.Update(t.Context(), func(w account.Writer) error { return w.PutClientSecrets("x", clientSecrets(1)) })
	if !errors.Is(err, account.ErrNoClient) {
		t.Errorf("PutClientSecrets of nothing = %v, want ErrNoClient", err)
	}
	put(t, store, client("a"))
	view(t, store, func(r account.Reader) error {
		expect(t, "ClientSecrets of a changed client", clientSecrets(3))(r.ClientSecrets("a"))
		return nil
	})
}

func testRemoveClient(t *testing.T, store account.Store) {
	of, others := session(1, user(1), day), session(2, user(1), day)
	of.ClientID, of.Audience, of.AuthTime = "a", []string{"https://z.example", "https://a.example"}, day.Add(-time.Hour)
	others.ClientID = "b"
	put(t, store, user(1), client("a"), client("b"), of, others)
	update(t, store, func(w account.Writer) error {
		return errors.Join(w.PutClientSecrets("a", clientSecrets(1)), w.PutClientSecrets("b", clientSecrets(2)))
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "Session", of)(r.Session(of.ID))
		return nil
	})
	update(t, store, func(w account.Writer) error { return errors.Join(w.RemoveClient("a"), w.RemoveClient("x")) })
	view(t, store, func(r account.Reader) error {
		if _, err := r.Client("a"); !errors.Is(err, account.ErrNoClient) {
			t.Errorf("Client = %v, want ErrNoClient", err)
		}
		if _, err := r.Session(of.ID); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("its Session = %v, want ErrNoSession", err)
		}
		if _, err := r.SessionByHandle(of.Handle); !errors.Is(err, account.ErrNoSession) {
			t.Errorf("its SessionByHandle = %v, want ErrNoSession", err)
		}
		expect(t, "its ClientSecrets", []account.ClientSecret(nil))(r.ClientSecrets("a"))
		expect(t, "another's Session", others)(r.Session(others.ID))
		expect(t, "another's ClientSecrets", clientSecrets(2))(r.ClientSecrets("b"))
		return nil
	})
	put(t, store, client("a"))
	view(t, store, func(r account.Reader) error {
		expect(t, "ClientSecrets of a client of the same id", []account.ClientSecret(nil))(r.ClientSecrets("a"))
		return nil
	})
}

func useAssertion(t *testing.T, store account.Store, id string, n byte, now, expires time.Time) (first bool) {
	t.Helper()
	update(t, store, func(w account.Writer) (err error) {
		first, err = w.UseAssertion(id, [32]byte{n}, now, expires)
		return err
	})
	return first
}

func testAssertions(t *testing.T, store account.Store) {
	put(t, store, client("a"))
	later := day.Add(time.Minute)
	for i, step := range []struct {
		id   string
		n    byte
		now  time.Time
		want bool
	}{
		{"a", 1, day, true},
		{"a", 1, day, false},
		{"a", 2, day, true},
		{"declared", 1, day, true}, // by a program: it is not in the store
		{"a", 1, later.Add(-time.Millisecond), false},
		{"declared", 1, later.Add(-time.Millisecond), false},
		{"a", 1, later, true}, // the one before is over
	} {
		if got := useAssertion(t, store, step.id, step.n, step.now, step.now.Add(time.Minute)); got != step.want {
			t.Errorf("step %d: UseAssertion = %v, want %v", i, got, step.want)
		}
	}
	update(t, store, func(w account.Writer) error { return errors.Join(w.RemoveClient("a"), w.PutClient(client("a"))) })
	if !useAssertion(t, store, "a", 1, later, later.Add(time.Minute)) {
		t.Error("a client of the same id is taken for the one before")
	}
}

func testAssertionRace(t *testing.T, store account.Store) {
	errSecond := errors.New("not the first")
	won := atOnce(t, 50, errSecond, func(ctx context.Context, _ int) error {
		first := false
		err := store.Update(ctx, func(w account.Writer) (err error) {
			first, err = w.UseAssertion("a", [32]byte{1}, day, day.Add(time.Minute))
			return err
		})
		if err == nil && !first {
			err = errSecond
		}
		return err
	})
	if won != 1 {
		t.Errorf("%d uses of one assertion were the first, want 1", won)
	}
}

func testMostAssertions(t *testing.T, store account.Store) {
	const part = 500 // in one transaction, which is to end in time on a busy machine
	for from := 0; from < account.MaxAssertions; from += part {
		update(t, store, func(w account.Writer) error {
			for i := from; i < from+part; i++ {
				if first, err := w.UseAssertion("a", [32]byte{byte(i), byte(i >> 8)}, day, day.Add(time.Minute)); err != nil || !first {
					return fmt.Errorf("UseAssertion %d = %v, %w", i, first, err)
				}
			}
			return nil
		})
	}
	if useAssertion(t, store, "a", 255, day, day.Add(time.Minute)) {
		t.Error("one more assertion is kept than there may be")
	}
	if !useAssertion(t, store, "b", 255, day, day.Add(time.Minute)) {
		t.Error("another client may have none")
	}
	if !useAssertion(t, store, "a", 255, day.Add(time.Minute), day.Add(time.Hour)) {
		t.Error("when the others are over there is no room")
	}
}

func testClientAliasing(t *testing.T, store account.Store) {
	given := client("a")
	put(t, store, given)
	given.Scopes[0], given.Redirects[0] = "x", "https://x.example"
	view(t, store, func(r account.Reader) error {
		c, err := r.Client("a")
		c.Scopes[0], c.Grants[0], c.Redirects[0], c.Audiences[0] = "x", "x", "x", "x"
		return err
	})
	view(t, store, func(r account.Reader) error {
		expect(t, "Client", client("a"))(r.Client("a"))
		return nil
	})
}
