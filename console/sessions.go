package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// sessionsOf is what a user has that lasts: sessions and keys.
type sessionsOf struct {
	User     account.User
	Sessions []account.SessionInfo
	This     string // the session in which the page is seen
	Keys     []account.APIKey
}

func (c *console) sessions(r *http.Request, who caller) (page, error) {
	user, err := c.accounts.User(r.Context(), r.PathValue("id"))
	if err != nil {
		return page{}, err
	}
	s := sessionsOf{User: user, This: who.SessionID}
	if s.Sessions, err = c.accounts.Sessions(r.Context(), user.ID); err != nil {
		return page{}, err
	}
	slices.SortStableFunc(s.Sessions, func(a, b account.SessionInfo) int { return b.LastUsed.Compare(a.LastUsed) })
	s.Keys, err = c.accounts.APIKeys(r.Context(), account.APIKeyOwner{UserID: user.ID})
	return page{"sessions", "Sessions and keys of " + user.Name, s}, err
}

// endSessions ends one of a user's sessions, or all of them.
func (c *console) endSessions(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	if one := r.PostForm.Get("session"); one != "" {
		return done{to: "users/" + id + "/sessions?done=ended"}, c.accounts.EndSession(r.Context(), id, one)
	}
	return done{to: "users/" + id + "/sessions?done=all-ended"}, c.accounts.EndSessions(r.Context(), id, "")
}

func (c *console) revokeUserKey(r *http.Request, _ caller) (done, error) {
	id := r.PathValue("id")
	err := c.accounts.RevokeAPIKey(r.Context(), account.APIKeyOwner{UserID: id}, r.PostForm.Get("key"))
	return done{to: "users/" + id + "/sessions?done=revoked"}, err
}

// everySessionOf is where people are signed in.
type everySessionOf struct {
	User   string // whose names begin so
	Rows   []account.UserSession
	This   string // the session in which the page is seen
	Before string // the id before which the next piece begins; "" at the end
	More   bool   // of a user's, than are shown
}

// The bounds of a search for users' sessions.
const (
	mostUsersLooked   = 20
	mostSessionsShown = 200
)

// everySession lists the newest sessions of everybody, or those of the first users
// whose names begin as one that is looked for.
func (c *console) everySession(r *http.Request, who caller) (page, error) {
	q := r.URL.Query()
	out := everySessionOf{User: cut(strings.TrimSpace(q.Get("user"))), This: who.SessionID}
	var err error
	if out.User == "" {
		out.Rows, out.Before, err = c.accounts.LatestSessions(r.Context(), cut(q.Get("before")), pageSize)
		return page{"everysession", "Sessions", out}, err
	}
	users, err := c.accounts.SearchUsers(r.Context(), account.UserQuery{Prefix: out.User}, mostUsersLooked+1)
	if err != nil {
		return page{}, err
	}
	out.More = len(users) > mostUsersLooked
	for _, user := range users[:min(len(users), mostUsersLooked)] {
		list, err := c.accounts.Sessions(r.Context(), user.ID)
		if err != nil {
			return page{}, err
		}
		for _, one := range list {
			out.Rows = append(out.Rows, account.UserSession{SessionInfo: one, User: user})
		}
	}
	slices.SortStableFunc(out.Rows, func(a, b account.UserSession) int { return b.LastUsed.Compare(a.LastUsed) })
	if len(out.Rows) > mostSessionsShown {
		out.Rows, out.More = out.Rows[:mostSessionsShown], true
	}
	return page{"everysession", "Sessions", out}, nil
}

// endOneSession ends a session that the list of all shows, and goes on with the list.
func (c *console) endOneSession(r *http.Request, _ caller) (done, error) {
	f := r.PostForm
	err := c.accounts.EndSession(r.Context(), f.Get("user"), f.Get("session"))
	return done{to: "sessions?done=ended&user=" + url.QueryEscape(cut(f.Get("find")))}, err
}
