package postgres

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/account"
)

// A user's roles come in one column: names of roles have no spaces.
const userColumns = `
	SELECT id, name, email, disabled, created,
	       coalesce((SELECT string_agg(role, ' ' ORDER BY role) FROM user_roles WHERE user_id = id), '')
	`

const selectUser = userColumns + "FROM users "

func scanUser(row scanner) (user account.User, err error) {
	var created int64
	var roles string
	err = row.Scan(&user.ID, &user.Name, &user.Email, &user.Disabled, &created, &roles)
	user.Created, user.Roles = date(created), strings.Fields(roles)
	return user, err
}

// words splits a list whose order does not matter.
func words(text string) []string {
	list := strings.Fields(text)
	slices.Sort(list)
	return list
}

func date(millis int64) time.Time { return time.UnixMilli(millis).UTC() }

func (t *tx) User(id string) (account.User, error) {
	return one(t, account.ErrNoUser, scanUser, selectUser+"WHERE id = $1", id)
}

func (t *tx) UserByName(name string) (account.User, error) {
	return one(t, account.ErrNoUser, scanUser, selectUser+"WHERE name = $1", name)
}

func (t *tx) Users(after string, limit int) ([]account.User, error) {
	return many(t, scanUser, selectUser+"WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

func (t *tx) PasswordHash(userID string) (string, error) {
	return one(t, account.ErrNoUser, scanned[string], "SELECT password_hash FROM users WHERE id = $1", userID)
}

func (t *tx) CountAble(role string) (int, error) {
	return one(t, nil, scanned[int],
		"SELECT count(*) FROM user_roles JOIN users ON id = user_id WHERE role = $1 AND NOT disabled AND password_hash <> ''", role)
}

func (t *tx) PutUser(user account.User) error {
	_, err := one(t, account.ErrNoUser, scanned[string], "SELECT id FROM users WHERE name = $1 AND id <> $2", user.Name, user.ID)
	switch {
	case err == nil:
		return account.ErrNameTaken
	case !errors.Is(err, account.ErrNoUser):
		return err
	}
	if err := t.tellIf(userChanged, user.ID); err != nil {
		return err
	}
	err = t.exec(`
		INSERT INTO users (id, name, email, disabled, created) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, disabled = excluded.disabled`,
		user.ID, user.Name, user.Email, user.Disabled, user.Created.UnixMilli())
	if err != nil {
		return err
	}
	if err := t.exec("DELETE FROM user_roles WHERE user_id = $1", user.ID); err != nil {
		return err
	}
	for _, role := range user.Roles {
		if _, err := t.Role(role); err != nil {
			return err
		}
		if err := t.exec("INSERT INTO user_roles (user_id, role, user_name) VALUES ($1, $2, $3)", user.ID, role, user.Name); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) PutPasswordHash(userID, hash, kind string) error {
	if _, err := t.PasswordHash(userID); err != nil {
		return err
	}
	return t.exec("UPDATE users SET password_hash = $1, password_kind = $2 WHERE id = $3", hash, kind, userID)
}

func (t *tx) RemoveUser(id string) error {
	if err := t.tellIf(userChanged, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM users WHERE id = $1", id)
}
