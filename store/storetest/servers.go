package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func testServers(t *testing.T, store account.Store) {
	server := func(n int) account.Server {
		return account.Server{
			ID: fmt.Sprintf("server-%03d", n), Host: "host", Address: "10.0.0.1:8000", Build: "v1.2.3",
			Started: day, Heard: day.Add(time.Duration(n) * time.Second), State: account.ServerReady,
		}
	}
	put := func(server account.Server, forget time.Time) {
		t.Helper()
		update(t, store, func(w account.Writer) error { return w.PutServer(server, forget) })
	}
	there := func(what string, want ...account.Server) {
		t.Helper()
		view(t, store, func(r account.Reader) error {
			expect(t, what, want)(r.Servers())
			return nil
		})
	}
	put(server(2), time.Time{})
	put(server(1), time.Time{})
	there("Servers", server(1), server(2))

	again := server(1)
	again.Heard, again.State, again.Build, again.Address = day.Add(time.Minute), account.ServerStopping, "v2", "[::1]:9000"
	put(again, day.Add(2*time.Second))
	there("Servers of which one told more", again, server(2))
	put(again, day.Add(2*time.Second+time.Millisecond))
	there("Servers of which one was not heard of", again)

	update(t, store, func(w account.Writer) error { return w.RemoveServer("nothing") })
	update(t, store, func(w account.Writer) error { return w.RemoveServer(again.ID) })
	view(t, store, func(r account.Reader) error {
		if left, err := r.Servers(); len(left) != 0 || err != nil {
			t.Errorf("Servers after the last was removed = %v, %v", left, err)
		}
		return nil
	})

	update(t, store, func(w account.Writer) error {
		for n := range account.MaxServers + 3 {
			if err := w.PutServer(server(n), time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, store, func(r account.Reader) error {
		left, err := r.Servers()
		if err != nil || len(left) != account.MaxServers || left[0] != server(3) {
			t.Errorf("Servers of too many: %d, the first %v, %v", len(left), left[:min(1, len(left))], err)
		}
		return nil
	})
}
