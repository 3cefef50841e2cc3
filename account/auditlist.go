package account

import (
	"context"
	"slices"
)

// Audit returns records that have their place in the chain: the ones asked for, in
// the order of their places, or the newest first. What is committed has a place
// within a second, while a program with the key runs on the store.
func (s *Service) Audit(ctx context.Context, query AuditQuery) ([]AuditRecord, error) {
	query.Limit = min(max(query.Limit, 0), MaxAuditEvents)
	return view(ctx, s, func(r Reader) ([]AuditRecord, error) { return r.Audit(query) })
}

// UnsealedAudit returns the last records that are asked for of those that have no
// place in the chain yet, the newest first.
func (s *Service) UnsealedAudit(ctx context.Context, query AuditQuery) ([]AuditRecord, error) {
	return view(ctx, s, func(r Reader) (out []AuditRecord, err error) {
		for after := int64(0); ; {
			list, err := r.UnsealedAudit(after, sealPiece)
			if err != nil {
				return nil, err
			}
			for _, one := range list {
				if after = one.ID; query.Wants(one) {
					out = append(out, one)
				}
			}
			out = out[max(0, len(out)-query.Limit):]
			if len(list) < sealPiece {
				slices.Reverse(out)
				return out, nil
			}
		}
	})
}
