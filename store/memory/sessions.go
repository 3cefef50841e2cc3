package memory

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

func (s *state) Session(id string) (account.Session, error) {
	session, ok := s.sessions[id]
	if !ok {
		return account.Session{}, account.ErrNoSession
	}
	return cloneSession(session), nil
}

func (s *state) SessionByHandle(handle string) (account.Session, error) {
	return s.Session(s.handles[handle])
}

func (s *state) PutSession(session account.Session) error {
	if _, ok := s.users[session.UserID]; !ok {
		return account.ErrNoUser
	}
	s.sessions[session.ID] = cloneSession(session)
	s.handles[session.Handle] = session.ID
	return nil
}

func (s *state) RemoveSession(id string) error {
	if _, ok := s.sessions[id]; ok {
		s.log.tell(account.SessionEnded, id)
	}
	delete(s.handles, s.sessions[id].Handle)
	delete(s.sessions, id)
	return nil
}

func (s *state) RemoveSessionsOf(userID string) error {
	if _, ok := s.users[userID]; ok {
		s.log.tell(account.UserChanged, userID)
	}
	return s.removeSessions(func(one account.Session) bool { return one.UserID == userID })
}

// RotateSession implements account.SessionWriter.
func (s *state) RotateSession(id string, from [32]byte, to account.Session) (won bool, err error) {
	session, ok := s.sessions[id]
	if !ok || session.TokenHash != from {
		return false, nil
	}
	session.TokenHash, session.Previous, session.Successor = to.TokenHash, to.Previous, slices.Clone(to.Successor)
	session.Rotated, session.LastUsed = to.Rotated, to.LastUsed
	s.sessions[id] = session
	return true, nil
}

func (s *state) TouchSession(id string, used time.Time) error {
	if session, ok := s.sessions[id]; ok && session.LastUsed.Before(used) {
		session.LastUsed = used
		s.sessions[id] = session
	}
	return nil
}

// TrimSessions implements account.SessionWriter.
func (s *state) TrimSessions(userID string, keep, most int) error {
	_, err := s.trim(userID, keep, most)
	return err
}

func (s *state) trim(userID string, keep, most int) (ended int, err error) {
	type use struct { // of a session, which is much to move about
		id string
		at time.Time
	}
	var list []use
	for id, one := range s.sessions {
		if one.UserID == userID {
			list = append(list, use{id, one.LastUsed})
		}
	}
	slices.SortFunc(list, func(a, b use) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.id, a.id)) })
	list = list[min(keep, len(list)):]
	list = list[:min(most, len(list))]
	for _, one := range list {
		err = errors.Join(err, s.RemoveSession(one.id))
	}
	return len(list), err
}

// SweepSessions implements account.SessionWriter: of what has ended nothing is left
// here.
func (s *state) SweepSessions(now time.Time, keep, most int) (more bool, err error) {
	removed := 0
	err = s.removeSessions(func(one account.Session) bool {
		if over := !one.Expires.After(now); !over || removed == most {
			return false
		}
		removed++
		return true
	})
	count := map[string]int{}
	for _, one := range s.sessions {
		count[one.UserID]++
	}
	for id, n := range count {
		if n > keep && err == nil && removed < most {
			var ended int
			ended, err = s.trim(id, keep, most-removed)
			removed += ended
		}
	}
	return removed == most, err
}

func (s *state) sessionsOf(userID string) (list []account.Session) {
	for _, one := range s.sessions {
		if one.UserID == userID {
			list = append(list, one)
		}
	}
	return list
}

// SessionsOf implements account.SessionReader.
func (s *state) SessionsOf(userID, after string, limit int) ([]account.Session, error) {
	list := slices.DeleteFunc(s.sessionsOf(userID), func(one account.Session) bool { return one.ID <= after })
	slices.SortFunc(list, func(a, b account.Session) int { return cmp.Compare(a.ID, b.ID) })
	list = list[:min(limit, len(list))]
	for i := range list {
		list[i] = cloneSession(list[i])
	}
	return list, nil
}

// LatestSessions implements account.SessionReader.
func (s *state) LatestSessions(before string, limit int) (out []account.Session, err error) {
	ids := slices.Sorted(maps.Keys(s.sessions))
	slices.Reverse(ids)
	for _, id := range ids {
		if len(out) < limit && (before == "" || id < before) {
			out = append(out, cloneSession(s.sessions[id]))
		}
	}
	return out, nil
}

func (s *state) removeSessions(gone func(account.Session) bool) error {
	for id, one := range s.sessions {
		if gone(one) {
			delete(s.handles, one.Handle)
			delete(s.sessions, id)
		}
	}
	return nil
}
