// Command holdfast-otel is the server of `holdfast serve` with OpenTelemetry: users,
// roles, tokens and the console, on SQLite or PostgreSQL. It has the flags that a
// server behind a proxy needs, with the names and environment variables of those of
// `holdfast serve`; everything else is done with `holdfast` on the same database.
//
// Where traces and metrics go is in OpenTelemetry's own variables, such as
// OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4318 without), OTEL_SERVICE_NAME and
// OTEL_TRACES_SAMPLER.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/console"
	"github.com/holdfast-go/holdfast/identity"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/otel"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var auth = identity.NewScheme()

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "holdfast-otel:", err)
		os.Exit(1)
	}
}

// settings are what the flags and the environment say.
type settings struct {
	db, addr, url, masterKey string
	proxies                  []string
	drain                    time.Duration
	jsonLog                  bool
}

func parse(args []string, getenv func(string) string, std io.Writer) (s settings, err error) {
	f := flag.NewFlagSet("holdfast-otel", flag.ContinueOnError)
	f.SetOutput(std)
	proxies, drain := getenv("HOLDFAST_TRUSTED_PROXY"), cmp.Or(getenv("HOLDFAST_DRAIN"), "0s")
	f.StringVar(&s.db, "db", cmp.Or(getenv("HOLDFAST_DB"), "holdfast.db"), "the database: an SQLite file, or postgres://USER:PASSWORD@HOST/NAME")
	f.StringVar(&s.addr, "addr", cmp.Or(getenv("HOLDFAST_ADDR"), "127.0.0.1:8000"), "the address to listen on")
	f.StringVar(&s.url, "url", getenv("HOLDFAST_URL"), "the public URL; where it listens if empty")
	f.StringVar(&s.masterKey, "master-key-file", getenv("HOLDFAST_MASTER_KEY_FILE"), "the file with the key that encrypts signing keys")
	f.StringVar(&proxies, "trusted-proxy", proxies, "proxies whose X-Forwarded-For is believed, with commas between them")
	f.StringVar(&drain, "drain", drain, "how long to go on after being told to stop")
	f.BoolVar(&s.jsonLog, "log-json", getenv("HOLDFAST_LOG_FORMAT") == "json", "log as JSON")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if proxies != "" {
		s.proxies = strings.Split(proxies, ",")
	}
	if s.drain, err = time.ParseDuration(drain); err != nil {
		return s, fmt.Errorf("-drain: %w", err)
	}
	return s, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, out, std io.Writer) (err error) {
	s, err := parse(args, getenv, std)
	if err != nil {
		return err
	}
	config, listener, closing, err := s.open(ctx, std)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	observed, flush, err := exporters(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, flush()) }()
	id, err := identity.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, id.Close()) }()
	app := id.NewApp(holdfast.Config{Title: "Holdfast", Version: "0.1.0"})
	if id.HasSessions() {
		if err := console.Mount(app, id, console.Config{Title: "Holdfast"}); err != nil {
			return err
		}
	}
	otel.Observe(app, observed)
	if _, err := fmt.Fprintf(out, "Holdfast\n  API     %s\n  Listens %s\n", id.URL(), listener.Addr()); err != nil {
		return err
	}
	return id.Serve(ctx, app, listener)
}

// open opens what the server stands on. closing closes the store.
func (s settings) open(ctx context.Context, std io.Writer) (config identity.Config, l net.Listener, closing func() error, err error) {
	config = identity.Config{Scheme: auth, URL: s.url, TrustedProxies: s.proxies, Drain: s.drain}
	config.Logger = slog.New(slog.NewTextHandler(std, nil))
	if s.jsonLog {
		config.Logger = slog.New(slog.NewJSONHandler(std, nil))
	}
	if s.masterKey != "" {
		if config.Keys.Master, err = keyring.ReadMasterKey(s.masterKey); err != nil {
			return config, nil, nil, err
		}
	}
	if l, err = new(net.ListenConfig).Listen(ctx, "tcp", s.addr); err != nil {
		return config, nil, nil, err
	}
	if local := "http://" + l.Addr().String(); s.url == "" && identity.IsLocal(local) {
		config.URL = local
	}
	if strings.HasPrefix(s.db, "postgres://") || strings.HasPrefix(s.db, "postgresql://") {
		store, err := postgres.Open(ctx, postgres.Config{URL: s.db, Log: config.Logger})
		if err != nil {
			return config, nil, nil, errors.Join(err, l.Close())
		}
		config.Store = store
		return config, l, store.Close, nil
	}
	store, err := sqlite.Open(ctx, strings.TrimPrefix(s.db, "sqlite://"))
	if err != nil {
		return config, nil, nil, errors.Join(err, l.Close())
	}
	config.Store = store
	return config, l, store.Close, nil
}

// exporters are where traces and metrics go. flush sends what is left of them.
func exporters(ctx context.Context) (config otel.Config, flush func() error, err error) {
	spans, err := otlptracehttp.New(ctx)
	if err != nil {
		return config, nil, err
	}
	numbers, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return config, nil, err
	}
	traces := trace.NewTracerProvider(trace.WithBatcher(spans))
	metrics := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(numbers)))
	return otel.Config{Traces: traces, Metrics: metrics}, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(traces.Shutdown(ctx), metrics.Shutdown(ctx))
	}, nil
}
