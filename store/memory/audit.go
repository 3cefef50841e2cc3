package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/holdfast-go/holdfast/account"
	"github.com/holdfast-go/holdfast/internal/audit"
	"github.com/holdfast-go/holdfast/keyring"
)

// trail is the records. A copy of it shares the arrays, of which it sees no more
// than it saw when it was made.
type trail struct {
	state    account.AuditState
	last     int64                 // the last id
	sealed   []account.AuditRecord // by place
	unsealed []account.AuditRecord // by id
}

func (s *state) AuditState() (account.AuditState, error) { return s.audit.state, nil }

func (s *state) Audit(q account.AuditQuery) ([]account.AuditRecord, error) {
	var out []account.AuditRecord
	list := s.audit.sealed
	for i := range list {
		r := list[i]
		if q.Newest {
			r = list[len(list)-1-i]
		}
		if r.Seq > q.After && (q.Before == 0 || r.Seq < q.Before) && q.Wants(r) && len(out) < q.Limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *state) UnsealedAudit(after int64, limit int) ([]account.AuditRecord, error) {
	var out []account.AuditRecord
	for _, r := range s.audit.unsealed {
		if r.ID > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *state) AppendAudit(events ...account.AuditEvent) error {
	for _, e := range events {
		s.audit.last++
		s.audit.unsealed = append(s.audit.unsealed, account.AuditRecord{ID: s.audit.last, Event: e})
	}
	return nil
}

func (s *state) SealAudit(from, to account.AuditState, records []account.AuditRecord) (won bool, err error) {
	if s.audit.state.Seq != from.Seq || s.audit.state.MAC != from.MAC {
		return false, nil
	}
	places := map[int64]account.AuditRecord{}
	for _, r := range records {
		places[r.ID] = r
	}
	var left, placed []account.AuditRecord
	for _, r := range s.audit.unsealed {
		if place, ok := places[r.ID]; ok {
			r.Seq, r.MAC = place.Seq, place.MAC
			placed = append(placed, r)
		} else {
			left = append(left, r)
		}
	}
	slices.SortFunc(placed, func(a, b account.AuditRecord) int { return cmp.Compare(a.Seq, b.Seq) })
	to.Start, to.Checkpoint = s.audit.state.Start, s.audit.state.Checkpoint
	s.audit.sealed, s.audit.unsealed, s.audit.state = append(s.audit.sealed, placed...), left, to
	return true, nil
}

func (s *state) TrimAudit(from, to account.AuditState) (won bool, err error) {
	if s.audit.state.Start != from.Start {
		return false, nil
	}
	s.audit.state.Start, s.audit.state.Checkpoint = to.Start, to.Checkpoint
	s.audit.sealed = slices.DeleteFunc(slices.Clone(s.audit.sealed), func(r account.AuditRecord) bool { return r.Seq <= to.Start })
	return true, nil
}

// record writes a record of what a store does without an account.Writer.
func (s *state) record(ctx context.Context, kind account.AuditKind, on account.AuditSubject, details account.AuditDetails) error {
	e := account.AuditEvent{Kind: kind, On: on, Details: details}
	return s.AppendAudit(e.Complete(ctx, audit.Now(ctx)))
}

// recordKeys writes down what has become of signing keys.
func (s *state) recordKeys(ctx context.Context, before, after []keyring.Record) error {
	for _, d := range keyring.Differences(before, after, audit.Now(ctx)) {
		if err := s.record(ctx, account.AuditKind("key."+d.What), account.AuditSubject{Kind: "signing key", ID: d.ID}, audit.MakeDetails(d.Details...)); err != nil {
			return err
		}
	}
	return nil
}
