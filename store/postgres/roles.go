package postgres

import (
	"errors"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

const selectRole = `
	SELECT name, description,
	       coalesce((SELECT string_agg(scope, ' ' ORDER BY scope) FROM role_scopes WHERE role = name), '')
	FROM roles `

func scanRole(row scanner) (role account.Role, err error) {
	var scopes string
	err = row.Scan(&role.Name, &role.Description, &scopes)
	role.Scopes = strings.Fields(scopes)
	return role, err
}

func (t *tx) Role(name string) (account.Role, error) {
	return one(t, account.ErrNoRole, scanRole, selectRole+"WHERE name = $1", name)
}

func (t *tx) Roles() ([]account.Role, error) {
	return many(t, scanRole, selectRole+"ORDER BY name")
}

func (t *tx) PutRole(role account.Role) error {
	if err := t.tellIf(roleChanged, role.Name); err != nil {
		return err
	}
	err := t.exec(`
		INSERT INTO roles (name, description) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET description = excluded.description`, role.Name, role.Description)
	if err != nil {
		return err
	}
	if err := t.exec("DELETE FROM role_scopes WHERE role = $1", role.Name); err != nil {
		return err
	}
	for _, scope := range role.Scopes {
		if err := t.exec("INSERT INTO role_scopes (role, scope) VALUES ($1, $2)", role.Name, scope); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) RemoveRole(name string) error {
	_, err := one(t, account.ErrNoUser, scanned[string], "SELECT user_id FROM user_roles WHERE role = $1 LIMIT 1", name)
	switch {
	case err == nil:
		return account.ErrRoleInUse
	case !errors.Is(err, account.ErrNoUser):
		return err
	}
	if err := t.tellIf(roleChanged, name); err != nil {
		return err
	}
	return t.exec("DELETE FROM roles WHERE name = $1", name)
}
