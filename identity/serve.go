package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/internal/conns"
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
		return logged(c.Logger, c.LogOneOf, trusted, sourced(c.Logger, allowed(app)))
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
// for up to ten seconds. It refuses an application whose declarations are wrong, and
// an address of which CheckServe says so, and logs which roles and scopes of the
// store and of the routes have nothing to do with each other. While it serves, it tells
// so in the store: [account.Service.Servers].
func (id *Identity) ListenAndServe(ctx context.Context, app *holdfast.App, addr string) error {
	listener, err := serving.Listen(ctx, addr)
	if err != nil {
		return fmt.Errorf("identity: listen on %s: %w", addr, err)
	}
	return id.Serve(ctx, app, listener)
}

// Serve is ListenAndServe on a listener, which it closes.
func (id *Identity) Serve(ctx context.Context, app *holdfast.App, l net.Listener) error {
	defer func() { _ = l.Close() }() // the server closes it too
	if err := errors.Join(app.Err(), id.checkServe(l.Addr())); err != nil {
		return err
	}
	log := id.config.Logger
	if err := warnOfRoles(ctx, app, id.accounts.Service, log); err != nil {
		return err
	}
	if lane := id.accounts.lane; lane != nil {
		log.LogAttrs(ctx, slog.LevelInfo, "hashing is bounded", slog.String("lane", lane.String()))
	}
	server, err := id.server(app, l.Addr())
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() {
		id.stopping.Store(true)
		log.LogAttrs(ctx, slog.LevelInfo, "stopping; requests in progress may finish")
	})()
	defer id.tellOthers(ctx, l.Addr())()
	return server.Serve(ctx, l)
}

// checkServe is CheckServe with the URL that holds.
func (id *Identity) checkServe(at net.Addr) error {
	config := id.config
	config.URL = id.url
	return config.CheckServe(at)
}

// server is the one that serves an application.
func (id *Identity) server(app *holdfast.App, at net.Addr) (*serving.Server, error) {
	c := &id.config
	trusted, err := parseProxies(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	handler := id.Handler(app)
	if c.TLS != nil {
		handler = strictly(id.url, handler)
	}
	s := holdfast.NewServer(at.String(), handler)
	s.ErrorLog = slog.NewLogLogger(c.Logger.Handler(), slog.LevelWarn)
	bounds := conns.New(conns.Config{Most: c.MaxConns, Each: c.MaxConnsEach, Exempt: trusted.trust, Log: c.Logger})
	if m, ok := c.Metrics.(gauged); ok {
		m.Gauge("connections", func() (running, queued, most int) {
			now := bounds.Stats()
			return now.Open, now.Waiting, now.Most
		})
	}
	return &serving.Server{HTTP: s, Drain: c.Drain, Grace: grace, Wait: app.Wait, Conns: bounds, TLS: c.TLS}, nil
}

// gauged are metrics that measure bounds, too.
type gauged interface {
	Gauge(name string, read func() (running, queued, most int))
}

// grace is how long requests in progress may take when the program stops.
const grace = 10 * time.Second
