// Package oauth is the authorization server's endpoints: POST /token with its
// grants, POST /revoke, POST /introspect, POST /logout, and under /.well-known the
// key set and where all of it is. It joins account, which knows
// users and sessions, with jwt, which knows tokens; neither knows the other, nor
// HTTP.
//
// These endpoints speak RFC 6749 whatever they are sent: their forms are read by
// its rules, and every error has its section 5.2's shape. One file is one grant or
// one endpoint; what comes next stands beside them.
//
// The password grant, against which RFC 9700 advises, is on unless
// Config.NoPasswordGrant says otherwise; package identity says so wherever others
// than this machine can reach the program.
package oauth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/apidoc"
	"github.com/holdfast-go/holdfast/internal/retryafter"
	"github.com/holdfast-go/holdfast/jwt"
)

// Accounts is what the endpoints need of an [account.Service].
type Accounts interface {
	Login(ctx context.Context, name, password string, ask account.Ask) (account.Grant, error)
	Refresh(ctx context.Context, refreshToken string, ask account.Ask) (account.Grant, error)
	Revoke(ctx context.Context, refreshToken, clientID string) error
	InspectRefresh(ctx context.Context, refreshToken, clientID string) (account.RefreshInfo, error)
	Logout(ctx context.Context, sessionID string) error
	Caller(ctx context.Context, userID, sessionID string, scopes []string) (account.Caller, error)
}

// Config says what a Server is made of. The fields up to TTL are required.
type Config struct {
	Accounts Accounts
	Scheme   *holdfast.Scheme[string] // how callers present an access token
	Signer   *jwt.Signer
	Verifier *jwt.Verifier
	KeySet   func(context.Context) ([]byte, error) // the public keys, as a JWKS
	TTL      time.Duration                         // of access tokens, for expires_in

	// Clients are those that may ask for tokens, an [account.Service]. If nil there
	// is the built-in one alone.
	Clients Clients

	// Audience is what tokens are for of which nothing else is asked, as Signer has
	// it. Clients may ask for some of it, or for what is theirs, by the parameter
	// resource (RFC 8707). Resource is a further name of its first, such as the public
	// URL of the program's own API. Nothing of it can be asked for if it is empty.
	Audience []string
	Resource string

	// AnyAudience verifies as Verifier does, but whichever the audience, so that
	// tokens for other services can be revoked and asked about. Verifier if nil: then
	// they cannot.
	AnyAudience *jwt.Verifier

	// NoPasswordGrant turns off that a client sends the name and the password of a
	// user (RFC 6749 section 4.3), which RFC 9700 section 2.4 says must not be used:
	// every client that does sees passwords, and people learn to type them anywhere.
	NoPasswordGrant bool

	Scopes        []string // named in the metadata; none if nil
	Documentation string   // an address for people who write clients, in the metadata; none if empty

	// Issuer is what the tokens say in iss. Clients that sign for themselves name it
	// as their audience, or its token endpoint; without it they cannot.
	Issuer string

	// Codes is the same [account.Service], for codes: with it, Clients and Issuer are
	// required. Without it there is no such grant.
	Codes Codes

	// KeySetAge is how long others may keep the key set; a minute if zero. It
	// must be shorter than the time for which a key is announced.
	KeySetAge time.Duration
}

// Server has the endpoints, and the dependency that turns an access token into
// a caller.
type Server struct {
	config Config
	caller holdfast.Dep[account.Caller]
	grants map[string]grant // by grant_type

	authorizes, introspects, revokes bool     // for the metadata
	redirects                        []string // of the built-in client, beside those it is declared with
}

// New makes a server.
func New(config Config) *Server {
	s := &Server{config: config}
	s.grants = map[string]grant{
		account.GrantRefresh: s.refresh,
	}
	if config.Clients != nil {
		s.grants[account.GrantClientCredentials] = s.clientCredentials
	}
	if !config.NoPasswordGrant {
		s.grants[account.GrantPassword] = s.password
	}
	if config.Codes != nil {
		s.grants[account.GrantCode] = s.code
	}
	s.caller = holdfast.Verify(config.Scheme, s.verify)
	return s
}

// Caller is the dependency for callers with a good access token. The
// store decides what the caller may do now; the token only bounds it.
func (s *Server) Caller() holdfast.Dep[account.Caller] { return s.caller }

// Verify returns the caller of an access token, as the store has it now. It is for
// tokens that are presented in another way than Config.Scheme's.
func (s *Server) Verify(ctx context.Context, token string) (account.Caller, error) {
	return s.verify(ctx, token)
}

func (s *Server) verify(ctx context.Context, token string) (account.Caller, error) {
	_, caller, err := s.read(ctx, token)
	return caller, err
}

// read is what a token says, and the caller that it stands for now. Error:
// jwt.ErrInvalid, account.ErrNoCaller, or 503 where neither is known.
func (s *Server) read(ctx context.Context, token string) (jwt.Claims, account.Caller, error) {
	return s.readAs(ctx, s.config.Verifier, token)
}

// readAs is read for a token that is as a verifier wants it.
func (s *Server) readAs(ctx context.Context, verifier *jwt.Verifier, token string) (jwt.Claims, account.Caller, error) {
	claims, err := verifier.Verify(ctx, token)
	switch {
	case errors.Is(err, jwt.ErrInvalid):
		return claims, account.Caller{}, err
	case err != nil: // the keys could not be had, so it is not known
		return claims, account.Caller{}, unavailable(err)
	}
	caller, err := s.callerOf(ctx, claims)
	if err != nil && !errors.Is(err, account.ErrNoCaller) {
		return claims, account.Caller{}, unavailable(err)
	}
	return claims, caller.Until(claims.Expiry), err
}

// callerOf returns who a token stands for now: a client itself if it is the
// token's subject, and else a user. No user has the id of a client.
func (s *Server) callerOf(ctx context.Context, claims jwt.Claims) (account.Caller, error) {
	if claims.ClientID == "" || claims.ClientID != claims.Subject {
		return s.config.Accounts.Caller(ctx, claims.Subject, claims.SessionID, claims.Scopes())
	}
	if s.config.Clients == nil {
		return account.Caller{}, account.ErrNoCaller
	}
	return s.config.Clients.MachineCaller(ctx, claims.Subject, claims.SessionID, claims.Scopes())
}

// keySetPath is where the key set stands, below the issuer.
const keySetPath = "/.well-known/jwks.json"

// Register adds the endpoints to an application.
func (s *Server) Register(on holdfast.Routes) {
	tags := holdfast.Tags("tokens")
	on.Handle("POST /token", holdfast.To1(holdfast.Public(), authorization, s.token), append(speaks(), fails(refused, badClient, tooLarge, throttled, noStore),
		holdfast.Summary("Get tokens"), holdfast.Description(s.describeGrants()), s.withoutFlows())...)
	holdfast.Post(on, "/logout", holdfast.Security(holdfast.Depends1(s.caller, ownSession)), s.logout, tags, fails(noStore),
		holdfast.Summary("End the session that the token belongs to"))
	on.Handle("GET "+keySetPath, holdfast.Raw(holdfast.Public(), s.keys), tags, holdfast.Answers("application/jwk-set+json"),
		holdfast.Summary("The public keys that verify access tokens"))
}

// What endpoints answer beside a success and what the framework refuses, as the
// document says it.
var (
	again = []apidoc.Header{{Name: "Retry-After", Text: "Seconds to wait"}}

	badClient = apidoc.Answer{Status: http.StatusUnauthorized, Text: "The client is not known, or its credentials are wrong (RFC 6749 section 5.2)", Type: apidoc.Type[refusal]()}
	refused   = apidoc.Answer{Status: http.StatusBadRequest, Text: "What is wrong with the request (RFC 6749 section 5.2)", Type: apidoc.Type[refusal]()}
	tooLarge  = apidoc.Answer{Status: http.StatusRequestEntityTooLarge, Text: "The form is too large", Type: apidoc.Type[refusal]()}
	throttled = apidoc.Answer{Status: http.StatusTooManyRequests, Text: "Too many attempts; come again", Type: apidoc.Type[refusal](), Headers: again}
	noStore   = apidoc.Answer{Status: http.StatusServiceUnavailable, Text: "The store cannot be asked; come again", Headers: again}
)

// fails says in the document with what an endpoint fails.
func fails(with ...apidoc.Answer) holdfast.RouteOption {
	return holdfast.Document(apidoc.Operation{Answers: with})
}

// ownSession is the session that a token belongs to. A machine has none.
func ownSession(_ context.Context, c account.Caller) (string, error) {
	if c.Machine() {
		return "", holdfast.Errorf(http.StatusForbidden, "A client that calls for itself has no session to end")
	}
	return c.SessionID, nil
}

func (s *Server) logout(ctx context.Context, session string, _ holdfast.NoInput) (holdfast.NoContent, error) {
	if err := s.config.Accounts.Logout(ctx, session); err != nil {
		return holdfast.NoContent{}, unavailable(err)
	}
	return holdfast.NoContent{}, nil
}

func (s *Server) keys(w http.ResponseWriter, r *http.Request, _ holdfast.Anyone) error {
	data, err := s.config.KeySet(r.Context())
	if err != nil {
		return unavailable(err)
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	age := cmp.Or(s.config.KeySetAge, time.Minute)
	w.Header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(age.Seconds())))
	_, _ = w.Write(data) // the caller may be gone
	return nil
}

// unavailable is for errors that are no answer about the caller: the store
// could not be asked, so no caller may pass.
func unavailable(err error) error {
	return &holdfast.Error{
		Status:     http.StatusServiceUnavailable,
		RetryAfter: retryafter.Of(err, time.Second),
		Cause:      err,
	}
}
