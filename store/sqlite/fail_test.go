package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// What may be over by itself says when to come again; what is wrong in the database
// does not. Nothing of either is kept, and what is read goes on.
func TestWhatIsWorthATryLater(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "test.db"))
	check(t, store.Update(t.Context(), putRole("before")))
	var later interface{ RetryAfter() time.Duration }

	check(t, store.Fill(t.Context(), 1))
	err := store.Update(t.Context(), func(w account.Writer) error {
		return w.PutRole(account.Role{Name: "too much", Description: strings.Repeat("x", 1<<20)})
	})
	if !errors.As(err, &later) || later.RetryAfter() <= 0 {
		t.Errorf("Update = %v on a full disk, want an error that says when to come again", err)
	}
	if got := roleNames(t, store); got != "[before]" {
		t.Errorf("there is %s", got)
	}
	check(t, store.Fill(t.Context(), 1<<20))
	check(t, store.Update(t.Context(), putRole("then")))

	err = sqlite.ExecWriting(t.Context(), store, "INSERT INTO user_roles (user_id, role) VALUES ('none', 'none')")
	if err == nil || errors.As(err, &later) {
		t.Errorf("a row that refers to none = %v, want an error that stays", err)
	}
	if got := roleNames(t, store); got != "[before then]" {
		t.Errorf("there is %s", got)
	}
}

func roleNames(t *testing.T, store *sqlite.Store) string {
	t.Helper()
	var names []string
	check(t, store.View(t.Context(), func(r account.Reader) error {
		list, err := r.Roles()
		for _, one := range list {
			names = append(names, one.Name)
		}
		return err
	}))
	return fmt.Sprint(names)
}
