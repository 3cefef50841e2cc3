package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	authorizePath  = "/authorize"
	tokenPath      = "/token"
	revokePath     = "/revoke"
	introspectPath = "/introspect"
	metadataPath   = "/.well-known/oauth-authorization-server"
	keySetPath     = "/.well-known/jwks.json"
)

// world is one of the two servers, with what has been made on it.
type world struct {
	name    string
	base    string // its address
	below   string // the path that its endpoints are below
	clients map[string]*client
	stop    func()

	// signIn signs the person in where a browser was sent, and returns where it
	// goes on.
	signIn func(ctx context.Context, w *world, at *url.URL) (*reply, error)

	stranger, person *http.Client // a browser without cookies, and one with those of a sign-in
	assertions       int          // made so far
}

// newWorld makes the browsers, which follow no redirect.
func newWorld(name, base string) (*world, error) {
	jar, err := cookiejar.New(nil)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	plain := &http.Transport{DisableCompression: true}
	return &world{
		name: name, base: base, clients: map[string]*client{}, stop: func() {},
		stranger: &http.Client{Timeout: 20 * time.Second, CheckRedirect: stay, Transport: plain},
		person:   &http.Client{Timeout: 20 * time.Second, CheckRedirect: stay, Transport: plain, Jar: jar},
	}, err
}

func (w *world) do(r *http.Request, signedIn bool) (*reply, error) {
	browser := w.stranger
	if signedIn {
		browser = w.person
	}
	got, err := browser.Do(r) //nolint:bodyclose // read does
	if err != nil {
		return nil, err
	}
	return read(got)
}

// value makes what a placeholder stands for. Most of it works once, so it is made
// for each request.
func (w *world) value(ctx context.Context, name string) (string, error) {
	words := strings.Fields(name)
	who := words[len(words)-1]
	switch words[0] {
	case "basic": // the id and the secret, or that of a client
		secret := strings.Join(words[2:], " ")
		if secret == "secret" {
			secret = w.clients[words[1]].secret
		}
		return raw(url.QueryEscape(words[1]) + ":" + url.QueryEscape(secret)), nil
	case "assertion":
		return w.assertion(name)
	}
	if c := w.clients[who]; c != nil {
		return w.made(ctx, strings.TrimSuffix(name, " "+who), c)
	}
	return "", errors.New("there is no such placeholder")
}

// made makes what belongs to a client.
func (w *world) made(ctx context.Context, what string, c *client) (string, error) {
	switch what {
	case "secret of":
		return c.secret, nil
	case "code of":
		return w.code(ctx, c)
	case "used code of":
		return w.usedCode(ctx, c)
	case "refresh of":
		return w.grant(ctx, c, "refresh_token")
	case "used refresh of":
		return w.usedRefresh(ctx, c, 1)
	case "stolen refresh of": // its successor was used, too
		return w.usedRefresh(ctx, c, 2)
	case "revoked refresh of":
		return w.revoked(ctx, c, "refresh_token")
	case "access of":
		return w.grant(ctx, c, "access_token")
	case "revoked access of":
		return w.revoked(ctx, c, "access_token")
	case "machine access of":
		return w.machineAccess(ctx, c)
	}
	return "", errors.New("there is no such placeholder")
}

// ask is a request of a code by a client that does everything right.
func ask(c *client) params {
	redirect := c.redirects[0]
	return of("client_id", c.id, "response_type", "code", "redirect_uri", redirect, "scope", scopeMe+" "+scopeUsers,
		"state", "a-state", "code_challenge", challenge, "code_challenge_method", "S256")
}

// code signs in, the first time, and returns a code for the client.
func (w *world) code(ctx context.Context, c *client) (string, error) {
	at, err := url.Parse(w.base + w.below + authorizePath + "?" + ask(c).String())
	if err != nil {
		return "", err
	}
	for range 8 {
		got, err := w.get(ctx, at)
		if err == nil && (got.headers.Get("Location") == "" || strings.Contains(at.Path, "/interaction/")) {
			got, err = w.signIn(ctx, w, at)
		}
		if err != nil {
			return "", err
		}
		to, err := at.Parse(got.headers.Get("Location"))
		if err != nil {
			return "", err
		}
		if code := to.Query().Get("code"); code != "" {
			return code, nil
		}
		if to.Host != at.Host || to.String() == at.String() {
			return "", fmt.Errorf("no code: %s leads to %d %s %s", at, got.status, to, got.body)
		}
		at = to
	}
	return "", errors.New("no code, but one redirect after another")
}

func (w *world) get(ctx context.Context, at *url.URL) (*reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	return w.do(r, true)
}

// post sends a form as a client, and returns the answer's JSON.
func (w *world) post(ctx context.Context, path string, c *client, form params) (map[string]any, error) {
	sent := request{name: "prepare", method: http.MethodPost, path: path, form: form, headers: http.Header{}}
	switch c.method {
	case "client_secret_basic":
		sent.headers.Set("Authorization", basic(c.id, "secret"))
	case "client_secret_post":
		sent.form = append(sent.form, of("client_id", c.id, "client_secret", "{secret of "+c.id+"}")...)
	default:
		sent.form = append(sent.form, of("client_id", c.id)...)
	}
	got, err := sent.send(ctx, w)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if got.status != http.StatusOK || len(got.body) > 0 && json.Unmarshal(got.body, &out) != nil {
		return nil, fmt.Errorf("%s of %s = %d %s", path, c.id, got.status, got.body)
	}
	return out, nil
}

// grant returns a token that the client got for a code.
func (w *world) grant(ctx context.Context, c *client, which string) (string, error) {
	code, err := w.code(ctx, c)
	if err != nil {
		return "", err
	}
	got, err := w.post(ctx, tokenPath, c, redeem(c, code))
	return text(got, which), err
}

func text(from map[string]any, name string) string {
	out, _ := from[name].(string)
	return out
}

func redeem(c *client, code string) params {
	return of("grant_type", codeGrant, "code", code, "redirect_uri", c.redirects[0], "code_verifier", verifier)
}

func (w *world) usedCode(ctx context.Context, c *client) (string, error) {
	code, err := w.code(ctx, c)
	if err != nil {
		return "", err
	}
	_, err = w.post(ctx, tokenPath, c, redeem(c, code))
	return code, err
}

// usedRefresh is a refresh token after which others were issued, each for the one
// before.
func (w *world) usedRefresh(ctx context.Context, c *client, times int) (string, error) {
	first, err := w.grant(ctx, c, "refresh_token")
	if err != nil {
		return "", err
	}
	for next := first; times > 0; times-- {
		got, err := w.post(ctx, tokenPath, c, of("grant_type", refreshGrant, "refresh_token", next))
		if err != nil {
			return "", err
		}
		next = text(got, "refresh_token")
	}
	return first, nil
}

func (w *world) revoked(ctx context.Context, c *client, which string) (string, error) {
	token, err := w.grant(ctx, c, which)
	if err != nil {
		return "", err
	}
	_, err = w.post(ctx, revokePath, c, of("token", token))
	return token, err
}

func (w *world) machineAccess(ctx context.Context, c *client) (string, error) {
	got, err := w.post(ctx, tokenPath, c, of("grant_type", machineGrant, "scope", scopeMe))
	return text(got, "access_token"), err
}

// assertion makes a client's assertion (RFC 7523) with the faults that its name
// has after the first word.
func (w *world) assertion(name string) (string, error) {
	w.assertions++
	now := time.Now() // both servers read the real clock
	header := map[string]any{"alg": "ES256", "kid": "1"}
	claims := map[string]any{
		"iss": keyed, "sub": keyed, "aud": w.base + w.below, "jti": w.name + strconv.Itoa(w.assertions),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	key := signing
	if name != "assertion" {
		change := assertionFaults[strings.TrimPrefix(name, "assertion ")]
		if change == nil {
			return "", errors.New("there is no such fault")
		}
		key = change(header, claims)
	}
	return sign(key, header, claims)
}
