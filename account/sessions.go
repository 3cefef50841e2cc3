package account

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// SessionInfo is a session as its user sees it.
type SessionInfo struct {
	ID        string
	ClientID  string // who its tokens were given to; "" for a browser's own
	Client    string // what people call that, or the id where no one knows any more
	Device    string // such as "Firefox on Linux", by what the browser says of itself; "" if unknown
	UserAgent string // what it says
	Address   string // where the sign-in came from; "" if unknown
	Created   time.Time
	LastUsed  time.Time // to the minute, or when it was refreshed
	Expires   time.Time // when it ends at the latest
}

// Sessions returns the sessions that a user has, the oldest first. How many there
// are is bounded by Config.MaxSessions.
func (s *Service) Sessions(ctx context.Context, userID string) ([]SessionInfo, error) {
	list, _, err := s.SessionsAfter(ctx, userID, "", s.config.MaxSessions)
	return list, err
}

// SessionsAfter returns the sessions that a user has, the oldest first, of the
// limit ones at most whose ids come after the given one. Next is the id after which
// to go on, or "" at the end: those that are over are left out, so a page may be
// shorter than the limit, and even empty, before the end.
func (s *Service) SessionsAfter(ctx context.Context, userID, after string, limit int) (list []SessionInfo, next string, err error) {
	err = s.config.Store.View(ctx, func(r Reader) error {
		list, next = nil, ""
		if _, err := r.User(userID); err != nil {
			return err
		}
		found, err := r.SessionsOf(userID, after, limit)
		if err != nil {
			return err
		}
		next = nextOf(found, limit)
		return s.living(r, found, func(_ Session, info SessionInfo) error {
			list = append(list, info)
			return nil
		})
	})
	return list, next, err
}

// nextOf is the id from which a list goes on after a page, or "" at its end.
func nextOf(page []Session, limit int) string {
	if len(page) < limit || limit == 0 {
		return ""
	}
	return page[limit-1].ID
}

// living calls each with the sessions that are not over, and what is said of them.
func (s *Service) living(r Reader, found []Session, each func(Session, SessionInfo) error) error {
	now := s.config.Now()
	for _, session := range found {
		if s.over(session, now) {
			continue
		}
		info, err := s.info(r, session)
		if err != nil {
			return err
		}
		if err := each(session, info); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) info(r Reader, session Session) (SessionInfo, error) {
	info := SessionInfo{
		ID: session.ID, ClientID: session.ClientID, Device: DeviceName(session.Device), UserAgent: session.Device,
		Address: session.Address, Created: session.Created, LastUsed: session.LastUsed, Expires: session.Expires,
	}
	if last, ok := s.uses.Last(session.ID); ok && last.After(info.LastUsed) {
		info.LastUsed = last
	}
	if session.ClientID == "" {
		return info, nil
	}
	client, err := s.clientOf(r, session.ClientID)
	if errors.Is(err, ErrNoClient) { // it is disabled, or declared no more
		err = nil
	}
	info.Client = cmp.Or(client.Name, session.ClientID)
	return info, err
}

// EndSession ends one of a user's sessions. Error: ErrNoSession if the user has
// none of that id.
//
// When it has returned without an error, none of the session's tokens is good for
// anything, whatever was under way meanwhile.
func (s *Service) EndSession(ctx context.Context, userID, sessionID string) error {
	what := did(AuditSessionEnded, ofUserID(userID), "session", sessionID)
	return s.change(ctx, what, func(w Writer) (err error) {
		session, err := sessionOfUser(w, userID, sessionID)
		if err != nil {
			return err
		}
		what.detail("session", sessionID, "client", session.ClientID, "began", session.Created.UTC().Format(time.RFC3339))
		if what.On, err = userOn(w, userID); err != nil {
			return err
		}
		return w.RemoveSession(sessionID)
	})
}

// EndSessions ends all sessions of a user, but for one if except is not empty, in
// a time that does not grow with how many there are. Errors: ErrNoUser, and
// ErrNoSession if the user has no session of that id.
func (s *Service) EndSessions(ctx context.Context, userID, except string) error {
	what := did(AuditSessionsEnded, ofUserID(userID), "except", except)
	return s.change(ctx, what, func(w Writer) error {
		user, err := w.User(userID)
		if err != nil {
			return err
		}
		what.On = ofUser(user)
		if except == "" {
			return w.RemoveSessionsOf(userID)
		}
		kept, err := sessionOfUser(w, userID, except)
		if err != nil {
			return err
		}
		return errors.Join(w.RemoveSessionsOf(userID), w.PutSession(kept))
	})
}

func sessionOfUser(r Reader, userID, sessionID string) (Session, error) {
	session, err := r.Session(sessionID)
	if err == nil && session.UserID != userID {
		err = ErrNoSession
	}
	return session, err
}
