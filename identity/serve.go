package identity

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/serving"
)

// front makes what every request goes through before the application: an id
// and a line of the log, the caller's address, and other origins.
func front(c *Config) (func(http.Handler) http.Handler, error) {
	trusted, err := parseProxies(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	allowed, err := crossOrigin(c.CORSOrigins)
	if err != nil {
		return nil, err
	}
	return func(app http.Handler) http.Handler {
		return logged(c.Logger, trusted, sourced(c.Logger, trusted, allowed(app)))
	}, nil
}

// Handler puts in front of an application what every request goes through: an
// id, which the answer has as X-Request-Id, with a line of the log; the caller's
// address behind trusted proxies, for which wrong passwords are counted; and
// pages of other origins. Where there are Pages, a browser that asks for one of
// them without a session is sent to sign in first, and comes back. It is for
// programs with a server of their own, and for holdfasttest.Served.
func (id *Identity) Handler(app http.Handler) http.Handler {
	return id.around(guided(id.signInPage(&pages{}), app))
}

// ListenAndServe serves an application, with Handler in front, on addr until
// ctx ends. Then it is not ready any more and goes on for Config.Drain, in which
// answers tell callers to close their connections; and then it accepts nothing
// new, and lets requests in progress, and the work of holdfast.Background, finish
// for up to ten seconds. It refuses an application whose declarations are wrong, and logs which roles and
// scopes of the store and of the routes have nothing to do with each other.
func (id *Identity) ListenAndServe(ctx context.Context, app *holdfast.App, addr string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("identity: listen on %s: %w", addr, err)
	}
	return id.Serve(ctx, app, listener)
}

// Serve is ListenAndServe on a listener, which it closes.
func (id *Identity) Serve(ctx context.Context, app *holdfast.App, l net.Listener) error {
	defer func() { _ = l.Close() }() // the server closes it too
	if err := app.Err(); err != nil {
		return err
	}
	log := id.config.Logger
	if err := warnOfRoles(ctx, app, id.accounts.Service, log); err != nil {
		return err
	}
	if lane := id.accounts.lane; lane != nil {
		log.LogAttrs(ctx, slog.LevelInfo, "hashing is bounded", slog.String("lane", lane.String()))
	}
	s := holdfast.NewServer(l.Addr().String(), id.Handler(app))
	s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	server := &serving.Server{
		HTTP: s, Drain: id.config.Drain, Grace: grace, Wait: app.Wait,
		Limit: func(l net.Listener) net.Listener { return netutil.LimitListener(l, id.config.MaxConns) },
	}
	defer context.AfterFunc(ctx, func() {
		id.stopping.Store(true)
		log.LogAttrs(ctx, slog.LevelInfo, "stopping; requests in progress may finish")
	})()
	return server.Serve(ctx, l)
}

// grace is how long requests in progress may take when the program stops.
const grace = 10 * time.Second
