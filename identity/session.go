package identity

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/retryafter"
)

// sessions are the sessions of browsers.
type sessions struct {
	accounts sessionAccounts
	origins  *origins
	signedIn func(error) // counts
	now      func() time.Time
	caller   holdfast.Dep[Caller]
}

// sessionAccounts is what sessions need of an account.Service.
type sessionAccounts interface {
	LoginSession(ctx context.Context, name, password string) (account.SessionGrant, error)
	SessionCaller(ctx context.Context, secret account.Secret) (Caller, error)
	Logout(ctx context.Context, sessionID string) error
	ResetPassword(ctx context.Context, secret, next account.Secret) (account.User, error)
}

// openSessions makes what is asked at each request, for a program that is
// reached at a URL.
func openSessions(c *Config, accounts sessionAccounts, public string) *sessions {
	s := &sessions{accounts: accounts, origins: newOrigins(public), signedIn: func(error) {}, now: c.Now}
	if c.Metrics != nil {
		s.signedIn = c.Metrics.Login
	}
	s.caller = holdfast.Verify(c.Scheme.session, s.verify)
	return s
}

// verify is every look at a session that opens a route.
func (s *sessions) verify(ctx context.Context, p presented) (Caller, error) {
	if err := s.origins.check(p.request); err != nil {
		return Caller{}, err
	}
	caller, err := s.find(ctx, p)
	if err != nil {
		return Caller{}, err
	}
	if header := holdfast.ResponseHeader(ctx); header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	return caller, nil
}

// find is who presents a session. Error: account.ErrNoCaller, errRepeated, or 503.
func (s *sessions) find(ctx context.Context, p presented) (Caller, error) {
	if len(p.cookies) != 1 {
		return Caller{}, errRepeated
	}
	caller, err := s.accounts.SessionCaller(ctx, account.Secret(p.cookies[0]))
	if err != nil && !errors.Is(err, account.ErrNoCaller) {
		err = unavailable(err)
	}
	return caller, err
}

func (s *sessions) signIn(w http.ResponseWriter, r *http.Request, name, password string) error {
	if err := s.origins.check(asUnsafe(r)); err != nil {
		return err
	}
	if name == "" || password == "" {
		return &holdfast.Error{Status: http.StatusBadRequest, Detail: "A name and a password are required", Cause: account.ErrBadLogin}
	}
	grant, err := s.accounts.LoginSession(withDevice(r.Context(), r), name, password)
	s.signedIn(err)
	if err != nil {
		return signInAnswer(err)
	}
	if err := s.end(r); err != nil {
		return err // the new session has no cookie, so no browser has it
	}
	s.setCookie(w, string(grant.Secret), grant.Expires)
	leaveDevice(w.Header(), grant.Device)
	return nil
}

func (s *sessions) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.origins.check(asUnsafe(r)); err != nil {
		return err
	}
	if err := s.end(r); err != nil {
		return err // the cookie stays: the session does, too
	}
	s.setCookie(w, "", time.Time{})
	return nil
}

// mostEnded is how many cookies of one request are looked at to end sessions.
const mostEnded = 4

// end ends the sessions that a request presents: the one, or each of several,
// which its bearer has, too.
func (s *sessions) end(r *http.Request) error {
	for i, cookie := range cookiesOf(r) {
		if cookie == "" || i >= mostEnded {
			continue
		}
		caller, err := s.find(r.Context(), presented{[]string{cookie}, r})
		if errors.Is(err, account.ErrNoCaller) {
			continue // no one's
		}
		if err != nil {
			return err
		}
		if err := s.accounts.Logout(r.Context(), caller.SessionID); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// setCookie gives the browser a secret until a time, or takes it away if the
// secret is empty.
func (s *sessions) setCookie(w http.ResponseWriter, secret string, until time.Time) {
	age := -1
	if secret != "" {
		age = int(until.Sub(s.now()).Seconds())
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: secret, Path: "/", MaxAge: age,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Cache-Control", "no-store")
}

// signInAnswer is the answer to a sign-in that failed, as at POST /token.
func signInAnswer(err error) error {
	var throttled *account.ThrottledError
	var given *account.GivenPasswordError
	switch {
	case errors.As(err, &throttled):
		return &holdfast.Error{Status: http.StatusTooManyRequests, Detail: "Too many attempts", RetryAfter: throttled.RetryAfter, Cause: err}
	case errors.As(err, &given):
		return &holdfast.Error{Status: http.StatusForbidden, Detail: "The password was chosen by somebody else: choose your own", Cause: err}
	case errors.Is(err, account.ErrBadLogin):
		return &holdfast.Error{Status: http.StatusBadRequest, Detail: "Incorrect username or password", Cause: err}
	}
	return unavailable(err)
}

// unavailable is for errors that are no answer about the caller: no caller may pass.
func unavailable(err error) error {
	return &holdfast.Error{Status: http.StatusServiceUnavailable, RetryAfter: retryafter.Of(err, time.Second), Cause: err}
}
