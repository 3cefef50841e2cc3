package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/internal/requestlog"
	"github.com/holdfast-go/holdfast/internal/secretfile"
	"github.com/holdfast-go/holdfast/internal/serving"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/metrics"
	"github.com/holdfast-go/holdfast/password"
	"github.com/holdfast-go/holdfast/store/backup"
	"github.com/holdfast-go/holdfast/store/memory"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// serveCmd is `holdfast serve`.
type serveCmd struct {
	database
	masterKey
	breachedFile
	insecureSwitches
	DBMaxConns    int               `name:"db-max-conns" default:"10" help:"The most connections to PostgreSQL, beside the one that listens for what other servers change. All servers together must stay below its max_connections."`
	DBTimeout     time.Duration     `name:"db-timeout" default:"5s" help:"How long PostgreSQL may take for a transaction, with the wait for a connection; the answer is 503 then."`
	DBListen      string            `name:"db-listen" help:"Where PostgreSQL itself is, if --db leads to a pooler of connections such as PgBouncer: there this server is told what others change. Without, it asks four times a second." placeholder:"URL"`
	Addr          string            `default:"127.0.0.1:8000" help:"The address to listen on." placeholder:"HOST:PORT"`
	URL           string            `name:"url" help:"The public URL, which is the issuer of the tokens. Chosen once and stored ('holdfast issuer set' changes it); never taken from a Host header. Where it listens, for trying, if that is this machine alone." placeholder:"URL"`
	Audience      []string          `help:"Whom the access tokens are for; may be repeated. The first is this server's own API, which refuses others. The issuer by default, or 'holdfast' in a database whose tokens have always said that." placeholder:"NAME"`
	AccessTTL     time.Duration     `name:"access-ttl" default:"15m" help:"How long an access token lives."`
	RefreshTTL    time.Duration     `name:"refresh-ttl" default:"720h" help:"How long a session lives."`
	Overlap       time.Duration     `name:"refresh-overlap" default:"30s" help:"For how long a refresh token that was used is answered with the one that was issued for it, for a second tab and for answers that get lost; 0 ends the session of every token that is used twice."`
	SessionIdle   time.Duration     `name:"session-idle" default:"0" help:"How long a session lives without being used; 0 for no such limit."`
	MaxKeyTTL     time.Duration     `name:"max-api-key-ttl" default:"8784h" help:"How long an API key lives at most."`
	KeyPeriod     time.Duration     `name:"key-period" default:"720h" help:"How long a key signs access tokens before the next one takes over; 0 for ever."`
	KeyAnnounce   time.Duration     `name:"key-announce" default:"24h" help:"How long a key is published before it signs, so that others who verify tokens have it."`
	TrustedProxy  []string          `help:"A proxy (address or network) whose X-Forwarded-For, or else Forwarded, is believed; may be repeated. None by default: all who come through a proxy have its address then. One of them lets others reach the server over plain http, as the proxy does." placeholder:"CIDR"`
	Service       map[string]string `help:"A service that may ask POST /introspect whether a token still stands, and the file with its secret of 32 characters or more; may be repeated." placeholder:"NAME=FILE"`
	TLSCert       string            `name:"tls-cert" help:"A file with the certificate and those above it, in PEM: the server then serves https. It is read again when it changes." placeholder:"FILE"`
	TLSKey        string            `name:"tls-key" help:"The file with the certificate's private key." placeholder:"FILE"`
	InsecureHTTP  bool              `name:"insecure-http" help:"Serve plain http where others can reach it, and let --url be http://: passwords and tokens are for everybody to read who is on the way. For networks of one's own."`
	MaxConns      int               `default:"10000" help:"The most connections at once. When there is no room, the one makes some that has been idle for longest."`
	MaxConnsEach  int               `help:"How many of them one address may have, or the /64 of an IPv6 address, but for trusted proxies. A quarter of --max-conns by default." placeholder:"N"`
	Drain         time.Duration     `default:"0s" help:"How long to go on after being told to stop, not ready any more, for those who send callers here to notice; 0 for until no connection is open, a second at most."`
	AuditKeep     time.Duration     `name:"audit-keep" default:"9600h" help:"How long records of the audit trail are kept; 0 for ever."`
	LogFormat     string            `default:"text" enum:"text,json" help:"How the log is written: as text, or as JSON with an object for each line."`
	LogOneOf      int               `name:"log-one-of" default:"1" help:"Write one of so many requests that succeed into the log; those that are refused or fail always are." placeholder:"N"`
	MetricsAddr   string            `help:"An address on which to serve GET /metrics for Prometheus; nobody is asked who they are there. Off by default." placeholder:"HOST:PORT"`
	PasswordGrant bool              `name:"allow-password-grant" help:"Let clients send people's names and passwords to POST /token. Off unless the public URL is this machine's: a client that does sees the passwords of all who use it, and people learn to type theirs anywhere (RFC 9700 forbids it). 'holdfast login' and clients with a browser do not need it."`
	NoConsole     bool              `help:"Do without the console at /console, where administrators and managers look at who may do what, and change it."`
	NoDocs        bool              `name:"no-docs" help:"Serve neither the docs page nor the document of the API."`
	CORSOrigin    []string          `name:"cors-origin" help:"An origin whose pages may call the API from a browser; may be repeated. None by default." placeholder:"ORIGIN"`
}

// Run serves until the context ends.
func (c *serveCmd) Run(ctx context.Context, std streams) error {
	handlers := map[string]slog.Handler{"text": requestlog.NewText(std.err), "json": requestlog.NewJSON(std.err)}
	log := slog.New(handlers[c.LogFormat])
	ctx = account.WithActor(ctx, account.AuditActor{Kind: "server", Name: account.ActorOf(ctx).Name})
	if err := c.check(); err != nil {
		return usageError{err}
	}
	listener, err := serving.Listen(ctx, c.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w%s", c.Addr, err, hintFor(err))
	}
	defer func() { _ = listener.Close() }() // Serve closes it too
	secure, err := c.tls(log)
	if err != nil {
		return err
	}
	if err := c.mayServe(listener.Addr(), secure); err != nil {
		return err
	}
	store, err := c.openWith(ctx, postgres.Config{MaxConns: c.DBMaxConns, Timeout: c.DBTimeout, Listen: c.DBListen, Log: log})
	if err != nil {
		return err
	}
	err = c.withPolicy(func(policy password.Policy) error {
		config, err := c.config(ctx, store, listener.Addr(), log)
		if err != nil {
			return err
		}
		config.Policy, config.TLS = policy, secure
		return c.serve(ctx, std, config, listener)
	})
	return errors.Join(err, store.Close())
}

func (c *serveCmd) serve(ctx context.Context, std streams, config identity.Config, l net.Listener) (err error) {
	seen := metrics.New()
	config.Metrics = seen
	if pool, ok := config.Store.(*postgres.Store); ok {
		seen.Database(func() metrics.DatabaseStats { return metrics.DatabaseStats(pool.Stats()) })
	}
	id, err := identity.Open(ctx, config)
	if err != nil {
		return flagged(err)
	}
	defer func() { err = errors.Join(err, id.Close()) }()
	app, err := newApp(id, config.Store, holdfast.Docs{NoDocument: c.NoDocs}, !c.NoConsole)
	if err = errors.Join(err, c.greet(ctx, std, id, app, l.Addr())); err != nil {
		return err
	}
	unwatch, err := watch(ctx, std, c.MetricsAddr, seen, config.Logger)
	if err != nil {
		return err
	}
	defer unwatch()
	return id.Serve(ctx, app, l)
}

// check says which flags do not fit together.
func (c *serveCmd) check() error {
	switch {
	case c.DBMaxConns < 2:
		return errors.New("--db-max-conns must be 2 or more")
	case c.DBTimeout < 100*time.Millisecond:
		return errors.New("--db-timeout must be 100ms or more")
	case c.DBListen != "" && !c.isPostgres():
		return errors.New("--db-listen is for PostgreSQL alone, and --db is none")
	case c.LogOneOf < 1:
		return errors.New("--log-one-of must be 1 or more: of so many requests that succeed one is logged")
	case c.MaxConns < 1 || c.MaxConnsEach < 0 || c.MaxConnsEach > c.MaxConns:
		return errors.New("--max-conns must be 1 or more, and --max-conns-each not more than it")
	case c.AccessTTL < time.Second || c.RefreshTTL < c.AccessTTL:
		return errors.New("--access-ttl must be a second or more, and --refresh-ttl not shorter than it")
	case c.Overlap < 0 || c.Overlap > 10*time.Minute:
		return errors.New("--refresh-overlap must be between 0 and 10m: for so long a token that was copied may go unnoticed")
	case c.SessionIdle != 0 && c.SessionIdle <= c.AccessTTL:
		return errors.New("--session-idle must be longer than --access-ttl, or 0 for no limit")
	case c.KeyPeriod != 0 && c.KeyPeriod <= c.KeyAnnounce:
		return errors.New("--key-period must be longer than --key-announce, or 0 for ever")
	}
	return nil
}

// config is what the flags say.
func (c *serveCmd) config(ctx context.Context, store store, addr net.Addr, log *slog.Logger) (identity.Config, error) {
	out := config(store)
	out.Audience, out.TrustedProxies, out.CORSOrigins = c.Audience, c.TrustedProxy, c.CORSOrigin
	out.AccessTTL, out.RefreshTTL, out.MaxConns, out.Drain, out.Logger = c.AccessTTL, c.RefreshTTL, c.MaxConns, c.Drain, log
	out.MaxConnsEach, out.InsecureHTTP = c.MaxConnsEach, c.InsecureHTTP
	out.RefreshOverlap, out.SessionIdle = cmp.Or(c.Overlap, account.StrictRefresh), c.SessionIdle
	out.MaxAPIKeyTTL, out.AuditKeep = c.MaxKeyTTL, cmp.Or(c.AuditKeep, -1)
	out.Keys = identity.Keys{Period: cmp.Or(c.KeyPeriod, -1), Announce: c.KeyAnnounce}
	out.AllowPasswordGrant, out.LogOneOf = c.PasswordGrant, c.LogOneOf
	c.insecureSwitches.apply(ctx, &out)
	var err error
	if out.URL, err = c.url(ctx, store, addr); err != nil {
		return out, err
	}
	if out.Services, err = c.services(); err != nil {
		return out, err
	}
	out.Keys.Master, out.Keys.OldMaster, err = c.readBoth()
	return out, err
}

// services reads the secrets of services.
func (c *serveCmd) services() (map[string]account.Secret, error) {
	out := map[string]account.Secret{}
	for name, file := range c.Service {
		secret, err := secretfile.Read(file)
		if err != nil {
			return nil, fmt.Errorf("--service %s: %w", name, err)
		}
		out[name] = account.Secret(strings.TrimSpace(string(secret)))
	}
	return out, nil
}

// url is where the server is reached: as the flag says, as the store does, or
// where it listens if that is this machine alone.
func (c *serveCmd) url(ctx context.Context, store store, addr net.Addr) (string, error) {
	stored, err := identity.Issuer(ctx, store)
	local := "http://" + addr.String()
	if c.TLSCert != "" {
		local = "https://" + addr.String()
	}
	switch {
	case err != nil || c.URL != "":
		return c.URL, err
	case stored != "" && !identity.IsLocal(stored):
		return "", nil
	case identity.IsLocal(local):
		return local, nil
	}
	return "", fmt.Errorf("others can reach %s, so say what the public URL is, which the tokens name as their issuer: --url https://auth.example.org, or --url http://localhost:8000 for trying", addr)
}

// newApp is the server's application. Its root leads to the first of console, account
// and docs that there is.
func newApp(id *identity.Identity, store identity.Store, docs holdfast.Docs, withConsole bool) (app *holdfast.App, err error) {
	app = id.NewApp(holdfast.Config{
		Docs: docs, Title: "Holdfast", Version: "0.1.0",
		Description: "Users, roles and tokens. Press Authorize, sign in, and tick the scopes to ask for.",
	})
	home := "docs"
	if id.HasSessions() {
		home = strings.TrimPrefix(id.AccountPath(), "/")
	}
	if withConsole && id.HasSessions() {
		home, err = "console", console.Mount(app, id, console.Config{Title: "Holdfast", Backup: backup.Of(store)})
	}
	app.Handle("GET /", holdfast.Raw(holdfast.Public(), func(w http.ResponseWriter, _ *http.Request, _ holdfast.Anyone) error {
		w.Header().Set("Location", home) // relative: it holds behind any prefix
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}), holdfast.Hidden())
	return app, err
}

// described is the application for those who only read its table. It needs no
// database, so it is made on a store in memory.
func described(ctx context.Context, read func(*holdfast.App) error) (err error) {
	config := config(memory.New())
	config.URL, config.Logger = "http://localhost", slog.New(slog.DiscardHandler)
	id, err := identity.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, id.Close()) }()
	app, err := newApp(id, config.Store, holdfast.Docs{}, true)
	if err != nil {
		return err
	}
	return read(app)
}

// flags are what fields of the configuration are called here.
var flags = map[string]string{ //nolint:gosec // no credentials
	"URL": "--url", "TrustedProxies": "--trusted-proxy", "CORSOrigins": "--cors-origin", "Audience": "--audience", "Services": "--service", "Drain": "--drain",
	"TLS": "--tls-cert", "InsecureHTTP": "--insecure-http", "Keys.Announce": "--key-announce", "Keys.Period": "--key-period", "MaxAPIKeyTTL": "--max-api-key-ttl",
}

// flagged says of an error which flag it is about.
func flagged(err error) error {
	var wrong *identity.ConfigError
	if errors.As(err, &wrong) && flags[wrong.Field] != "" {
		return fmt.Errorf("%s: %s", flags[wrong.Field], wrong.Reason)
	}
	if errors.Is(err, keyring.ErrSealed) {
		return withKeyHint(keyring.ErrSealed) // in the words of flags
	}
	return err
}

// hintFor says what to do about an address that cannot be listened on.
func hintFor(err error) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		return " (another program has the port; --addr chooses another)"
	}
	return " (--addr wants HOST:PORT, as in 127.0.0.1:8000)"
}

// greet prints what a person needs to go on.
func (c *serveCmd) greet(ctx context.Context, std streams, id *identity.Identity, app *holdfast.App, addr net.Addr) error {
	if err := app.Err(); err != nil {
		return err
	}
	place, err := c.place()
	if err != nil {
		return err
	}
	kept := ""
	if id.Issuer() != id.URL() {
		kept = " (chosen at the first start, and kept)"
	}
	docs := id.URL() + "/docs"
	if c.NoDocs {
		docs = "none (--no-docs)"
	}
	fmt.Fprintf(std.out, "Holdfast\n  API     %s\n  Docs    %s\n", id.URL(), docs)
	if !c.NoConsole && id.HasSessions() {
		fmt.Fprintf(std.out, "  Console %s/console\n", id.URL())
	}
	fmt.Fprintf(std.out, "  Issuer  %s%s\n  Data    %s\n", id.Issuer(), kept, place)
	if id.URL() != "http://"+addr.String() { // a proxy, or a person with curl, has to know where
		fmt.Fprintf(std.out, "  Listens %s\n", addr)
	}
	link, err := id.SetupLink(ctx)
	if err != nil {
		return err
	}
	if link != "" {
		fmt.Fprintf(std.out, "\nNobody is administrator yet. Open this link, which works once, for 30 minutes:\n  %s\nor run:\n  holdfast user add NAME --role admin --db %s\n", link, place)
	}
	fmt.Fprintln(std.out)
	return app.WriteAccess(std.out)
}
