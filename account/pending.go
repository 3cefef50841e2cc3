package account

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/internal/audit"
)

// flushEvery is how long records wait that are written late.
const flushEvery = time.Second

// later records something that has changed nothing in the store, such as a token
// that a client got for itself: a moment later, with others. Where too much waits, it
// is written before the caller goes on.
func (s *Service) later(ctx context.Context, e AuditEvent) error {
	e = e.Complete(ctx, s.now())
	if s.pending.add(e) {
		return nil
	}
	if err := s.FlushAudit(ctx); err != nil {
		return err
	}
	if !s.pending.add(e) {
		return errors.New("account: too many records wait to be written")
	}
	return nil
}

// RecordRead records that the actor of a context has read something of others, such
// as a user's sessions. It is written a moment later. An error says that it is not
// recorded: then what was read must not be given.
func (s *Service) RecordRead(ctx context.Context, on AuditSubject, what string) (err error) {
	if on.Kind == "user" && on.Name == "" {
		if on, err = view(ctx, s, func(r Reader) (AuditSubject, error) { return userOn(r, on.ID) }); err != nil {
			return err
		}
	}
	return s.later(ctx, AuditEvent{Kind: AuditRead, On: on, Details: audit.MakeDetails("what", what)})
}

// CountRefused counts a request that was refused with 401 or 403 at a route. It
// writes nothing itself and never waits for a store.
func (s *Service) CountRefused(ctx context.Context, status int, route string) {
	one := cell{kind: AuditRequestRefused, what: strconv.Itoa(status) + " " + route}
	if a := audit.From(ctx).Actor(); a.Kind == "user" {
		one.account, one.name, one.known = a.ID, a.Name, true
	}
	s.count(ctx, one)
}

// CountAuditRead counts a reading of the trail itself: one record a minute for who
// reads, so that a program that reads on and on does not fill what it reads.
func (s *Service) CountAuditRead(ctx context.Context, c Caller) {
	by := actorOf(c)
	by.Session = "" // of which a user has many
	s.count(ctx, cell{kind: AuditRead, known: true, what: "audit", actor: by})
}

// FlushAudit writes down what waits to be recorded, and what was counted in the
// minutes that are over. [Service.Run] does it every second, and with the present
// minute when it ends.
func (s *Service) FlushAudit(ctx context.Context) error {
	return s.flushAudit(ctx, s.now().Unix()/60)
}

func (s *Service) flushAudit(ctx context.Context, goesOn int64) error {
	return s.pending.flush(goesOn, func(events []AuditEvent) error {
		return s.upkeep(ctx, func(w Writer) error { return w.AppendAudit(events...) })
	})
}

// RecordStart records that a program has begun to serve, with its configuration,
// which must hold no secret: names and values in turn.
func (s *Service) RecordStart(ctx context.Context, settings ...string) error {
	return s.change(ctx, did(AuditStarted, AuditSubject{Kind: "server"}, settings...), func(Writer) error { return nil })
}

// RecordBackup records that the caller of a request is given all that the store keeps,
// and is called before that.
func (s *Service) RecordBackup(ctx context.Context) error {
	return s.change(ctx, did(AuditBackup, AuditSubject{Kind: "store"}), func(Writer) error { return nil })
}

// RecordStop records that a program has stopped in good order.
func (s *Service) RecordStop(ctx context.Context) error {
	return s.change(ctx, did(AuditStopped, AuditSubject{Kind: "server"}), func(Writer) error { return nil })
}
