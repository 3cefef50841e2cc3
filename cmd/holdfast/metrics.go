package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/holdfast-go/holdfast/metrics"
)

// watch looks out for freezes, and serves what it sees on addr if there is
// one. stop ends both.
func watch(ctx context.Context, std streams, addr string, seen *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	if addr != "" {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err != nil {
			cancel()
			return nil, fmt.Errorf("--metrics-addr: listen on %s: %w", addr, err)
		}
		watching.Go(func() {
			if err := seen.Serve(ctx, listener); err != nil {
				log.LogAttrs(ctx, slog.LevelError, "metrics are not served any more", slog.String("error", err.Error()))
			}
		})
		fmt.Fprintf(std.out, "\nMetrics %s/metrics\n", localURL(listener.Addr()))
	}
	watching.Go(func() { seen.Watch(ctx, metrics.WatchConfig{Logger: log}) })
	return func() {
		cancel()
		watching.Wait()
	}, nil
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
