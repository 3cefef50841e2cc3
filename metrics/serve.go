package metrics

import (
	"context"
	"net"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/conns"
)

// mostScrapers is how many connections there may be. They must not use up what the
// system lets the process open, which its other listeners need.
const mostScrapers = 64

// Serve serves GET /metrics on a listener of its own, which it closes, until ctx
// ends. Nothing in progress there is worth waiting for. An error is why it cannot
// serve on; the end of ctx is none.
func (m *Metrics) Serve(ctx context.Context, l net.Listener) error {
	server := holdfast.NewServer(l.Addr().String(), m.Handler())
	l = conns.Limit(server, l, conns.Config{Most: mostScrapers})
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	err := server.Serve(l)
	if ctx.Err() != nil {
		return nil
	}
	return err
}
