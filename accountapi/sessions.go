package accountapi

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast"
	"github.com/holdfast-go/holdfast/account"
)

// Session is a sign-in that lasts, as its user and administrators see it. No
// secret of it leaves the store.
type Session struct {
	ID        string    `json:"id"`
	Current   bool      `json:"current" doc:"The request was made in this session"`
	ClientID  string    `json:"client_id" doc:"The application that its tokens were given to; empty for a browser's own session"`
	Client    string    `json:"client" doc:"The name of that application"`
	Device    string    `json:"device" doc:"Such as 'Firefox on Linux', by what the browser says of itself; empty if unknown"`
	UserAgent string    `json:"user_agent" doc:"What the browser or program said of itself at the sign-in"`
	Address   string    `json:"address" doc:"Where the sign-in came from; empty if unknown"`
	Created   time.Time `json:"created"`
	LastUsed  time.Time `json:"last_used" doc:"The last refresh; of a browser's own session the last request, to the minute"`
	Expires   time.Time `json:"expires" doc:"When it ends at the latest"`
}

// SessionPage is a piece of a list of sessions.
type SessionPage struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next" doc:"What to go on with in 'after'; empty at the end"`
}

// RegisterSessions adds the endpoints for sessions: own ones, and for
// administrators those of others.
func (a *API) RegisterSessions(on holdfast.Routes) {
	me := holdfast.Security(holdfast.Depends1(a.caller, inPerson), a.scopes.Me)
	reader, writer := a.Administrators(), holdfast.AnyRole(a.caller.Require(a.scopes.WriteUsers), Admin)
	tag := holdfast.Tags("sessions")

	holdfast.Get(on, "/users/me/sessions", me, a.listOwnSessions, tag, fails(noStore), holdfast.Shadows("/users/{id}/sessions"),
		holdfast.Summary("Where one is signed in"))
	holdfast.Delete(on, "/users/me/sessions", me, a.endOwnSessions, tag, fails(noStore), holdfast.Shadows("/users/{id}/sessions"),
		holdfast.Summary("Sign out everywhere, or everywhere else"))
	holdfast.Delete(on, "/users/me/sessions/{session}", me, a.endOwnSession, tag, fails(noSession, noStore), holdfast.Shadows("/users/{id}/sessions/{session}"),
		holdfast.Summary("Sign out of one session"))
	holdfast.Get(on, "/users/{id}/sessions", reader, a.listSessions, tag, fails(noUser, noStore),
		holdfast.Summary("Where a user is signed in"))
	holdfast.Delete(on, "/users/{id}/sessions", writer, a.endSessions, tag, fails(noUser, noStore),
		holdfast.Summary("End all sessions of a user"))
	holdfast.Delete(on, "/users/{id}/sessions/{session}", writer, a.endSession, tag, fails(noSession, noStore),
		holdfast.Summary("End one session of a user"))
}

// SessionList bounds a list of sessions.
type SessionList struct {
	After string `query:"after" maxLength:"64" doc:"The 'next' of the page before"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"100"`
}

func (a *API) sessions(ctx context.Context, c account.Caller, userID string, p SessionList) (SessionPage, error) {
	list, next, err := a.accounts.SessionsAfter(ctx, userID, p.After, p.Limit)
	if err != nil {
		return SessionPage{}, answer(err)
	}
	page := SessionPage{Sessions: make([]Session, len(list)), Next: next}
	for i, one := range list {
		page.Sessions[i] = Session{
			ID: one.ID, Current: one.ID == c.SessionID, ClientID: one.ClientID, Client: one.Client, Device: one.Device,
			UserAgent: one.UserAgent, Address: one.Address, Created: one.Created, LastUsed: one.LastUsed, Expires: one.Expires,
		}
	}
	return page, nil
}

func (a *API) listOwnSessions(ctx context.Context, c account.Caller, p SessionList) (SessionPage, error) {
	return a.sessions(ctx, c, c.User.ID, p)
}

// UserSessions is a list of a user's sessions.
type UserSessions struct {
	UserID
	SessionList
}

func (a *API) listSessions(ctx context.Context, c account.Caller, in UserSessions) (SessionPage, error) {
	return a.sessions(ctx, c, in.ID, in.SessionList)
}

// OwnSessions says which of the own sessions end.
type OwnSessions struct {
	Others bool `query:"others" default:"false" doc:"The session of this request goes on"`
}

func (a *API) endOwnSessions(ctx context.Context, c account.Caller, in OwnSessions) (holdfast.NoContent, error) {
	except := ""
	if in.Others {
		except = c.SessionID
	}
	err := a.accounts.EndSessions(ctx, c.User.ID, except)
	if errors.Is(err, account.ErrNoSession) { // its own ended meanwhile: no one's goes on
		err = account.ErrNoCaller
	}
	return holdfast.NoContent{}, answer(err)
}

func (a *API) endSessions(ctx context.Context, _ account.Caller, in UserID) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.EndSessions(ctx, in.ID, ""))
}

// SessionID is the session in the path.
type SessionID struct {
	Session string `path:"session" maxLength:"64"`
}

func (a *API) endOwnSession(ctx context.Context, c account.Caller, in SessionID) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.EndSession(ctx, c.User.ID, in.Session))
}

// UserSession is one of a user's sessions, in the path.
type UserSession struct {
	UserID
	SessionID
}

func (a *API) endSession(ctx context.Context, _ account.Caller, in UserSession) (holdfast.NoContent, error) {
	return holdfast.NoContent{}, answer(a.accounts.EndSession(ctx, in.ID, in.Session))
}
