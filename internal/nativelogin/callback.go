package nativelogin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// callback is the path of the redirect.
const callback = "/callback"

// answer is what the browser has brought.
type answer struct {
	code string
	err  error
}

// await shows the address to the person and waits for the browser to come back.
func (f *flow) await(ctx context.Context, listener net.Listener) (code string, err error) {
	answers := make(chan answer, 1)
	server := &http.Server{
		Handler: f.handler(listener.Addr().String(), answers), ReadHeaderTimeout: patience, MaxHeaderBytes: 16 << 10,
	}
	go func() { _ = server.Serve(listener) }() // until Close, below
	defer func() { err = errors.Join(err, end(ctx, server)) }()
	if err := f.Open(f.address()); err != nil {
		return "", err
	}
	select {
	case got := <-answers:
		return got.code, got.err
	case <-ctx.Done():
		return "", fmt.Errorf("there was no sign-in: %w", ctx.Err())
	}
}

// end lets the browser have its page, and closes the listener.
func end(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// handler is the redirect. Others that call the port, such as a page that
// tries them all, do not know the state, and change nothing.
func (f *flow) handler(host string, answers chan<- answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		switch {
		case r.Host != host || r.URL.Path != callback: // another name of this machine may be somebody's trick
			show(w, http.StatusNotFound, "There is nothing here.")
			return
		case r.Method != http.MethodGet:
			show(w, http.StatusMethodNotAllowed, "This page is read, not sent to.")
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !f.sent(query) {
			show(w, http.StatusBadRequest, "This is not the answer to the sign-in that began in the shell.")
			return
		}
		code, err := f.judge(query)
		select {
		case answers <- answer{code, err}:
		default: // it has come before
		}
		if err != nil {
			show(w, http.StatusOK, "You are not signed in. The shell says why.")
			return
		}
		show(w, http.StatusOK, "You are signed in. Go back to the shell; this page can be closed.")
	})
}

func show(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html lang=\"en\"><title>holdfast login</title><p>%s</p></html>\n", text) // the browser may be gone
}

// sent reports whether a query is the answer to what this flow has asked.
func (f *flow) sent(query url.Values) bool {
	state := query["state"]
	return len(state) == 1 && subtle.ConstantTimeCompare([]byte(state[0]), []byte(f.state)) == 1
}

// judge reads the answer of the authorization server (RFC 6749 section 4.1.2, RFC
// 9207 section 2.4).
func (f *flow) judge(query url.Values) (code string, err error) {
	for _, name := range []string{"code", "iss", "error", "error_description"} {
		if len(query[name]) > 1 {
			return "", fmt.Errorf("the answer of the server has more than one %s", name)
		}
	}
	switch iss := query.Get("iss"); {
	case iss == "" && f.server.NamesIssuer:
		return "", errors.New("the answer does not say which server it is from, although this server does: it may be another's")
	case iss != "" && iss != f.server.Issuer:
		return "", fmt.Errorf("the answer is from %s, and this sign-in began at %s", plain(iss), f.server.Issuer)
	case query.Get("error") != "":
		return "", refusal(query.Get("error"), query.Get("error_description"))
	case query.Get("code") == "":
		return "", errors.New("the answer of the server has neither a code nor an error")
	}
	return query.Get("code"), nil
}

// refusal is an error of the server, in words that a terminal can show.
func refusal(code, description string) error {
	if description == "" {
		return fmt.Errorf("the server refuses: %s", plain(code))
	}
	return fmt.Errorf("the server refuses: %s: %s", plain(code), plain(description))
}

// plain is a text of another's without what could do something to a terminal.
func plain(text string) string {
	const longest = 300
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
