package account

import "context"

// UserSession is a session, and whose it is.
type UserSession struct {
	SessionInfo

	User User
}

// LatestSessions returns sessions of all users, the newest first, of the limit ones
// at most whose ids come before the given one; "" begins with the newest. Next is the
// id before which to go on, or "" at the end: those that are over are left out, so a
// page may be shorter than the limit, and even empty, before the end.
func (s *Service) LatestSessions(ctx context.Context, before string, limit int) (list []UserSession, next string, err error) {
	err = s.config.Store.View(ctx, func(r Reader) error {
		list, next = nil, ""
		found, err := r.LatestSessions(before, limit)
		if err != nil {
			return err
		}
		next = nextOf(found, limit)
		return s.living(r, found, func(session Session, info SessionInfo) error {
			user, err := r.User(session.UserID)
			list = append(list, UserSession{info, user})
			return err
		})
	})
	return list, next, err
}
