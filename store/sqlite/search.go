package sqlite

import (
	"github.com/holdfast-go/holdfast/account"
)

// last is behind every character that a name may have.
const last = "\U0010FFFF"

// SearchUsers reads one range of one index, by name: that of the names, that of
// the disabled users, or that of the role's holders. What is left to look at row by
// row is a state of which most users are, and the role of a disabled user where many
// have it.
func (t *tx) SearchUsers(q account.UserQuery, limit int) ([]account.User, error) {
	from, name := "users", "name"
	begin, first := ">", q.After // one bound: of two SQLite takes either for the range, and looks at the other row by row
	if q.Prefix > q.After {
		begin, first = ">=", q.Prefix
	}
	args := []any{first, q.Prefix + last}
	filter := ""
	switch q.State {
	case account.UserDisabled:
		filter += " AND disabled = 1"
	case account.UserEnabled:
		filter += " AND disabled = 0"
	}
	few, err := t.fewHold(q)
	if err != nil {
		return nil, err
	}
	switch {
	case q.Role != "" && q.State == account.UserDisabled && !few:
		filter += " AND EXISTS (SELECT 1 FROM user_roles WHERE user_id = id AND role = ?)"
		args = append(args, q.Role)
	case q.Role != "":
		from, name = "user_roles AS held CROSS JOIN users ON id = held.user_id", "held.user_name"
		filter += " AND held.role = ?"
		args = append(args, q.Role)
	}
	return many(t, scanUser, userColumns+"FROM "+from+" WHERE "+name+" "+begin+" ? AND "+name+" < ?"+filter+
		" ORDER BY "+name+" LIMIT ?", append(args, limit)...)
}

func (t *tx) CountHolders(role string, most int) (int, error) {
	return one(t, nil, scanned[int], "SELECT count(*) FROM (SELECT 1 FROM user_roles WHERE role = ? LIMIT ?) AS holders", role, most)
}

// fewHold reports whether a search is for a role that so few have that they are looked
// at one by one.
func (t *tx) fewHold(q account.UserQuery) (bool, error) {
	if q.Role == "" || q.State != account.UserDisabled {
		return false, nil
	}
	const few = 1000
	n, err := t.CountHolders(q.Role, few)
	return n < few, err
}
