package identity

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/keyring"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

func TestCheckStore(t *testing.T) {
	t.Parallel()
	key := masterKey(t, 7)
	for name, test := range map[string]struct {
		made, given keyring.MasterKey // the master key with which a program has run, and that of the check
		spoil       string            // a statement
		want        string            // of the faults; "" for none
		locked      bool
	}{
		"what a program has left":               {},
		"with a master key":                     {made: key, given: key},
		"with a master key that is not given":   {made: key, locked: true},
		"a master key that has encrypted none":  {given: key, want: "signing keys: keyring: a signing key is not encrypted, although there is a master key; the setting login-key: it is not encrypted with the master key"},
		"a secret that is cut":                  {spoil: "UPDATE settings SET value = substr(value, 3) WHERE name = 'audit-key'", want: "the setting audit-key: it is damaged"},
		"a signing key that is another":         {spoil: "UPDATE keys SET id = 'another'", want: "signing keys: signing key another of the store is another"},
		"a record that was changed":             {spoil: "UPDATE audit SET at = at + 1 WHERE seq = 1", want: "the audit trail is not whole: "},
		"an encrypted secret that was changed":  {made: key, given: key, spoil: "UPDATE settings SET value = value || 'AAAA' WHERE name = 'login-key'", want: "the setting login-key: "},
		"a record that is gone from the middle": {spoil: "DELETE FROM audit WHERE seq = 1", want: "the audit trail is not whole: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.db")
			ran(t, path, test.made)
			if test.spoil != "" {
				execIn(t, path, test.spoil)
			}
			store, err := sqlite.OpenReadOnly(t.Context(), path) // so nothing is changed
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = store.Close() }()
			got, err := CheckStore(t.Context(), Config{Scheme: NewScheme(), Store: store, Keys: Keys{Master: test.given}})
			if err != nil {
				t.Fatal(err)
			}
			faults := strings.Join(got.Faults, "; ")
			if !strings.Contains(faults, test.want) || test.want == "" && faults != "" || got.Locked != test.locked || got.Keys != 1 || got.Secrets < 1 {
				t.Errorf("CheckStore = %+v, want the faults %q", got, test.want)
			}
			var text strings.Builder
			if err := WriteStoreCheck(&text, got); err != nil || strings.Contains(text.String(), "no master key was given") != test.locked {
				t.Errorf("WriteStoreCheck writes %q, %v", text.String(), err)
			}
		})
	}
}

// ran leaves what a program does that has started and stopped.
func ran(t *testing.T, path string, master keyring.MasterKey) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	id, err := Open(t.Context(), quick(t, Config{Store: store, Keys: Keys{Master: master}}))
	if err != nil {
		t.Fatal(err)
	}
	trail, err := OpenAudit(t.Context(), quick(t, Config{Store: store, Keys: Keys{Master: master}}))
	if err == nil {
		_, err = trail.Seal(t.Context())
	}
	if err := errors.Join(err, id.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
}

// execIn runs a statement in a file that no one has open.
func execIn(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
