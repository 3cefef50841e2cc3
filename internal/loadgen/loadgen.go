// Package loadgen sends HTTP requests and measures how long answers take, for
// benchmarks. Its client is small on purpose: it shares the machine with what
// it measures.
package loadgen

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// timeout is the longest that one answer is waited for.
const timeout = time.Minute

// Target is one request, to be sent many times.
type Target struct {
	// Patience is how long Closed waits after a 503, as Retry-After asks.
	Patience time.Duration

	addr string
	text []byte
}

// Addr is the server's.
func (t *Target) Addr() string { return t.addr }

// NewTarget makes a target of a plain http URL. The header is lines, each with
// its end.
func NewTarget(method, link, header, body string) (*Target, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return nil, fmt.Errorf("loadgen: %q is not an http URL with a port", link)
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n%s", method, u.RequestURI(), u.Host, header, len(body), body)
	return &Target{addr: u.Host, text: []byte(text)}, nil
}

// Bearer is the header line of a token.
func Bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }

// Form is the header line of a form.
const Form = "Content-Type: application/x-www-form-urlencoded\r\n"

// conn is a connection that is kept for the next request.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func (t *Target) dial(ctx context.Context) (*conn, error) {
	c, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, "tcp", t.addr)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReaderSize(c, 4096)}, nil
}

// send sends the request and reads the answer to its end.
func (c *conn) send(text []byte, until time.Time) (status int, body []byte, err error) {
	_ = c.SetDeadline(until) // an error shows in what follows
	if _, err := c.Write(text); err != nil {
		return 0, nil, err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// Once sends the request and returns the answer.
func (t *Target) Once(ctx context.Context) (status int, body []byte, err error) {
	c, err := t.dial(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = c.Close() }()
	return c.send(t.text, time.Now().Add(timeout)) //nolint:forbidigo // a benchmark's clock is the clock
}

// Closed sends the request over so many connections, on each the next as soon
// as the last is answered, until ctx ends.
func (t *Target) Closed(ctx context.Context, conns int, r *Recorder) {
	var all sync.WaitGroup
	for range conns {
		all.Go(func() {
			for ctx.Err() == nil {
				t.keepSending(ctx, r)
			}
		})
	}
	all.Wait()
}

// keepSending uses one connection for as long as it lasts.
func (t *Target) keepSending(ctx context.Context, r *Recorder) {
	c, err := t.dial(ctx)
	if err != nil {
		r.fail(ctx)
		return
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })() // ends what waits for an answer
	defer func() { _ = c.Close() }()
	for ctx.Err() == nil {
		began := time.Now() //nolint:forbidigo // as above
		status, _, err := c.send(t.text, began.Add(timeout))
		if err != nil {
			r.fail(ctx)
			return
		}
		r.add(status, time.Since(began)) //nolint:forbidigo // as above
		if status == http.StatusServiceUnavailable && t.Patience > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(t.Patience):
			}
		}
	}
}

// Open sends the request so many times a second until ctx ends, whether or not
// the ones before were answered, and counts from when each was due: a server
// that stands still for a second delays all requests of that second, not only
// the one that a waiting client had sent.
func (t *Target) Open(ctx context.Context, perSecond float64, r *Recorder) {
	var idle pool
	defer idle.close()
	t.due(ctx, perSecond, func(ctx context.Context, due time.Time) { t.sendOne(ctx, &idle, due, r) })
}

// OpenEach is Open on a connection of its own for each request.
func (t *Target) OpenEach(ctx context.Context, perSecond float64, r *Recorder) {
	t.due(ctx, perSecond, func(ctx context.Context, due time.Time) {
		var own pool
		t.sendOne(ctx, &own, due, r)
		own.close()
	})
}

// due calls send so many times a second, until ctx ends, and waits for all of them.
func (t *Target) due(ctx context.Context, perSecond float64, send func(context.Context, time.Time)) {
	var all sync.WaitGroup
	defer all.Wait()
	gap := time.Duration(float64(time.Second) / perSecond)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Now(); ; due = due.Add(gap) { //nolint:forbidigo // as above
		timer.Reset(time.Until(due)) //nolint:forbidigo // as above
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		all.Go(func() { send(context.WithoutCancel(ctx), due) })
	}
}

func (t *Target) sendOne(ctx context.Context, idle *pool, due time.Time, r *Recorder) {
	c, status, err := t.reuse(idle, due)
	if err != nil {
		c, status, err = t.renew(ctx, due)
	}
	if err != nil {
		r.fail(ctx)
		return
	}
	r.add(status, time.Since(due)) //nolint:forbidigo // as above
	idle.put(c)
}

// reuse sends the request over a connection that is kept. A server may have closed it
// meanwhile: then the request is sent again, as every client does.
func (t *Target) reuse(idle *pool, due time.Time) (*conn, int, error) {
	c := idle.take()
	if c == nil {
		return nil, 0, errNoneKept
	}
	status, _, err := c.send(t.text, due.Add(timeout))
	if err != nil {
		_ = c.Close()
	}
	return c, status, err
}

var errNoneKept = errors.New("loadgen: no connection is kept")

// renew sends the request over a connection of its own.
func (t *Target) renew(ctx context.Context, due time.Time) (*conn, int, error) {
	c, err := t.dial(ctx)
	if err != nil {
		return nil, 0, err
	}
	status, _, err := c.send(t.text, due.Add(timeout))
	if err != nil {
		_ = c.Close()
	}
	return c, status, err
}

// pool keeps idle connections; the last used is the first to be used again.
type pool struct {
	mu   sync.Mutex
	idle []*conn
}

func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c
}

func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
}

func (p *pool) close() {
	for c := p.take(); c != nil; c = p.take() {
		_ = c.Close()
	}
}
