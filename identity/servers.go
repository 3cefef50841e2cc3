package identity

import (
	"context"
	"net"
	"os"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/tty"
)

// tellOthers tells the other servers on the store, again and again until ctx ends, that
// this one is there and how it is, and then that it stops. The function that it returns
// is for when everything was answered: this one is forgotten then. A store that cannot
// be told is no reason to serve worse: the others see that nothing is heard.
func (id *Identity) tellOthers(ctx context.Context, at net.Addr) (ended func()) {
	ctx, stop := context.WithCancel(ctx)
	server, err := id.Accounts().NewServer()
	if err != nil {
		return stop
	}
	server.Host, _ = os.Hostname()
	server.Address = at.String()
	_, server.Build, _ = strings.Cut(tty.Version("holdfast"), " ")
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(account.TellServerEvery)
		defer tick.Stop()
		for {
			id.tell(ctx, server)
			select {
			case <-ctx.Done():
				server.State = account.ServerStopping
				id.tell(context.WithoutCancel(ctx), server)
				return
			case <-tick.C:
			}
		}
	}()
	return func() {
		stop()
		<-done
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
		defer cancel()
		_ = id.Accounts().ForgetServer(ctx, server.ID) // it is forgotten tomorrow
	}
}

// tellWithin is how long a store may take to be told: a stop must not wait for one that
// does not answer.
const tellWithin = 2 * time.Second

func (id *Identity) tell(ctx context.Context, server account.Server) {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	if server.State == account.ServerReady && id.accounts.CheckChanges(ctx) != nil {
		server.State = account.ServerDeaf
	}
	_ = id.Accounts().TellServer(ctx, server) // and again soon
}
