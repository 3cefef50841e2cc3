package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/accountapi"
	"github.com/holdfast-go/holdfast/jwt"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/oauth"
)

// Caller is who makes a request: the user, and what they may do now.
type Caller = account.Caller

// Identity is users, login and roles, put together. It is safe for concurrent
// use. Close it when no request is served any more.
type Identity struct {
	config   Config
	url      string // without a slash at its end, with the prefix
	issuer   string
	audience []string
	ownPages bool // the program has said something of its pages

	accounts *Accounts
	keys     *keyring.Ring
	tokens   *oauth.Server
	sessions *sessions
	socket   holdfast.Dep[Caller]
	apiKey   holdfast.Dep[Caller]
	api      *accountapi.API
	refusals *refusalLog
	links    *links // nil if none are sent
	around   func(http.Handler) http.Handler

	stop     context.CancelFunc // of what runs in the background
	running  sync.WaitGroup
	stopping atomic.Bool // Serve has been told to stop
	parts    []io.Closer // in the order in which they were opened
}

// Open puts everything together and makes what the store does not have yet:
// keys, roles, and what has to stay the same from one start to the next. What it
// starts in the background runs until Close, whatever becomes of ctx.
func Open(ctx context.Context, config Config) (_ *Identity, err error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	id := &Identity{config: config, stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, id.Close())
		}
	}()
	if id.around, err = front(&id.config); err != nil {
		return nil, err
	}
	if err := id.openAddresses(ctx); err != nil {
		return nil, err
	}
	if id.accounts, err = openAccounts(ctx, config, id.url); err != nil {
		return nil, err
	}
	id.parts = append(id.parts, id.accounts)
	if err := id.openTokens(ctx); err != nil {
		return nil, err
	}
	id.socket = holdfast.Verify(config.Scheme.socket, id.tokens.Verify)
	id.apiKey = holdfast.Verify(config.Scheme.apiKey, id.VerifyAPIKey)
	id.sessions = openSessions(&id.config, id.accounts.Service, id.url)
	if id.refusals, err = openRefusals(ctx, &id.config); err != nil {
		return nil, err
	}
	id.parts = append(id.parts, id.refusals)
	if config.SendLink != nil {
		id.links = openLinks(&id.config, id.accounts, id.url)
		id.parts = append(id.parts, id.links)
	}
	id.api = accountapi.New(accountapi.Config{Accounts: id.accounts.Service, Scopes: config.Scheme.Scopes, Caller: id.Caller(), APIKey: id.apiKey})
	id.measure()
	id.maintain(ctx)
	return id, logDifferences(ctx, &id.config, id.accounts)
}

// measure adds what is measured of the parts.
func (id *Identity) measure() {
	m := id.config.Metrics
	if m == nil {
		return
	}
	if id.accounts.lane != nil {
		m.Lane(id.accounts.lane)
	}
	m.Changes("callers", id.accounts)
	m.Changes("keys", id.keys)
}

// openAddresses chooses where the program is reached, who issues the tokens,
// and the audience.
func (id *Identity) openAddresses(ctx context.Context) error {
	at, err := chooseIssuer(ctx, &id.config)
	if err != nil {
		return err
	}
	if reason := id.config.Pages.check(at.url); reason != "" { // the store's, if none was given
		return &ConfigError{"Pages", reason}
	}
	id.url, id.issuer = at.url, at.issuer
	id.ownPages = id.config.Pages != nil
	if !id.ownPages && keepsCookies(at.url) {
		id.config.Pages = &Pages{Home: id.config.Scheme.prefix + "/account"}
	}
	id.audience, err = chooseAudience(ctx, &id.config)
	return err
}

// openTokens opens what makes and verifies access tokens.
func (id *Identity) openTokens(ctx context.Context) (err error) {
	c := &id.config
	id.keys, err = keyring.Open(ctx, keyring.Config{
		Store: c.Store, Master: c.Keys.Master, OldMaster: c.Keys.OldMaster, TokenTTL: c.AccessTTL,
		Period: c.Keys.Period, Announce: c.Keys.Announce, Log: c.Logger, Now: c.Now,
	})
	if errors.Is(err, keyring.ErrSealed) || errors.Is(err, keyring.ErrMasterKey) {
		return fmt.Errorf("identity: Config.Keys.Master: %w", err)
	}
	if err != nil {
		return fmt.Errorf("identity: %w", err)
	}
	signer, err := jwt.NewSigner(jwt.SignerConfig{SigningKey: id.keys.SigningKey, Issuer: id.issuer, Audience: id.audience, TTL: c.AccessTTL, Now: c.Now})
	if err != nil {
		return err
	}
	good := jwt.VerifierConfig{Keys: id.keys.Keys, Algorithms: []jwt.Algorithm{jwt.EdDSA}, Issuer: id.issuer, Audience: id.audience[0], Now: c.Now}
	verifier, err := jwt.NewVerifier(good)
	if err != nil {
		return err
	}
	good.Audience, good.InsecureNoAudience = "", true // to revoke, and to say what a token is; never to let one in
	anyAudience, err := jwt.NewVerifier(good)
	if err != nil {
		return err
	}
	id.tokens = oauth.New(oauth.Config{
		Accounts: id.signIns(), Clients: id.accounts.Service, Issuer: id.issuer, Scheme: c.Scheme.Scheme, Signer: signer, Verifier: verifier, TTL: c.AccessTTL,
		Codes: id.codes(), Audience: id.audience, Resource: id.url, AnyAudience: anyAudience, NoPasswordGrant: !c.AllowPasswordGrant && !IsLocal(id.url),
		Scopes: c.scopeNames(), KeySet: id.keys.PublicSet, KeySetAge: min(time.Minute, c.Keys.Announce/2),
	})
	return nil
}

// codes are the accounts, where browsers can be asked for codes at all.
func (id *Identity) codes() oauth.Codes {
	if id.config.Pages == nil {
		return nil
	}
	return id.accounts.Service
}

// signIns is the accounts as the token endpoints use them.
func (id *Identity) signIns() oauth.Accounts {
	out := &remembering{Service: id.accounts.Service, signedIn: func(error) {}, leaves: keepsCookies(id.url)}
	if id.config.Metrics != nil {
		out.signedIn = id.config.Metrics.Login
	}
	return out
}

// maintain announces and changes keys in time, writes down what was used, and
// removes what has ended, until Close.
func (id *Identity) maintain(ctx context.Context) {
	ctx, id.stop = context.WithCancel(context.WithoutCancel(ctx))
	id.running.Go(func() { id.keys.Run(ctx) })
	id.running.Go(func() {
		if err := id.accounts.Run(ctx); err != nil {
			id.config.Logger.LogAttrs(context.WithoutCancel(ctx), slog.LevelWarn, "when sessions were last used could not be written down", slog.String("error", err.Error()))
		}
	})
}

// signInPage is the page as an application shows it; nil for none.
func (id *Identity) signInPage(p *pages) *signInPage {
	return newSignInPage(&id.config, id.url, id.sessions, p)
}

// Close ends what runs in the background, after what was refused is kept and
// what was asked for is sent. The store stays open: it is the program's.
func (id *Identity) Close() error {
	id.stop()
	id.running.Wait()
	var err error
	for i := len(id.parts) - 1; i >= 0; i-- {
		err = errors.Join(err, id.parts[i].Close())
	}
	id.parts = nil
	return err
}

// Caller is the dependency for callers with a good access token. The store
// decides what the caller may do now; the token only bounds it.
func (id *Identity) Caller() holdfast.Dep[Caller] { return id.tokens.Caller() }

// Socket is Caller for a browser's WebSocket, whose token is a subprotocol: see
// [holdfast.WebSocketBearer]. Where other programs call as well, the policy is an
// AnyOf of both.
func (id *Identity) Socket() holdfast.Dep[Caller] { return id.socket }

// Session is the dependency for callers with the cookie of a session that
// SignIn began, in place of an access token: for a program's own pages. It makes
// the same Caller, and can be asked for the same scopes and roles. What the
// caller may do is what their roles grant at each request. A route for tokens and
// pages alike is an AnyOf of Caller and Session.
//
// A request that changes something and that a page of another origin has caused
// is refused with 403, whatever the cookie: see [http.CrossOriginProtection]. GET,
// HEAD and OPTIONS are taken to change nothing and are let through, but for the
// handshake of a WebSocket. Requests of the public URL's origin are never refused,
// so a proxy may rewrite Host.
//
// What is answered to the caller is not to be kept: Cache-Control is no-store
// unless the handler says otherwise.
func (id *Identity) Session() holdfast.Dep[Caller] { return id.sessions.caller }

// SignIn begins a session for a name and a password and sets its cookie: for
// programs with a sign-in page of their own. A session that the browser had
// before is ended. The request is that of the form, whose body may be read.
//
// An error can be returned by a handler as it is: 400 with account.ErrBadLogin,
// 429 with *account.ThrottledError, 403 for the form of another site's page, 503
// when too much is going on. Attempts are counted together with those at POST
// /token. After success, redirect with 303 See Other, to somewhere that LocalPath
// accepts.
func (id *Identity) SignIn(w http.ResponseWriter, r *http.Request, name, password string) error {
	return id.sessions.signIn(w, r, name, password)
}

// SignOut ends the session that a request presents, if there is one, and takes
// the browser's cookie. Its error is 403 for the form of another site's page, or
// 503.
func (id *Identity) SignOut(w http.ResponseWriter, r *http.Request) error {
	return id.sessions.signOut(w, r)
}

// Accounts are the users, roles and sessions, for what a program does with
// them itself.
func (id *Identity) Accounts() *account.Service { return id.accounts.Service }

// KeyRing is the keys that sign, for programs that make tokens of their own and
// for tests.
func (id *Identity) KeyRing() *keyring.Ring { return id.keys }

// URL is where the program is reached, without a slash at its end and with the
// scheme's prefix.
func (id *Identity) URL() string { return id.url }

// Issuer is what tokens say in iss.
func (id *Identity) Issuer() string { return id.issuer }

// Audience is what tokens say in aud. The first is verified.
func (id *Identity) Audience() []string { return append([]string{}, id.audience...) }
