package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/account"
)

func (r reader) AuditState() (account.AuditState, error) {
	return got(r.in.AuditState()).from(r.o, "AuditState")
}

func (r reader) Audit(q account.AuditQuery) ([]account.AuditRecord, error) {
	return got(r.in.Audit(q)).from(r.o, "Audit")
}

func (r reader) UnsealedAudit(after int64, limit int) ([]account.AuditRecord, error) {
	return got(r.in.UnsealedAudit(after, limit)).from(r.o, "UnsealedAudit")
}

func (w writer) AppendAudit(events ...account.AuditEvent) error {
	return w.o.call("AppendAudit", w.in.AppendAudit(events...))
}

func (w writer) SealAudit(from, to account.AuditState, records []account.AuditRecord) (bool, error) {
	return got(w.in.SealAudit(from, to, records)).from(w.o, "SealAudit")
}

func (w writer) TrimAudit(from, to account.AuditState) (bool, error) {
	return got(w.in.TrimAudit(from, to)).from(w.o, "TrimAudit")
}

// witness is a store that refuses changes which leave no record. The tests of this
// package run on it, so that a change that forgets its record fails them.
type witness struct{ account.Store }

// errUnrecorded is what a witness says.
var errUnrecorded = errors.New("a change left no record")

// upkeep are the calls that change nothing for anybody.
var upkeep = []string{
	"TouchSession", "SweepSessions", "TrimSessions", "UseAPIKeys", "UseAssertion", "RemoveCodesBefore", "RemoveCutMarks", "SealAudit", "TrimAudit", "PutServer", "RemoveServer",
}

func (s witness) Update(ctx context.Context, fn func(account.Writer) error) error {
	return s.Store.Update(ctx, func(w account.Writer) error {
		o := &outages{}
		if err := fn(writer{reader{w, o}, w, o}); err != nil {
			return err
		}
		changed := slices.DeleteFunc(slices.Clone(o.asked), func(call string) bool { return !changes(call) || slices.Contains(upkeep, call) })
		if len(changed) > 0 && !slices.Contains(o.asked, "AppendAudit") {
			return fmt.Errorf("%w: %s", errUnrecorded, strings.Join(changed, " "))
		}
		return nil
	})
}

// changes reports whether a call of a Writer is no mere look.
func changes(call string) bool {
	return slices.ContainsFunc([]string{"Put", "Remove", "Rotate", "Replace", "Use", "Touch", "Trim", "Sweep", "Seal"}, func(verb string) bool {
		return strings.HasPrefix(call, verb) && call != "UserByName" && call != "User" && call != "Users"
	})
}
