package identity

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/panics"
)

const (
	linkSenders = 4
	linkQueue   = 256              // waiting to be sent
	linkTime    = 30 * time.Second // for each, and after Close for all that are left
)

// links sends links with which users set a new password, after the answer to
// those who ask: a few at once, from a queue with an end.
type links struct {
	accounts *Accounts
	url      string
	send     func(ctx context.Context, user account.User, link string) error
	log      *slog.Logger

	queue   chan string // names
	closed  chan struct{}
	stop    context.CancelFunc // ends the contexts of those that are being sent
	sending sync.WaitGroup
}

// openLinks starts the senders. Close ends them.
func openLinks(c *Config, accounts *Accounts, url string) *links {
	ctx, stop := context.WithCancel(byServer(context.Background()))
	l := &links{
		accounts: accounts, url: url, send: c.SendLink, log: c.Logger,
		queue: make(chan string, linkQueue), closed: make(chan struct{}), stop: stop,
	}
	for range linkSenders {
		l.sending.Go(func() { l.run(ctx) }) // until Close
	}
	return l
}

// ask reports whether there was room to remember the name.
func (l *links) ask(name string) bool {
	select {
	case l.queue <- name:
		return true
	default:
		return false
	}
}

func (l *links) run(ctx context.Context) {
	for {
		select {
		case name := <-l.queue:
			l.sendTo(ctx, name)
			continue
		default: // what is waiting goes before the end
		}
		select {
		case name := <-l.queue:
			l.sendTo(ctx, name)
		case <-l.closed:
			return
		}
	}
}

// sendTo sends the user of a name a link, if there is one who may sign in.
func (l *links) sendTo(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	err := panics.Catch(func() error {
		user, err := l.accounts.UserByName(ctx, strings.TrimSpace(name))
		if err != nil {
			return err
		}
		if user.Disabled {
			return account.ErrNoUser
		}
		secret, err := l.accounts.AskReset(ctx, user.ID)
		if err != nil {
			return err
		}
		return l.send(ctx, user, link(l.url, "reset", secret))
	})
	if err != nil && !errors.Is(err, account.ErrNoUser) {
		l.log.LogAttrs(ctx, slog.LevelError, "a link for a new password was not sent", slog.String("error", err.Error()))
	}
}

// Close waits for what was asked for, and ends what takes too long.
func (l *links) Close() error {
	close(l.closed)
	late := time.AfterFunc(linkTime, l.stop)
	l.sending.Wait()
	late.Stop()
	l.stop()
	return nil
}
