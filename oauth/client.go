package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Clients is what the endpoints need of an [account.Service] to know who asks.
type Clients interface {
	// Client returns a client, or account.ErrNoClient.
	Client(ctx context.Context, id string) (account.Client, error)

	// AuthenticateClient returns the client whose secret it is, and a name for the
	// credential that says nothing of it. Error: account.ErrBadClient.
	AuthenticateClient(ctx context.Context, id string, secret account.Secret) (client account.Client, credential string, err error)

	// AuthenticateAssertion is AuthenticateClient for what a client has signed of
	// itself, for one of the names of this server.
	AuthenticateAssertion(ctx context.Context, assertion string, audience []string) (client account.Client, credential string, err error)

	// ClientGrant is what a client gets for itself. Errors: account.ErrNoClient,
	// *account.InvalidError for a scope.
	ClientGrant(ctx context.Context, clientID string, ask account.Ask) (account.Grant, error)

	// MachineCaller returns the caller that a client is for itself, while the
	// credential counts. Error: account.ErrNoCaller.
	MachineCaller(ctx context.Context, clientID, credential string, scopes []string) (account.Caller, error)
}

// How clients authenticate themselves (RFC 7591 section 2,
// token_endpoint_auth_method).
const (
	AuthNone  = "none" // public clients
	AuthBasic = "client_secret_basic"
	AuthPost  = "client_secret_post"
	AuthKey   = "private_key_jwt"
)

// AssertionType is the client_assertion_type of private_key_jwt (RFC 7523 section
// 2.2).
const AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" //nolint:gosec // a name, not a secret

// authMethods are the methods that there are, for the metadata.
func (s *Server) authMethods() []string {
	switch {
	case s.config.Clients == nil:
		return []string{AuthNone}
	case s.config.Issuer == "":
		return []string{AuthNone, AuthBasic, AuthPost}
	}
	return []string{AuthNone, AuthBasic, AuthPost, AuthKey}
}

// ClientForm is what a form says of the client that sends it (RFC 6749 section
// 2.3.1, RFC 7523 section 2.2).
type ClientForm struct {
	ClientID      string `form:"client_id" doc:"The built-in client if there is none"`
	ClientSecret  string `form:"client_secret" format:"password" doc:"Or in an Authorization header: Basic"`
	AssertionType string `form:"client_assertion_type"`
	Assertion     string `form:"client_assertion" format:"password" doc:"A token that the client has signed of itself, in place of a secret"`

	credential string // with which the client was authenticated
}

// Authorization is the header of that name, in which a client may present its
// secret.
type Authorization struct{ values []string }

var authorization = holdfast.FromRequest(func(r *http.Request) (Authorization, error) {
	return Authorization{r.Header.Values("Authorization")}, nil
})

// basic returns the id and the secret of HTTP Basic, each form-encoded (RFC 6749
// section 2.3.1). Both empty are none: Swagger UI sends them for a client without
// a name. A header of another scheme is no client's.
func (a Authorization) basic() (id, secret string, sent bool, err error) {
	if len(a.values) == 0 {
		return "", "", false, nil
	}
	word, rest, _ := strings.Cut(a.values[0], " ")
	switch {
	case len(a.values) > 1:
		return "", "", true, refuse("invalid_request", "There are several Authorization headers")
	case !strings.EqualFold(word, "Basic"):
		return "", "", false, nil
	}
	data, err1 := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	name, password, ok := strings.Cut(string(data), ":")
	id, err2 := url.QueryUnescape(name)
	secret, err3 := url.QueryUnescape(password)
	if err := errors.Join(err1, err2, err3); err != nil || !ok {
		return "", "", true, noClient(true, errUnreadable) // not their words, which quote it
	}
	return id, secret, id != "" || secret != "", nil
}

var errUnreadable = errors.New("the Authorization header cannot be read")

// asking is a client that has been authenticated, as far as it has to be.
type asking struct {
	account.Client

	credential string // with which it was; "" for a public one
}

// authenticate returns the client that a request comes from: the built-in one if
// it says nothing. Credentials that are sent are checked, never ignored, and
// they are sent in one way only. Its errors are answers.
func (s *Server) authenticate(ctx context.Context, presented Authorization, form ClientForm) (asking, error) {
	id, secret, basic, err := presented.basic()
	if err != nil {
		return asking{}, err
	}
	if err := form.oneWay(basic); err != nil {
		return asking{}, err
	}
	switch {
	case form.Assertion != "":
		return s.byAssertion(ctx, form)
	case basic && form.ClientID != "" && form.ClientID != id:
		return asking{}, refuse("invalid_request", "client_id is not that of the Authorization header")
	case !basic:
		id, secret = form.ClientID, form.ClientSecret
	}
	if secret == "" { // RFC 6749 section 2.3.1: one that is empty may as well be left out
		return s.public(ctx, id, basic)
	}
	if s.config.Clients == nil {
		return asking{}, noClient(basic, account.ErrNoClient)
	}
	client, credential, err := s.config.Clients.AuthenticateClient(ctx, id, account.Secret(secret))
	return authenticated(client, credential, basic, err)
}

// oneWay refuses a client that authenticates itself in several ways (RFC 6749
// section 2.3).
func (f ClientForm) oneWay(basic bool) error {
	ways := 0
	for _, used := range []bool{basic, f.ClientSecret != "", f.Assertion != ""} {
		if used {
			ways++
		}
	}
	switch {
	case ways > 1:
		return refuse("invalid_request", "The client authenticates itself in more than one way")
	case f.Assertion == "" && f.AssertionType != "":
		return refuse("invalid_request", "client_assertion_type is there, and client_assertion is not")
	case f.Assertion != "" && f.AssertionType != AssertionType:
		return refuse("invalid_request", "client_assertion_type must be "+AssertionType)
	}
	return nil
}

// byAssertion authenticates a client by what it has signed, which is for this
// server by its name or that of its token endpoint (RFC 7523 section 3).
func (s *Server) byAssertion(ctx context.Context, form ClientForm) (asking, error) {
	if s.config.Clients == nil || s.config.Issuer == "" {
		return asking{}, noClient(false, account.ErrNoClient)
	}
	audience := []string{s.config.Issuer, strings.TrimRight(s.config.Issuer, "/") + "/token"}
	client, credential, err := s.config.Clients.AuthenticateAssertion(ctx, form.Assertion, audience)
	if err == nil && form.ClientID != "" && form.ClientID != client.ID { // RFC 7521 section 4.2
		err = account.ErrBadClient
	}
	return authenticated(client, credential, false, err)
}

// authenticated is the answer of Clients.
func authenticated(client account.Client, credential string, basic bool, err error) (asking, error) {
	switch {
	case errors.Is(err, account.ErrBadClient):
		return asking{}, noClient(basic, err)
	case err != nil:
		return asking{}, unavailable(err)
	}
	return asking{client, credential}, nil
}

// public returns a client that presents nothing, which is right for a public one
// alone.
func (s *Server) public(ctx context.Context, id string, basic bool) (asking, error) {
	if s.config.Clients == nil {
		if id == "" || id == account.BuiltInClient {
			return asking{Client: builtIn}, nil
		}
		return asking{}, noClient(basic, account.ErrNoClient)
	}
	client, err := s.config.Clients.Client(ctx, id)
	switch {
	case errors.Is(err, account.ErrNoClient) || err == nil && (!client.Public || client.Disabled):
		return asking{}, noClient(basic, err)
	case err != nil:
		return asking{}, unavailable(err)
	}
	return asking{Client: client}, nil
}

// builtIn is the one client where there are no others.
var builtIn = account.Client{
	ID: account.BuiltInClient, Name: account.BuiltInClient, FirstParty: true, Public: true,
	Grants: []string{account.GrantPassword, account.GrantRefresh},
}

// noClient is the answer to a client that is not known or has the wrong
// credentials: one for all (RFC 6749 section 5.2).
func noClient(basic bool, cause error) error {
	const words = "The client is not known, or its credentials are wrong or missing"
	out := &holdfast.Error{Status: http.StatusUnauthorized, Body: refusal{"invalid_client", words, words}, Cause: cause}
	if basic {
		out.Header = http.Header{"Www-Authenticate": {`Basic realm="clients"`}}
	}
	return out
}
