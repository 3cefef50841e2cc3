package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// HTTP says how an issuer is reached. The zero HTTP is the safe one.
type HTTP struct {
	// Transport makes the connections. If nil it is one of the package's own,
	// without a proxy, which dials no address of a private network. A Transport of
	// your own has to see to that itself: only addresses that are written in a URL
	// are checked then.
	Transport http.RoundTripper

	// Timeout is how long one look at the issuer takes at most, from the first
	// request to the last byte; 10 seconds if zero, at most a minute.
	Timeout time.Duration

	FollowRedirects       bool // up to three, each by the same rules; never for introspection
	AllowPrivateAddresses bool // also of this machine, wherever the issuer is
	InsecurePlainHTTP     bool // http for others than this machine
}

func (h HTTP) withDefaults() (HTTP, error) {
	h.Timeout = cmp.Or(h.Timeout, 10*time.Second)
	if h.Timeout < 0 || h.Timeout > time.Minute {
		return h, errors.New("issuer: HTTP.Timeout is not between nothing and a minute")
	}
	return h, nil
}

// client asks by the rules, and reads no more than it is told.
type client struct {
	http  *http.Client
	rules rules
	own   *http.Transport // nil if the transport is the program's
}

const maxRedirects = 3

func newClient(config HTTP, r rules) *client {
	c := &client{rules: r}
	if config.Transport == nil {
		c.own = r.transport()
		config.Transport = c.own
	}
	c.http = &http.Client{Transport: config.Transport, CheckRedirect: c.redirect}
	return c
}

func (c *client) redirect(next *http.Request, via []*http.Request) error {
	switch {
	case !c.rules.redirects:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return c.rules.url(next.URL)
}

func (c *client) close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// response is an answer that was read to its end.
type response struct {
	status int
	header http.Header
	body   []byte
}

// get asks for what is at a URL.
func (c *client) get(ctx context.Context, address, etag string, limit int64) (response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return response{}, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	return c.do(req, limit)
}

// do sends a request and reads the answer, which must be 200, or 304 if the
// request allows that.
func (c *client) do(req *http.Request, limit int64) (response, error) {
	if err := c.rules.url(req.URL); err != nil {
		return response{}, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return response{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	unchanged := resp.StatusCode == http.StatusNotModified && req.Header.Get("If-None-Match") != ""
	if resp.StatusCode != http.StatusOK && !unchanged {
		return response{}, &statusError{resp.StatusCode, fmt.Sprintf("%s answers %s%s", req.URL, resp.Status, where(resp))}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return response{}, fmt.Errorf("read the answer of %s: %w", req.URL, err)
	case int64(len(body)) > limit:
		return response{}, &statusError{resp.StatusCode, fmt.Sprintf("the answer of %s is longer than %d bytes", req.URL, limit)}
	}
	return response{resp.StatusCode, resp.Header, body}, nil
}

// statusError is an answer that is of no use by its status or size.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// isDown reports whether there was no whole answer, or one that says to come
// again later.
func isDown(err error) bool {
	s, ok := errors.AsType[*statusError](err)
	return err != nil && (!ok || s.status >= http.StatusInternalServerError || s.status == http.StatusTooManyRequests)
}

// where says to which place an answer sends us that is not followed.
func where(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil || resp.StatusCode/100 != 3 {
		return ""
	}
	text := fmt.Sprintf(" with a redirect to %q, which is not followed", to.Redacted())
	if resp.Request.Method == http.MethodGet {
		text += "; say HTTP.FollowRedirects if that is meant"
	}
	return text
}

// unreadable says what is wrong with the body of an answer.
func (r response) unreadable(of, what string, err error) error {
	if kind := r.header.Get("Content-Type"); kind != "" && !strings.Contains(kind, "json") {
		what += fmt.Sprintf(" (it is %.60q)", kind)
	}
	return fmt.Errorf("the answer of %s is no %s: %w", of, what, err)
}
