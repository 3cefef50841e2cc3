package sqlite

import (
	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/keyring"
)

const (
	auditColumns = "at, kind, actor_kind, actor_id, actor_name, actor_client, actor_session, actor_key, on_kind, on_id, on_name, source, result, request, count, details"
	selectAudit  = "SELECT id, coalesce(seq, 0), mac, " + auditColumns + " FROM audit "
)

func scanAudit(row scanner) (r account.AuditRecord, err error) {
	var at int64
	var mac []byte
	err = row.Scan(&r.ID, &r.Seq, &mac, &at, &r.Kind, &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.Actor.Client, &r.Actor.Session, &r.Actor.Key,
		&r.On.Kind, &r.On.ID, &r.On.Name, &r.Source, &r.Result, &r.Request, &r.Count, &r.Details)
	if err == nil && len(mac) == len(r.MAC) { // one of another length proves nothing
		r.MAC = [32]byte(mac)
	}
	r.At = date(at)
	return r, err
}

func (t *tx) AuditState() (account.AuditState, error) {
	return one(t, nil, scanAuditState, "SELECT seq, mac, at, tag, start, checkpoint FROM audit_chain")
}

func scanAuditState(row scanner) (s account.AuditState, err error) {
	var at int64
	var mac, tag []byte
	if err = row.Scan(&s.Seq, &mac, &at, &tag, &s.Start, &s.Checkpoint); err != nil || s.Seq == 0 {
		return account.AuditState{Seq: s.Seq, Start: s.Start, Checkpoint: s.Checkpoint}, err
	}
	if len(mac) == len(s.MAC) {
		s.MAC = [32]byte(mac)
	}
	if len(tag) == len(s.Tag) {
		s.Tag = [32]byte(tag)
	}
	s.At = date(at)
	return s, nil
}

// UnsealedAudit implements account.AuditReader. In what was copied from another kind of
// store, records that are sealed may have higher ids.
func (t *tx) UnsealedAudit(after int64, limit int) ([]account.AuditRecord, error) {
	return many(t, scanAudit, selectAudit+"WHERE seq IS NULL AND id > ? ORDER BY id LIMIT ?", after, limit)
}

// AppendAudit implements account.AuditWriter. Transactions that write come one after
// the other, so ids come in their order: each is SQLite's own next, but for the first
// in a table out of which all were removed.
func (t *tx) AppendAudit(events ...account.AuditEvent) error {
	for _, e := range events {
		id, err := t.insert("INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			e.At.UnixMilli(), string(e.Kind), e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.Client, e.Actor.Session, e.Actor.Key,
			e.On.Kind, e.On.ID, e.On.Name, e.Source, e.Result, e.Request, e.Count, string(e.Details))
		if err == nil && id == 1 {
			err = t.exec("UPDATE audit SET id = (SELECT seq FROM audit_chain) + 1 WHERE id = 1 AND (SELECT seq FROM audit_chain) > 0")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SealAudit implements account.AuditWriter.
func (t *tx) SealAudit(from, to account.AuditState, records []account.AuditRecord) (won bool, err error) {
	before := from.MAC[:]
	if from.Seq == 0 {
		before = []byte{}
	}
	rows, err := t.affect("UPDATE audit_chain SET seq = ?, mac = ?, at = ?, tag = ? WHERE seq = ? AND mac = ?",
		to.Seq, to.MAC[:], to.At.UnixMilli(), to.Tag[:], from.Seq, before)
	if err != nil || rows == 0 {
		return false, err
	}
	place, err := t.sql.PrepareContext(t.ctx, "UPDATE audit SET seq = ?, mac = ? WHERE id = ? AND seq IS NULL")
	if err != nil {
		return false, err
	}
	defer func() { _ = place.Close() }() // the transaction ends it, too
	for _, r := range records {
		if _, err := place.ExecContext(t.ctx, r.Seq, r.MAC[:], r.ID); err != nil {
			return false, err
		}
	}
	return true, nil
}

// TrimAudit implements account.AuditWriter.
func (t *tx) TrimAudit(from, to account.AuditState) (won bool, err error) {
	rows, err := t.affect("UPDATE audit_chain SET start = ?, checkpoint = ? WHERE start = ?", to.Start, to.Checkpoint, from.Start)
	if err != nil || rows == 0 {
		return false, err
	}
	return true, t.exec("DELETE FROM audit WHERE seq <= ?", to.Start)
}

// record writes a record of what a store does without an account.Writer.
func (t *tx) record(kind account.AuditKind, on account.AuditSubject, details account.AuditDetails) error {
	e := account.AuditEvent{Kind: kind, On: on, Details: details}
	return t.AppendAudit(e.Complete(t.ctx, audit.Now(t.ctx)))
}

// recordKeys writes down what has become of signing keys.
func (t *tx) recordKeys(before, after []keyring.Record) error {
	for _, d := range keyring.Differences(before, after, audit.Now(t.ctx)) {
		if err := t.record(account.AuditKind("key."+d.What), account.AuditSubject{Kind: "signing key", ID: d.ID}, audit.MakeDetails(d.Details...)); err != nil {
			return err
		}
	}
	return nil
}
