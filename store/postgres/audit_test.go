package postgres_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/store/postgres"
	"github.com/holdfast-go/holdfast/store/storetest"
)

func TestTheTrailInTheDatabase(t *testing.T) {
	t.Parallel()
	storetest.Trail(t, func(t *testing.T) (func() account.Store, *sql.DB) {
		t.Helper()
		url := database(t)
		return func() account.Store { return open(t, postgres.Config{URL: url}) }, raw(t, url)
	})
}

// A transaction that takes long has its id before others that are sealed already: its
// record comes behind theirs, and is not missed.
func TestALateRecordIsSealed(t *testing.T) {
	t.Parallel()
	url := database(t)
	store := open(t, postgres.Config{URL: url})
	trail := account.NewAuditTrail(store, account.AuditKey{5}, nil)
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
		if err != nil || len(list) != 2 || list[0].Kind != "late" || list[0].Seq != 3 || list[0].ID >= list[1].ID {
			t.Errorf("the last records are %+v, %v, want the late one behind one with a higher id", list, err)
		}
		return err
	})
	report, err2 := trail.Verify(t.Context(), "")
	if err := errors.Join(err, err2); err != nil || report.Fault != "" || report.Records != 3 || report.Unsealed != 0 {
		t.Errorf("Verify = %+v, %v, want 3 records", report, err)
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
