package sqlite_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/store/sqlite"
)

// columns are those of a record, and how each can be changed a little.
var columns = map[string]string{
	"id": "id + 1000", "seq": "seq + 1000", "mac": "zeroblob(32)", "at": "at + 1", "kind": "kind || 'x'", "actor_kind": "actor_kind || 'x'", "actor_id": "lower(actor_id)",
	"actor_name": "actor_name || ' '", "actor_client": "actor_client || 'x'", "actor_session": "substr(actor_session, 2)", "actor_key": "'K'", "on_kind": "''",
	"on_id": "on_id || 'x'", "on_name": "upper(on_name)", "source": "'192.0.2.2'", "result": "'refused'", "request": "request || 'x'", "count": "count + 1", "details": "replace(details, 'a', 'b')",
}

// sealedFile is a file with records that are sealed, and its trail.
func sealedFile(t *testing.T, records int) (file string, store *sqlite.Store, trail *account.AuditTrail, head string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "test.db")
	store = open(t, file)
	err := store.Update(t.Context(), func(w account.Writer) error {
		for n := range records {
			e := account.AuditEvent{
				At: time.Unix(int64(n), 0), Kind: account.AuditUserChanged, Result: "ok", Source: "192.0.2.1", Request: "R",
				Actor:   account.AuditActor{Kind: "user", ID: "BY", Name: "by", Client: "c", Session: "session", Key: "k"},
				On:      account.AuditSubject{Kind: "user", ID: fmt.Sprint("ON", n), Name: "on"},
				Details: audit.MakeDetails("email", "a@example.org"),
			}
			if err := w.AppendAudit(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	trail = account.NewAuditTrail(store, account.AuditKey{5}, nil)
	if _, err := trail.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if head, err = trail.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	return file, store, trail, head
}

// What somebody changes in the file itself, in any column of any record, is found,
// and what is as it was is not.
func TestChangesOfTheFileAreFound(t *testing.T) {
	t.Parallel()
	const records = 20
	file, _, trail, head := sealedFile(t, records)
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same each time
	do := func(statement string) {
		if _, err := raw.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	do("CREATE TABLE copy AS SELECT * FROM audit")
	do("CREATE TABLE copy_chain AS SELECT * FROM audit_chain")
	statements := map[string]string{
		"a record is gone":           "DELETE FROM audit WHERE seq = %d",
		"the beginning is cut off":   "DELETE FROM audit WHERE seq <= %d",
		"the end is cut off":         "DELETE FROM audit WHERE seq >= %d",
		"a record waits again":       "UPDATE audit SET seq = NULL, mac = NULL WHERE seq = %d",
		"the state is another":       "UPDATE audit_chain SET seq = seq - 1 + 0 * %d",
		"the state is gone":          "DELETE FROM audit_chain WHERE %d > 0",
		"all is gone but the state":  "DELETE FROM audit WHERE %d > 0",
		"a checkpoint is claimed":    "UPDATE audit_chain SET start = %d",
		"a checkpoint is said to be": "UPDATE audit_chain SET checkpoint = 'x%d'",
	}
	for column, value := range columns {
		statements["another "+column] = "UPDATE audit SET " + column + " = " + value + " WHERE seq = %d"
	}
	for round := range 3 {
		for what, statement := range statements {
			do(fmt.Sprintf(statement, 1+random.IntN(records)))
			if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault == "" {
				t.Errorf("%s, round %d: Verify = %+v, %v, want a fault", what, round, report, err)
			}
			for _, back := range []string{"DELETE FROM audit", "INSERT INTO audit SELECT * FROM copy", "DELETE FROM audit_chain", "INSERT INTO audit_chain SELECT * FROM copy_chain"} {
				do(back)
			}
			if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Records != records {
				t.Fatalf("%s was undone: Verify = %+v, %v", what, report, err)
			}
		}
	}
}

// Two processes on one file seal one chain, whoever is faster, also in the middle of
// each other's records.
func TestTwoProcessesSealOneChain(t *testing.T) {
	t.Parallel()
	file, store, trail, head := sealedFile(t, 3)
	other := open(t, file)
	done := make(chan error, 2)
	for _, one := range []*sqlite.Store{store, other} {
		go func() {
			trail := account.NewAuditTrail(one, account.AuditKey{5}, nil)
			for n := range 30 {
				if err := one.Update(t.Context(), func(w account.Writer) error {
					return w.AppendAudit(account.AuditEvent{Kind: account.AuditSignedIn, Count: int64(n)})
				}); err != nil {
					done <- err
					return
				}
				if _, err := trail.Seal(t.Context()); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Records != 63 || report.Unsealed != 0 {
		t.Errorf("Verify = %+v, %v, want 63 records", report, err)
	}
}

// Who has the file and not the key cannot have the program remove records by making
// them look old: what is removed is verified before.
func TestRecordsThatWereMadeToLookOldStay(t *testing.T) {
	t.Parallel()
	const records = 20
	file, _, trail, _ := sealedFile(t, records)
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	if _, err := raw.ExecContext(t.Context(), "UPDATE audit SET at = -1000000 WHERE seq <= 15"); err != nil {
		t.Fatal(err)
	}
	if removed, err := trail.Trim(t.Context(), time.Unix(-1, 0)); err == nil || removed != 0 {
		t.Errorf("Trim = %d, %v, want an error", removed, err)
	}
	if report, err := trail.Verify(t.Context(), ""); err != nil || report.FaultAt != 1 {
		t.Errorf("Verify = %+v, %v, want a fault at the first record", report, err)
	}
	if _, err := raw.ExecContext(t.Context(), "UPDATE audit SET at = (seq - 1) * 1000"); err != nil {
		t.Fatal(err)
	}
	if removed, err := trail.Trim(t.Context(), time.Unix(15, 0)); err != nil || removed != 15 {
		t.Errorf("Trim of what is old = %d, %v, want 15", removed, err)
	}
	if _, err := raw.ExecContext(t.Context(), "INSERT INTO audit SELECT 99, 3, mac, at, kind, actor_kind, actor_id, actor_name, actor_client, actor_session, actor_key, on_kind, 'FORGED', on_name, source, result, request, count, details FROM audit WHERE seq = 16"); err != nil {
		t.Fatal(err)
	}
	if report, err := trail.Verify(t.Context(), ""); err != nil || report.FaultAt != 3 {
		t.Errorf("Verify = %+v, %v, want a fault at the record that was forged in the place of a removed one", report, err)
	}
}
