package account_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

// oddKinds is a store that counts wrong.
type oddKinds struct {
	account.Store
	kinds []account.PasswordKind
}

type oddReader struct {
	account.Reader
	kinds []account.PasswordKind
}

func (o oddKinds) View(ctx context.Context, fn func(account.Reader) error) error {
	return o.Store.View(ctx, func(r account.Reader) error { return fn(oddReader{r, o.kinds}) })
}

func (o oddReader) PasswordKinds() ([]account.PasswordKind, error) { return o.kinds, nil }

// A kind that no user has is no name's, and every name has one.
func TestNobodyLooksLikeSomebody(t *testing.T) {
	for name, test := range map[string]struct {
		kinds []account.PasswordKind
		want  string
	}{
		"one user":          {[]account.PasswordKind{{Kind: "a", Users: 1}}, "a"},
		"kinds of no users": {[]account.PasswordKind{{Kind: "a"}, {Kind: "b", Users: 1}, {Kind: "c"}}, "b"},
		"kinds of fewer":    {[]account.PasswordKind{{Kind: "a", Users: -1}, {Kind: "b", Users: 1}, {Kind: "c", Users: -2}}, "b"},
		"no kinds at all":   {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, h := watched(t)
			w.config.Store = oddKinds{w.store, test.kinds}
			var err error
			if w.Service, err = account.NewService(t.Context(), w.config); err != nil {
				t.Fatal(err)
			}
			for i := range 100 {
				w.refused("Login", w.try(fmt.Sprintf("name%d", i), "wrong", ""), account.ErrBadLogin)
			}
			if kinds := slices.Compact(slices.Sorted(slices.Values(h.verified))); !slices.Equal(kinds, []string{test.want}) {
				t.Errorf("names that nobody has look like %q, want %q", kinds, test.want)
			}
		})
	}
}

// A request whose address is not known has none that could be remembered.
func TestNoAddressIsRemembered(t *testing.T) {
	s := newShaky(t)
	for address, want := range map[string]bool{"": false, "192.0.2.1": true} {
		s.outages.begin(0)
		s.refused("Login", s.try("anna", secret, address), nil)
		if read, put := slices.Contains(s.outages.asked, "KnownAddress"), slices.Contains(s.outages.asked, "PutKnownAddress"); read != want || put != want {
			t.Errorf("a sign-in from %q asked for the address: %v, and put it: %v, want %v", address, read, put, want)
		}
	}
}
