package storetest

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
)

// Trail tests that what somebody changes in the audit trail of a store that speaks
// SQL, without the key, is found. Create makes a new database, and returns a function
// that opens a store on it each time, and the database itself.
func Trail(t *testing.T, create func(t *testing.T) (open func() account.Store, raw *sql.DB)) {
	for name, test := range map[string]func(*testing.T, *tampering){
		"what is changed is found":                testChangedRecords,
		"two stores seal one chain":               testTwoSeal,
		"records that were made to look old stay": testForgedAge,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &tampering{T: t}
			p.open, p.raw = create(t)
			p.store = p.open()
			p.seal()
			test(t, p)
		})
	}
}

const sealedRecords = 20

// tampering is a database with a few records that are sealed.
type tampering struct {
	*testing.T

	open  func() account.Store
	raw   *sql.DB
	store account.Store
	trail *account.AuditTrail
	head  string
}

func (p *tampering) seal() {
	p.Helper()
	update(p.T, p.store, func(w account.Writer) error {
		for n := range sealedRecords {
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
	p.trail = account.NewAuditTrail(p.store, account.AuditKey{5}, nil)
	_, err := p.trail.Seal(p.Context())
	if err == nil {
		p.head, err = p.trail.Head(p.Context())
	}
	if err != nil {
		p.Fatal(err)
	}
}

func (p *tampering) do(statements ...string) {
	p.Helper()
	for _, statement := range statements {
		if _, err := p.raw.ExecContext(p.Context(), statement); err != nil {
			p.Fatalf("%s: %v", statement, err)
		}
	}
}

// verify expects so many records; -1 is a fault, wherever it is.
func (p *tampering) verify(what string, records int64) {
	p.Helper()
	report, err := p.trail.Verify(p.Context(), p.head)
	switch {
	case err != nil:
		p.Fatalf("%s: Verify = %v", what, err)
	case records < 0 && report.Fault == "":
		p.Errorf("%s: Verify = %+v, want a fault", what, report)
	case records >= 0 && (report.Fault != "" || report.Records != records || report.Unsealed != 0):
		p.Errorf("%s: Verify = %+v, want %d records", what, report, records)
	}
}

// tamperings are what is done to one record, or to the chain at its place.
var tamperings = map[string]string{
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

// auditColumns are those of a record, and how each can be changed a little.
var auditColumns = map[string]string{
	"id": "id + 1000", "seq": "seq + 1000", "mac": "(SELECT o.mac FROM audit o WHERE o.mac <> audit.mac ORDER BY o.seq LIMIT 1)", "at": "at + 1", "kind": "kind || 'x'", "actor_kind": "actor_kind || 'x'", "actor_id": "lower(actor_id)",
	"actor_name": "actor_name || ' '", "actor_client": "actor_client || 'x'", "actor_session": "substr(actor_session, 2)", "actor_key": "'K'", "on_kind": "''",
	"on_id": "on_id || 'x'", "on_name": "upper(on_name)", "source": "'192.0.2.2'", "result": "'refused'", "request": "request || 'x'", "count": "count + 1", "details": "replace(details, 'a', 'b')",
}

// What somebody changes in the database itself, in any column of any record, is found,
// and what is as it was is not.
func testChangedRecords(_ *testing.T, p *tampering) {
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same each time
	p.do("CREATE TABLE audit_copy AS SELECT * FROM audit", "CREATE TABLE chain_copy AS SELECT * FROM audit_chain")
	all := map[string]string{}
	for what, statement := range tamperings {
		all[what] = statement
	}
	for column, value := range auditColumns {
		all["another "+column] = "UPDATE audit SET " + column + " = " + value + " WHERE seq = %d"
	}
	for range 3 {
		for what, statement := range all {
			p.do(fmt.Sprintf(statement, 1+random.IntN(sealedRecords)))
			p.verify(what, -1)
			p.do("DELETE FROM audit", "INSERT INTO audit SELECT * FROM audit_copy", "DELETE FROM audit_chain", "INSERT INTO audit_chain SELECT * FROM chain_copy")
			p.verify(what+", and it was undone", sealedRecords)
		}
	}
}

// Two stores on one database seal one chain, also in the middle of each other's
// records.
func testTwoSeal(t *testing.T, p *tampering) {
	done := make(chan error, 2)
	for _, one := range []account.Store{p.store, p.open()} {
		go func() {
			trail := account.NewAuditTrail(one, account.AuditKey{5}, nil)
			for n := range 30 {
				err := one.Update(t.Context(), func(w account.Writer) error {
					return w.AppendAudit(account.AuditEvent{Kind: account.AuditSignedIn, Count: int64(n)})
				})
				if err == nil {
					_, err = trail.Seal(t.Context())
				}
				if err != nil {
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
	p.verify("after two have sealed", sealedRecords+60)
}

// Who has the database and not the key cannot have the program remove records by
// making them look old: what is removed is verified before.
func testForgedAge(t *testing.T, p *tampering) {
	p.do("UPDATE audit SET at = -1000000 WHERE seq <= 15")
	if removed, err := p.trail.Trim(t.Context(), time.Unix(-1, 0)); err == nil || removed != 0 {
		t.Errorf("Trim = %d, %v, want an error", removed, err)
	}
	p.faultAt(1)
	p.do("UPDATE audit SET at = (seq - 1) * 1000")
	if removed, err := p.trail.Trim(t.Context(), time.Unix(15, 0)); err != nil || removed != 15 {
		t.Errorf("Trim of what is old = %d, %v, want 15", removed, err)
	}
	const others = "mac, at, kind, actor_kind, actor_id, actor_name, actor_client, actor_session, actor_key, on_kind, on_name, source, result, request, count, details"
	p.do("INSERT INTO audit (id, seq, on_id, " + others + ") SELECT 99, 3, 'FORGED', " + others + " FROM audit WHERE seq = 16")
	p.faultAt(3) // a record that was forged in the place of a removed one
}

func (p *tampering) faultAt(seq int64) {
	p.Helper()
	if report, err := p.trail.Verify(p.Context(), ""); err != nil || report.FaultAt != seq {
		p.Errorf("Verify = %+v, %v, want a fault at record %d", report, err, seq)
	}
}
