package identity

import (
	"context"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/memory"
)

// A server tells the others on its store that it is there, and is forgotten when it has
// ended in good order.
func TestAServerIsKnown(t *testing.T) {
	t.Parallel()
	id, app := opened(t, Config{})
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // of a test
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- id.Serve(ctx, app, listener) }()
	list := servers(t, id, 1)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if one := list[0]; one.Host != host || one.Address != listener.Addr().String() || one.State != account.ServerReady || one.Build == "" || one.Started.IsZero() || one.Heard.IsZero() {
		t.Errorf("the server is known as %+v", one)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if list, err := id.Accounts().Servers(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after it has ended there are %+v, %v", list, err)
	}
}

// servers waits until so many are known.
func servers(t *testing.T, id *Identity, want int) []account.Server {
	t.Helper()
	for {
		list, err := id.Accounts().Servers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == want {
			return list
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // until it has told
	}
}

// It tells so again and again, and at the end that it stops, also while its clock is
// not the one of the others.
func TestAServerTellsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		passwords, err := password.NewContext(password.Config{Schemes: []password.Scheme{password.Bcrypt(4)}})
		if err != nil {
			t.Fatal(err)
		}
		accounts, err := account.NewService(t.Context(), account.Config{Store: store, Passwords: passwords, Key: account.Key{1}})
		if err != nil {
			t.Fatal(err)
		}
		id := &Identity{accounts: &Accounts{Service: accounts}}
		ctx, stop := context.WithCancel(t.Context())
		ended := id.tellOthers(ctx, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8000})
		synctest.Wait()
		first := servers(t, id, 1)[0]
		for range 3 {
			time.Sleep(account.TellServerEvery) //nolint:forbidigo // in a bubble
			synctest.Wait()
			next := servers(t, id, 1)[0]
			if next.ID != first.ID || next.Heard.Sub(first.Heard) != account.TellServerEvery || next.Silent(time.Now()) {
				t.Errorf("ten seconds later it is %+v, and was %+v", next, first)
			}
			first = next
		}
		if !first.Silent(first.Heard.Add(36*time.Second)) || first.Silent(first.Heard.Add(35*time.Second)) {
			t.Error("a server is not silent after 35 seconds without a word")
		}
		stop()
		synctest.Wait()
		if got := servers(t, id, 1)[0].State; got != account.ServerStopping {
			t.Errorf("one that stops is %s", got)
		}
		ended()
		servers(t, id, 0)
	})
}
