package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// AuditKey is the secret of a trail's chain. It does not print itself.
type AuditKey = audit.Key

// AuditReport is what a verification has found.
type AuditReport = audit.Report

// ErrAuditState says that the row which tells how far the chain goes was not written
// with the key. Nothing is sealed then: what was cut off must not be covered up.
var ErrAuditState = errors.New("the audit trail says of itself what was not written with its key; holdfast audit verify says more")

// AuditTrail seals the records of a store into a chain, and verifies that. Several
// processes may do so on one store. It is safe for concurrent use.
type AuditTrail struct {
	store Store
	now   func() time.Time

	mu     sync.Mutex
	sealer *audit.Sealer
}

// NewAuditTrail makes a trail of a store's records. The key has to be the same
// always. Now is time.Now if nil.
func NewAuditTrail(store Store, key AuditKey, now func() time.Time) *AuditTrail {
	if now == nil {
		now = time.Now //nolint:forbidigo // where none is injected
	}
	return &AuditTrail{store: store, now: now, sealer: audit.NewSealer(key)}
}

const (
	sealPiece = 500 // records that are sealed, or removed, in one transaction
	sealEvery = 500 * time.Millisecond
)

// Seal gives all records that were committed their places in the chain, and returns
// how many there were. Of several processes one does it, piece by piece.
func (t *AuditTrail) Seal(ctx context.Context) (sealed int, err error) {
	for {
		waiting, err := t.unsealed(ctx, 0, 1)
		if err != nil || len(waiting) == 0 {
			return sealed, err
		}
		n, err := t.sealPiece(ctx)
		if err != nil {
			return sealed, err
		}
		sealed += n
	}
}

func (t *AuditTrail) sealPiece(ctx context.Context) (sealed int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	err = t.store.Update(ctx, func(w Writer) error {
		sealed = 0
		state, err := w.AuditState()
		if err != nil {
			return err
		}
		if !t.sealer.Genuine(state) {
			return ErrAuditState
		}
		records, err := w.UnsealedAudit(0, sealPiece)
		if err != nil || len(records) == 0 {
			return err
		}
		won, err := w.SealAudit(state, t.sealer.Extend(state, records, t.now()), records)
		if err == nil && won {
			sealed = len(records)
		}
		return err
	})
	return sealed, err
}

// Head returns the last record's place and MAC, signed: a line to be kept where the
// one who has the store cannot change it. It is "" while nothing is sealed.
func (t *AuditTrail) Head(ctx context.Context) (string, error) {
	state, _, err := trailSource{ctx, t}.State()
	if err != nil || state.Seq == 0 {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.sealer.Genuine(state) {
		return "", ErrAuditState
	}
	return t.sealer.SignHead(state), nil
}

// Public is the key with which others verify heads, as a JWK (RFC 8037).
func (t *AuditTrail) Public() string { return t.sealer.Public() }

// Verify walks over all that is kept. With a head that was taken before, it also
// finds that the end was cut off and that all was written again by somebody who has
// the key. What is wrong is in the report; the error is the store's.
func (t *AuditTrail) Verify(ctx context.Context, head string) (AuditReport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sealer.Verify(trailSource{ctx, t}, head)
}

// Trim removes the records from before a time, a piece at a time, from the beginning
// of the chain up to the first that is younger. What is removed leaves a signed
// checkpoint, at which a verification begins. What is not as it was sealed is not
// removed: somebody may have made it look old. The error says so.
func (t *AuditTrail) Trim(ctx context.Context, before time.Time) (removed int64, err error) {
	for {
		n, err := t.trimPiece(ctx, before, removed == 0)
		removed += n
		if err != nil || n == 0 {
			return removed, err
		}
	}
}

func (t *AuditTrail) trimPiece(ctx context.Context, before time.Time, first bool) (removed int64, err error) {
	old, state, err := t.oldest(ctx, before)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	last := old[len(old)-1]
	t.mu.Lock()
	defer t.mu.Unlock()
	if fault := t.sealer.Follow(state, old); fault != "" {
		return 0, fmt.Errorf("account: nothing is removed from an audit trail that is not whole: %s", fault)
	}
	to := AuditState{Start: last.Seq, Checkpoint: t.sealer.SignCheckpoint(last, t.now())}
	err = t.store.Update(ctx, func(w Writer) error {
		removed = 0
		won, err := w.TrimAudit(state, to)
		if err != nil || !won {
			return err
		}
		removed = int64(len(old))
		if !first {
			return nil // one record for all pieces of a day
		}
		e := AuditEvent{Kind: AuditTrimmed, On: AuditSubject{Kind: "audit"}, Details: audit.MakeDetails("before", before.UTC().Format(time.RFC3339))}
		return w.AppendAudit(e.Complete(ctx, t.now()))
	})
	return removed, err
}

// oldest are records at the beginning of the chain that are from before a time.
func (t *AuditTrail) oldest(ctx context.Context, before time.Time) (old []AuditRecord, state AuditState, err error) {
	err = t.store.View(ctx, func(r Reader) error {
		if state, err = r.AuditState(); err != nil {
			return err
		}
		old, err = r.Audit(AuditQuery{After: state.Start, Limit: sealPiece})
		return err
	})
	for i, one := range old {
		if !one.At.Before(before) {
			return old[:i], state, err
		}
	}
	return old, state, err
}

func (t *AuditTrail) unsealed(ctx context.Context, after int64, limit int) (list []AuditRecord, err error) {
	err = t.store.View(ctx, func(r Reader) error {
		list, err = r.UnsealedAudit(after, limit)
		return err
	})
	return list, err
}

// Run seals what is committed, within a second, until ctx ends. What goes wrong is
// given to failed, once until it goes right again, and tried again.
func (t *AuditTrail) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, err := t.Seal(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			failed(err)
		}
		failing = err != nil
	}
}

// trailSource is a trail as a verification reads it.
type trailSource struct {
	ctx context.Context //nolint:containedctx // of one verification
	t   *AuditTrail
}

func (s trailSource) State() (state AuditState, stray int64, err error) {
	err = s.t.store.View(s.ctx, func(r Reader) error {
		if state, err = r.AuditState(); err != nil {
			return err
		}
		outside := []AuditQuery{{After: state.Seq, Limit: 1}}
		if state.Start > 0 {
			outside = append(outside, AuditQuery{Before: state.Start + 1, Limit: 1})
		}
		for _, query := range outside {
			found, err := r.Audit(query)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				stray = found[0].Seq
			}
		}
		return nil
	})
	return state, stray, err
}

func (s trailSource) After(seq int64, limit int) (list []AuditRecord, err error) {
	err = s.t.store.View(s.ctx, func(r Reader) error {
		list, err = r.Audit(AuditQuery{After: seq, Limit: limit})
		return err
	})
	return list, err
}

func (s trailSource) Unsealed() (n int64, err error) {
	for after := int64(0); ; {
		list, err := s.t.unsealed(s.ctx, after, sealPiece)
		n += int64(len(list))
		if err != nil || len(list) < sealPiece {
			return n, err
		}
		after = list[len(list)-1].ID
	}
}
