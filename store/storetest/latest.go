package storetest

import (
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/account"
)

func testLatestSessions(t *testing.T, store account.Store) {
	put(t, store, user(1), user(2), user(3), session(2, user(2), day), session(4, user(2), day), session(6, user(3), day))
	for _, n := range []int{3, 1, 5} {
		put(t, store, session(n, user(1), day))
	}
	update(t, store, func(w account.Writer) error { return w.RemoveSessionsOf(user(3).ID) }) // which are not there any more
	for before, want := range map[string][]string{
		"":          {"session-5", "session-4"},
		"session-4": {"session-3", "session-2"},
		"session-2": {"session-1"},
		"session-1": nil,
	} {
		view(t, store, func(r account.Reader) error {
			list, err := r.LatestSessions(before, 2)
			var got []string
			for _, one := range list {
				expect(t, "Session of LatestSessions", one)(r.Session(one.ID))
				got = append(got, one.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("LatestSessions(before %q, 2) = %v, want %v", before, got, want)
			}
			return err
		})
	}
}
