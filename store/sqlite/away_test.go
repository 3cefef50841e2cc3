package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

var day = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// A store in a state in which every operation below finds something.
func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		store.Update(t.Context(), func(w account.Writer) error {
			return errors.Join(
				w.PutRole(account.Role{Name: "user", Scopes: []string{"me", "items"}}), w.PutRole(account.Role{Name: "idle"}),
				w.PutUser(account.User{ID: "1", Name: "anna", Roles: []string{"user"}}), w.PutUser(account.User{ID: "2", Name: "ben"}),
				w.PutPasswordHash("1", "hash", "kind"),
				w.PutSession(account.Session{ID: "s", UserID: "1", Handle: "h", Scopes: []string{"me"}, Expires: day}),
				w.PutReset(account.Reset{UserID: "1", SecretHash: [32]byte{1}}, 1),
				w.PutKnownAddress("1", [32]byte{2}, day), w.PutPendingSetup(account.PendingSetup{Expires: day}), w.PutPasswordMark("1", account.PasswordMark{CutUntil: day}),
			)
		}),
		store.UpdateKeys(t.Context(), func([]keyring.Record) ([]keyring.Record, error) {
			return []keyring.Record{{ID: "k", Data: []byte("1")}, {ID: "old", Data: []byte("2")}}, nil
		}),
	)
	_, err2 := store.SetOnce(t.Context(), "issuer", "first")
	_, err3 := store.TakeAttempts(t.Context(), day, attempts)
	if err := errors.Join(err, err2, err3, store.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

var attempts = []account.Bucket{{Key: [32]byte{1}, Burst: 3, Every: time.Minute}, {Key: [32]byte{2}, Burst: 2, Every: time.Minute}}

// viewing and updating are operations in a transaction.
func viewing[T any](fn func(r account.Reader) (T, error)) func(context.Context, *sqlite.Store) error {
	return func(ctx context.Context, s *sqlite.Store) error {
		return s.View(ctx, func(r account.Reader) error { _, err := fn(r); return err })
	}
}

func updating(fn func(w account.Writer) error) func(context.Context, *sqlite.Store) error {
	return func(ctx context.Context, s *sqlite.Store) error { return s.Update(ctx, fn) }
}

var operations = map[string]func(context.Context, *sqlite.Store) error{
	"User":            viewing(func(r account.Reader) (account.User, error) { return r.User("1") }),
	"UserByName":      viewing(func(r account.Reader) (account.User, error) { return r.UserByName("anna") }),
	"Users":           viewing(func(r account.Reader) ([]account.User, error) { return r.Users("", 9) }),
	"PasswordHash":    viewing(func(r account.Reader) (string, error) { return r.PasswordHash("1") }),
	"CountAble":       viewing(func(r account.Reader) (int, error) { return r.CountAble("user") }),
	"PasswordKinds":   viewing(func(r account.Reader) ([]account.PasswordKind, error) { return r.PasswordKinds() }),
	"KnownAddress":    viewing(func(r account.Reader) (bool, error) { return r.KnownAddress("1", [32]byte{2}) }),
	"Role":            viewing(func(r account.Reader) (account.Role, error) { return r.Role("user") }),
	"Roles":           viewing(func(r account.Reader) ([]account.Role, error) { return r.Roles() }),
	"Session":         viewing(func(r account.Reader) (account.Session, error) { return r.Session("s") }),
	"SessionByHandle": viewing(func(r account.Reader) (account.Session, error) { return r.SessionByHandle("h") }),
	"PendingSetup":    viewing(func(r account.Reader) (account.PendingSetup, error) { return r.PendingSetup([32]byte{}) }),
	"PasswordMark":    viewing(func(r account.Reader) (account.PasswordMark, error) { return r.PasswordMark("1") }),
	"Reset":           viewing(func(r account.Reader) (account.Reset, error) { return r.Reset([32]byte{1}) }),

	"PutUser, a new one": updating(func(w account.Writer) error {
		return w.PutUser(account.User{ID: "3", Name: "carl", Roles: []string{"idle", "user"}})
	}),
	"PutUser, a changed one": updating(func(w account.Writer) error { return w.PutUser(account.User{ID: "1", Name: "dora"}) }),
	"PutPasswordHash":        updating(func(w account.Writer) error { return w.PutPasswordHash("1", "another", "other") }),
	"RemoveUser":             updating(func(w account.Writer) error { return w.RemoveUser("1") }),
	"PutKnownAddress":        updating(func(w account.Writer) error { return w.PutKnownAddress("1", [32]byte{3}, day) }),
	"RemoveKnownAddresses":   updating(func(w account.Writer) error { return w.RemoveKnownAddresses("1") }),
	"PutRole":                updating(func(w account.Writer) error { return w.PutRole(account.Role{Name: "user", Scopes: []string{"x", "y"}}) }),
	"RemoveRole":             updating(func(w account.Writer) error { return w.RemoveRole("idle") }),
	"PutSession":             updating(func(w account.Writer) error { return w.PutSession(account.Session{ID: "n", UserID: "1"}) }),
	"RemoveSession":          updating(func(w account.Writer) error { return w.RemoveSession("s") }),
	"RemoveSessionsOf":       updating(func(w account.Writer) error { return w.RemoveSessionsOf("1") }),
	"SessionsOf":             viewing(func(r account.Reader) ([]account.Session, error) { return r.SessionsOf("1", "", 1) }),
	"RotateSession": updating(func(w account.Writer) error {
		_, err := w.RotateSession("s", [32]byte{}, account.Session{})
		return err
	}),
	"TouchSession":        updating(func(w account.Writer) error { return w.TouchSession("s", day) }),
	"TrimSessions":        updating(func(w account.Writer) error { return w.TrimSessions("1", 0, 1) }),
	"SweepSessions":       updating(func(w account.Writer) error { _, err := w.SweepSessions(day, 0, 10); return err }),
	"PutPendingSetup":     updating(func(w account.Writer) error { return w.PutPendingSetup(account.PendingSetup{SecretHash: [32]byte{7}}) }),
	"RemovePendingSetups": updating(func(w account.Writer) error { return w.RemovePendingSetups() }),
	"PutPasswordMark":     updating(func(w account.Writer) error { return w.PutPasswordMark("1", account.PasswordMark{Given: true}) }),
	"RemoveCutMarks":      updating(func(w account.Writer) error { return w.RemoveCutMarks(day) }),
	"PutReset": updating(func(w account.Writer) error {
		return w.PutReset(account.Reset{UserID: "1", SecretHash: [32]byte{9}}, 1)
	}),
	"RemoveResets": updating(func(w account.Writer) error { return w.RemoveResets("1") }),

	"TakeAttempts": func(ctx context.Context, s *sqlite.Store) error {
		wait, err := s.TakeAttempts(ctx, day, attempts)
		if err == nil && wait > 0 {
			err = errors.New("a bucket is empty")
		}
		return err
	},
	"ReturnAttempts": func(ctx context.Context, s *sqlite.Store) error { return s.ReturnAttempts(ctx, day, attempts) },

	"Setting": func(ctx context.Context, s *sqlite.Store) error { _, err := s.Setting(ctx, "issuer"); return err },
	"SetOnce": func(ctx context.Context, s *sqlite.Store) error { _, err := s.SetOnce(ctx, "new", "x"); return err },
	"Changes": func(ctx context.Context, s *sqlite.Store) error { _, err := s.Changes(ctx, 0); return err },
	"Keys":    func(ctx context.Context, s *sqlite.Store) error { _, err := s.Keys(ctx); return err },
	"UpdateKeys": func(ctx context.Context, s *sqlite.Store) error {
		return s.UpdateKeys(ctx, func([]keyring.Record) ([]keyring.Record, error) {
			return []keyring.Record{{ID: "k", Data: []byte("3")}, {ID: "new", Data: []byte("4")}}, nil
		})
	},
}

// Whatever the driver cannot do is an error, and no change; the same works a
// moment later.
func TestNothingIsLostWhileTheDiskIsAway(t *testing.T) {
	t.Parallel()
	for name, do := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, o := filled(t), &outages{}
			store, err := sqlite.OpenThrough(path, o.through)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			before := dump(t, path)
			for n := 1; ; n++ {
				o.begin(n)
				err := do(t.Context(), store)
				if o.failed == "" {
					if err != nil || n < 3 {
						t.Errorf("%s = %v after %d calls of the driver, want nil", name, err, o.calls)
					}
					return
				}
				if !errors.Is(err, errOutage) {
					t.Errorf("call %d, %s, fails: %v, want its error", n, o.failed, err)
				}
				if after := dump(t, path); !reflect.DeepEqual(after, before) {
					t.Errorf("call %d, %s, fails: the file has changed all the same:\n%v\nwas\n%v", n, o.failed, after, before)
				}
			}
		})
	}
}

// dump reads all that stands in the store's files.
func dump(t *testing.T, path string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, file := range []string{path, path + "-attempts"} {
		db, err := sql.Open("sqlite", "file:"+file)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range texts(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
			columns := texts(t, db, "SELECT 'quote(' || group_concat(name, ') || '' '' || quote(') || ')' FROM pragma_table_info('"+table+"')")[0]
			out[table] = texts(t, db, fmt.Sprintf("SELECT %s FROM %s ORDER BY 1", columns, table))
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(out["sessions"])+len(out["attempts"]) != 3 {
		t.Fatalf("dump = %v, want a session and two buckets in it", out)
	}
	return out
}

// texts reads a column.
func texts(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return list
}
