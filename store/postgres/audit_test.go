package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/store/postgres"
)

// columns are those of a record, and how each can be changed a little.
var columns = map[string]string{
	"id": "id + 1000", "seq": "seq + 1000", "mac": "decode(repeat('00', 32), 'hex')", "at": "at + 1", "kind": "kind || 'x'", "actor_kind": "actor_kind || 'x'", "actor_id": "lower(actor_id)",
	"actor_name": "actor_name || ' '", "actor_client": "actor_client || 'x'", "actor_session": "substr(actor_session, 2)", "actor_key": "'K'", "on_kind": "''",
	"on_id": "on_id || 'x'", "on_name": "upper(on_name)", "source": "'192.0.2.2'", "result": "'refused'", "request": "request || 'x'", "count": "count + 1", "details": "replace(details, 'a', 'b')",
}

// sealed is a database with records that are sealed, and its trail.
func sealed(t *testing.T, records int) (url string, store *postgres.Store, trail *account.AuditTrail, head string) {
	t.Helper()
	url = database(t)
	store = open(t, postgres.Config{URL: url})
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
	return url, store, trail, head
}

// What somebody changes in the database itself, in any column of any record, is found,
// and what is as it was is not.
func TestChangesOfTheTrailAreFound(t *testing.T) {
	t.Parallel()
	const records = 20
	url, _, trail, head := sealed(t, records)
	db := raw(t, url)
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same each time
	do := func(statement string) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	do("CREATE TABLE audit_copy AS SELECT * FROM audit")
	do("CREATE TABLE chain_copy AS SELECT * FROM audit_chain")
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
			for _, back := range []string{"DELETE FROM audit", "INSERT INTO audit SELECT * FROM audit_copy", "DELETE FROM audit_chain", "INSERT INTO audit_chain SELECT * FROM chain_copy"} {
				do(back)
			}
			if report, err := trail.Verify(t.Context(), head); err != nil || report.Fault != "" || report.Records != records {
				t.Fatalf("%s was undone: Verify = %+v, %v", what, report, err)
			}
		}
	}
}

// Two servers seal one chain, whoever is faster, also in the middle of
// each other's records.
func TestTwoServersSealOneChain(t *testing.T) {
	t.Parallel()
	url, store, trail, head := sealed(t, 3)
	other := open(t, postgres.Config{URL: url})
	done := make(chan error, 2)
	for _, one := range []*postgres.Store{store, other} {
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

// A transaction that takes long has its id before others that are sealed already: its
// record comes behind theirs, and is not missed.
func TestALateRecordIsSealed(t *testing.T) {
	t.Parallel()
	url, store, trail, _ := sealed(t, 1)
	late, err := raw(t, url).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = late.Rollback() }()
	if _, err := late.ExecContext(t.Context(), `INSERT INTO audit (at, kind, actor_kind, actor_id, actor_name, actor_client, actor_session, actor_key, on_kind, on_id, on_name, source, result, request, count, details)
		VALUES (0, 'late', '', '', '', '', '', '', '', '', '', '', '', '', 0, '')`); err != nil {
		t.Fatal(err)
	}
	err = store.Update(t.Context(), func(w account.Writer) error {
		return w.AppendAudit(account.AuditEvent{Kind: account.AuditSignedIn}, account.AuditEvent{Kind: account.AuditSignedIn})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{func() error { return nil }, late.Commit} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if _, err := trail.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	err = store.View(t.Context(), func(r account.Reader) error {
		list, err := r.Audit(account.AuditQuery{Newest: true, Limit: 2})
		if err != nil || len(list) != 2 || list[0].Kind != "late" || list[0].Seq != 4 || list[0].ID >= list[1].ID {
			t.Errorf("the last records are %+v, %v, want the late one behind one with a higher id", list, err)
		}
		return err
	})
	report, err2 := trail.Verify(t.Context(), "")
	if err := errors.Join(err, err2); err != nil || report.Fault != "" || report.Records != 4 || report.Unsealed != 0 {
		t.Errorf("Verify = %+v, %v, want 4 records", report, err)
	}
}

// What is no text does not keep a record from being written.
func TestARecordOfWhatIsNoText(t *testing.T) {
	t.Parallel()
	store := open(t, postgres.Config{URL: database(t)})
	err := store.Update(t.Context(), func(w account.Writer) error {
		return w.AppendAudit(account.AuditEvent{Kind: account.AuditSignedIn, On: account.AuditSubject{Name: "a\x00b\xffc"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = store.View(t.Context(), func(r account.Reader) error {
		list, err := r.UnsealedAudit(0, 9)
		if err != nil || len(list) != 1 || list[0].On.Name != "a\uFFFDb\uFFFDc" {
			t.Errorf("UnsealedAudit = %+v, %v", list, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
