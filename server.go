package holdfast

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/internal/serving"
)

// NewServer returns an http.Server for the handler with limits that a slow or
// hostile caller cannot outlast: 5 seconds and 32 KiB for the header, 30 seconds
// for the whole request, a minute until the answer has been taken, two minutes
// without a request. A handler that flushes has a minute for each write. The
// body's size is Config.MaxBody's to bound; how many connections there may be
// is for the listener to say, see package conns. Over HTTP/2 a connection has 100
// requests at once and 128 KiB of bodies that no handler has read yet.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 100, MaxReceiveBufferPerConnection: 128 << 10, MaxReceiveBufferPerStream: 64 << 10,
		},
	}
}

// ListenAndServe serves on addr until ctx ends. Then it goes on until no
// connection is open, for a second at most, in which answers tell callers to
// close theirs; and then it accepts nothing new, and lets requests in progress,
// and the work of [Background], finish for up to ten seconds. It refuses to start
// an application whose declarations are wrong.
//
// There are 10,000 connections at most, a quarter of them from one IPv4 address or
// /64 of IPv6. When there is no room, the connection that has been idle for longest
// makes some. For other numbers, serve [NewServer] on a listener of package conns.
func (a *App) ListenAndServe(ctx context.Context, addr string) error {
	if err := a.Err(); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("holdfast: listen on %s: %w", addr, err)
	}
	server := serving.Server{HTTP: NewServer(addr, a), Grace: grace, Wait: a.Wait}
	return server.Serve(ctx, listener)
}
