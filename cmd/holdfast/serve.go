package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/metrics"
)

// serveCmd is `holdfast serve`.
type serveCmd struct {
	database
	masterKey
	insecureSwitches
	Addr         string        `default:"127.0.0.1:8000" help:"The address to listen on." placeholder:"HOST:PORT"`
	URL          string        `name:"url" help:"The public URL, which is the issuer of the tokens. Chosen once and stored; never taken from a Host header." placeholder:"URL"`
	AccessTTL    time.Duration `name:"access-ttl" default:"15m" help:"How long an access token lives."`
	RefreshTTL   time.Duration `name:"refresh-ttl" default:"720h" help:"How long a session lives."`
	KeyPeriod    time.Duration `name:"key-period" default:"720h" help:"How long a key signs access tokens before the next one takes over; 0 for ever."`
	KeyAnnounce  time.Duration `name:"key-announce" default:"24h" help:"How long a key is published before it signs, so that others who verify tokens have it."`
	TrustedProxy []string      `help:"A proxy (address or network) whose X-Forwarded-For is believed; may be repeated. None by default: all who come through a proxy are then one address, for which wrong passwords are counted together." placeholder:"CIDR"`
	MaxConns     int           `default:"10000" help:"The most connections at once; more wait to be accepted."`
	MetricsAddr  string        `help:"An address on which to serve GET /metrics for Prometheus; nobody is asked who they are there. Off by default." placeholder:"HOST:PORT"`
	CORSOrigin   []string      `name:"cors-origin" help:"An origin whose pages may call the API from a browser; may be repeated. None by default." placeholder:"ORIGIN"`
}

// Run serves until the context ends.
func (c *serveCmd) Run(ctx context.Context, std streams) (err error) {
	log := slog.New(slog.NewTextHandler(std.err, nil))
	trusted, err := parseProxies(c.TrustedProxy)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w%s", c.Addr, err, hintFor(err))
	}
	defer func() { _ = listener.Close() }() // Serve closes it too
	seen := metrics.New()
	passwords, err := newPasswords()
	if err != nil {
		return err
	}
	config := account.Config{RefreshTTL: c.RefreshTTL, Passwords: seen.Passwords(passwords)}
	c.apply(ctx, &config, log)
	o, err := c.open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close()) }()
	if o.refusals, err = openRefusalLog(ctx, c.DB, log); err != nil {
		return err
	}
	local := localURL(listener.Addr())
	srv, err := newServer(ctx, o, c, local, log, seen)
	if err != nil {
		return err
	}
	handler, err := c.inFront(log, trusted, srv.app)
	if err != nil {
		return err
	}
	if err := c.greet(ctx, std, o, srv, local); err != nil {
		return err
	}
	maintaining, stop := context.WithCancel(ctx)
	var keys sync.WaitGroup
	keys.Go(func() { srv.keys.Run(maintaining) }) // until the server has stopped
	defer keys.Wait()
	defer stop()
	if config.Lane == nil { // nothing was put in the place of the program's own
		log.LogAttrs(ctx, slog.LevelInfo, "hashing is bounded", slog.String("lane", o.lane.String()))
	}
	unwatch, err := watch(ctx, std, c.MetricsAddr, o, seen, log)
	if err != nil {
		return err
	}
	defer unwatch()
	return serveUntil(ctx, netutil.LimitListener(listener, c.MaxConns), handler, log)
}

// check says which flags do not fit together.
func (c *serveCmd) check() error {
	switch {
	case c.MaxConns < 1:
		return errors.New("--max-conns must be 1 or more")
	case c.AccessTTL < time.Second || c.RefreshTTL < c.AccessTTL:
		return errors.New("--access-ttl must be a second or more, and --refresh-ttl not shorter than it")
	case c.KeyPeriod != 0 && c.KeyPeriod <= c.KeyAnnounce:
		return errors.New("--key-period must be longer than --key-announce, or 0 for ever")
	}
	return nil
}

// inFront puts in front of the application what every request goes through.
// The access matrix is tested with it.
func (c *serveCmd) inFront(log *slog.Logger, trusted proxies, app http.Handler) (http.Handler, error) {
	handler, err := crossOrigin(c.CORSOrigin, app)
	if err != nil {
		return nil, err
	}
	return logged(log, trusted, sourced(log, trusted, handler)), nil
}

// hintFor says what to do about an address that cannot be listened on.
func hintFor(err error) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		return " (another program has the port; --addr chooses another)"
	}
	return " (--addr wants HOST:PORT, as in 127.0.0.1:8000)"
}

// localURL is where a browser on this machine finds the server.
func localURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// ofThisMachine reports whether a URL leads to the machine it is opened on.
func ofThisMachine(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// greet prints what a person needs to go on. Links are to the public URL if
// one was chosen, else to where the server listens now.
func (c *serveCmd) greet(ctx context.Context, std streams, o *opened, srv *server, local string) error {
	base := srv.issuer
	if ofThisMachine(base) {
		base = local
	}
	file, err := filepath.Abs(c.DB)
	if err != nil {
		return err
	}
	kept := ""
	if srv.issuer != base {
		kept = " (chosen at the first start, and kept)"
	}
	fmt.Fprintf(std.out, "Holdfast\n  API     %s\n  Docs    %s/docs\n  Issuer  %s%s\n  Data    %s\n", base, base, srv.issuer, kept, file)
	secret, err := o.accounts.NewSetup(ctx)
	switch {
	case errors.Is(err, account.ErrSetupDone):
	case err != nil:
		return err
	default:
		fmt.Fprintf(std.out, "\nNobody is administrator yet. Open this link, which works once, for 30 minutes:\n  %s/setup?secret=%s\nor run:\n  holdfast user add NAME --role admin --db %s\n",
			base, url.QueryEscape(string(secret)), file)
	}
	fmt.Fprintln(std.out)
	return srv.app.WriteAccess(std.out)
}

// serveUntil serves until ctx ends, then lets requests finish.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := holdfast.NewServer(l.Addr().String(), h)
	s.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }() // ends with Shutdown below
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.LogAttrs(ctx, slog.LevelInfo, "stopping; requests in progress may finish")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.Shutdown(grace)
}

// publicURL checks the issuer that a person chose.
func publicURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("--url %q: a public URL is http:// or https://, a host and perhaps a path", text)
	}
	return strings.TrimSuffix(text, "/"), nil
}
