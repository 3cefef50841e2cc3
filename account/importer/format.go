package importer

import (
	"errors"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

// errOther says that a record is of something else than a user.
var errOther = errors.New("it is no user")

// user turns a record into a user without roles, and says whether it was an
// administrator.
func (f Format) user(r record) (u account.ImportedUser, admin bool, err error) {
	if r.why != nil {
		return u, false, r.why
	}
	var named, hashed bool
	switch f {
	case Django:
		if model, ok := r.first("model"); ok && model != "" && !strings.HasSuffix(strings.ToLower(model), ".user") {
			return u, false, errOther
		}
		u.Name, named = r.first("username")
		u.Hash, hashed = r.first("password")
		if strings.HasPrefix(u.Hash, "!") { // Django's mark for none
			u.Hash = ""
		}
	case FastAPIUsers:
		u.Name, named = r.first("username", "email")
		u.Hash, hashed = r.first("hashed_password")
	default:
		u.Name, named = r.first("username", "name", "user")
		u.Hash, hashed = r.first("hash", "password_hash", "hashed_password", "password")
	}
	u.Email, _ = r.first("email")
	if active, ok := r.first("is_active", "active"); ok && !yes(active) {
		u.Disabled = true
	}
	if disabled, ok := r.first("disabled"); ok && yes(disabled) {
		u.Disabled = true
	}
	super, _ := r.first("is_superuser")
	switch {
	case !named:
		err = errors.New("nothing in it is called as the name of a user is; is the format right?")
	case !hashed:
		err = errors.New("nothing in it is called as a password hash is; is the format right?")
	}
	return u, yes(super), err
}
