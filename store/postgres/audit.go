package postgres

import (
	"strings"

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

// UnsealedAudit implements account.AuditReader. What waits may have a lower id than
// what is sealed already: its transaction has taken longer.
func (t *tx) UnsealedAudit(after int64, limit int) ([]account.AuditRecord, error) {
	return many(t, scanAudit, selectAudit+"WHERE seq IS NULL AND id > $1 ORDER BY id LIMIT $2", after, limit)
}

// AppendAudit implements account.AuditWriter. What somebody has sent is written so
// that it is a text: a record must not be missing, nor undo what it is about, because
// of a name.
func (t *tx) AppendAudit(events ...account.AuditEvent) error {
	for _, e := range events {
		args := []any{
			e.At.UnixMilli(), string(e.Kind), e.Actor.Kind, e.Actor.ID, e.Actor.Name, e.Actor.Client, e.Actor.Session, e.Actor.Key,
			e.On.Kind, e.On.ID, e.On.Name, e.Source, e.Result, e.Request, e.Count, string(e.Details),
		}
		for i, arg := range args {
			if text, ok := arg.(string); ok {
				args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
			}
		}
		err := t.exec("INSERT INTO audit ("+auditColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)", args...)
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
	rows, err := t.affect("UPDATE audit_chain SET seq = $1, mac = $2, at = $3, tag = $4 WHERE seq = $5 AND mac = $6",
		to.Seq, to.MAC[:], to.At.UnixMilli(), to.Tag[:], from.Seq, before)
	if err != nil || rows == 0 {
		return false, err
	}
	ids, seqs, macs := make([]int64, len(records)), make([]int64, len(records)), make([][]byte, len(records))
	for i, r := range records {
		ids[i], seqs[i], macs[i] = r.ID, r.Seq, r.MAC[:]
	}
	return true, t.exec(`
		UPDATE audit SET seq = place.seq, mac = place.mac FROM unnest($1::int8[], $2::int8[], $3::bytea[]) AS place (id, seq, mac)
		WHERE audit.id = place.id AND audit.seq IS NULL`, ids, seqs, macs)
}

// TrimAudit implements account.AuditWriter.
func (t *tx) TrimAudit(from, to account.AuditState) (won bool, err error) {
	rows, err := t.affect("UPDATE audit_chain SET start = $1, checkpoint = $2 WHERE start = $3", to.Start, to.Checkpoint, from.Start)
	if err != nil || rows == 0 {
		return false, err
	}
	return true, t.exec("DELETE FROM audit WHERE seq <= $1", to.Start)
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
