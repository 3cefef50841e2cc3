// Package nativelogin signs a person in at an authorization server from a
// command: the authorization code flow with PKCE and a loopback redirect (RFC
// 8252 section 7.3), with the checks of RFC 9207 and RFC 9700. It believes
// nothing that it has not checked: neither where the server says that its
// endpoints are, nor what a browser brings to the redirect.
package nativelogin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config says where to sign in, and as what.
type Config struct {
	Issuer   string   // the authorization server's, as in "https://auth.example.org"
	ClientID string   // of a public client that may be sent back to 127.0.0.1
	Scopes   []string // to ask for
	Resource []string // which services the token is for (RFC 8707); the server's own default if none

	// Open shows the address to the person, who signs in there. Its error ends the
	// sign-in.
	Open func(address string) error

	// Transport is for the requests to the server; http.DefaultTransport if nil.
	Transport http.RoundTripper
}

// Tokens is what the server gives (RFC 6749 section 5.1).
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope"`
}

// flow is one sign-in.
type flow struct {
	Config
	client   *http.Client
	server   metadata
	redirect string
	state    string
	verifier string
}

// patience is how long one request to the server may take.
const patience = 30 * time.Second

// Login signs in, and waits until the person has done so or ctx ends.
func Login(ctx context.Context, config Config) (Tokens, error) {
	f := &flow{Config: config, state: rand.Text(), verifier: rand.Text() + rand.Text()}
	f.client = &http.Client{
		Transport: config.Transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var err error
	if f.server, err = f.discover(ctx); err != nil {
		return Tokens{}, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Tokens{}, fmt.Errorf("listen for the browser: %w", err)
	}
	f.redirect = "http://" + listener.Addr().String() + callback
	code, err := f.await(ctx, listener)
	if err != nil {
		return Tokens{}, err
	}
	return f.redeem(ctx, code)
}

// address is where the person signs in.
func (f *flow) address() string {
	sum := sha256.Sum256([]byte(f.verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {f.ClientID}, "redirect_uri": {f.redirect}, "state": {f.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if len(f.Scopes) > 0 {
		query.Set("scope", strings.Join(f.Scopes, " "))
	}
	for _, one := range f.Resource {
		query.Add("resource", one)
	}
	joint := "?"
	if strings.Contains(f.server.Authorization, "?") { // which RFC 6749 section 3.1 has it keep
		joint = "&"
	}
	return f.server.Authorization + joint + query.Encode()
}

// metadata is what an authorization server says of itself (RFC 8414 section 2).
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	NamesIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
}

// discover reads the metadata, and refuses that of a server with which this flow
// would not be safe.
func (f *flow) discover(ctx context.Context) (metadata, error) {
	f.Issuer = strings.TrimRight(f.Issuer, "/")
	if err := checkAddress(f.Issuer); err != nil {
		return metadata{}, err
	}
	var out metadata
	at := wellKnown(f.Issuer)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return out, err
	}
	status, err := f.ask(request, &out)
	switch {
	case err != nil:
		return out, err
	case status != http.StatusOK:
		return out, fmt.Errorf("%s answers with %d: it is no authorization server, or its issuer is another", at, status)
	case strings.TrimRight(out.Issuer, "/") != f.Issuer:
		return out, fmt.Errorf("the server at %s says that it is %s: sign in there if that is meant", f.Issuer, out.Issuer)
	case out.Authorization == "":
		return out, fmt.Errorf("%s has no authorization_endpoint: there is no sign-in with a browser", f.Issuer)
	case !slices.Contains(out.Challenges, "S256"):
		return out, fmt.Errorf("%s does not say that it knows PKCE with S256", f.Issuer)
	}
	return out, errors.Join(checkAddress(out.Authorization), checkAddress(out.Token))
}

// wellKnown is where the metadata of an issuer is (RFC 8414 section 3).
func wellKnown(issuer string) string {
	const name = "/.well-known/oauth-authorization-server"
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer + name
	}
	path := u.EscapedPath()
	return strings.TrimSuffix(issuer, path) + name + path
}

// checkAddress refuses addresses that strangers on the way could read.
func checkAddress(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%q is no address of a server", text)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return fmt.Errorf("%s is not https, and not of this machine", text)
}
