package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/metrics"
)

// watch looks out for freezes, and serves what it sees on addr if there is
// one. stop ends both.
func watch(ctx context.Context, std streams, addr string, seen *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	server := &http.Server{} //nolint:gosec // it does not listen
	if addr != "" {
		if server, err = serveMetrics(ctx, std, addr, seen, log); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { seen.Watch(ctx, metrics.WatchConfig{Logger: log}) })
	return func() {
		cancel()
		watching.Wait()
		_ = server.Close() // nothing in progress there is worth waiting for
	}, nil
}

func serveMetrics(ctx context.Context, std streams, addr string, seen *metrics.Metrics, log *slog.Logger) (*http.Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--metrics-addr: listen on %s: %w", addr, err)
	}
	server := holdfast.NewServer(addr, seen.Handler())
	go func() { // ends with the server's Close
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.LogAttrs(ctx, slog.LevelError, "metrics are not served any more", slog.String("error", err.Error()))
		}
	}()
	fmt.Fprintf(std.out, "\nMetrics %s/metrics\n", localURL(listener.Addr()))
	return server, nil
}

// localURL is where this machine finds what listens on an address.
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
