package holdfast

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast/internal/deadline"
)

// NewServer returns an http.Server for the handler with limits that a slow or
// hostile caller cannot outlast: 5 seconds and 32 KiB for the header, 30 seconds
// for the whole request, a minute until the answer has been taken, two minutes
// without a request. A handler that flushes has a minute for each write. The
// body's size is Config.MaxBody's to bound; how many connections there may be
// is for the listener to say.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// ListenAndServe serves on addr until ctx ends, then lets requests in
// progress, and the work of [Background], finish for up to ten seconds. It refuses to start an application
// whose declarations are wrong.
func (a *App) ListenAndServe(ctx context.Context, addr string) error {
	if err := a.Err(); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("holdfast: listen on %s: %w", addr, err)
	}
	server := NewServer(addr, a)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(grace), a.Wait(grace))
	})
	defer stop()
	if err := server.Serve(deadline.Listen(listener)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
