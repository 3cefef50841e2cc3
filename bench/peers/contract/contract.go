// Package contract says what every peer must do before it is measured: which
// requests it must let in and which it must refuse, and how. A server that skips a check would
// be faster for nothing.
package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/holdfast-go/holdfast/bench/peers/app"
)

// The paths.
const (
	Items  = "/users/me/items/"
	Public = "/public"
	status = "/status/"
	login  = "/token"
)

// request is one call and what must come back.
type request struct {
	name   string
	path   string
	header string     // Authorization, if it is not empty
	form   url.Values // posted, if there is one
	status int
	body   any // what the JSON must be; nil for a refusal, which has a detail
}

// Check asks a server everything that the contract says, and returns what it
// answered otherwise.
func Check(ctx context.Context, base string) error {
	client := &http.Client{}
	defer client.CloseIdleConnections()
	requests := append(open(), refusals()...)
	signedIn, err := signIn(ctx, client, base)
	errs := []error{err}
	for _, r := range append(requests, signedIn...) {
		if err := r.check(ctx, client, base); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.name, err))
		}
	}
	return errors.Join(errs...)
}

var foo = []app.Item{{ItemID: "Foo", Owner: "alice"}}

// open are the requests that must be answered.
func open() []request {
	good := bearer(Token("alice", "me items"))
	return []request{
		{name: "anyone may see what is public", path: Public, status: 200, body: app.Message{Message: "Hello World"}},
		{name: "a token with both scopes sees the items", path: Items, header: good, status: 200, body: foo},
		{name: "more scopes do no harm", path: Items, header: bearer(Token("alice", "other items me")), status: 200, body: foo},
		{name: "a token without scopes sees the status", path: status, header: bearer(Token("alice", "")), status: 200, body: app.Status{Status: "ok"}},
		{name: "an inactive user sees the status", path: status, header: bearer(Token("bob", "")), status: 200, body: app.Status{Status: "ok"}},
		{name: "an inactive user sees no items", path: Items, header: bearer(Token("bob", "me items")), status: 400},
		{name: "a wrong password", path: login, form: loginForm("alice", "wrong"), status: 400},
		{name: "an unknown name", path: login, form: loginForm("carol", app.Password), status: 400},
	}
}

// refusals are the requests that must be refused.
func refusals() []request {
	list := []request{
		{name: "no credential", path: Items, status: 401},
		{name: "no credential for the status", path: status, status: 401},
		{name: "only the scope me", path: Items, header: bearer(Token("alice", "me")), status: 403},
		{name: "only the scope items", path: Items, header: bearer(Token("alice", "items")), status: 403},
		{name: "no scope", path: Items, header: bearer(Token("alice", "")), status: 403},
		{name: "scopes that only contain the names", path: Items, header: bearer(Token("alice", "meitems some:items me.")), status: 403},
		{name: "Basic", path: Items, header: "Basic YWxpY2U6eA==", status: 401},
		{name: "an empty bearer", path: Items, header: "Bearer ", status: 401},
	}
	for name, token := range badTokens() {
		list = append(list, request{name: name, path: Items, header: bearer(token), status: 401})
		list = append(list, request{name: name + ", for the status", path: status, header: bearer(token), status: 401})
	}
	return list
}

func bearer(token string) string { return "Bearer " + token }

func loginForm(name, secret string) url.Values {
	return url.Values{"grant_type": {"password"}, "username": {name}, "password": {secret}, "scope": {"me items"}}
}

// signIn gets a token and returns the requests that it must be good for.
func signIn(ctx context.Context, client *http.Client, base string) ([]request, error) {
	r := request{path: login, form: loginForm("alice", app.Password)}
	resp, body, err := r.send(ctx, client, base) //nolint:bodyclose // send has read and closed it
	if err != nil {
		return nil, err
	}
	var token app.Token
	if err := json.Unmarshal(body, &token); err != nil || resp.StatusCode != http.StatusOK || token.AccessToken == "" || token.TokenType != "bearer" {
		return nil, fmt.Errorf("POST /token = %d %s", resp.StatusCode, body)
	}
	return []request{
		{name: "a token of /token sees the items", path: Items, header: bearer(token.AccessToken), status: 200, body: foo},
		{name: "a token of /token, cut", path: Items, header: bearer(token.AccessToken[:len(token.AccessToken)-4]), status: 401},
	}, nil
}

func (r request) send(ctx context.Context, client *http.Client, base string) (*http.Response, []byte, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.form != nil {
		method, body = http.MethodPost, strings.NewReader(r.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, base+r.path, body)
	if err != nil {
		return nil, nil, err
	}
	if r.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.header != "" {
		req.Header.Set("Authorization", r.header)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return resp, text, err
}

func (r request) check(ctx context.Context, client *http.Client, base string) error {
	resp, text, err := r.send(ctx, client, base) //nolint:bodyclose // as above
	if err != nil {
		return err
	}
	if resp.StatusCode != r.status {
		return fmt.Errorf("GET %s = %d %s, want %d", r.path, resp.StatusCode, text, r.status)
	}
	if challenge := resp.Header.Get("WWW-Authenticate"); r.status == http.StatusUnauthorized && !strings.HasPrefix(challenge, "Bearer") {
		return fmt.Errorf("401 with the challenge %q, want Bearer", challenge)
	}
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(kind, "application/problem+json") {
		return fmt.Errorf("the answer is %q, want JSON", kind)
	}
	if r.body == nil {
		var refusal app.Problem
		if err := json.Unmarshal(text, &refusal); err != nil || refusal.Detail == "" {
			return fmt.Errorf("the refusal %s has no detail", text)
		}
		return nil
	}
	return sameJSON(text, r.body)
}

// sameJSON compares an answer with a value, member by member.
func sameJSON(text []byte, want any) error {
	wanted, err := json.Marshal(want)
	if err != nil {
		return err
	}
	var a, b any
	if err := errors.Join(json.Unmarshal(text, &a), json.Unmarshal(wanted, &b)); err != nil {
		return err
	}
	if !reflect.DeepEqual(a, b) {
		return fmt.Errorf("the answer is %s, want %s", text, wanted)
	}
	return nil
}
